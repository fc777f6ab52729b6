"""Runs turns: each claimed message through its conversation's handler, and what it decided into one commit.

Conversations run side by side, one message of each at a time. A dependency that fails postpones the turn and gives the
attempt back; a handler that fails keeps it counted, and after the last attempt the message is a dead letter and its
sender gets an apology. A message that was claimed together with others when its process died runs alone: nothing else
runs beside it, and only a death then counts against it.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import replace

from opentelemetry.trace import Span, SpanKind

from chassis import deadlines, errors, logs
from chassis.coalesce import LINGER_SECONDS, Coalescer
from chassis.database import Database, Statement
from chassis.overdue import Overdue
from chassis.telemetry import Telemetry, failed, trace_of, traceparent
from services.gateway import claims
from services.gateway.claims import Claim
from services.gateway.commit import TurnCommit
from services.gateway.conversation import Conversations
from services.gateway.conversations.flows import HOME
from services.gateway.decision import Decision, Ending, LeaseLost
from services.gateway.instance import Instance
from services.gateway.room import Room

log = logs.get(__name__)

_SWEEP_SECONDS = 0.5
# A turn may take no longer than its lease is surely ours.
_TURN_SECONDS = 10.0
# Waits after the first, second ... failure of a handler.
_FAILED_BACKOFF_SECONDS = (0.2, 1.0, 3.0)
# The first wait while a dependency is down or busy; commit.py makes it longer each time. The attempt does not count, so
# this goes on for as long as it takes.
_POSTPONED_SECONDS = 0.5

_ANY_ALONE = Statement(
    "gateway.claim_any_alone",
    """
    SELECT EXISTS (SELECT FROM gateway.conversation
                   WHERE pending > 0 AND instance_id IS NULL AND alone AND due_at <= chassis.now())
    """,
)

# How long suspects may keep an instance from its other work at a stretch.
_ALONE_SECONDS = 3.0
# How long an instance takes nothing new while it waits for its own turns to end. When that was too short it goes on
# with everything else for as long, and waits twice as long the next time, in the end longer than any turn takes.
_CLEARING_SECONDS = 1.0

# Taken from whoever holds it too long, or died with it.
_ALONE_BEGIN = Statement(
    "gateway.alone_begin",
    """
    UPDATE gateway.alone SET instance_id = $1, until = clock_timestamp() + make_interval(secs => $2)
    WHERE until < clock_timestamp()
       OR NOT EXISTS (SELECT FROM gateway.instance WHERE instance.instance_id = alone.instance_id)
    """,
)
_ALONE_END = Statement("gateway.alone_end", "UPDATE gateway.alone SET until = clock_timestamp() WHERE instance_id = $1")

_NOTHING = claims.Taken([], 0, [])


class Turns:
    """Works on conversations until drained."""

    def __init__(
        self,
        database: Database,
        telemetry: Telemetry,
        *,
        instance: Instance,
        room: Room,
        conversations: Conversations,
        commit: TurnCommit,
        max_attempts: int,
    ) -> None:
        self._database = database
        self._telemetry = telemetry
        self._instance = instance
        self._room = room
        self._conversations = conversations
        self._commit = Coalescer("turn commit", commit.write, linger=LINGER_SECONDS, telemetry=telemetry)
        self._max_attempts = max_attempts
        self._overdue = Overdue(_TURN_SECONDS)
        self._held: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._wake = asyncio.Event()
        self._closing = False
        self._alone_again_at = 0.0
        self._too_short = 0
        self._endings = telemetry.counter("turns", "turns by kind of item and how they ended")
        self._postponed = telemetry.counter(
            "turns_postponed", "turns put off because a service could not serve, by reason"
        )
        self._silent = telemetry.counter("silent_turns", "turns that ended without a reply, by reason")
        self._seconds = telemetry.histogram("turn", "time from claim to commit")
        self._age = telemetry.histogram("turn_wait", "time from storing to the start of the turn")
        telemetry.gauge("turns_in_flight", "conversations being worked on", lambda: [(len(self._tasks), {})])

    @property
    def held(self) -> dict[int, int]:
        """The conversations that this process leads, with their epochs."""
        return dict(self._held)

    @property
    def keeping(self) -> bool:
        """Whether a conversation's next message is wanted: not while draining, nor when something must run alone."""
        return not self._closing and not self._room.closed and self._instance.fresh

    def hint(self, _payload: str = "") -> None:
        """There may be work that nobody leads."""
        self._wake.set()

    def start(self, claimed: Sequence[Claim]) -> None:
        """Run these; each has a place in the room already."""
        for claim in claimed:
            self._held[claim.snapshot.conversation_id] = claim.snapshot.epoch
            self._idle.clear()
            task = asyncio.create_task(self._work(claim))
            self._tasks.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self._idle.set()

    async def run(self) -> None:
        """Take conversations that nobody leads until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SWEEP_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                if self._room.looks(_SWEEP_SECONDS):
                    await self._take(alone=False)
                await self._run_alone()
            except errors.HailwireError as error:
                log.warning("conversations cannot be taken", reason=error.reason)
                await asyncio.sleep(_SWEEP_SECONDS)

    async def drain(self, seconds: float) -> None:
        """Take nothing new and finish what is running."""
        self._closing = True
        self._room.closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)

    async def _take(self, *, alone: bool, limit: int | None = None) -> int:
        if self._closing or not self._instance.fresh:
            return 0
        if limit is not None:
            places = limit  # what runs alone has all of the room
            self._room.taken += limit
        else:
            # Half of what is free: webhooks that are stored meanwhile want room too.
            places = self._room.take((self._room.free + 1) // 2)
        try:
            taken = _NOTHING
            if places:
                instance_id = self._instance.instance_id
                taken = await claims.take_free(self._database, instance_id, limit=places, alone=alone)
        except BaseException:
            self._room.give_back(places)
            raise
        self._room.give_back(places - len(taken.claims))
        self.start(taken.claims)
        if not alone and places and taken.found == places:
            self._room.short = True  # there may be more
            if self._room.ample:
                self._wake.set()
        if taken.changed:
            self._wake.set()
        if taken.miscounted:
            await claims.recount(self._database, taken.miscounted)
        return len(taken.claims)

    async def _run_alone(self) -> None:
        """Run suspects, one after the other, while nothing else runs here; at one instance at a time."""
        started = time.monotonic()
        if self._closing or started < self._alone_again_at:
            return
        self._alone_again_at = started + _SWEEP_SECONDS
        if not await self._database.fetchval(_ANY_ALONE):
            return
        started = time.monotonic()
        instance_id = self._instance.instance_id
        if not await self._database.execute(_ALONE_BEGIN, instance_id, _TURN_SECONDS * 2 + 5):
            return  # another instance is at it, and this one goes on with everything else
        self._room.closed = True
        try:
            async with asyncio.timeout(min(_CLEARING_SECONDS * 2**self._too_short, _TURN_SECONDS * 2)):
                await self._idle.wait()
            self._too_short = 0
            async with asyncio.timeout(_TURN_SECONDS * 2):
                ends_at = time.monotonic() + _ALONE_SECONDS  # from here: a slow turn of ours must not cost them theirs
                while time.monotonic() < ends_at and await self._take(alone=True, limit=1):
                    await self._idle.wait()
        except TimeoutError:
            self._too_short = min(self._too_short + 1, 10)
            log.warning("could not run a suspect message alone in time")
        finally:
            self._room.closed = self._closing
            self._wake.set()
            # Everybody else has at least as long as the suspects had.
            self._alone_again_at = time.monotonic() + (time.monotonic() - started)
        await self._database.execute(_ALONE_END, instance_id)

    async def _work(self, first: Claim) -> None:
        claim: Claim | None = first
        conversation_id = first.snapshot.conversation_id
        try:
            await asyncio.sleep(0)  # whoever waits for the 200 of what was just stored comes first
            while claim is not None:
                started = time.perf_counter()
                self._age.record(max(0.0, time.time() - claim.stored_at.timestamp()))
                with (
                    self._telemetry.span(
                        "turn",
                        kind=SpanKind.CONSUMER,
                        parent=claim.traceparent,
                        attributes={"hailwire.kind": claim.kind},
                    ) as span,
                    deadlines.within(_TURN_SECONDS),
                ):
                    if self._telemetry.tracing:
                        claim = replace(claim, traceparent=traceparent())  # its replies follow from this turn
                    decision = await self._decided(claim)
                    if self._telemetry.tracing:
                        _describe(span, decision)
                    self._endings.add(1, kind=claim.kind, ending=decision.ending.value)
                    claim = await self._committed(decision)
                    if log.detailed:
                        _tell(decision, time.perf_counter() - started)
                self._seconds.record(time.perf_counter() - started)
        except LeaseLost:
            log.warning("lease lost, nothing written", conversation_id=conversation_id)
        except errors.HailwireError as error:
            # The database did not take it, or we do not know: the lease ends and the truth is read again.
            log.warning("turn not committed", conversation_id=conversation_id, reason=error.reason)
        except Exception as error:
            log.exception("turn not committed", error, conversation_id=conversation_id)
        finally:
            # Only our own entry: the conversation may have been leased anew by this very process.
            if self._held.get(conversation_id) == first.snapshot.epoch:
                del self._held[conversation_id]
            self._room.give_back()
            if self._room.short and self._room.ample:
                self._wake.set()

    async def _committed(self, decision: Decision) -> Claim | None:
        try:
            return await self._commit(decision)
        except errors.HailwireError:
            raise
        except Exception as error:
            # The database refuses what this turn wants to write: that is a failure of the turn, and is counted as one.
            log.exception("a turn cannot be written", error, conversation_id=decision.claim.snapshot.conversation_id)
            return await self._commit(await self._failed(decision.claim, f"not writable: {type(error).__name__}"))

    async def _decided(self, claim: Claim) -> Decision:
        if claim.attempts > self._max_attempts:
            return await self._dead(claim, "its process died each time")
        try:
            with self._overdue():
                decision = await self._conversations.decide(claim)
        except TimeoutError:
            return await self._failed(claim, "the handler took too long")
        except errors.HailwireError as error:
            # A deadline missed by a service that is not serving arrives here as Unavailable (clients/batching.py); one
            # that a serving service missed may be the message's own fault, and must not block its sender for ever.
            if errors.is_transient(error) and not isinstance(error, errors.DeadlineExceeded):
                self._postponed.add(1, reason=error.reason)
                return Decision(claim, Ending.POSTPONED, wait_seconds=_POSTPONED_SECONDS, reason=error.reason)
            log.exception("handler failed", error, conversation_id=claim.snapshot.conversation_id, reason=error.reason)
            return await self._failed(claim, f"{type(error).__name__}: {error.reason}")
        except (Exception, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise  # it is we who end; a cancellation that nobody asked for is the handler's failure
            log.exception("handler failed", error, conversation_id=claim.snapshot.conversation_id)
            return await self._failed(claim, type(error).__name__)
        if not decision.replies and decision.reason:
            self._silent.add(1, reason=decision.reason)
        return decision

    async def _failed(self, claim: Claim, reason: str) -> Decision:
        if claim.attempts >= self._max_attempts:
            return await self._dead(claim, reason)
        wait = _FAILED_BACKOFF_SECONDS[min(claim.attempts, len(_FAILED_BACKOFF_SECONDS)) - 1]
        return Decision(claim, Ending.FAILED, wait_seconds=wait, reason=reason)

    async def _dead(self, claim: Claim, reason: str) -> Decision:
        log.error("message is a dead letter", conversation_id=claim.snapshot.conversation_id, reason=reason)
        return self._conversations.apologize(claim, reason)


def _describe(span: Span, decision: Decision) -> None:
    span.set_attribute("hailwire.ending", decision.ending.value)
    span.set_attribute("hailwire.attempt", decision.claim.attempts)
    if decision.ending is not Ending.DONE:
        failed(span, decision.reason)


def _tell(decision: Decision, seconds: float) -> None:
    claim = decision.claim
    snapshot = claim.snapshot
    story: dict[str, object] = {"kind": claim.kind, "before": snapshot.state_name or HOME}
    if decision.ending in {Ending.DONE, Ending.DEAD}:
        story |= {"after": decision.state_name or HOME, "replies": len(decision.replies)}
    if claim.attempts > 1:
        story["attempt"] = claim.attempts
    if decision.wait_seconds:
        story["again_in_seconds"] = decision.wait_seconds
    if decision.reason:
        story["reason"] = decision.reason
    event = f"turn {decision.ending.value}"
    story |= {"conversation_id": snapshot.conversation_id, "ms": round(seconds * 1000)}
    log.debug(event, **story, **trace_of(claim.traceparent))
