"""Lanes: one per conversation, so that one reply at a time is on its way to a person, in order.

A lane is held by one instance under an epoch, like a conversation's lease. The attempt to send its first reply is
recorded in the transaction that claims it, before the call. Locks are always taken on lanes in id order, and only then
on rows of the outbox.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chassis.database import Session, Statement
from services.gateway.messages import Address, Provider

# Meta's pair limit: one message per 6 s to one person, and a burst of 45 that borrows from the future.
PAIR_SECONDS = 6.0
PAIR_BURST = 45

_OPEN = "state IN ('queued', 'sending', 'unknown')"


@dataclass(frozen=True, slots=True)
class NewReply:
    """A row for the outbox."""

    conversation_id: int
    cause: bytes
    position: int
    address: str
    reply: bytes
    traceparent: str
    last_inbound_at: datetime | None


@dataclass(frozen=True, slots=True)
class LaneClaim:
    """The first reply of a lane, claimed: its attempt is recorded."""

    conversation_id: int
    instance_id: int
    epoch: int
    # How often in a row the recipient could not be written to.
    failures: int
    outbox_id: int
    address: str
    reply: bytes
    attempts: int
    created_at: datetime
    claimed_at: datetime
    # When the attempt before this one was made, if its result is unknown.
    unknown_since: datetime | None
    # The provider's id, known already because its status came before its answer.
    provider_message_id: str | None
    last_inbound_at: datetime | None
    traceparent: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a claimed reply: `state` is accepted, failed, skipped, queued (again) or unknown."""

    claim: LaneClaim
    state: str
    reason: str = ""
    provider_message_id: str | None = None
    error_code: int | None = None
    # Before the lane's next reply (or this one again) may be tried.
    wait_seconds: float = 0.0
    failed: bool = False
    # Whether the provider was asked at all; what was not tried does not count as an attempt.
    tried: bool = True

    @property
    def final(self) -> bool:
        """Whether this reply is over."""
        return self.state in {"accepted", "failed", "skipped"}


_LOCK = Statement(
    "gateway.lane_lock",
    """
    SELECT conversation_id, queued, instance_id, epoch, due_at, pair_at, failures, (SELECT chassis.now()) AS now
    FROM gateway.lane WHERE conversation_id = ANY($1::bigint[]) ORDER BY conversation_id FOR UPDATE
    """,
)

_INSERT = Statement(
    "gateway.outbox_insert",
    """
    INSERT INTO gateway.outbox
        (conversation_id, cause, position, address, reply, traceparent, last_inbound_at, state, attempts, attempted_at,
         created_at)
    SELECT conversation_id, cause, position, address, reply, traceparent, last_inbound_at,
           CASE WHEN claimed THEN 'sending' ELSE 'queued' END, claimed::int, CASE WHEN claimed THEN $9::timestamptz END,
           $9
    FROM unnest($1::bigint[], $2::bytea[], $3::smallint[], $4::text[], $5::bytea[], $6::text[], $7::timestamptz[],
                $8::boolean[])
        WITH ORDINALITY
        AS reply (conversation_id, cause, position, address, reply, traceparent, last_inbound_at, claimed, nr)
    ORDER BY nr
    RETURNING outbox_id, conversation_id, position, cause, created_at
    """,
)

