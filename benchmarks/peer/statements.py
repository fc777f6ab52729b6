"""The peer's SQL: what Hailwire's statements do for a batch, each written for one row."""

INSERT_KEY = """
INSERT INTO gateway.inbox_key (key, stored_at) VALUES ($1, chassis.now()) ON CONFLICT (key) DO NOTHING RETURNING key
"""

FIND_CONVERSATION = "SELECT conversation_id FROM gateway.alias WHERE address = $1"

LOCK_CONVERSATION = """
SELECT person_id, language, state_name, state_version, state_data, state_expires_at, next_seq, last_inbound_at,
       chassis.now() AS now
FROM gateway.conversation WHERE conversation_id = $1 FOR UPDATE
"""

INSERT_INBOX = """
INSERT INTO gateway.inbox (stored_on, key, kind, provider, conversation_id, addresses, raw, sent_at, stored_at)
VALUES (($8::timestamptz AT TIME ZONE 'UTC')::date, $1, $2, $3, $4, $5, $6, $7, $8)
RETURNING inbox_id, stored_on
"""

# Only storing: the message waits for its turn.
ENQUEUE = """
UPDATE gateway.conversation
SET next_seq = next_seq + 1, pending = pending + 1, reply_to = $2, last_inbound_at = greatest(last_inbound_at, $3)
WHERE conversation_id = $1
"""

INSERT_PENDING = """
INSERT INTO gateway.pending (conversation_id, seq, inbox_id, stored_on) VALUES ($1, $2, $3, $4)
"""

# Answering at once: there is no queue.
FIND_PERSON = """
SELECT p.person_id, p.name, p.language, p.opt_outs
FROM profile.identity i JOIN profile.person p USING (person_id)
WHERE i.kind = $1 AND i.value_hash = $2
"""

NEAREST_DRIVERS = """
SELECT p.person_id, p.latitude, p.longitude,
       extract(epoch FROM (SELECT chassis.now()) - p.located_at)::float8 AS age_seconds
FROM trips.presence p
WHERE p.online AND p.trip_id IS NULL AND p.vehicle = $2
  AND p.place <@ box(point($5, $6), point($7, $8))
  AND p.located_at >= (SELECT chassis.now()) - interval '30 minutes'
  AND p.person_id <> $1
  AND NOT EXISTS (SELECT FROM trips.trip t WHERE t.passenger_id = p.person_id AND t.state IN (1, 2, 3, 4, 5))
ORDER BY p.place <-> point($3, $4)
LIMIT $9
"""

SAVE_STATE = """
UPDATE gateway.conversation
SET next_seq = next_seq + 1, reply_to = $2, last_inbound_at = greatest(last_inbound_at, $3), person_id = $4,
    language = $5, state_name = $6, state_version = $7, state_data = $8, state_expires_at = $9
WHERE conversation_id = $1
"""

INSERT_REPLY = """
INSERT INTO gateway.outbox
    (conversation_id, cause, position, address, reply, last_inbound_at, state, attempts, attempted_at)
VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7 THEN 'sending' ELSE 'queued' END, $7::int,
        CASE WHEN $7 THEN chassis.now() END)
RETURNING outbox_id
"""

SETTLE = """
UPDATE gateway.outbox
SET state = $2, reason = $3, provider_message_id = $4, settled_at = chassis.now()
WHERE outbox_id = $1 AND state = 'sending'
"""
