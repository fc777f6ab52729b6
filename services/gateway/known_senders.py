"""Storing what comes from people who have written before: one statement that is its own transaction.

Whoever waits for their 200 waits for each round trip. Nearly everybody who writes is known by every address that they
come with; then nothing is to be decided between reading and writing. Whatever else a batch may hold (somebody new, a
number that changed hands, an event) makes this statement do nothing, and inbox.py stores it step by step.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from chassis.database import Database, Statement
from services.gateway import queueing
from services.gateway.arrivals import Arrival
from services.gateway.claims import Claim

_PLACES = queueing.places_sql(
    "ARRAY(SELECT conversation_id FROM added)", "(SELECT now FROM moment)", instance_id="$15::bigint", room="$16::int"
)

# $1 to $12 are items, $13 and $14 the addresses of those that are queued, with the numbers of their items from 1; $15
# leases up to $16 conversations. Aliases are read before any wait for a key; whether they still hold is seen under the
# locks of the conversations, as in queueing.py.
_STORE = Statement(
    "gateway.inbox_store",
    f"""
    WITH moment AS MATERIALIZED (
        SELECT chassis.now() AS now
    ), received AS (
        SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[],
                             $7::timestamptz[], $8::text[], $9::text[], $10::bigint[], $11::text[], $12::int[])
            WITH ORDINALITY
            AS item (key, kind, provider, addresses, reply_to, raw, sent_at, traceparent,
                     provider_message_id, outbox_id, delivery, error_code, position)
    ), sender AS (
        SELECT position, min(conversation_id) AS conversation_id, min(aliases_left) AS aliases_left,
               count(conversation_id) = count(*) AND min(conversation_id) = max(conversation_id) AS known
        FROM unnest($13::bigint[], $14::text[]) AS name (position, address)
        LEFT JOIN gateway.alias USING (address) LEFT JOIN gateway.conversation USING (conversation_id)
        GROUP BY position
    ), gate AS (
        SELECT coalesce(bool_and(known), true) AS open FROM sender
    ), new AS (
        INSERT INTO gateway.inbox_key (key, stored_at)
        SELECT key, now FROM received CROSS JOIN moment WHERE (SELECT open FROM gate) ORDER BY key
        ON CONFLICT (key) DO NOTHING
        RETURNING key
    ), item AS (
        SELECT received.*, conversation_id, aliases_left,
               (row_number() OVER (PARTITION BY conversation_id ORDER BY position) - 1)::int AS nr
        FROM new JOIN received USING (key) LEFT JOIN sender USING (position)
    ), added AS (
        SELECT conversation_id, count(*)::int AS items, (array_agg(reply_to ORDER BY nr DESC))[1] AS reply_to,
               max(least(coalesce(sent_at, now), now)) AS inbound_at, min(aliases_left) AS aliases_left
        FROM item CROSS JOIN moment WHERE conversation_id IS NOT NULL GROUP BY conversation_id
    ), {_PLACES}, statuses AS (
        INSERT INTO gateway.pending_status
            (provider, provider_message_id, outbox_id, delivery, error_code, traceparent)
        SELECT provider, provider_message_id, outbox_id, delivery, error_code, traceparent
        FROM item WHERE delivery IS NOT NULL ORDER BY position
    )
    SELECT gate.open, moment.now, item.key, leased.*,
           (SELECT chassis.conflict() WHERE (SELECT count(*) FROM leased) < (SELECT count(*) FROM added)) AS conflict
    FROM gate CROSS JOIN moment LEFT JOIN item ON true
    LEFT JOIN leased ON leased.conversation_id = item.conversation_id AND item.nr = 0
    """,  # noqa: S608 - our own statement
)


def fit(items: Sequence[Arrival]) -> bool:
    """Whether these may be stored here: messages and statuses, and nobody who tells of another address."""
    return all(not item.current and (bool(item.addresses) or not item.queued) for item in items)


async def store(
    database: Database, items: Sequence[Arrival], *, instance_id: int, room: int
) -> tuple[set[bytes], list[Claim]] | None:
    """Store items of different keys; answers the keys that were new and what was claimed, up to `room` heads.

    None when somebody among them is not known by each of their addresses: then nothing was stored. Raises Conflict when
    a conversation is not what it was when it was found.
    """
    names = [(nr, one) for nr, item in enumerate(items, 1) if item.queued for one in dict.fromkeys(item.addresses)]
    rows = await database.fetch(
        _STORE,
        [item.key for item in items],
        [str(item.kind) for item in items],
        [str(item.provider) for item in items],
        ["\x1f".join(item.addresses) for item in items],
        [item.addresses[0] if item.addresses else "" for item in items],
        [item.raw for item in items],
        [item.sent_at for item in items],
        [item.traceparent for item in items],
        [item.status and item.status.provider_message_id for item in items],
        [item.status and item.status.outbox_id for item in items],
        [item.status and str(item.status.delivery) for item in items],
        [item.status and item.status.error_code for item in items],
        [nr for nr, _ in names],
        [address for _, address in names],
        instance_id,
        room if instance_id else 0,
    )
    if not rows[0]["open"]:
        return None
    by_key = {item.key: item for item in items}
    return {row["key"] for row in rows if row["key"] is not None}, _claims(rows, by_key, rows[0]["now"])


def _claims(rows: Sequence[asyncpg.Record], items: Mapping[bytes, Arrival], now: datetime) -> list[Claim]:
    return [queueing.claimed(row, items[row["key"]], now) for row in rows if row["taken"]]
