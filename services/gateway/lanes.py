"""Lanes: one per conversation, so that one reply at a time is on its way to a person, in order.

A lane is held by one instance under an epoch, like a conversation's lease. The attempt to send its first reply is
recorded in the statement that claims it, before the call. Locks are always taken on lanes in id order, and only then
on rows of the outbox.

What several statements do with lanes is written here once, as SQL that they take in: `replies_sql` and `next_sql`. Both
keep the pair limit (GCRA): each message to a person moves `pair_at` on by PAIR_SECONDS, no further than PAIR_BURST of
them ahead of now; whoever would pass that waits until `due_at`.
"""

from collections.abc import Sequence
from typing import Any

from chassis.database import Session, Statement
from services.gateway import lane
from services.gateway.lane import LaneClaim, NewReply

_OPEN = "state IN ('queued', 'sending', 'unknown')"


def replies_sql(now: str, *, instance_id: str, room: str, pair: str) -> str:
    """SQL that stores replies and claims the first of each lane that is free: CTEs of a statement with `reply` before.

    `reply` has nr (their order), conversation_id, cause, position, address, reply, traceparent and last_inbound_at. The
    arguments are SQL: now, who sends (0: nobody), how many at most, and [PAIR_SECONDS, PAIR_BURST]. `sending` are the
    claimed: conversation_id, nr, outbox_id, lane_epoch, failures and created_at.
    """
    return f"""
    lane_row AS (
        SELECT conversation_id, queued, instance_id, due_at, pair_at FROM gateway.lane
        WHERE conversation_id = ANY(ARRAY(SELECT conversation_id FROM reply)) ORDER BY conversation_id FOR UPDATE
    ), lane_reply AS (
        SELECT conversation_id, min(nr) AS nr, count(*)::int AS added, (array_agg(address ORDER BY nr))[1] AS address
        FROM reply GROUP BY conversation_id
    ), lane_pace AS (
        SELECT conversation_id, nr, added,
               {instance_id} <> 0 AND instance_id IS NULL AND queued = 0 AND due_at <= {now} AS free,
               {_pair_after("address", "pair_at", now, pair)} AS pair_after
        FROM lane_row JOIN lane_reply USING (conversation_id)
    ), lane_early AS (
        SELECT *, free AND coalesce({_allowed("pair_after", pair)} > {now}, false) AS early FROM lane_pace
    ), lane_place AS MATERIALIZED (
        SELECT *,
               free AND NOT early AND count(*) FILTER (WHERE free AND NOT early) OVER (ORDER BY nr) <= {room} AS taken
        FROM lane_early
    ), lane_saved AS (
        UPDATE gateway.lane
        SET queued = lane.queued + added,
            instance_id = CASE WHEN taken THEN {instance_id} ELSE lane.instance_id END,
            epoch = lane.epoch + taken::int,
            due_at = CASE WHEN early THEN {_allowed("pair_after", pair)} ELSE lane.due_at END,
            pair_at = CASE WHEN taken THEN coalesce(pair_after, lane.pair_at) ELSE lane.pair_at END
        FROM lane_place WHERE lane.conversation_id = lane_place.conversation_id
        RETURNING lane.conversation_id, lane.epoch AS lane_epoch, lane.failures, lane_place.nr
    ), written AS (
        INSERT INTO gateway.outbox
            (conversation_id, cause, position, address, reply, traceparent, last_inbound_at, state, attempts,
             attempted_at, created_at)
        SELECT conversation_id, cause, position, address, reply, traceparent, last_inbound_at,
               CASE WHEN claimed THEN 'sending' ELSE 'queued' END, claimed::int, CASE WHEN claimed THEN {now} END, {now}
        FROM (SELECT reply.*, taken AND reply.nr = lane_place.nr AS claimed
              -- One without a lane would never be sent: its attempts are NULL then, and the statement fails.
              FROM reply LEFT JOIN lane_place USING (conversation_id)) AS reply
        ORDER BY nr
        RETURNING outbox_id, conversation_id, state, created_at
    ), sending AS MATERIALIZED (
        SELECT conversation_id, nr, outbox_id, lane_epoch, failures, created_at
        FROM written JOIN lane_saved USING (conversation_id) WHERE state = 'sending'
    )"""  # noqa: S608 - our own names


