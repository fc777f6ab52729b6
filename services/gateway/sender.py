"""Sends what lies in the outbox: one reply per recipient at a time, many recipients at once.

The attempt is recorded before the call (lanes.py). An answer that never came leaves the reply unknown: it waits for
its status, is looked up in Twilio's message list, and is then sent again: a second copy is better than silence. Every
such extra send is counted.
"""

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import orjson
from opentelemetry.trace import Span, SpanKind

from chassis import errors, logs
from chassis.coalesce import Coalescer
from chassis.database import Database, Statement
from chassis.telemetry import Telemetry, failed, trace_of, traceparent
from services.gateway import lanes, settling
from services.gateway.instance import SETTLE_SECONDS, Instance
from services.gateway.lane import LaneClaim, Settlement
from services.gateway.messages import Address, Outgoing, Provider, reply_from_dict
from services.gateway.providers.sending import (
    Accepted,
    Final,
    OptedOut,
    Retry,
    Stop,
    Unknown,
    Verdict,
    WindowClosed,
)
from services.gateway.room import Room

if TYPE_CHECKING:
    from services.gateway.providers.outside import Providers

log = logs.get(__name__)

# Free text reaches a person on WhatsApp only for so long after they wrote.
_WINDOW = timedelta(hours=24)
# A reply that could not be sent for this long has lost its meaning: it becomes a dead letter.
_PATIENCE = timedelta(hours=6)
# Tries of one reply when only its recipient is the trouble.
_RECIPIENT_TRIES = 8
# Sends of one reply whose results are all unknown: after that it has most likely arrived, several times.
_UNKNOWN_TRIES = 4
_BACKOFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 60.0)
# After bad credentials or a spam flag nothing helps but an operator; meanwhile one try a minute.
_STOP_SECONDS = 60.0
_SWEEP_SECONDS = 0.5
# The settings to look at when a provider does not know us.
_CREDENTIALS = {
    Provider.WHATSAPP: "WA_ACCESS_TOKEN",
    Provider.TWILIO: "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN",
}

# Messages of the same words that other rows own.
_KNOWN = Statement(
    "gateway.outbox_known",
    """
    SELECT provider_message_id FROM gateway.outbox
    WHERE conversation_id = $1 AND provider_message_id IS NOT NULL
    ORDER BY outbox_id DESC LIMIT 500
    """,
)


