"""Sends what lies in the outbox: one reply per recipient at a time, many recipients at once.

The attempt is recorded before the call (lanes.py), made (attempts.py), and what became of it written before the next
reply of the lane is claimed (settling.py).
"""

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import asyncpg
from opentelemetry.trace import SpanKind

from chassis import errors, logs
from chassis.coalesce import LINGER_SECONDS, Coalescer
from chassis.database import Database
from chassis.telemetry import Telemetry, failed, trace_of, traceparent
from services.gateway import lanes, settling
from services.gateway.attempts import Attempts
from services.gateway.costs import Costs
from services.gateway.instance import Instance
from services.gateway.lane import LaneClaim, Settlement
from services.gateway.messages import Address
from services.gateway.room import Room
from services.gateway.verification_codes import VerificationCodes

if TYPE_CHECKING:
    from services.gateway.providers.outside import Providers

log = logs.get(__name__)

_SWEEP_SECONDS = 0.5


class Sender:
    """Works on lanes until drained."""

    def __init__(
        self,
        database: Database,
        telemetry: Telemetry,
        *,
        instance: Instance,
        providers: "Callable[[], Awaitable[Providers]]",
        codes: VerificationCodes,
        costs: Costs,
        most: int,
        stopped: bool,
    ) -> None:
        self._database = database
        self._telemetry = telemetry
        self._instance = instance
        self._room = Room(most)
        self._stopped = stopped
        self._settle = Coalescer("outbox settle", self._settle_batch, linger=LINGER_SECONDS, telemetry=telemetry)
        self._held: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._closing = False
        self._attempts = Attempts(database, telemetry, instance=instance, providers=providers, codes=codes, costs=costs)
        telemetry.gauge("lanes_held", "recipients being written to", lambda: [(self._room.taken, {})])

    @property
    def held(self) -> dict[int, int]:
        """The lanes that this process works on, with their epochs."""
        return dict(self._held)

    def reserve(self, wanted: int) -> int:
        """Reserve up to `wanted` lanes for replies that are about to be committed."""
        return 0 if self._stopped or not self._instance.fresh else self._room.take(wanted)

    def start(self, claims: Sequence[LaneClaim], reserved: int) -> None:
        """Send these; the rest of what was reserved is given back, and waiting lanes are looked for."""
        self._room.give_back(reserved - len(claims))
        for claim in claims:
            self._held[claim.conversation_id] = claim.epoch
            task = asyncio.create_task(self._work(claim))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """Take lanes that nobody works on until cancelled."""
        while True:
            # Jitterless on purpose: SKIP LOCKED keeps instances out of each other's way.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SWEEP_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                if self._room.looks(_SWEEP_SECONDS):
                    await self._take_due()
            except errors.HailwireError as error:
                log.warning("lanes cannot be taken", reason=error.reason)
                await asyncio.sleep(_SWEEP_SECONDS)

    async def drain(self, seconds: float) -> None:
        """Take nothing new and finish what is on its way."""
        self._closing = True
        self._room.closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)

    async def _take_due(self) -> None:
        if self._closing:
            return
        # Half of what is free: turns that commit meanwhile want room for their replies too.
        reserved = self.reserve((self._room.free + 1) // 2)
        claims: list[LaneClaim] = []
        try:
            if reserved:
                async with self._database.transaction() as session:
                    claims = await lanes.take_due(session, instance_id=self._instance.instance_id, limit=reserved)
        except BaseException:
            self._room.give_back(reserved)
            raise
        self.start(claims, reserved)
        if claims and len(claims) == reserved:
            self._room.short = True  # there may be more
            if self._room.ample:
                self._wake.set()

    async def _work(self, first: LaneClaim) -> None:
        claim: LaneClaim | None = first
        try:
            while claim is not None:
                with self._telemetry.span("send", kind=SpanKind.PRODUCER, parent=claim.traceparent) as span:
                    started = time.perf_counter()
                    settlement = await self._attempts.make(claim)
                    if log.detailed or settlement.state == "failed":
                        _tell(settlement, time.perf_counter() - started)
                    span.set_attribute("hailwire.state", settlement.state)
                    if settlement.state in {"failed", "unknown"}:
                        failed(span, settlement.reason)
                    claim = await self._settled(_followed(settlement))
        except Exception as error:
            log.exception("a lane failed", error, conversation_id=first.conversation_id)
        finally:
            # Only our own entry: the lane may have been claimed anew by this very process.
            if self._held.get(first.conversation_id) == first.epoch:
                del self._held[first.conversation_id]
            self._room.give_back()
            if self._room.short and self._room.ample:
                self._wake.set()

    async def _settled(self, settlement: Settlement) -> LaneClaim | None:
        # What we know is worth keeping: forgetting it would send the reply again.
        delay = 0.1
        while True:
            try:
                claim = await self._settle(settlement)
            except (errors.Unavailable, errors.DeadlineExceeded, errors.Conflict):
                await asyncio.sleep(delay)
                delay = min(delay * 2, 1.0)
            else:
                return claim

    async def _settle_batch(self, batch: list[Settlement]) -> list[LaneClaim | BaseException | None]:
        try:
            settled = await settling.settle(self._database, batch, going_on=self._going_on())
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if len(batch) == 1:
                if batch[0].provider_message_id is None and batch[0].error_code is None:
                    return [error]
                # Whatever the provider called it does not fit; that it was taken is what counts.
                log.exception("a settlement is written without the provider's words", error)
                bare = dataclasses.replace(batch[0], provider_message_id=None, error_code=None)
                return await self._settle_batch([bare])
            middle = len(batch) // 2
            return [*await self._settle_batch(batch[:middle]), *await self._settle_batch(batch[middle:])]
        for one in batch:
            if one.claim.outbox_id not in settled.following:
                log.warning("a lane was taken over while its reply was being sent", outbox_id=one.claim.outbox_id)
        if settled.left_over:
            self._wake.set()
        return [settled.following.get(one.claim.outbox_id) for one in batch]

    def _going_on(self) -> bool:
        return not self._closing and not self._stopped and self._instance.fresh


def _followed(settlement: Settlement) -> Settlement:
    """With the current span, where the provider was asked at all."""
    return dataclasses.replace(settlement, traceparent=traceparent()) if settlement.tried else settlement


def _tell(settlement: Settlement, seconds: float) -> None:
    claim = settlement.claim
    story: dict[str, object] = {"outbox_id": claim.outbox_id, "conversation_id": claim.conversation_id}
    story |= {"ms": round(seconds * 1000), **trace_of(claim.traceparent)}
    if claim.attempts > 1:
        story["attempt"] = claim.attempts
    match settlement.state:
        case "accepted":
            log.debug("reply accepted", provider=str(Address.from_key(claim.address).provider), **story)
        case "failed":
            log.error("reply is a dead letter", reason=settlement.reason, code=settlement.error_code, **story)
        case "skipped":
            log.debug("reply not sent", reason=settlement.reason, **story)
        case _:
            wait = round(settlement.wait_seconds, 1)
            log.debug("reply waits", reason=settlement.reason, again_in_seconds=wait, **story)