def next_sql(now: str, *, pair: str, counted: bool) -> str:
    """SQL that writes what became of locked lanes and claims the next reply of each: CTEs after `lane_row`.

    `lane_row` has conversation_id, instance_id and epoch (whose it is from now on, if there is a next reply), queued,
    failures, due_at, pair_at, `going` (whether the next one is wanted) and settled_id, an outbox row that is not the
    next although it may look so. `attempt` is the next reply, claimed, and `lane_saved` the lane. `counted` says that
    whoever seems to have no reply has none; otherwise there may be one that this statement cannot see: `left_over`.
    """
    return f"""
    lane_head AS MATERIALIZED (
        SELECT lane_row.conversation_id, outbox_id,
               CASE WHEN head.provider_message_id IS NULL
                    THEN {_pair_after("head.address", "lane_row.pair_at", now, pair)} END AS pair_after
        FROM lane_row
        CROSS JOIN LATERAL (
            SELECT outbox_id, address, provider_message_id FROM gateway.outbox
            WHERE outbox.conversation_id = lane_row.conversation_id AND {_OPEN}
              AND outbox_id IS DISTINCT FROM lane_row.settled_id
            ORDER BY outbox_id LIMIT 1
        ) AS head
        WHERE going
    ), lane_next AS MATERIALIZED (
        SELECT lane_row.*, outbox_id, pair_after, coalesce({_allowed("pair_after", pair)} > {now}, false) AS early
        FROM lane_row LEFT JOIN lane_head USING (conversation_id)
    ), attempt AS (
        UPDATE gateway.outbox
        SET state = 'sending',
            -- Claimed before by a commit whose answer was lost: it was never tried.
            attempts = attempts + CASE WHEN state = 'sending' THEN 0 ELSE 1 END,
            -- The first of several attempts with unknown results is what Twilio's list is asked about.
            attempted_at = CASE WHEN state = 'unknown' THEN attempted_at ELSE {now} END
        FROM lane_next
        -- Asked again: a status may have settled it while the lane was waited for. In other words than {_OPEN}, because
        -- a row is looked up by its key here, and not in the index of all that are open, however few those once were.
        WHERE outbox.outbox_id = lane_next.outbox_id AND NOT early AND state NOT IN ('accepted', 'failed', 'skipped')
        RETURNING outbox.conversation_id, outbox.outbox_id, address, reply, attempts, unknowns, refusals, created_at,
                  {now} AS claimed_at, CASE WHEN attempted_at <> {now} THEN attempted_at END AS unknown_since,
                  provider_message_id, last_inbound_at, traceparent
    ), lane_saved AS (
        UPDATE gateway.lane
        SET queued = CASE WHEN going AND lane_next.outbox_id IS NULL AND {counted} THEN 0 ELSE lane_next.queued END,
            instance_id = CASE WHEN attempt.outbox_id IS NOT NULL THEN lane_next.instance_id END,
            epoch = lane_next.epoch, failures = lane_next.failures,
            due_at = CASE WHEN early THEN {_allowed("pair_after", pair)} ELSE lane_next.due_at END,
            pair_at = CASE WHEN early OR attempt.outbox_id IS NULL THEN lane_next.pair_at
                           ELSE coalesce(pair_after, lane_next.pair_at) END
        FROM lane_next LEFT JOIN attempt USING (conversation_id)
        WHERE lane.conversation_id = lane_next.conversation_id
        RETURNING lane.conversation_id, lane.instance_id, lane.epoch, lane.failures,
                  going AND attempt.outbox_id IS NULL AND NOT early AND NOT {counted} AS left_over
    )"""  # noqa: S608 - our own names


def _pair_after(address: str, pair_at: str, now: str, pair: str) -> str:
    moved_on = f"greatest({pair_at}, {now}) + make_interval(secs => ({pair})[1])"
    return f"CASE WHEN {lane.limited(address)} THEN {moved_on} END"


def _allowed(pair_after: str, pair: str) -> str:
    return f"{pair_after} - make_interval(secs => ({pair})[1] * ({pair})[2])"


# What a claim needs of `attempt` and `lane_saved`.
CLAIMED_COLUMNS = """
    lane_saved.conversation_id, lane_saved.instance_id, lane_saved.epoch, lane_saved.failures, attempt.outbox_id,
    attempt.address, attempt.reply, attempt.attempts, attempt.unknowns, attempt.refusals, attempt.created_at,
    attempt.claimed_at, attempt.unknown_since, attempt.provider_message_id, attempt.last_inbound_at, attempt.traceparent
"""

_REPLIES = replies_sql("(SELECT now FROM moment)", instance_id="$8::bigint", room="$9::int", pair="$10::float8[]")

