"""Settling: what became of the replies that were sent, written under the lanes that they were claimed in.

The next reply of each lane is claimed in the same statement, which is its own transaction. A lane that is somebody
else's by now is left alone; only what the provider said of its reply is remembered, by a statement of its own.
"""

from collections.abc import Sequence

from chassis import errors, logs
from chassis.database import Database, Statement
from chassis.records import record
from services.gateway import lanes
from services.gateway.lane import LaneClaim, Settlement
from services.gateway.messages import Address

log = logs.get(__name__)

_NEXT = lanes.next_sql("(SELECT now FROM moment)", pair="$18::float8[]", counted=False)

# $1 to $16 are settlements, $17 says whether the lanes' next replies are wanted. The statement sees no reply that was
# stored while it waited for a lane, but counts it: then the lane is free, and `left_over` says that there is work. One
# that is to be tried again is found by a sweep, however soon that may be: nobody is asked twice in the same breath.
_SETTLE = Statement(
    "gateway.outbox_settle",
    f"""
    WITH moment AS MATERIALIZED (
        SELECT chassis.now() AS now
    ), settlement AS (
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[],
                             $8::int[], $9::boolean[], $10::boolean[], $11::boolean[], $12::boolean[], $13::boolean[],
                             $14::float8[], $15::text[], $16::text[])
            AS settlement (conversation_id, instance_id, epoch, outbox_id, state, reason, provider_message_id,
                           error_code, final, tried, unknown, refused, failed, wait_seconds, traceparent, provider)
    ), locked AS (
        SELECT conversation_id, instance_id, epoch, queued, failures, pair_at FROM gateway.lane
        WHERE conversation_id = ANY($1) ORDER BY conversation_id FOR UPDATE
    ), fenced AS MATERIALIZED (
        SELECT settlement.*, locked.queued, locked.failures, locked.pair_at
        FROM settlement JOIN locked USING (conversation_id)
        WHERE coalesce(locked.instance_id = settlement.instance_id AND locked.epoch = settlement.epoch, false)
    ), settled AS (
        UPDATE gateway.outbox
        SET state = CASE -- a copy that was refused takes nothing from the one that has arrived
                WHEN fenced.state IN ('failed', 'skipped') AND outbox.delivery IN ('sent', 'delivered', 'read')
                THEN 'accepted' ELSE fenced.state END,
            reason = fenced.reason, error_code = fenced.error_code,
            provider_message_id = coalesce(fenced.provider_message_id, outbox.provider_message_id),
            settled_at = CASE WHEN fenced.final THEN now END,
            attempts = outbox.attempts - CASE WHEN fenced.tried THEN 0 ELSE 1 END,
            unknowns = outbox.unknowns + fenced.unknown::int, refusals = outbox.refusals + fenced.refused::int,
            traceparent = coalesce(nullif(fenced.traceparent, ''), outbox.traceparent)
        FROM fenced CROSS JOIN moment
        -- The state as a question: a row is looked up by its key here, and not in the index of all that are open.
        WHERE outbox.outbox_id = fenced.outbox_id AND outbox.state = (SELECT 'sending')
        -- Not among them: what an earlier try of this very statement has settled, whose answer was lost.
        RETURNING outbox.conversation_id, outbox.outbox_id, outbox.state, outbox.attempts, fenced.reason,
                  fenced.provider
    ), buried AS (
        INSERT INTO gateway.dead_letter (kind, reason, conversation_id, outbox_id, provider, attempts)
        SELECT 'reply', reason, conversation_id, outbox_id, provider, attempts FROM settled WHERE state = 'failed'
    ), counted AS (
        SELECT fenced.*, fenced.queued - (final AND settled.outbox_id IS NOT NULL)::int AS waiting
        FROM fenced LEFT JOIN settled USING (outbox_id)
    ), lane_row AS (
        SELECT conversation_id, instance_id, epoch, waiting AS queued,
               CASE WHEN NOT tried THEN failures WHEN failed THEN failures + 1 ELSE 0 END AS failures,
               now + make_interval(secs => wait_seconds) AS due_at, pair_at,
               $17::boolean AND final AND wait_seconds = 0 AND waiting > 0 AS going, outbox_id AS settled_id
        FROM counted CROSS JOIN moment
    ), {_NEXT}
    SELECT {lanes.CLAIMED_COLUMNS}, fenced.outbox_id AS settled_id, left_over
    FROM fenced JOIN lane_saved USING (conversation_id) LEFT JOIN attempt USING (conversation_id)
    """,  # noqa: S608 - our own statements
)


# What the provider said is true whoever has the lane by now: the row's next sender finds it.
_REMEMBER = Statement(
    "gateway.outbox_remember",
    """
    WITH unknown AS ( -- without the lane: a row that somebody has in hand is theirs
        SELECT outbox_id FROM gateway.outbox
        WHERE outbox_id = ANY($1::bigint[]) AND state = (SELECT 'unknown') AND provider_message_id IS NULL
        ORDER BY outbox_id FOR UPDATE SKIP LOCKED
    )
    UPDATE gateway.outbox SET provider_message_id = fact.provider_message_id
    FROM unnest($1, $2::text[]) AS fact (outbox_id, provider_message_id)
    WHERE outbox.outbox_id = fact.outbox_id AND outbox.outbox_id = ANY(ARRAY(SELECT outbox_id FROM unknown))
    """,
)


@record
class Settled:
    """What came of settlements: the next claim or None by outbox row, and whether a lane was left with replies."""

    following: dict[int, LaneClaim | None]
    left_over: bool


async def settle(database: Database, settlements: Sequence[Settlement], *, going_on: bool) -> Settled:
    """Write what became of claimed replies and claim the next of each lane.

    Not in `following` are the replies whose lane was not ours any more; a lane without a next claim is free again.
    """
    claims = [one.claim for one in settlements]
    rows = await database.fetch(
        _SETTLE,
        [claim.conversation_id for claim in claims],
        [claim.instance_id for claim in claims],
        [claim.epoch for claim in claims],
        [claim.outbox_id for claim in claims],
        [one.state for one in settlements],
        [one.reason for one in settlements],
        [one.provider_message_id for one in settlements],
        [one.error_code for one in settlements],
        [one.final for one in settlements],
        [one.tried for one in settlements],
        [one.unknown for one in settlements],
        [one.refused for one in settlements],
        [one.failed for one in settlements],
        [one.wait_seconds for one in settlements],
        [one.traceparent for one in settlements],
        [str(Address.from_key(claim.address).provider) for claim in claims],
        going_on,
        lanes.pair_limit(),
    )
    following = {row["settled_id"]: None if row["outbox_id"] is None else lanes.claim_head(row) for row in rows}
    if late := [one for one in settlements if one.provider_message_id and one.claim.outbox_id not in following]:
        facts = [one.provider_message_id for one in late]
        try:
            await database.execute(_REMEMBER, [one.claim.outbox_id for one in late], facts)
        except errors.HailwireError as error:
            # The others are settled whatever becomes of this; what is forgotten costs one send more at most.
            log.warning("what a provider said of a reply is not remembered", reason=error.reason)
    return Settled(following, any(row["left_over"] for row in rows))
