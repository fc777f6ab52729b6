"""Lanes: one per conversation, so that one reply at a time is on its way to a person, in order.

A lane is held by one instance under an epoch, like a conversation's lease. The attempt to send its first reply is
recorded in the transaction that claims it, before the call. Locks are always taken on lanes in id order, and only then
on rows of the outbox.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chassis.database import Session, Statement
from services.gateway.lane import Lane, LaneClaim, NewReply

_OPEN = "state IN ('queued', 'sending', 'unknown')"


_LOCK = Statement(
    "gateway.lane_lock",
    """
    SELECT conversation_id, queued, instance_id, epoch, due_at, pair_at, failures, (SELECT chassis.now()) AS now
    FROM gateway.lane WHERE conversation_id = ANY($1::bigint[]) ORDER BY conversation_id FOR UPDATE
    """,
)

_SAVED = """
    UPDATE gateway.lane
    SET queued = lane.queued + changed.added, instance_id = changed.instance_id, epoch = changed.epoch,
        due_at = changed.due_at, pair_at = changed.pair_at, failures = changed.failures
    FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
                $7::smallint[])
        AS changed (conversation_id, added, instance_id, epoch, due_at, pair_at, failures)
    WHERE lane.conversation_id = changed.conversation_id
"""

_UPDATE = Statement("gateway.lane_update", _SAVED)

# With the lanes ($1 to $7), which the caller has locked; $8 to $15 are the replies, $16 is now.
_ENQUEUE = Statement(
    "gateway.outbox_insert",
    f"""
    WITH saved AS ({_SAVED})
    INSERT INTO gateway.outbox
        (conversation_id, cause, position, address, reply, traceparent, last_inbound_at, state, attempts, attempted_at,
         created_at)
    SELECT conversation_id, cause, position, address, reply, traceparent, last_inbound_at,
           CASE WHEN claimed THEN 'sending' ELSE 'queued' END, claimed::int,
           CASE WHEN claimed THEN $16::timestamptz END, $16
    FROM unnest($8::bigint[], $9::bytea[], $10::smallint[], $11::text[], $12::bytea[], $13::text[],
                $14::timestamptz[], $15::boolean[])
        WITH ORDINALITY
        AS reply (conversation_id, cause, position, address, reply, traceparent, last_inbound_at, claimed, nr)
    ORDER BY nr
    RETURNING outbox_id, conversation_id, position, cause, created_at
    """,  # noqa: S608 - our own statement
)

_FIND_DUE = Statement(
    "gateway.lane_find_due",
    """
    SELECT conversation_id, queued, instance_id, epoch, due_at, pair_at, failures, (SELECT chassis.now()) AS now
    FROM gateway.lane WHERE queued > 0 AND instance_id IS NULL AND due_at <= chassis.now()
    ORDER BY due_at, conversation_id LIMIT $1
    FOR UPDATE SKIP LOCKED
    """,
)

_HEADS = Statement(
    "gateway.lane_heads",
    f"""
    SELECT head.*
    FROM unnest($1::bigint[]) AS asked (conversation_id)
    CROSS JOIN LATERAL (
        SELECT outbox_id, conversation_id, address, reply, state, attempts, unknowns, refusals, created_at,
               attempted_at, provider_message_id, last_inbound_at, traceparent
        FROM gateway.outbox
        WHERE outbox.conversation_id = asked.conversation_id AND {_OPEN}
        ORDER BY outbox_id LIMIT 1
    ) AS head
    """,  # noqa: S608 - our own condition
)

_ATTEMPT = Statement(
    "gateway.outbox_attempt",
    """
    UPDATE gateway.outbox
    SET state = 'sending',
        -- Claimed before by a commit whose answer was lost: it was never tried.
        attempts = attempts + CASE WHEN state = 'sending' THEN 0 ELSE 1 END,
        -- The first of several attempts with unknown results is what Twilio's list is asked about.
        attempted_at = CASE WHEN state = 'unknown' THEN attempted_at ELSE $2 END
    WHERE outbox_id = ANY($1::bigint[])
    """,
)


async def enqueue(session: Session, replies: Sequence[NewReply], *, instance_id: int, room: int) -> list[LaneClaim]:
    """Insert the replies in order and claim the first of each lane that is free, up to `room`."""
    lanes = await lock(session, {reply.conversation_id for reply in replies})
    claimed = []
    for reply in replies:
        lane = lanes[reply.conversation_id]
        take = (
            instance_id != 0
            and room > 0
            and lane.free
            and lane.queued + lane.added == 0
            and lane.due_at <= lane.now
            and lane.pace(reply.address)
        )
        if take:
            lane.take(instance_id)
            room -= 1
        lane.added += 1
        claimed.append(take)
    now = next(iter(lanes.values())).now
    inserted = await session.fetch(
        _ENQUEUE,
        *_columns(lanes.values()),
        [reply.conversation_id for reply in replies],
        [reply.cause for reply in replies],
        [reply.position for reply in replies],
        [reply.address for reply in replies],
        [reply.reply for reply in replies],
        [reply.traceparent for reply in replies],
        [reply.last_inbound_at for reply in replies],
        claimed,
        now,
    )
    by_cause = {(row["cause"], row["position"]): row for row in inserted}
    return [
        _claim_new(lanes[reply.conversation_id], reply, by_cause[reply.cause, reply.position])
        for reply, taken in zip(replies, claimed, strict=True)
        if taken
    ]


async def take_due(session: Session, *, instance_id: int, limit: int) -> list[LaneClaim]:
    """Hold up to `limit` lanes that have something to send and nobody who sends it."""
    rows = await session.fetch(_FIND_DUE, limit)
    lanes = {row["conversation_id"]: Lane(row) for row in rows}
    if not lanes:
        return []
    for lane in lanes.values():
        lane.take(instance_id)
    claims = await claim_heads(session, lanes)
    await save(session, lanes.values())
    return claims


async def lock(session: Session, conversation_ids: Iterable[int]) -> dict[int, Lane]:
    """The lanes of these conversations, locked in id order."""
    rows = await session.fetch(_LOCK, sorted(conversation_ids))
    return {row["conversation_id"]: Lane(row) for row in rows}


async def claim_heads(session: Session, lanes: Mapping[int, Lane]) -> list[LaneClaim]:
    """Claim the first reply of each lane; one that has none, or must wait, is released."""
    if not lanes:
        return []
    heads = {row["conversation_id"]: row for row in await session.fetch(_HEADS, list(lanes))}
    claims = []
    attempted = []
    for conversation_id, lane in lanes.items():
        head = heads.get(conversation_id)
        if head is None:
            # The count was wrong: nothing is there to send.
            lane.added = -lane.queued
            lane.release()
        elif head["provider_message_id"] is None and not lane.pace(head["address"]):
            lane.release()
        else:
            attempted.append(head["outbox_id"])
            claims.append(_claim_head(lane, head))
    if attempted:
        await session.execute(_ATTEMPT, sorted(attempted), next(iter(lanes.values())).now)
    return claims


async def save(session: Session, lanes: Iterable[Lane]) -> None:
    """Write what became of locked lanes."""
    await session.execute(_UPDATE, *_columns(lanes))


def _columns(lanes: Iterable[Lane]) -> tuple[list[Any], ...]:
    changed = list(lanes)
    return (
        [lane.conversation_id for lane in changed],
        [lane.added for lane in changed],
        [lane.instance_id for lane in changed],
        [lane.epoch for lane in changed],
        [lane.due_at for lane in changed],
        [lane.pair_at for lane in changed],
        [lane.failures for lane in changed],
    )


def _claim_new(lane: Lane, reply: NewReply, row: Any) -> LaneClaim:
    return LaneClaim(
        conversation_id=reply.conversation_id,
        instance_id=lane.instance_id or 0,
        epoch=lane.epoch,
        failures=lane.failures,
        outbox_id=row["outbox_id"],
        address=reply.address,
        reply=reply.reply,
        attempts=1,
        unknowns=0,
        refusals=0,
        created_at=row["created_at"],
        claimed_at=lane.now,
        unknown_since=None,
        provider_message_id=None,
        last_inbound_at=reply.last_inbound_at,
        traceparent=reply.traceparent,
    )


def _claim_head(lane: Lane, head: Any) -> LaneClaim:
    return LaneClaim(
        conversation_id=lane.conversation_id,
        instance_id=lane.instance_id or 0,
        epoch=lane.epoch,
        failures=lane.failures,
        outbox_id=head["outbox_id"],
        address=head["address"],
        reply=head["reply"],
        attempts=head["attempts"] + (head["state"] != "sending"),
        unknowns=head["unknowns"],
        refusals=head["refusals"],
        created_at=head["created_at"],
        claimed_at=lane.now,
        unknown_since=head["attempted_at"] if head["state"] == "unknown" else None,
        provider_message_id=head["provider_message_id"],
        last_inbound_at=head["last_inbound_at"],
        traceparent=head["traceparent"],
    )
