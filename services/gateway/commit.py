"""The end of turns: inbox done, new state and outbox rows of many conversations in one transaction.

Each conversation's part happens only if its lease's epoch still matches. In the same transaction the next message of
a conversation is claimed, or its lease released when nothing is pending, and the first reply's sending attempt is
recorded when the lane to its recipient is free.
"""

from collections.abc import Callable, Sequence

import asyncpg

from chassis import errors
from chassis.database import Database, Session, Statement
from services.gateway import downloads, erasing, lanes
from services.gateway.claims import SNAPSHOT_COLUMNS, Claim, claim_heads, snapshot
from services.gateway.decision import Decision, Ending, LeaseLost, outbox_row
from services.gateway.lane import LaneClaim, NewReply
from services.gateway.waiting import WaitNotes

_TRIES = 3
# A postponed turn waits twice as long each time, and no longer than this: a service that is back should not be idle.
LONGEST_WAIT_SECONDS = 8.0


_LOCK = Statement(
    "gateway.commit_lock",
    """
    SELECT conversation_id, instance_id, epoch FROM gateway.conversation
    WHERE conversation_id = ANY($1::bigint[]) ORDER BY conversation_id FOR UPDATE
    """,
)

_UNCLAIM = Statement(
    "gateway.commit_unclaim",
    """
    UPDATE gateway.pending
    SET instance_id = NULL, attempts = attempts - CASE WHEN back.given THEN 1 ELSE 0 END
    FROM unnest($1::bigint[], $2::bigint[], $3::boolean[]) AS back (conversation_id, seq, given)
    WHERE pending.conversation_id = back.conversation_id AND pending.seq = back.seq
    """,
)

# The next head, beside which the statement still sees the message that is done, decides whether the lease goes on. One
# that must run alone is left to whoever runs such things.
_FINISH = Statement(
    "gateway.commit_finish",
    f"""
    WITH ended AS (
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::int[],
                             $8::bytea[], $9::timestamptz[], $10::boolean[], $11::timestamptz[], $12::timestamptz[],
                             $13::timestamptz[], $14::timestamptz[], $15::bigint[])
            AS ended (conversation_id, seq, person_id, language, handed_over, state_name, state_version, state_data,
                      state_expires_at, silenced, ordinary_at, ordinary_until, expensive_at, expensive_until,
                      person_version)
    ), done AS (
        DELETE FROM gateway.pending USING ended
        WHERE pending.conversation_id = ended.conversation_id AND pending.seq = ended.seq
    ), saved AS MATERIALIZED (
        SELECT ended.*, coalesce($16 AND NOT head.alone, false) AS keep
        FROM ended
        LEFT JOIN LATERAL (
            SELECT alone FROM gateway.pending
            WHERE pending.conversation_id = ended.conversation_id AND pending.seq <> ended.seq ORDER BY seq LIMIT 1
        ) AS head ON true
    )
    UPDATE gateway.conversation
    SET pending = pending - 1, postponed = 0, postponed_since = NULL,
        silenced = coalesce(saved.silenced, conversation.silenced),
        instance_id = CASE WHEN saved.keep THEN conversation.instance_id END,
        alone = CASE WHEN saved.keep THEN conversation.alone ELSE EXISTS (
            SELECT FROM gateway.pending
            WHERE pending.conversation_id = conversation.conversation_id AND pending.alone
              AND pending.seq <> saved.seq) END,
        person_id = coalesce(saved.person_id, conversation.person_id),
        person_version = coalesce(saved.person_version, conversation.person_version),
        language = CASE WHEN saved.language = '' THEN conversation.language ELSE saved.language END,
        handed_over = conversation.handed_over || CASE WHEN saved.handed_over = '' THEN '{{}}'
                                          ELSE string_to_array(saved.handed_over, ',')::bigint[] END,
        state_name = saved.state_name, state_version = saved.state_version,
        state_data = saved.state_data, state_expires_at = saved.state_expires_at,
        ordinary_at = saved.ordinary_at, ordinary_until = saved.ordinary_until,
        expensive_at = saved.expensive_at, expensive_until = saved.expensive_until
    FROM saved
    WHERE conversation.conversation_id = saved.conversation_id
    RETURNING {SNAPSHOT_COLUMNS}, saved.keep
    """,  # noqa: S608 - our own column list
)

