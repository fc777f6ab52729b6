"""Storing what comes from people who have written before: one statement that is its own transaction.

Whoever waits for their 200 waits for each round trip. Nearly everybody who writes is known by every address that they
come with; then nothing is to be decided between reading and writing. Whatever else a batch may hold (somebody new, a
number that changed hands, an event) is left for inbox.py's steps, and with it what else the batch has of a conversation
that is named there: one sender's order stays.
"""

from collections.abc import Sequence

from chassis.database import Database, Statement
from chassis.records import record
from services.gateway import queueing
from services.gateway.arrivals import Arrival
from services.gateway.claims import Claim

_PLACES = queueing.places_sql(
    "ARRAY(SELECT conversation_id FROM added)", "(SELECT now FROM moment)", instance_id="$15::bigint", room="$16::int"
)

# $1 to $12 are items, $13 and $14 the addresses of those that are queued, with the numbers of their items from 1; $15
# leases up to $16 conversations. Numbers without an item are of what is left anyway. Aliases are read before any wait
# for a key; whether they still hold is seen under the locks of the conversations, as in queueing.py.
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
    ), named AS MATERIALIZED (
        SELECT position, conversation_id, aliases_left
        FROM unnest($13::bigint[], $14::text[]) AS name (position, address)
        LEFT JOIN gateway.alias USING (address) LEFT JOIN gateway.conversation USING (conversation_id)
    ), sender AS MATERIALIZED (
        SELECT position, min(conversation_id) AS conversation_id, min(aliases_left) AS aliases_left,
               count(conversation_id) = count(*) AND min(conversation_id) = max(conversation_id) AS known
        FROM named GROUP BY position
    ), undecided AS MATERIALIZED (
        SELECT position FROM sender
        WHERE NOT known OR conversation_id IN (
            SELECT named.conversation_id FROM named JOIN sender USING (position)
            WHERE NOT known AND named.conversation_id IS NOT NULL)
    ), new AS (
        INSERT INTO gateway.inbox_key (key, stored_at)
        SELECT key, now FROM received CROSS JOIN moment
        WHERE NOT EXISTS (SELECT FROM undecided WHERE undecided.position = received.position) ORDER BY key
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
    SELECT outcome.key, outcome.stored, moment.now, leased.*,
           (SELECT chassis.conflict() WHERE (SELECT count(*) FROM leased) < (SELECT count(*) FROM added)) AS conflict
    FROM moment CROSS JOIN (
        SELECT key, conversation_id, nr, true AS stored FROM item
        UNION ALL SELECT key, NULL, NULL, false FROM received JOIN undecided USING (position)
    ) AS outcome
    LEFT JOIN leased ON leased.conversation_id = outcome.conversation_id AND outcome.nr = 0
    """,  # noqa: S608 - our own statement
)


@record
class Known:
    """The keys that were new, what was claimed, and the keys of what is left."""

    new: set[bytes]
    claims: list[Claim]
    left: set[bytes]


def fits(item: Arrival) -> bool:
    """Whether it may be stored here: a message or a status, and of nobody who tells of another address."""
    return not item.current and (bool(item.addresses) or not item.queued)


async def store(database: Database, items: Sequence[Arrival], *, instance_id: int, room: int) -> Known:
    """Store those of the items, which have different keys, whose senders are known, and claim up to `room` heads.

    What is left is not known by each of its addresses, or belongs to the conversation of something that is left. Raises
    Conflict, having stored nothing, when a conversation is not what it was when it was found.
    """
    fitting = [item for item in items if fits(item)]
    others = [item for item in items if not fits(item)]
    names = [(nr, one) for nr, item in enumerate(fitting, 1) if item.queued for one in dict.fromkeys(item.addresses)]
    # Nobody is known by no address at all.
    names += [
        (nr, one) for nr, item in enumerate(others, len(fitting) + 1) for one in {*item.addresses, *item.current, ""}
    ]
    rows = await database.fetch(
        _STORE,
        [item.key for item in fitting],
        [str(item.kind) for item in fitting],
        [str(item.provider) for item in fitting],
        ["\x1f".join(item.addresses) for item in fitting],
        [item.addresses[0] if item.addresses else "" for item in fitting],
        [item.raw for item in fitting],
        [item.sent_at for item in fitting],
        [item.traceparent for item in fitting],
        [item.status and item.status.provider_message_id for item in fitting],
        [item.status and item.status.outbox_id for item in fitting],
        [item.status and str(item.status.delivery) for item in fitting],
        [item.status and item.status.error_code for item in fitting],
        [nr for nr, _ in names],
        [address for _, address in names],
        instance_id,
        room if instance_id else 0,
    )
    by_key = {item.key: item for item in fitting}
    return Known(
        new={row["key"] for row in rows if row["stored"]},
        claims=[queueing.claimed(row, by_key[row["key"]], row["now"]) for row in rows if row["taken"]],
        left={row["key"] for row in rows if not row["stored"]} | {item.key for item in others},
    )
