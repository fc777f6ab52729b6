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
from services.gateway import aliases
from services.gateway.arrivals import Arrival
from services.gateway.claims import SNAPSHOT_COLUMNS, Claim, Snapshot, snapshot

NOTIFY_CHANNEL = "gateway_pending"

_NOW = Statement("gateway.now", "SELECT chassis.now()")

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
    f"""
    SELECT {SNAPSHOT_COLUMNS}, next_seq, pending, merged_into, aliases_left, (SELECT chassis.now()) AS now
    FROM gateway.conversation WHERE conversation_id = ANY($1::bigint[])
    ORDER BY conversation_id FOR UPDATE
    """,  # noqa: S608 - our own column list
)

_ENQUEUE = Statement(
    "gateway.inbox_enqueue",
    f"""
    UPDATE gateway.conversation
    SET next_seq = next_seq + added.items,
        due_at = CASE WHEN pending = 0 THEN $6 ELSE due_at END,
        pending = pending + added.items,
        reply_to = CASE WHEN added.reply_to = '' THEN conversation.reply_to ELSE added.reply_to END,
        last_inbound_at = greatest(last_inbound_at, added.inbound_at),
        instance_id = CASE WHEN added.take THEN $5 ELSE instance_id END,
        epoch = CASE WHEN added.take THEN epoch + 1 ELSE epoch END
    FROM unnest($1::bigint[], $2::int[], $3::text[], $4::boolean[], $7::timestamptz[])
        AS added (conversation_id, items, reply_to, take, inbound_at)
    WHERE conversation.conversation_id = added.conversation_id
    RETURNING {SNAPSHOT_COLUMNS}
    """,  # noqa: S608 - our own column list
)

_INSERT_INBOX = Statement(
    "gateway.inbox_insert",
    """
    INSERT INTO gateway.inbox
        (stored_on, key, kind, provider, conversation_id, addresses, raw, sent_at, stored_at, traceparent)
    SELECT ($8::timestamptz AT TIME ZONE 'UTC')::date, key, kind, provider, conversation_id,
           string_to_array(addresses, chr(31)), raw, sent_at, $8, traceparent
    FROM unnest($1::bytea[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bytea[], $7::timestamptz[],
                $9::text[])
        AS item (key, kind, provider, conversation_id, addresses, raw, sent_at, traceparent)
    RETURNING key, inbox_id, stored_on
    """,
)

_INSERT_PENDING = Statement(
    "gateway.inbox_insert_pending",
    """
    INSERT INTO gateway.pending (conversation_id, seq, inbox_id, stored_on, attempts, instance_id)
    SELECT conversation_id, seq, inbox_id, $4, claimed::int, CASE WHEN claimed THEN $5::bigint END
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $6::boolean[])
        AS item (conversation_id, seq, inbox_id, claimed)
    """,
)

_NOTIFY = Statement("gateway.inbox_notify", f"SELECT pg_notify('{NOTIFY_CHANNEL}', '')")


async def find_conversations(
    session: Session, queued: Sequence[Arrival]
) -> tuple[dict[bytes, int], dict[int, asyncpg.Record]]:
    """The conversation of each queued item by its key, and the locked rows of all of them."""
    messages = [item for item in queued if item.addresses]
    places = await aliases.resolve(session, [aliases.Naming(item.addresses, item.current) for item in messages])
    people = sorted({item.person_id for item in queued if item.person_id})
    by_person: dict[int, int] = {}
    if people:
        rows = await session.fetch(_FIND_PEOPLE, people)
        by_person = {row["person_id"]: row["conversation_id"] for row in rows}
    conversation_of = {item.key: place for item, place in zip(messages, places.conversations, strict=True)}
    for item in queued:
        if item.person_id in by_person and item.key not in conversation_of:
            conversation_of[item.key] = by_person[item.person_id]
    wanted = sorted({*conversation_of.values(), *places.concerned})
    locked = {row["conversation_id"]: row for row in await session.fetch(_LOCK, wanted)} if wanted else {}
    for conversation_id, row in locked.items():
        if (
            row["merged_into"] is not None
            or places.read.get(conversation_id, row["aliases_left"]) != row["aliases_left"]
        ):
            raise errors.Conflict("merged or left meanwhile", reason="CONVERSATION_MERGED")
    if places.merges or places.moves:
        await aliases.apply(session, places)
        locked = {row["conversation_id"]: row for row in await session.fetch(_LOCK, wanted)}
    return {key: places.merges.get(found, found) for key, found in conversation_of.items()}, locked


