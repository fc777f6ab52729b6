"""Fills every table of the services with so many rows as they are after years, most of them long over."""

import asyncio
import re

import asyncpg

_SCHEMA = re.compile(r"\b(profile|trips|gateway)\.")

# One row of fifty to a thousand is open, due or held. Tables of what only waits are full, too: as bad as it can get.
FILL = """
INSERT INTO profile.person (person_id, language, merged_into, created_at, updated_at)
SELECT n, (ARRAY['', 'en', 'fr'])[1 + n % 3], CASE WHEN n % 100 = 0 THEN n - 1 END,
       timestamptz '2026-01-01' + n * interval '1 second', now()
FROM generate_series(1, {rows}) n;
INSERT INTO profile.identity (kind, value_hash, value_sealed, person_id)
SELECT 1 + n % 3, sha256(int8send(n)), '', n FROM generate_series(1, {rows}) n;
INSERT INTO profile.audit (person_id, action, actor, detail, created_at)
SELECT 1 + n % ({rows} / 10), CASE WHEN n % 20 = 1 THEN 'person.created' ELSE 'action.' || n % 20 END, 'person', '{{}}',
       timestamptz '2026-01-01' + n * interval '1 second'
FROM generate_series(1, {rows}) n;
-- A trigger for each of a million rows would take minutes; what is written here balances.
ALTER TABLE profile.transaction DISABLE TRIGGER USER;
ALTER TABLE profile.entry DISABLE TRIGGER USER;
INSERT INTO profile.account (person_id, currency, balance, code, created_at)
SELECT n, 'RWF', 0, 'HW-' || n, now() FROM generate_series(1, {rows}) n;
UPDATE profile.account SET merged_into = account_id - 1 WHERE account_id % 100 = 0;
INSERT INTO profile.transaction (transaction_id, kind, reverses, created_at)
SELECT n, 1, CASE WHEN n % 100 = 0 THEN n - 1 END, timestamptz '2026-01-01' + n * interval '1 second'
FROM generate_series(1, {rows}) n;
INSERT INTO profile.entry (transaction_id, account_id, amount, created_at)
SELECT n, 1 + (n + side) % ({rows} / 10), 5 - 10 * side, timestamptz '2026-01-01' + n * interval '1 second'
FROM generate_series(1, {rows}) n, generate_series(0, 1) side;
INSERT INTO profile.referral_code SELECT 'GO-' || n, n, now() FROM generate_series(1, {rows}) n;
INSERT INTO profile.referral (referred_id, referrer_id, state, first_written_at, referrer_amount, newcomer_amount,
                              currency, expires_at, trip_id, created_at, settled_at)
SELECT n, 1 + n % ({rows} / 10), CASE WHEN n % 500 = 0 THEN 2 WHEN n % 50 = 1 THEN 1 ELSE 3 END, now(), 1000, 500,
       'RWF', now(), CASE WHEN n % 50 <> 1 THEN n END, timestamptz '2026-01-01' + n * interval '1 second',
       CASE WHEN n % 500 > 0 AND n % 50 <> 1 THEN now() END
FROM generate_series(1, {rows}) n;
ALTER TABLE profile.transaction ENABLE TRIGGER USER;
ALTER TABLE profile.entry ENABLE TRIGGER USER;
INSERT INTO profile.event (recipient_id, payload, taker, taken_until)
SELECT n, '', CASE WHEN n % 50 = 0 THEN 'taker' END, CASE WHEN n % 50 = 0 THEN now() END
FROM generate_series(1, {rows}) n;
INSERT INTO profile.request SELECT 'r' || n, '', '', now() - n * interval '1 second' FROM generate_series(1, {rows}) n;
INSERT INTO profile.verification
SELECT sha256(int8send(n)), sha256(int8send(n + 1)), '', '', '', 0, now() + n * interval '1 second'
FROM generate_series(1, {rows}) n;
INSERT INTO profile.code_request
SELECT sha256(int8send(n % ({rows} / 10))), sha256(int8send(n)), now() - n * interval '1 second', true
FROM generate_series(1, {rows}) n;
-- The oldest have expired, the newest wait for somebody to look at them.
INSERT INTO profile.certificate (person_id, state, submitted_at, expires_at, due_at)
SELECT 1 + n % ({rows} / 4),
       CASE WHEN n > {rows} * 0.98 THEN 1 WHEN n > {rows} * 0.9 THEN 2 WHEN n > {rows} * 0.8 THEN 3 ELSE 4 END,
       timestamptz '2026-01-01' + n * interval '1 second', now() + n * interval '1 second',
       CASE WHEN n > {rows} * 0.9 AND n <= {rows} * 0.98 THEN now() + n * interval '1 second' END
FROM generate_series(1, {rows}) n;
INSERT INTO profile.claim (person_id, state, description, submitted_at)
SELECT 1 + n % ({rows} / 4),
       CASE WHEN n > {rows} * 0.98 THEN 1 WHEN n > {rows} * 0.96 THEN 2 WHEN n > {rows} * 0.5 THEN 3 ELSE 4 END,
       'A bus hit car ' || n, timestamptz '2026-01-01' + n * interval '1 second'
FROM generate_series(1, {rows}) n;
INSERT INTO profile.document (document_key, person_id, certificate_id, claim_id, mime_type, size, created_at)
SELECT 'document ' || n, 1 + n % ({rows} / 4), CASE WHEN n % 100 < 50 THEN n END, CASE WHEN n % 100 > 50 THEN n END,
       'image/jpeg', 1, now() - n * interval '1 second'
FROM generate_series(1, {rows}) n;
INSERT INTO profile.document_part SELECT n, 0, 'x' FROM generate_series(1, {rows}) n;
-- As many as a country has: gazetteers do not grow with the people who use them.
INSERT INTO profile.place (source, source_key, name, latitude, longitude)
SELECT 'file', n, 'Place ' || n, -2, 30 FROM generate_series(1, least({rows}, 50000)) n;
INSERT INTO profile.place_name
SELECT place_id, 'place ' || md5(place_id::text) FROM profile.place WHERE source = 'file';
INSERT INTO profile.saved_place (person_id, kind, name, latitude, longitude)
SELECT 1 + n % ({rows} / 4), 0, 'place ' || n, -2, 30 FROM generate_series(1, {rows}) n;
INSERT INTO profile.recent_place SELECT 1 + n / 4, 1 + n % 4, '', -2, 30 FROM generate_series(0, {rows} - 1) n;
-- One of fifty waits for its person's word; every third is a contact, known by its code.
INSERT INTO profile.enrichment_item
       (item_id, person_id, status, source, kind, name, moment, code, created_at, applied_at)
SELECT n, 1 + n % ({rows} / 4), CASE WHEN n % 50 = 0 THEN 1 ELSE 2 + n % 3 END, 1 + n % 2,
       CASE WHEN n % 3 = 0 THEN 3 ELSE 2 END, CASE WHEN n % 3 = 0 THEN 'Ann' ELSE '' END,
       CASE WHEN n % 3 > 0 THEN now() END, CASE WHEN n % 3 = 0 THEN 'HW-' || n END,
       timestamptz '2026-01-01' + n * interval '1 second',
       CASE WHEN n % 50 > 0 AND n % 3 = 2 THEN now() END
FROM generate_series(1, {rows}) n;
INSERT INTO profile.note (person_id, kind, name, moment, code)
SELECT 1 + n % ({rows} / 4), CASE WHEN n % 2 = 0 THEN 3 ELSE 2 END, CASE WHEN n % 2 = 0 THEN 'Ann' ELSE '' END,
       CASE WHEN n % 2 > 0 THEN now() + n * interval '1 second' END, CASE WHEN n % 2 = 0 THEN 'HW-' || n END
FROM generate_series(1, {rows}) n;
INSERT INTO profile.user_number SELECT sha256(int8send(n)), sha256(int8send(n)), '', now()
FROM generate_series(1, {rows}) n;

INSERT INTO trips.participant SELECT n FROM generate_series(1, {rows}) n;
INSERT INTO trips.merged SELECT {rows} + n, n FROM generate_series(1, {rows}) n;
INSERT INTO trips.presence (person_id, online, vehicle, latitude, longitude, located_at, quiet_from, quiet_to)
SELECT n, n % 2 = 0, 1 + n % 5, -2 + random(), 30 + random(), now(), CASE WHEN n % 10 < 3 THEN 1320 END,
       CASE WHEN n % 10 < 3 THEN 360 END
FROM generate_series(1, {rows}) n;
INSERT INTO trips.trip (trip_id, state, passenger_id, driver_id, vehicle, latitude, longitude, created_at, updated_at,
                        expires_at)
SELECT n, CASE WHEN n % 50 = 0 THEN 2 WHEN n % 50 = 1 THEN 3 ELSE 6 + n % 3 END,
       -- Who has an open trip has no other; the others have ten each.
       CASE WHEN n % 50 < 2 THEN {rows} + n ELSE 1 + n % ({rows} / 10) END,
       CASE WHEN n % 50 = 1 THEN {rows} + n WHEN n % 50 > 1 THEN 1 + n % ({rows} / 10) END,
       1 + n % 5, -1.5, 30.5, timestamptz '2026-01-01' + n * interval '1 second', now(), now() + n * interval '1 second'
FROM generate_series(1, {rows}) n;
INSERT INTO trips.offer (offer_id, trip_id, driver_id, state, distance_meters, expires_at)
SELECT n, n, 1 + n % ({rows} / 10), CASE WHEN n % 50 = 0 THEN 1 ELSE 2 END, 5, now() + n * interval '1 second'
FROM generate_series(1, {rows}) n;
INSERT INTO trips.rating (trip_id, by_driver, stars, created_at)
SELECT n, false, 1 + n % 5, now() FROM generate_series(1, {rows}) n;
INSERT INTO trips.block (blocker_id, blocked_id, trip_id, created_at)
SELECT n, n + 1, n, now() FROM generate_series(1, {rows}) n;
INSERT INTO trips.no_show (trip_id, person_id, as_driver, noted_at)
SELECT n, 1 + n % ({rows} / 4), n % 4 = 0, now() - n * interval '1 hour' FROM generate_series(1, {rows}) n;
INSERT INTO trips.exchange (trip_id, by_driver, agreed_at)
SELECT n, false, now() FROM generate_series(1, {rows}) n;
INSERT INTO trips.match (trip_id, vehicle, made_at, driver_ids, reasons, meters, ages)
SELECT n, 1 + n % 5, now() - n * interval '1 second', ARRAY[n, n + 1], '{{1,3}}', '{{5,6}}', '{{7,8}}'
FROM generate_series(1, {rows}) n;
INSERT INTO trips.schedule (schedule_id, passenger_id, state, vehicle, latitude, longitude, minute_of_day, weekdays,
                            occurrence_id, version, created_at, updated_at)
SELECT n, 1 + n % ({rows} / 10), CASE WHEN n % 50 = 0 THEN 1 ELSE 3 END, 1 + n % 5, -1.5, 30.5,
       CASE WHEN n % 2 = 0 THEN 480 END, CASE WHEN n % 2 = 0 THEN 127 END,
       n, 1, timestamptz '2026-01-01' + n * interval '1 second', now()
FROM generate_series(1, {rows}) n;
INSERT INTO trips.occurrence (occurrence_id, schedule_id, state, pickup_at, due_at, trip_id)
SELECT n, n, CASE WHEN n % 50 = 0 THEN 1 ELSE 4 END, now(),
       CASE WHEN n % 50 = 0 THEN now() + n * interval '1 second' END, CASE WHEN n % 50 > 0 THEN n END
FROM generate_series(1, {rows}) n;
INSERT INTO trips.mailbox SELECT n FROM generate_series(1, {rows}) n;
INSERT INTO trips.event (recipient_id, kind, payload, sender_id)
SELECT n, 1, '', CASE WHEN n % 50 = 0 THEN n END FROM generate_series(1, {rows}) n;
INSERT INTO trips.request SELECT 'r' || n, '', '', now() - n * interval '1 second' FROM generate_series(1, {rows}) n;

INSERT INTO gateway.instance (name) SELECT 'instance ' || n FROM generate_series(1, 3) n;
INSERT INTO gateway.inbox_key SELECT int8send(n), now() - n * interval '1 second' FROM generate_series(1, {rows}) n;
INSERT INTO gateway.conversation (conversation_id, merged_into, person_id, handed_over, pending, alone, due_at,
                                  instance_id, last_inbound_at)
SELECT n, CASE WHEN n % 100 = 1 THEN n - 1 END, n, CASE WHEN n % 200 = 2 THEN ARRAY[n + {rows}] ELSE '{{}}' END,
       (n % 100 = 3)::int, n % 1000 = 3, now() + n * interval '1 second', CASE WHEN n % 200 = 3 THEN 1 END, now()
FROM generate_series(1, {rows}) n;
INSERT INTO gateway.alias SELECT 'whatsapp:' || n, n FROM generate_series(1, {rows}) n;
INSERT INTO gateway.inbox (stored_on, key, kind, provider, conversation_id, raw, stored_at)
SELECT current_date - (n % 10)::int, int8send(n), 'text', 'whatsapp', n, '', now() FROM generate_series(1, {rows}) n;
INSERT INTO gateway.pending (conversation_id, seq, inbox_id, stored_on, instance_id)
SELECT n, 1, n, current_date - (n % 10)::int, CASE WHEN n % 100 = 0 THEN 1 END FROM generate_series(1, {rows}) n;
INSERT INTO gateway.pending_status (provider, provider_message_id, delivery, due_at)
SELECT 'whatsapp', 'm' || n, 'sent', now() + n * interval '1 second' FROM generate_series(1, {rows}) n;
INSERT INTO gateway.outbox (conversation_id, cause, position, address, reply, state, provider_message_id, created_at)
SELECT n, int8send(n), 0, 'whatsapp:' || n, '', CASE WHEN n % 1000 = 0 THEN 'queued' ELSE 'accepted' END, 'm' || n,
       now() - n * interval '1 second'
FROM generate_series(1, {rows}) n;
INSERT INTO gateway.lane (conversation_id, queued, instance_id, due_at)
SELECT n, (n % 1000 = 0)::int, CASE WHEN n % 2000 = 0 THEN 1 + n % 3 END, now() + n * interval '1 second'
FROM generate_series(1, {rows}) n;
INSERT INTO gateway.download (person_id, provider, request_id, files, due_at)
SELECT n, 'whatsapp', 'r' || n, '', now() + n * interval '1 second' FROM generate_series(1, {rows}) n;
INSERT INTO gateway.erasure (person_id, actor, finished_at)
SELECT n, 'person', CASE WHEN n % 1000 > 0 THEN now() END FROM generate_series(1, {rows}) n;
INSERT INTO gateway.dead_letter (kind, reason, conversation_id, resolution, created_at)
SELECT 'message', 'CRASHED', n, CASE WHEN n % 100 > 0 THEN 'discarded' END, now() - n * interval '1 second'
FROM generate_series(1, {rows}) n;
"""


async def fill(database_url: str, rows: int) -> None:
    """As many rows in each table, then statistics of them; the schemas side by side, as none refers to another."""
    await asyncio.gather(*(_run(database_url, sql) for sql in _by_schema(FILL.format(rows=rows)).values()))
    await _run(database_url, "VACUUM ANALYZE")


async def _run(database_url: str, sql: str) -> None:
    connection = await asyncpg.connect(database_url, server_settings={"synchronous_commit": "off"})
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def _by_schema(sql: str) -> dict[str, str]:
    """Each statement under the first schema that it names, in the same order."""
    found: dict[str, str] = {}
    for statement in filter(str.strip, re.split(r"(?<=;)\n", sql)):
        schema = _SCHEMA.search(statement)
        assert schema is not None, statement
        found[schema[1]] = found.get(schema[1], "") + statement + "\n"
    return found
