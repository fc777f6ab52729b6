"""The end of turns: inbox done, new state and outbox rows of many conversations in one transaction.

Each conversation's part happens only if its lease's epoch still matches. In the same transaction the next message of
a conversation is claimed, or its lease released when nothing is pending, and the first reply's sending attempt is
recorded when the lane to its recipient is free.
"""

from collections.abc import Callable, Sequence

import asyncpg

from chassis import errors
from chassis.database import Database, Session, Statement
from services.gateway import downloads, ending, erasing, lanes
from services.gateway.claims import Claim
from services.gateway.decision import Decision, Ending, LeaseLost
from services.gateway.ending import Fetch
from services.gateway.lane import LaneClaim, NewReply
from services.gateway.waiting import WaitNotes

_TRIES = 3
# A postponed turn waits twice as long each time, and no longer than this: a service that is back should not be idle.
LONGEST_WAIT_SECONDS = 8.0
_ENDED = frozenset({Ending.DONE, Ending.DEAD})

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

# Before two statements that each lock lanes in order of their ids.
_LOCK_LANES = Statement(
    "gateway.commit_lock_lanes",
    "SELECT FROM gateway.lane WHERE conversation_id = ANY($1::bigint[]) ORDER BY conversation_id FOR UPDATE",
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


def _plain(decision: Decision) -> bool:
    """Whether it is written by one statement: it took effect, and nothing else begins with it."""
    return decision.ending is Ending.DONE and not decision.erase and decision.papers is None


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
        notes = 0
        try:
            if all(_plain(one) for one in decisions):
                following, sending = await self._end(self._database.fetch, decisions, reserved)
            else:
                async with self._database.transaction() as session:
                    following, sending, notes = await self._in_steps(session, decisions, reserved)
        except BaseException:
            self._start_sending([], reserved)
            raise
        self._start_sending(sending, reserved)
        self._wait_notes.count(notes)
        return [following.get(id(one), LeaseLost()) for one in decisions]

    async def _end(
        self, fetch: Fetch, decisions: Sequence[Decision], room: int
    ) -> tuple[dict[int, Claim | None], list[LaneClaim]]:
        ended = await ending.end(fetch, decisions, keep=self._keep(), instance_id=self._instance_id(), room=room)
        return {id(decisions[place]): claim for place, claim in ended.following.items()}, ended.sending

    async def _in_steps(
        self, session: Session, decisions: Sequence[Decision], room: int
    ) -> tuple[dict[int, Claim | None], list[LaneClaim], int]:
        """The next claims by the decisions that were written, what is to be sent, and how many were told to wait."""
        fenced = await self._fenced(session, decisions)
        notes = await self._put_off(session, fenced)
        following: dict[int, Claim | None] = {id(one): None for one in fenced}
        sending: list[LaneClaim] = []
        ended = [one for one in fenced if one.ending in _ENDED]
        if notes and ended:
            answered = [one.claim.snapshot.conversation_id for one in ended]
            await session.fetch(_LOCK_LANES, [*answered, *(note.conversation_id for note in notes)])
        if ended:
            await self._bury(session, [one for one in ended if one.ending is Ending.DEAD])
            await self._ask(session, ended)
            claims, sending = await self._end(session.fetch, ended, room)
            following |= claims
        if notes:
            left = room - len(sending)
            sending += await lanes.enqueue(session, notes, instance_id=self._instance_id(), room=left)
        return following, sending, len(notes)

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

    @staticmethod
    async def _ask(session: Session, ended: Sequence[Decision]) -> None:
        """What else begins with the commit: people who are erased, files that are fetched."""
        if leaving := sorted({one.person_id for one in ended if one.erase and one.person_id}):
            await session.execute(erasing.ASK, leaving, "person")
        if wanted := [
            downloads.row(one.person_id, one.claim.provider, one.claim.key.hex(), one.papers)
            for one in ended
            if one.papers is not None and one.person_id
        ]:
            await session.execute(downloads.ASK, *map(list, zip(*wanted, strict=True)))

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