# Whoever is to be told that it takes longer ($5) gets their next turn no later than that.
_RELEASE = Statement(
    "gateway.commit_release",
    """
    UPDATE gateway.conversation
    SET instance_id = NULL, postponed = CASE WHEN growing THEN least(conversation.postponed + 1, 20) ELSE 0 END,
        postponed_since = CASE WHEN growing THEN coalesce(conversation.postponed_since, chassis.now()) END,
        due_at = least(
            chassis.now() + make_interval(secs => CASE
                WHEN growing THEN least(seconds * 2 ^ conversation.postponed, $4) ELSE seconds END),
            CASE WHEN growing AND conversation.postponed_since + make_interval(secs => $5) > chassis.now()
                 THEN conversation.postponed_since + make_interval(secs => $5) END),
        alone = EXISTS (SELECT FROM gateway.pending
                        WHERE pending.conversation_id = conversation.conversation_id AND pending.alone)
    FROM unnest($1::bigint[], $2::float8[], $3::boolean[]) AS released (conversation_id, seconds, growing)
    WHERE conversation.conversation_id = released.conversation_id
    """,
)

_BURY = Statement(
    "gateway.commit_bury",
    """
    INSERT INTO gateway.dead_letter
        (kind, reason, conversation_id, key, item_kind, provider, addresses, raw, sent_at, stored_at, attempts, replays)
    SELECT 'message', reason, conversation_id, key, item_kind, provider, string_to_array(addresses, chr(31)), raw,
           sent_at, stored_at, attempts, replays
    FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::bytea[],
                $8::timestamptz[], $9::timestamptz[], $10::smallint[], $11::smallint[])
        AS dead (reason, conversation_id, key, item_kind, provider, addresses, raw, sent_at, stored_at, attempts,
                 replays)
    """,
)


