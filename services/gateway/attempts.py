"""One attempt to send one reply: whether it may go now, what the provider says, and what that means for the reply.

An answer that never came leaves the reply unknown: it waits for its status, is looked up in Twilio's message list, and
is then sent again: a second copy is better than silence. Every such extra send is counted.
"""

import contextlib
import dataclasses
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson
from opentelemetry.trace import Span, SpanKind

from chassis import errors, logs
from chassis.database import Database, Statement
from chassis.telemetry import Telemetry, failed, traceparent
from services.gateway.costs import Costs
from services.gateway.instance import SETTLE_SECONDS, Instance
from services.gateway.lane import LaneClaim, Settlement
from services.gateway.messages import Address, Outgoing, Provider
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
from services.gateway.providers.twilio.render import sms_segments
from services.gateway.verification_codes import CodeLapsed, VerificationCodes

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


class Attempts:
    """Makes single attempts; remembers which provider refuses everybody for now."""

    def __init__(
        self,
        database: Database,
        telemetry: Telemetry,
        *,
        instance: Instance,
        providers: "Callable[[], Awaitable[Providers]]",
        codes: VerificationCodes,
        costs: Costs,
    ) -> None:
        self._database = database
        self._codes = codes
        self._costs = costs
        self._telemetry = telemetry
        self._instance = instance
        self._providers = providers
        self._paused_until: dict[Provider, float] = {}
        self._sends = telemetry.counter("sends", "attempts to send a reply, by provider and what became of them")
        self._sms = telemetry.counter("sms_replies", "replies that Twilio took as SMS")
        self._segments = telemetry.counter("sms_segments", "parts that these SMS were sent and paid as")
        self._extra = telemetry.counter("extra_sends", "replies sent again although the provider may have had them")
        self._skipped = telemetry.counter("replies_skipped", "replies that were not sent, by reason")
        self._seconds = telemetry.histogram("provider_call", "time of a send as the provider answered it")
        telemetry.gauge(
            "provider_paused",
            "1 while nothing is sent to a provider after it refused everybody",
            lambda: [(float(self._pause(provider) > 0), {"provider": str(provider)}) for provider in Provider],
            shared=True,
        )

    async def make(self, claim: LaneClaim) -> Settlement:
        """Try one reply; whatever goes wrong is told by the settlement."""
        try:
            return await self._delivered(claim)
        except errors.HailwireError as error:  # Twilio's list cannot be read: ask again before sending twice
            return Settlement(claim, "unknown", error.reason, wait_seconds=_backoff(claim.failures), failed=True)
        except Exception as error:
            log.exception("a reply cannot be sent", error, outbox_id=claim.outbox_id)
            return Settlement(claim, "failed", f"our bug: {type(error).__name__}")

    async def _delivered(self, claim: LaneClaim) -> Settlement:
        """Ask the provider, unless there is nothing to ask or no time for it."""
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
        try:
            reply = self._codes.reply(orjson.loads(claim.reply), claim.claimed_at)
        except CodeLapsed:
            self._skipped.add(1, reason="code_lapsed")
            return Settlement(claim, "skipped", "code lapsed", tried=False)
        outgoing = Outgoing(
            outbox_id=claim.outbox_id,
            address=address,
            reply=reply,
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
        if isinstance(verdict, Accepted):
            self._count(outgoing)
        return self._judged(claim, address.provider, verdict)

    def _count(self, outgoing: Outgoing) -> None:
        """What was taken, in the units that it is paid in."""
        parts = sms_segments(outgoing)
        if parts:
            self._sms.add(1)
            self._segments.add(parts)
        self._costs.add(outgoing.address.channel, parts)

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


def _backoff(failures: int) -> float:
    return _BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)]


def _tell_stop(provider: Provider, reason: str, code: int | None) -> None:
    event = "provider refuses everything; nothing is sent to it for now"
    if reason == "AUTH":
        event = f"provider refuses our credentials; check {_CREDENTIALS[provider]}"
    log.error(event, provider=str(provider), reason=reason, code=code, again_in_seconds=_STOP_SECONDS)
