"""Planned misbehaviour: the one place that every answer to a send and every webhook passes on its way out."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.types import Receive, Send

from simulator.answers import Answer, json_answer
from simulator.outbox import Provider

_HTTP_FAILURES = {"500", "502", "503", "504"}
_ABOUT_SENDS = _HTTP_FAILURES | {
    "429",
    "500_after_accept",
    "timeout_before_accept",
    "timeout_after_accept",
    "reset_after_accept",
}
_ABOUT_WEBHOOKS = {"webhook_lost", "webhook_twice"}
_CODE = re.compile(r"(?:failed_status:)?(?P<code>[0-9]{1,6})")
_MOST_PLANS = 1000
# Longer than any sender's patience, short enough that a forgotten connection goes away.
_SILENCE_SECONDS = 120.0


@dataclass(slots=True)
class Plan:
    """The next `left` sends (or webhooks) of a provider go wrong in this way, to one phone or to any."""

    provider: Provider
    kind: str
    left: int
    to: str | None = None
    retry_after: int | None = None


class Exchange(Protocol):
    """A valid send that waits for its answer."""

    @property
    def provider(self) -> Provider:
        """Whose endpoint was called."""
        ...

    @property
    def to(self) -> str:
        """The phone, in canonical form."""
        ...

    def accept(self, fails_with: int | None) -> Answer:
        """Take the message; with `fails_with` its delivery will fail with that code of the provider."""
        ...

    def refuse(self, code: int, http_status: int | None, retry_after: int | None) -> Answer:
        """Do not take the message, for this code of the provider."""
        ...

    @property
    def too_many(self) -> int:
        """The provider's code for too many requests."""
        ...


class Faults:
    """What is planned to go wrong, first planned first."""

    def __init__(self, is_known_code: Callable[[Provider, int], bool]) -> None:
        self._is_known_code = is_known_code
        self.plans: list[Plan] = []

    def plan(self, plan: Plan) -> None:
        """Add a plan; raises ValueError when it makes no sense."""
        code = _CODE.fullmatch(plan.kind)
        if plan.kind not in _ABOUT_SENDS | _ABOUT_WEBHOOKS and not (
            code and self._is_known_code(plan.provider, int(code["code"]))
        ):
            raise ValueError(
                f"kind must be one of {', '.join(sorted(_ABOUT_SENDS | _ABOUT_WEBHOOKS))}, "
                "an error code of the provider, or failed_status:<code>"
            )
        if plan.left < 1 or len(self.plans) >= _MOST_PLANS:
            raise ValueError(f"count must be positive, and no more than {_MOST_PLANS} plans can wait")
        self.plans.append(plan)

    async def answer(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        """Answer a valid send, well or as planned."""
        plan = self._take(exchange.provider, exchange.to, webhook=False) if self.plans else None
        kind = plan.kind if plan is not None else ""
        retry_after = plan.retry_after if plan is not None else None
        if not kind:
            await exchange.accept(None).send(send)
        elif kind in _HTTP_FAILURES:
            headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
            await json_answer(int(kind), {"error": "upstream"}, headers).send(send)
        elif kind == "429":
            await exchange.refuse(exchange.too_many, 429, retry_after).send(send)
        elif kind == "500_after_accept":
            exchange.accept(None)
            await json_answer(500, {"error": "upstream"}).send(send)
        elif kind == "timeout_before_accept":
            await _stay_silent(receive, send)
        elif kind == "timeout_after_accept":
            exchange.accept(None)
            await _stay_silent(receive, send)
        elif kind == "reset_after_accept":
            await _break_off(exchange.accept(None), send)
        elif kind.startswith("failed_status:"):
            await exchange.accept(int(kind.partition(":")[2])).send(send)
        else:
            await exchange.refuse(int(kind), None, retry_after).send(send)

    def copies_of_webhook(self, provider: Provider) -> int:
        """How often a webhook is to be posted: once, or as planned never or twice."""
        plan = self._take(provider, None, webhook=True) if self.plans else None
        if plan is None:
            return 1
        return 0 if plan.kind == "webhook_lost" else 2

    def _take(self, provider: Provider, to: str | None, *, webhook: bool) -> Plan | None:
        for plan in self.plans:
            about_webhooks = plan.kind in _ABOUT_WEBHOOKS
            if plan.provider == provider and about_webhooks == webhook and (webhook or plan.to in {None, to}):
                plan.left -= 1
                if plan.left == 0:
                    self.plans.remove(plan)
                return plan
        return None


async def _stay_silent(receive: Receive, send: Send) -> None:
    try:
        async with asyncio.timeout(_SILENCE_SECONDS):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        await json_answer(504, {"error": "upstream"}).send(send)


async def _break_off(answer: Answer, send: Send) -> None:
    """Begin the answer and close the connection in the middle of it: the server does so when an app just returns."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body[:1], "more_body": True})