_UPDATE = Statement(
    "gateway.lane_update",
    """
    UPDATE gateway.lane
    SET queued = lane.queued + changed.added, instance_id = changed.instance_id, epoch = changed.epoch,
        due_at = changed.due_at, pair_at = changed.pair_at, failures = changed.failures
    FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
                $7::smallint[])
        AS changed (conversation_id, added, instance_id, epoch, due_at, pair_at, failures)
    WHERE lane.conversation_id = changed.conversation_id
    """,
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
        SELECT outbox_id, conversation_id, address, reply, state, attempts, created_at, attempted_at,
               provider_message_id, last_inbound_at, traceparent
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

_SETTLE = Statement(
    "gateway.outbox_settle",
    """
    UPDATE gateway.outbox
    SET state = settled.state, reason = settled.reason, error_code = settled.error_code,
        provider_message_id = coalesce(settled.provider_message_id, outbox.provider_message_id),
        settled_at = CASE WHEN settled.final THEN chassis.now() END,
        attempts = outbox.attempts - CASE WHEN settled.tried THEN 0 ELSE 1 END
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::int[], $6::boolean[], $7::boolean[])
        AS settled (outbox_id, state, reason, provider_message_id, error_code, final, tried)
    WHERE outbox.outbox_id = settled.outbox_id AND outbox.state = 'sending'
    RETURNING outbox.outbox_id
    """,
)

# The lane is somebody else's by now, but what the provider said is true all the same: the row's next sender finds it.
_REMEMBER = Statement(
    "gateway.outbox_remember",
    """
    UPDATE gateway.outbox SET provider_message_id = fact.provider_message_id
    FROM unnest($1::bigint[], $2::text[]) AS fact (outbox_id, provider_message_id)
    WHERE outbox.outbox_id = fact.outbox_id AND outbox.state = 'unknown' AND outbox.provider_message_id IS NULL
    """,
)

_BURY = Statement(
    "gateway.outbox_bury",
    """
    INSERT INTO gateway.dead_letter (kind, reason, conversation_id, outbox_id, provider, attempts)
    SELECT 'reply', dead.reason, outbox.conversation_id, outbox.outbox_id, dead.provider, outbox.attempts
    FROM unnest($1::bigint[], $2::text[], $3::text[]) AS dead (outbox_id, reason, provider)
    JOIN gateway.outbox USING (outbox_id)
    """,
)


async def enqueue(session: Session, replies: Sequence[NewReply], *, instance_id: int, room: int) -> list[LaneClaim]:
    """Insert the replies in order and claim the first of each lane that is free, up to `room`."""
    rows = await session.fetch(_LOCK, sorted({reply.conversation_id for reply in replies}))
    by_id = {row["conversation_id"]: row for row in rows}
    lanes = {one: _Lane(row) for one, row in by_id.items()}
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
    now = rows[0]["now"]
    inserted = await session.fetch(
        _INSERT,
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
    await _save(session, lanes.values())
    by_cause = {(row["cause"], row["position"]): row for row in inserted}
    return [
        _claim_new(lanes[reply.conversation_id], reply, by_cause[reply.cause, reply.position])
        for reply, taken in zip(replies, claimed, strict=True)
        if taken
    ]


async def take_due(session: Session, *, instance_id: int, limit: int) -> list[LaneClaim]:
    """Hold up to `limit` lanes that have something to send and nobody who sends it."""
    rows = await session.fetch(_FIND_DUE, limit)
    lanes = {row["conversation_id"]: _Lane(row) for row in rows}
    if not lanes:
        return []
    for lane in lanes.values():
        lane.take(instance_id)
    claims = await _claim_heads(session, lanes)
    await _save(session, lanes.values())
    return claims


async def settle(
    session: Session, settlements: Sequence[Settlement], *, going_on: bool
) -> tuple[set[int], list[LaneClaim]]:
    """Write what became of claimed replies and claim the next of each lane.

    Answers the conversations whose lane was still ours, and the next claims; a lane without one is free again.
    """
    rows = await session.fetch(_LOCK, sorted({one.claim.conversation_id for one in settlements}))
    lanes = {row["conversation_id"]: _Lane(row) for row in rows}
    fenced = [one for one in settlements if lanes[one.claim.conversation_id].held_by(one.claim)]
    late = [one for one in settlements if one.provider_message_id and one not in fenced]
    if late:
        facts = [one.provider_message_id for one in late]
        await session.execute(_REMEMBER, [one.claim.outbox_id for one in late], facts)
    if not fenced:
        return set(), []
    written = await session.fetch(
        _SETTLE,
        [one.claim.outbox_id for one in fenced],
        [one.state for one in fenced],
        [one.reason for one in fenced],
        [one.provider_message_id for one in fenced],
        [one.error_code for one in fenced],
        [one.final for one in fenced],
        [one.tried for one in fenced],
    )
    # Not among them: what an earlier try of this very transaction has settled, whose commit's answer was lost.
    settled = {row["outbox_id"] for row in written}
    dead = [one for one in fenced if one.state == "failed" and one.claim.outbox_id in settled]
    if dead:
        await session.execute(
            _BURY,
            [one.claim.outbox_id for one in dead],
            [one.reason for one in dead],
            [str(Address.from_key(one.claim.address).provider) for one in dead],
        )
    ours = {}
    for one in fenced:
        lane = ours[one.claim.conversation_id] = lanes[one.claim.conversation_id]
        lane.added -= one.final and one.claim.outbox_id in settled
        if one.tried:
            lane.failures = lane.failures + 1 if one.failed else 0
        lane.due_at = lane.now + timedelta(seconds=one.wait_seconds)
        if not going_on or one.wait_seconds > 0:
            lane.release()
    open_lanes = {key: lane for key, lane in ours.items() if not lane.free and lane.queued + lane.added > 0}
    claims = await _claim_heads(session, open_lanes)
    for lane in ours.values():
        if lane.queued + lane.added <= 0:
            lane.release()
    await _save(session, ours.values())
    return set(ours), claims


async def _claim_heads(session: Session, lanes: dict[int, "_Lane"]) -> list[LaneClaim]:
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


async def _save(session: Session, lanes: Any) -> None:
    changed = list(lanes)
    await session.execute(
        _UPDATE,
        [lane.conversation_id for lane in changed],
        [lane.added for lane in changed],
        [lane.instance_id for lane in changed],
        [lane.epoch for lane in changed],
        [lane.due_at for lane in changed],
        [lane.pair_at for lane in changed],
        [lane.failures for lane in changed],
    )


class _Lane:
    """A locked row and what is to become of it."""

    def __init__(self, row: Any) -> None:
        self.conversation_id: int = row["conversation_id"]
        self.queued: int = row["queued"]
        self.instance_id: int | None = row["instance_id"]
        self.epoch: int = row["epoch"]
        self.due_at: datetime = row["due_at"]
        self.pair_at: datetime = row["pair_at"]
        self.failures: int = row["failures"]
        self.now: datetime = row["now"]
        self.added = 0

    @property
    def free(self) -> bool:
        return self.instance_id is None

    def held_by(self, claim: LaneClaim) -> bool:
        return (self.instance_id, self.epoch) == (claim.instance_id, claim.epoch)

    def take(self, instance_id: int) -> None:
        self.instance_id = instance_id
        self.epoch += 1

    def release(self) -> None:
        self.instance_id = None

    def pace(self, address: str) -> bool:
        """Count one message against the pair limit (GCRA); False, and the time when it may go, when it must wait."""
        if Address.from_key(address).provider is not Provider.WHATSAPP:
            return True
        start = max(self.pair_at, self.now)
        following = start + timedelta(seconds=PAIR_SECONDS)
        allowed_at = following - timedelta(seconds=PAIR_SECONDS * PAIR_BURST)
        if allowed_at > self.now:
            self.due_at = allowed_at
            return False
        self.pair_at = following
        return True


def _claim_new(lane: _Lane, reply: NewReply, row: Any) -> LaneClaim:
    return LaneClaim(
        conversation_id=reply.conversation_id,
        instance_id=lane.instance_id or 0,
        epoch=lane.epoch,
        failures=lane.failures,
        outbox_id=row["outbox_id"],
        address=reply.address,
        reply=reply.reply,
        attempts=1,
        created_at=row["created_at"],
        claimed_at=lane.now,
        unknown_since=None,
        provider_message_id=None,
        last_inbound_at=reply.last_inbound_at,
        traceparent=reply.traceparent,
    )


def _claim_head(lane: _Lane, head: Any) -> LaneClaim:
    return LaneClaim(
        conversation_id=lane.conversation_id,
        instance_id=lane.instance_id or 0,
        epoch=lane.epoch,
        failures=lane.failures,
        outbox_id=head["outbox_id"],
        address=head["address"],
        reply=head["reply"],
        attempts=head["attempts"] + (head["state"] != "sending"),
        created_at=head["created_at"],
        claimed_at=lane.now,
        unknown_since=head["attempted_at"] if head["state"] == "unknown" else None,
        provider_message_id=head["provider_message_id"],
        last_inbound_at=head["last_inbound_at"],
        traceparent=head["traceparent"],
    )
