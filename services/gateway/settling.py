"""Settling: what became of the replies that were sent, written under the lanes that they were claimed in.

A lane that is somebody else's by now is left alone; only what the provider said of its reply is remembered. The next
reply of each lane is claimed in the same transaction.
"""

from collections.abc import Sequence
from datetime import timedelta

from chassis.database import Session, Statement
from services.gateway import lanes
from services.gateway.lane import LaneClaim, Settlement
from services.gateway.messages import Address

_SETTLE = Statement(
    "gateway.outbox_settle",
    """
    UPDATE gateway.outbox
    SET state = CASE -- a copy that was refused takes nothing from the one that has arrived
            WHEN settled.state IN ('failed', 'skipped') AND outbox.delivery IN ('sent', 'delivered', 'read')
            THEN 'accepted' ELSE settled.state END,
        reason = settled.reason, error_code = settled.error_code,
        provider_message_id = coalesce(settled.provider_message_id, outbox.provider_message_id),
        settled_at = CASE WHEN settled.final THEN chassis.now() END,
        attempts = outbox.attempts - CASE WHEN settled.tried THEN 0 ELSE 1 END,
        unknowns = outbox.unknowns + settled.unknown::int, refusals = outbox.refusals + settled.refused::int,
        traceparent = coalesce(nullif(settled.traceparent, ''), outbox.traceparent)
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::int[], $6::boolean[], $7::boolean[],
                $8::boolean[], $9::boolean[], $10::text[])
        AS settled (outbox_id, state, reason, provider_message_id, error_code, final, tried, unknown, refused,
                    traceparent)
    WHERE outbox.outbox_id = settled.outbox_id AND outbox.state = 'sending'
    RETURNING outbox.outbox_id, outbox.state
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


async def settle(
    session: Session, settlements: Sequence[Settlement], *, going_on: bool
) -> tuple[set[int], list[LaneClaim]]:
    """Write what became of claimed replies and claim the next of each lane.

    Answers the conversations whose lane was still ours, and the next claims; a lane without one is free again.
    """
    locked = await lanes.lock(session, {one.claim.conversation_id for one in settlements})
    fenced = [one for one in settlements if locked[one.claim.conversation_id].held_by(one.claim)]
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
        [one.unknown for one in fenced],
        [one.refused for one in fenced],
        [one.traceparent for one in fenced],
    )
    # Not among them: what an earlier try of this very transaction has settled, whose commit's answer was lost.
    settled = {row["outbox_id"]: row["state"] for row in written}
    dead = [one for one in fenced if settled.get(one.claim.outbox_id) == "failed"]
    if dead:
        await session.execute(
            _BURY,
            [one.claim.outbox_id for one in dead],
            [one.reason for one in dead],
            [str(Address.from_key(one.claim.address).provider) for one in dead],
        )
    ours = {}
    for one in fenced:
        lane = ours[one.claim.conversation_id] = locked[one.claim.conversation_id]
        lane.added -= one.final and one.claim.outbox_id in settled
        if one.tried:
            lane.failures = lane.failures + 1 if one.failed else 0
        lane.due_at = lane.now + timedelta(seconds=one.wait_seconds)
        if not going_on or one.wait_seconds > 0:
            lane.release()
    open_lanes = {key: lane for key, lane in ours.items() if not lane.free and lane.queued + lane.added > 0}
    claims = await lanes.claim_heads(session, open_lanes)
    for lane in ours.values():
        if lane.queued + lane.added <= 0:
            lane.release()
    await lanes.save(session, ours.values())
    return set(ours), claims
