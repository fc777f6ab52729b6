"""The end of turns that took effect, or are given up, as one statement: nobody waits for more than one round trip.

Alone it is its own transaction. It locks conversations in order of their ids and then lanes, as everybody does.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from chassis.database import Statement
from chassis.records import record
from services.gateway import lanes
from services.gateway.claims import MESSAGE_COLUMNS, SNAPSHOT_COLUMNS, Claim, claim, snapshot
from services.gateway.decision import Decision, outbox_row
from services.gateway.lane import LaneClaim
from services.gateway.queueing import NOTIFY_CHANNEL

_REPLIES = lanes.replies_sql(
    "(SELECT now FROM moment)", instance_id="$27::bigint", room="$28::int", pair="$29::float8[]"
)

# $1 to $17 are turns, $18 says whether their conversations' next messages are wanted, $19 to $26 are replies with the
# numbers of their turns from 1. Only the turns whose lease still holds have an effect.
#
# The next message decides whether the lease goes on; one that must run alone is left to whoever runs such things. When
# the conversation's row was changed while this statement waited for it, what lies in the queue now cannot be seen here:
# then the lease ends, and everybody is told if there is work (`told` is there for what it does).
_END = Statement(
    "gateway.commit_end",
    f"""
    WITH moment AS MATERIALIZED (
        SELECT chassis.now() AS now
    ), ended AS (
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[],
                             $7::text[], $8::text[], $9::int[], $10::bytea[], $11::timestamptz[], $12::boolean[],
                             $13::timestamptz[], $14::timestamptz[], $15::timestamptz[], $16::timestamptz[],
                             $17::bigint[])
            WITH ORDINALITY
            AS ended (conversation_id, instance_id, epoch, seq, person_id, language, handed_over, state_name,
                      state_version, state_data, state_expires_at, silenced, ordinary_at, ordinary_until, expensive_at,
                      expensive_until, person_version, turn)
    ), locked AS (
        SELECT conversation_id, instance_id, epoch, xmin AS version FROM gateway.conversation
        WHERE conversation_id = ANY($1) ORDER BY conversation_id FOR UPDATE
    ), fenced AS MATERIALIZED (
        SELECT ended.*, locked.version FROM ended JOIN locked USING (conversation_id)
        WHERE coalesce(locked.instance_id = ended.instance_id AND locked.epoch = ended.epoch, false)
    ), done AS (
        DELETE FROM gateway.pending USING fenced
        WHERE pending.conversation_id = fenced.conversation_id AND pending.seq = fenced.seq
    ), head AS MATERIALIZED (
        SELECT fenced.conversation_id, fenced.instance_id, first.seq, first.stored_on, first.inbox_id
        FROM fenced
        JOIN gateway.conversation AS seen
          ON seen.conversation_id = fenced.conversation_id AND seen.xmin = fenced.version
        CROSS JOIN LATERAL (
            SELECT seq, stored_on, inbox_id, alone FROM gateway.pending
            WHERE pending.conversation_id = fenced.conversation_id AND pending.seq <> fenced.seq ORDER BY seq LIMIT 1
        ) AS first
        WHERE $18::boolean AND NOT first.alone
    ), message AS (
        UPDATE gateway.pending
        SET attempts = pending.attempts + 1, instance_id = head.instance_id
        FROM head JOIN gateway.inbox ON inbox.stored_on = head.stored_on AND inbox.inbox_id = head.inbox_id
        WHERE pending.conversation_id = head.conversation_id AND pending.seq = head.seq
        RETURNING {MESSAGE_COLUMNS}
    ), saved AS (
        UPDATE gateway.conversation
        SET pending = pending - 1, postponed = 0, postponed_since = NULL,
            silenced = coalesce(fenced.silenced, conversation.silenced),
            instance_id = CASE WHEN message.seq IS NOT NULL THEN conversation.instance_id END,
            alone = CASE WHEN message.seq IS NOT NULL THEN conversation.alone ELSE EXISTS (
                SELECT FROM gateway.pending
                WHERE pending.conversation_id = conversation.conversation_id AND pending.alone
                  AND pending.seq <> fenced.seq) END,
            person_id = coalesce(fenced.person_id, conversation.person_id),
            person_version = coalesce(fenced.person_version, conversation.person_version),
            language = CASE WHEN fenced.language = '' THEN conversation.language ELSE fenced.language END,
            handed_over = conversation.handed_over || CASE WHEN fenced.handed_over = '' THEN '{{}}'
                                              ELSE string_to_array(fenced.handed_over, ',')::bigint[] END,
            state_name = fenced.state_name, state_version = fenced.state_version,
            state_data = fenced.state_data, state_expires_at = fenced.state_expires_at,
            ordinary_at = fenced.ordinary_at, ordinary_until = fenced.ordinary_until,
            expensive_at = fenced.expensive_at, expensive_until = fenced.expensive_until
        FROM fenced LEFT JOIN message USING (conversation_id)
        WHERE conversation.conversation_id = fenced.conversation_id
        RETURNING {SNAPSHOT_COLUMNS}, fenced.turn,
                  CASE WHEN conversation.pending > 0 AND message.seq IS NULL AND $18
                       THEN pg_notify('{NOTIFY_CHANNEL}', '')::text END AS told
    ), reply AS (
        SELECT answer.conversation_id, cause, position, address, answer.reply, traceparent, answer.last_inbound_at, nr
        FROM unnest($19::bigint[], $20::bigint[], $21::bytea[], $22::smallint[], $23::text[], $24::bytea[],
                    $25::text[], $26::timestamptz[])
            WITH ORDINALITY
            AS answer (turn, conversation_id, cause, position, address, reply, traceparent, last_inbound_at, nr)
        JOIN saved USING (turn)
    ), {_REPLIES}
    SELECT saved.*, message.seq, message.attempts, message.alone, message.key, message.kind, message.provider,
           message.addresses, message.raw, message.sent_at, message.stored_at, message.replay, message.traceparent,
           sending.nr, sending.outbox_id, sending.lane_epoch, sending.failures, sending.created_at
    FROM saved LEFT JOIN message USING (conversation_id) LEFT JOIN sending USING (conversation_id)
    """,  # noqa: S608 - our own column lists
)


# `fetch` of a session, or of the pool.
Fetch = Callable[..., Awaitable[list[Any]]]


@record
class Ended:
    """What came of turns: the next claim or None, by the place of each that was written, and what is to be sent."""

    following: dict[int, Claim | None]
    sending: list[LaneClaim]


async def end(fetch: Fetch, turns: Sequence[Decision], *, keep: bool, instance_id: int, room: int) -> Ended:
    """Write turns that are DONE or DEAD; one that is not in `following` had lost its lease and was not written.

    `keep` tells whether the next messages are wanted; up to `room` replies are claimed for `instance_id` (0: none).
    """
    snapshots = [one.claim.snapshot for one in turns]
    counts = [one.counts or one.claim.snapshot.counts for one in turns]
    replies = [
        (turn, outbox_row(one, place, reply))
        for turn, one in enumerate(turns, 1)
        for place, reply in enumerate(one.replies)
    ]
    rows = await fetch(
        _END,
        [one.conversation_id for one in snapshots],
        [one.instance_id for one in snapshots],
        [one.epoch for one in snapshots],
        [one.claim.seq for one in turns],
        [one.person_id for one in turns],
        [one.language for one in turns],
        [",".join(map(str, one.handed_over)) for one in turns],
        [one.state_name for one in turns],
        [one.state_version for one in turns],
        [one.state_data for one in turns],
        [one.state_expires_at for one in turns],
        [one.silenced for one in turns],
        [one.ordinary.at for one in counts],
        [one.ordinary.until for one in counts],
        [one.expensive.at for one in counts],
        [one.expensive.until for one in counts],
        [one.person_version for one in turns],
        keep,
        [turn for turn, _ in replies],
        *lanes.columns([reply for _, reply in replies]),
        instance_id,
        room,
        lanes.pair_limit(),
    )
    return Ended(
        {row["turn"] - 1: None if row["seq"] is None else claim(snapshot(row), row) for row in rows},
        [lanes.claim_new(replies[row["nr"] - 1][1], instance_id, row) for row in rows if row["nr"] is not None],
    )