class Sender:
    """Works on lanes until drained."""

    def __init__(
        self,
        database: Database,
        telemetry: Telemetry,
        *,
        instance: Instance,
        providers: "Callable[[], Awaitable[Providers]]",
        most: int,
        stopped: bool,
    ) -> None:
        self._database = database
        self._telemetry = telemetry
        self._instance = instance
        self._providers = providers
        self._room = Room(most)
        self._stopped = stopped
        self._settle = Coalescer("outbox settle", self._settle_batch, telemetry=telemetry)
        self._held: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._closing = False
        self._paused_until: dict[Provider, float] = {}
        self._sends = telemetry.counter("sends", "attempts to send a reply, by provider and what became of them")
        self._extra = telemetry.counter("extra_sends", "replies sent again although the provider may have had them")
        self._skipped = telemetry.counter("replies_skipped", "replies that were not sent, by reason")
        self._seconds = telemetry.histogram("provider_call", "time of a send as the provider answered it")
        telemetry.gauge("lanes_held", "recipients being written to", lambda: [(self._room.taken, {})])
        telemetry.gauge(
            "provider_paused",
            "1 while nothing is sent to a provider after it refused everybody",
            lambda: [(float(self._pause(provider) > 0), {"provider": str(provider)}) for provider in Provider],
            shared=True,
        )

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
            self._wake.set()  # there may be more

    async def _work(self, first: LaneClaim) -> None:
        claim: LaneClaim | None = first
        try:
            while claim is not None:
                with self._telemetry.span("send", kind=SpanKind.PRODUCER, parent=claim.traceparent) as span:
                    started = time.perf_counter()
                    settlement = await self._attempt(claim)
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
            if self._room.free == 0:
                self._wake.set()
            self._room.give_back()

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
            async with self._database.transaction() as session:
                ours, claims = await settling.settle(session, batch, going_on=self._going_on())
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
            if one.claim.conversation_id not in ours:
                log.warning("a lane was taken over while its reply was being sent", outbox_id=one.claim.outbox_id)
        following = {claim.conversation_id: claim for claim in claims}
        return [
            following.get(one.claim.conversation_id) if one.claim.conversation_id in ours else None for one in batch
        ]

    def _going_on(self) -> bool:
        return not self._closing and not self._stopped and self._instance.fresh

    async def _attempt(self, claim: LaneClaim) -> Settlement:
        try:
            return await self._delivered(claim)
        except errors.HailwireError as error:  # Twilio's list cannot be read: ask again before sending twice
            return Settlement(claim, "unknown", error.reason, wait_seconds=_backoff(claim.failures), failed=True)
        except Exception as error:
            log.exception("a reply cannot be sent", error, outbox_id=claim.outbox_id)
            return Settlement(claim, "failed", f"our bug: {type(error).__name__}")

    async def _delivered(self, claim: LaneClaim) -> Settlement:
        """Try one reply and say what is to be written about it."""
        providers = await self._providers()
        address = Address.from_key(claim.address)
        if claim.provider_message_id is not None:
            return Settlement(claim, "accepted", "settled by its status", claim.provider_message_id)
        waiting = "queued" if claim.unknown_since is None else "unknown"
        if wait := self._pause(address.provider):
            return Settlement(claim, waiting, "provider paused", wait_seconds=wait, tried=False)
        if not self._instance.fresh:
            # Somebody may hold this lane already; they will send it.
            return Settlement(claim, waiting, "heartbeat late", wait_seconds=1.0, tried=False)
        if self._window_closed(claim, address):
            self._skipped.add(1, reason="window_closed")
            return Settlement(claim, "skipped", "window closed")
        outgoing = Outgoing(
            outbox_id=claim.outbox_id,
            address=address,
            reply=reply_from_dict(orjson.loads(claim.reply)),
            attempt=claim.attempts - 1,
            traceparent=claim.traceparent,
        )
        if claim.unknown_since is not None:
            if address.provider is Provider.TWILIO:
                rows = await self._database.fetch(_KNOWN, claim.conversation_id)
                known = {row["provider_message_id"] for row in rows}
                with self._called("GET", address.provider):
                    found = await providers.twilio.find_sent(outgoing, claim.unknown_since, known)
                if found is not None:
                    return Settlement(claim, "accepted", "found in the message list", found)
            # Only now: the last one's status has had its time.
            if claim.unknowns >= _UNKNOWN_TRIES:
                return Settlement(claim, "failed", "gave up, it may have arrived", tried=False)
            self._extra.add(1, provider=str(address.provider))
            log.warning("sent again, its first result is unknown", outbox_id=claim.outbox_id)
        started = time.perf_counter()
        client = providers.twilio if address.provider is Provider.TWILIO else providers.whatsapp
        with self._called("POST", address.provider) as span:
            if self._telemetry.tracing:
                outgoing = dataclasses.replace(outgoing, traceparent=traceparent())
            verdict = await client.send(outgoing)
            kind = type(verdict).__name__.lower()
            if not isinstance(verdict, Accepted):
                failed(span, kind)
        self._seconds.record(time.perf_counter() - started, provider=str(address.provider), result=kind)
        self._sends.add(1, provider=str(address.provider), result=kind)
        return self._judged(claim, address.provider, verdict)

    def _called(self, method: str, provider: Provider) -> contextlib.AbstractContextManager[Span]:
        attributes: dict[str, str | int | float | bool] = {
            "http.request.method": method,
            "hailwire.provider": str(provider),
        }
        return self._telemetry.span(f"{method} {provider}", kind=SpanKind.CLIENT, attributes=attributes)

    def _judged(self, claim: LaneClaim, provider: Provider, verdict: Verdict) -> Settlement:
        match verdict:
            case Accepted(provider_message_id=found):
                return Settlement(claim, "accepted", provider_message_id=found)
            case Unknown(reason=reason):
                wait = min(SETTLE_SECONDS * 4.0**claim.unknowns, 120.0)
                return Settlement(claim, "unknown", reason, wait_seconds=wait, failed=True, unknown=True)
            case Final(reason=reason, code=code):
                return Settlement(claim, "failed", reason, error_code=code)
            case WindowClosed(code=code):
                self._skipped.add(1, reason="window_closed")
                return Settlement(claim, "skipped", "window closed", error_code=code)
            case OptedOut(code=code):
                self._skipped.add(1, reason="opted_out")
                return Settlement(claim, "skipped", "opted out", error_code=code)
            case Stop(reason=reason, code=code):
                if not self._pause(provider):  # those under way side by side are refused for the same reason
                    _tell_stop(provider, reason, code)
                self._paused_until[provider] = time.monotonic() + _STOP_SECONDS
                return self._again(claim, reason, code, _STOP_SECONDS)
            case Retry(reason=reason, after_seconds=after, scope=scope, code=code):
                wait = after if after is not None else _backoff(claim.failures)
                if scope == "provider":
                    self._paused_until[provider] = time.monotonic() + min(wait, _STOP_SECONDS)
                    return self._again(claim, reason, code, wait)
                if claim.refusals + 1 >= _RECIPIENT_TRIES:
                    return Settlement(claim, "failed", f"gave up: {reason}", error_code=code)
                return dataclasses.replace(self._again(claim, reason, code, wait), refused=True)

    @staticmethod
    def _again(claim: LaneClaim, reason: str, code: int | None, wait: float) -> Settlement:
        if claim.claimed_at - claim.created_at > _PATIENCE:
            return Settlement(claim, "failed", f"gave up: {reason}", error_code=code)
        # A refusal of the second send says nothing about the first: what was unknown stays so.
        state = "queued" if claim.unknown_since is None else "unknown"
        return Settlement(claim, state, reason, error_code=code, wait_seconds=wait, failed=True)

    @staticmethod
    def _window_closed(claim: LaneClaim, address: Address) -> bool:
        if address.channel != "whatsapp" or claim.last_inbound_at is None:
            return False
        return claim.claimed_at - claim.last_inbound_at > _WINDOW

    def _pause(self, provider: Provider) -> float:
        return max(0.0, self._paused_until.get(provider, 0.0) - time.monotonic())


def _followed(settlement: Settlement) -> Settlement:
    """With the current span, where the provider was asked at all."""
    return dataclasses.replace(settlement, traceparent=traceparent()) if settlement.tried else settlement


def _backoff(failures: int) -> float:
    return _BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)]


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


def _tell_stop(provider: Provider, reason: str, code: int | None) -> None:
    event = "provider refuses everything; nothing is sent to it for now"
    if reason == "AUTH":
        event = f"provider refuses our credentials; check {_CREDENTIALS[provider]}"
    log.error(event, provider=str(provider), reason=reason, code=code, again_in_seconds=_STOP_SECONDS)