class TurnCommit:
    """Writes batches of decisions; hand `write` to a Coalescer. The result is the next claim of the conversation."""

    def __init__(
        self,
        database: Database,
        *,
        instance_id: Callable[[], int],
        send_room: Callable[[int], int],
        start_sending: Callable[[list[LaneClaim], int], None],
        keep: Callable[[], bool],
        wait_notes: WaitNotes,
    ) -> None:
        """Wire it to its surroundings.

        `instance_id` answers 0 while this instance must lease nothing; `send_room(n)` reserves up to n lanes;
        `start_sending(claims, reserved)` gets what was claimed; `keep` tells whether this instance wants the next
        message of a conversation; `wait_notes` are for those whose turn is put off again and again.
        """
        self._database = database
        self._instance_id = instance_id
        self._send_room = send_room
        self._start_sending = start_sending
        self._keep = keep
        self._wait_notes = wait_notes

    async def write(self, decisions: Sequence[Decision]) -> list[Claim | BaseException | None]:
        """One outcome per decision: the next claim, None when the lease ended, or why nothing was written."""
        for tries_left in reversed(range(_TRIES)):
            try:
                return await self._written(decisions)
            except errors.Conflict:  # a deadlock: whoever survived it is through by now
                if not tries_left:
                    raise
            except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, TypeError) as error:
                if len(decisions) == 1:
                    return [error]
                break
        middle = len(decisions) // 2
        return [*await self.write(decisions[:middle]), *await self.write(decisions[middle:])]

    async def _written(self, decisions: Sequence[Decision]) -> list[Claim | BaseException | None]:
        wanted = len({one.claim.snapshot.conversation_id for one in decisions if one.replies})
        reserved = self._send_room(wanted) if wanted else 0
        sending: list[LaneClaim] = []
        try:
            async with self._database.transaction() as session:
                fenced = await self._fenced(session, decisions)
                notes = await self._put_off(session, fenced)
                next_claims = await self._finish(session, fenced)
                rows = [outbox_row(one, place, reply) for one in fenced for place, reply in enumerate(one.replies)]
                if rows or notes:
                    room, us = reserved, self._instance_id()
                    sending = await lanes.enqueue(session, [*rows, *notes], instance_id=us, room=room)
        except BaseException:
            self._start_sending([], reserved)
            raise
        self._start_sending(sending, reserved)
        self._wait_notes.count(len(notes))
        written = {id(one) for one in fenced}
        return [
            next_claims.get(one.claim.snapshot.conversation_id) if id(one) in written else LeaseLost()
            for one in decisions
        ]

    @staticmethod
    async def _fenced(session: Session, decisions: Sequence[Decision]) -> list[Decision]:
        """The decisions whose lease still holds, their rows locked."""
        rows = await session.fetch(_LOCK, sorted({one.claim.snapshot.conversation_id for one in decisions}))
        leases = {row["conversation_id"]: (row["instance_id"], row["epoch"]) for row in rows}
        return [
            one
            for one in decisions
            if leases.get(one.claim.snapshot.conversation_id)
            == (one.claim.snapshot.instance_id, one.claim.snapshot.epoch)
        ]

    async def _put_off(self, session: Session, decisions: Sequence[Decision]) -> list[NewReply]:
        """Let what could not be served wait; answers the notes to those who have waited too long."""
        waiting = [one for one in decisions if one.ending in {Ending.POSTPONED, Ending.FAILED}]
        if not waiting:
            return []
        ids = [one.claim.snapshot.conversation_id for one in waiting]
        given_back = [one.ending is Ending.POSTPONED for one in waiting]
        await session.execute(_UNCLAIM, ids, [one.claim.seq for one in waiting], given_back)
        waits = [one.wait_seconds for one in waiting]
        longest, told_after = LONGEST_WAIT_SECONDS, self._wait_notes.seconds
        await session.execute(_RELEASE, ids, waits, given_back, longest, told_after)
        return await self._wait_notes.due(session, [one for one, back in zip(ids, given_back, strict=True) if back])

    async def _finish(self, session: Session, decisions: Sequence[Decision]) -> dict[int, Claim]:
        """Write what took effect or is given up; answers the next claims."""
        ended = [one for one in decisions if one.ending in {Ending.DONE, Ending.DEAD}]
        if not ended:
            return {}
        await self._bury(session, [one for one in ended if one.ending is Ending.DEAD])
        if leaving := sorted({one.person_id for one in ended if one.erase and one.person_id}):
            await session.execute(erasing.ASK, leaving, "person")
        if wanted := [
            downloads.row(one.person_id, one.claim.provider, one.claim.key.hex(), one.papers)
            for one in ended
            if one.papers is not None and one.person_id
        ]:
            await session.execute(downloads.ASK, *map(list, zip(*wanted, strict=True)))
        counts = [one.counts or one.claim.snapshot.counts for one in ended]
        rows = await session.fetch(
            _FINISH,
            [one.claim.snapshot.conversation_id for one in ended],
            [one.claim.seq for one in ended],
            [one.person_id for one in ended],
            [one.language for one in ended],
            [",".join(map(str, one.handed_over)) for one in ended],
            [one.state_name for one in ended],
            [one.state_version for one in ended],
            [one.state_data for one in ended],
            [one.state_expires_at for one in ended],
            [one.silenced for one in ended],
            [one.ordinary.at for one in counts],
            [one.ordinary.until for one in counts],
            [one.expensive.at for one in counts],
            [one.expensive.until for one in counts],
            [one.person_version for one in ended],
            self._keep(),
        )
        leased = {row["conversation_id"]: snapshot(row) for row in rows if row["keep"]}
        if not leased:
            return {}
        claims = await claim_heads(session, leased)
        return {claim.snapshot.conversation_id: claim for claim in claims}

    @staticmethod
    async def _bury(session: Session, dead: Sequence[Decision]) -> None:
        if not dead:
            return
        claims = [one.claim for one in dead]
        await session.execute(
            _BURY,
            [one.reason for one in dead],
            [claim.snapshot.conversation_id for claim in claims],
            [claim.key for claim in claims],
            [claim.kind for claim in claims],
            [claim.provider for claim in claims],
            ["\x1f".join(claim.addresses) for claim in claims],
            [claim.raw for claim in claims],
            [claim.sent_at for claim in claims],
            [claim.stored_at for claim in claims],
            [claim.attempts for claim in claims],
            [claim.replay for claim in claims],
        )