_ENQUEUE = Statement(
    "gateway.outbox_insert",
    f"""
    WITH moment AS MATERIALIZED (
        SELECT chassis.now() AS now
    ), reply AS (
        SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::smallint[], $4::text[], $5::bytea[], $6::text[],
                             $7::timestamptz[])
            WITH ORDINALITY
            AS reply (conversation_id, cause, position, address, reply, traceparent, last_inbound_at, nr)
    ), {_REPLIES}
    SELECT * FROM sending
    """,  # noqa: S608 - our own statement
)

_FIND_DUE = Statement(
    "gateway.lane_find_due",
    """
    SELECT conversation_id FROM gateway.lane WHERE queued > 0 AND instance_id IS NULL AND due_at <= chassis.now()
    ORDER BY due_at, conversation_id LIMIT $1
    FOR UPDATE SKIP LOCKED
    """,
)

_NEXT = next_sql("(SELECT now FROM moment)", pair="$3::float8[]", counted=True)

_CLAIM_HEADS = Statement(
    "gateway.lane_claim_heads",
    f"""
    WITH moment AS MATERIALIZED (
        SELECT chassis.now() AS now
    ), lane_row AS (
        SELECT conversation_id, queued, $2::bigint AS instance_id, epoch + 1 AS epoch, due_at, pair_at, failures,
               true AS going, NULL::bigint AS settled_id
        FROM gateway.lane WHERE conversation_id = ANY($1::bigint[])
    ), {_NEXT}
    SELECT {CLAIMED_COLUMNS} FROM lane_saved JOIN attempt USING (conversation_id)
    """,  # noqa: S608 - our own statement
)


def pair_limit() -> list[float]:
    """What statements get as `pair`."""
    return [lane.PAIR_SECONDS, lane.PAIR_BURST]


def columns(replies: Sequence[NewReply]) -> tuple[list[Any], ...]:
    """Replies as the arrays that statements take."""
    return (
        [reply.conversation_id for reply in replies],
        [reply.cause for reply in replies],
        [reply.position for reply in replies],
        [reply.address for reply in replies],
        [reply.reply for reply in replies],
        [reply.traceparent for reply in replies],
        [reply.last_inbound_at for reply in replies],
    )


async def enqueue(session: Session, replies: Sequence[NewReply], *, instance_id: int, room: int) -> list[LaneClaim]:
    """Insert the replies in order and claim the first of each lane that is free, up to `room`."""
    rows = await session.fetch(_ENQUEUE, *columns(replies), instance_id, room, pair_limit())
    return [claim_new(replies[row["nr"] - 1], instance_id, row) for row in rows]


async def take_due(session: Session, *, instance_id: int, limit: int) -> list[LaneClaim]:
    """Hold up to `limit` lanes that have something to send and nobody who sends it.

    One that has nothing to send after all, or must wait, is left.
    """
    due = [row["conversation_id"] for row in await session.fetch(_FIND_DUE, limit)]
    if not due:
        return []
    # Only now: what was committed while we came to the locks is seen too.
    return [claim_head(row) for row in await session.fetch(_CLAIM_HEADS, due, instance_id, pair_limit())]


def claim_new(reply: NewReply, instance_id: int, row: Any) -> LaneClaim:
    """The claim of a reply that was just stored, from its row of `sending`."""
    return LaneClaim(
        conversation_id=reply.conversation_id,
        instance_id=instance_id,
        epoch=row["lane_epoch"],
        failures=row["failures"],
        outbox_id=row["outbox_id"],
        address=reply.address,
        reply=reply.reply,
        attempts=1,
        unknowns=0,
        refusals=0,
        created_at=row["created_at"],
        claimed_at=row["created_at"],
        unknown_since=None,
        provider_message_id=None,
        last_inbound_at=reply.last_inbound_at,
        traceparent=reply.traceparent,
    )


def claim_head(row: Any) -> LaneClaim:
    """The claim of a lane's next reply, from CLAIMED_COLUMNS."""
    return LaneClaim(
        conversation_id=row["conversation_id"],
        instance_id=row["instance_id"],
        epoch=row["epoch"],
        failures=row["failures"],
        outbox_id=row["outbox_id"],
        address=row["address"],
        reply=row["reply"],
        attempts=row["attempts"],
        unknowns=row["unknowns"],
        refusals=row["refusals"],
        created_at=row["created_at"],
        claimed_at=row["claimed_at"],
        unknown_since=row["unknown_since"],
        provider_message_id=row["provider_message_id"],
        last_inbound_at=row["last_inbound_at"],
        traceparent=row["traceparent"],
    )
