"""Places in the queue: under its conversation's row lock a stored message gets the next `seq`.

A conversation that nobody leads is leased by this instance in the same transaction, as far as there is room, and the
head of its queue claimed; where there is none, NOTIFY tells everybody that there is work.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import asyncpg

from chassis import errors
from chassis.database import Session, Statement
from chassis.records import record
from services.gateway import aliases
from services.gateway.arrivals import Arrival
from services.gateway.claims import SNAPSHOT_COLUMNS, Claim, snapshot

NOTIFY_CHANNEL = "gateway_pending"

_FIND_PEOPLE = Statement(
    "gateway.inbox_find_people",
    """
    SELECT person_id, coalesce(merged_into, conversation_id) AS conversation_id, last_inbound_at
    FROM gateway.conversation WHERE person_id = ANY($1::bigint[])
    UNION ALL -- an event that was on its way when its recipient turned out to be somebody else too
    SELECT former.person_id, conversation_id, last_inbound_at
    FROM gateway.conversation CROSS JOIN LATERAL unnest(handed_over) AS former (person_id)
    WHERE handed_over && $1::bigint[] AND handed_over <> '{}' AND merged_into IS NULL
    ORDER BY last_inbound_at NULLS FIRST -- whoever has several conversations hears in the one last written in
    """,
)

_LOCK = Statement(
    "gateway.inbox_lock",
    """
    SELECT conversation_id, merged_into, aliases_left FROM gateway.conversation
    WHERE conversation_id = ANY($1::bigint[]) ORDER BY conversation_id FOR UPDATE
    """,
)


def places_sql(conversations: str, now: str, *, instance_id: str, room: str) -> str:
    """SQL that stores items and gives them their places: CTEs of a statement with `item` and `added` before them.

    `item` has key, kind, provider, conversation_id (NULL: not queued), nr (from 0 within its conversation), addresses,
    raw, sent_at and traceparent; `added` what each conversation gets. The arguments are SQL: the ids of the
    conversations as an array, now, who leases, and how many at most. The rows are locked in order of their ids, as
    everybody locks them, and what is written counts from what they hold once they are ours. `leased` are the
    conversations that were what they had been when they were found; where there is no room for one, everybody is told.
    """
    return f"""
    locked AS (
        SELECT conversation_id, next_seq, instance_id IS NULL AND pending = 0 AS idle
        FROM gateway.conversation WHERE conversation_id = ANY({conversations})
        ORDER BY conversation_id FOR UPDATE
    ), place AS (
        SELECT conversation_id, next_seq AS first_seq, idle,
               idle AND count(*) FILTER (WHERE idle) OVER (ORDER BY conversation_id) <= {room} AS taken
        FROM locked
    ), stored AS (
        INSERT INTO gateway.inbox
            (stored_on, key, kind, provider, conversation_id, addresses, raw, sent_at, stored_at, traceparent)
        SELECT ({now} AT TIME ZONE 'UTC')::date, key, kind, provider, conversation_id,
               string_to_array(addresses, chr(31)), raw, sent_at, {now}, traceparent
        FROM item
        RETURNING key, inbox_id, stored_on
    ), queued AS (
        INSERT INTO gateway.pending (conversation_id, seq, inbox_id, stored_on, attempts, instance_id)
        SELECT conversation_id, first_seq + nr, inbox_id, stored_on, (taken AND nr = 0)::int,
               CASE WHEN taken AND nr = 0 THEN {instance_id} END
        FROM item JOIN place USING (conversation_id) JOIN stored USING (key)
    ), leased AS (
        UPDATE gateway.conversation
        SET next_seq = next_seq + added.items,
            due_at = CASE WHEN pending = 0 THEN {now} ELSE due_at END,
            pending = pending + added.items,
            reply_to = CASE WHEN added.reply_to = '' THEN conversation.reply_to ELSE added.reply_to END,
            last_inbound_at = greatest(last_inbound_at, added.inbound_at),
            instance_id = CASE WHEN place.taken THEN {instance_id} ELSE instance_id END,
            epoch = CASE WHEN place.taken THEN epoch + 1 ELSE epoch END
        FROM added JOIN place USING (conversation_id)
        WHERE conversation.conversation_id = added.conversation_id AND conversation.merged_into IS NULL
          AND conversation.aliases_left = coalesce(added.aliases_left, conversation.aliases_left)
        RETURNING {SNAPSHOT_COLUMNS}, place.first_seq, place.taken,
                  CASE WHEN place.idle AND NOT place.taken THEN pg_notify('{NOTIFY_CHANNEL}', '')::text END AS told
    )"""  # noqa: S608 - our own column list


# One statement, because under load whoever waits for their 200 waits for each round trip. $1 to $5 are conversations,
# $6 to $14 items; $15: now, $16: who leases up to $17.
_ENQUEUE = Statement(
    "gateway.inbox_enqueue",
    f"""
    WITH added AS (
        SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::timestamptz[], $5::int[])
            AS added (conversation_id, items, reply_to, inbound_at, aliases_left)
    ), item AS (
        SELECT * FROM unnest($6::bytea[], $7::text[], $8::text[], $9::bigint[], $10::int[], $11::text[], $12::bytea[],
                             $13::timestamptz[], $14::text[])
            AS item (key, kind, provider, conversation_id, nr, addresses, raw, sent_at, traceparent)
    ), {places_sql("$1", "$15::timestamptz", instance_id="$16::bigint", room="$17::int")}
    SELECT * FROM leased
    """,  # noqa: S608 - our own statement
)


@record
class Destinations:
    """The conversation of each queued item by its key, and how many addresses had left those that were looked up."""

    of_item: Mapping[bytes, int]
    aliases_left: Mapping[int, int]


async def find_conversations(
    session: Session, queued: Sequence[Arrival], known: Sequence[asyncpg.Record] | None
) -> Destinations:
    """Where each queued item belongs; `known` are the rows that aliases.py would read of their addresses.

    Whatever changes meanwhile, `enqueue` notices.
    """
    messages = [item for item in queued if item.addresses]
    places = await aliases.resolve(session, [aliases.Naming(item.addresses, item.current) for item in messages], known)
    people = sorted({item.person_id for item in queued if item.person_id})
    by_person: dict[int, int] = {}
    if people:
        rows = await session.fetch(_FIND_PEOPLE, people)
        by_person = {row["person_id"]: row["conversation_id"] for row in rows}
    conversation_of = {item.key: place for item, place in zip(messages, places.conversations, strict=True)}
    for item in queued:
        if item.person_id in by_person and item.key not in conversation_of:
            conversation_of[item.key] = by_person[item.person_id]
    if not (places.merges or places.moves):
        return Destinations(conversation_of, places.read)
    wanted = sorted({*conversation_of.values(), *places.concerned})
    for row in await session.fetch(_LOCK, wanted):
        expected = places.read.get(row["conversation_id"], row["aliases_left"])
        if row["merged_into"] is not None or row["aliases_left"] != expected:
            raise _moved_meanwhile()
    await aliases.apply(session, places)
    # Ours from here on: nothing changes any more but what we have changed ourselves.
    return Destinations({key: places.merges.get(found, found) for key, found in conversation_of.items()}, {})


async def enqueue(
    session: Session,
    arrivals: Sequence[Arrival],
    destinations: Destinations,
    *,
    now: datetime,
    instance_id: int,
    room: int,
) -> list[Claim]:
    """Store the items, queue those that have a conversation, and claim up to `room` heads for `instance_id`.

    An `instance_id` of 0 claims nothing. Raises Conflict when a conversation is not what it was when it was found.
    """
    conversation_of = destinations.of_item
    queued = [item for item in arrivals if item.key in conversation_of]
    reply_to = {conversation_of[item.key]: (item.current or item.addresses)[0] for item in queued if item.addresses}
    inbound_at = _inbound_at(queued, conversation_of, now)
    counts: Counter[int] = Counter()
    numbers = []
    first: dict[int, Arrival] = {}
    for item in arrivals:
        conversation_id = conversation_of.get(item.key)
        numbers.append(0 if conversation_id is None else counts[conversation_id])
        if conversation_id is not None:
            counts[conversation_id] += 1
            first.setdefault(conversation_id, item)
    ids = sorted(counts)
    rows = await session.fetch(
        _ENQUEUE,
        ids,
        [counts[one] for one in ids],
        [reply_to.get(one, "") for one in ids],
        [inbound_at.get(one) for one in ids],
        [destinations.aliases_left.get(one) for one in ids],
        [item.key for item in arrivals],
        [str(item.kind) for item in arrivals],
        [str(item.provider) for item in arrivals],
        [conversation_of.get(item.key) for item in arrivals],
        numbers,
        ["\x1f".join(item.addresses) for item in arrivals],
        [item.raw for item in arrivals],
        [item.sent_at for item in arrivals],
        [item.traceparent for item in arrivals],
        now,
        instance_id,
        room if instance_id else 0,
    )
    if len(rows) < len(ids):
        raise _moved_meanwhile()
    return [claimed(row, first[row["conversation_id"]], now) for row in rows if row["taken"]]


def _moved_meanwhile() -> errors.Conflict:
    return errors.Conflict("merged or left meanwhile", reason="CONVERSATION_MERGED")


def _inbound_at(queued: Iterable[Arrival], conversation_of: Mapping[bytes, int], now: datetime) -> dict[int, datetime]:
    """When each person last wrote: what comes late opens no window that has closed meanwhile."""
    latest: dict[int, datetime] = {}
    for item in queued:
        if item.addresses and not item.current:
            moment = min(item.sent_at or now, now)
            key = conversation_of[item.key]
            latest[key] = max(latest.get(key, moment), moment)
    return latest


def claimed(leased: asyncpg.Record, item: Arrival, now: datetime) -> Claim:
    """The claim of the first item of a conversation that was `taken`, from its row of `leased`."""
    return Claim(
        snapshot=snapshot(leased),
        seq=leased["first_seq"],
        attempts=1,
        alone=False,
        key=item.key,
        kind=str(item.kind),
        provider=str(item.provider),
        addresses=item.addresses,
        raw=item.raw,
        sent_at=item.sent_at,
        stored_at=now,
        replay=0,
        traceparent=item.traceparent,
    )