async def enqueue(
    session: Session,
    arrivals: Sequence[Arrival],
    conversation_of: Mapping[bytes, int],
    locked: Mapping[int, asyncpg.Record],
    *,
    instance_id: int,
    room: int,
) -> list[Claim]:
    """Store the items, queue those that have a conversation, and claim up to `room` heads for `instance_id`.

    An `instance_id` of 0 claims nothing.
    """
    queued = [item for item in arrivals if item.key in conversation_of]
    counts = Counter(conversation_of[item.key] for item in queued)
    reply_to = {conversation_of[item.key]: (item.current or item.addresses)[0] for item in queued if item.addresses}
    taken: set[int] = set()
    idle = False
    for conversation_id in counts:
        row = locked[conversation_id]
        if row["instance_id"] is None and row["pending"] == 0:
            if instance_id and len(taken) < room:
                taken.add(conversation_id)
            else:
                idle = True
    ids = sorted(counts)
    now: datetime = next(iter(locked.values()))["now"] if locked else await session.fetchval(_NOW)
    leased: dict[int, Snapshot] = {}
    if ids:
        inbound_at = _inbound_at(queued, conversation_of, now)
        rows = await session.fetch(
            _ENQUEUE,
            ids,
            [counts[one] for one in ids],
            [reply_to.get(one, "") for one in ids],
            [one in taken for one in ids],
            instance_id,
            now,
            [inbound_at.get(one) for one in ids],
        )
        leased = {row["conversation_id"]: snapshot(row) for row in rows if row["conversation_id"] in taken}
    stored = await _insert(session, arrivals, conversation_of, now)
    claims = []
    sequence = {one: locked[one]["next_seq"] for one in ids}
    pending = []
    for item in queued:
        conversation_id = conversation_of[item.key]
        inbox_id, stored_on = stored[item.key]
        seq = sequence[conversation_id]
        sequence[conversation_id] += 1
        claimed = conversation_id in leased
        pending.append((conversation_id, seq, inbox_id, claimed, stored_on))
        if claimed:
            claims.append(_claimed(leased.pop(conversation_id), seq, item, now))
    if pending:
        columns = list(zip(*pending, strict=True))
        await session.execute(
            _INSERT_PENDING, columns[0], columns[1], columns[2], pending[0][4], instance_id, columns[3]
        )
    if idle:
        await session.execute(_NOTIFY)
    return claims


async def _insert(
    session: Session, arrivals: Sequence[Arrival], conversation_of: Mapping[bytes, int], now: datetime
) -> dict[bytes, tuple[int, object]]:
    rows = await session.fetch(
        _INSERT_INBOX,
        [item.key for item in arrivals],
        [str(item.kind) for item in arrivals],
        [str(item.provider) for item in arrivals],
        [conversation_of.get(item.key) for item in arrivals],
        ["\x1f".join(item.addresses) for item in arrivals],
        [item.raw for item in arrivals],
        [item.sent_at for item in arrivals],
        now,
        [item.traceparent for item in arrivals],
    )
    return {row["key"]: (row["inbox_id"], row["stored_on"]) for row in rows}


def _inbound_at(queued: Iterable[Arrival], conversation_of: Mapping[bytes, int], now: datetime) -> dict[int, datetime]:
    """When each person last wrote: what comes late opens no window that has closed meanwhile."""
    latest: dict[int, datetime] = {}
    for item in queued:
        if item.addresses and not item.current:
            moment = min(item.sent_at or now, now)
            key = conversation_of[item.key]
            latest[key] = max(latest.get(key, moment), moment)
    return latest


def _claimed(leased: Snapshot, seq: int, item: Arrival, now: datetime) -> Claim:
    return Claim(
        snapshot=leased,
        seq=seq,
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
