"""The one way on which every answer to a send goes out: well, or as the mischief wants it."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.answers import Answer, json_answer
from simulator.faults import Faults
from simulator.kinds import Values
from simulator.mischief import Mischief
from simulator.outbox import Provider
from simulator.resetting import reset
from simulator.trickle import trickle

_HTTP_FAILURES = {"500", "502", "503", "504"}
# Longer than any sender's patience, short enough that a forgotten connection goes away.
_SILENCE_SECONDS = 120.0


class Exchange(Protocol):
    """A valid send that waits for its answer."""

    @property
    def provider(self) -> Provider:
        """Whose endpoint was called."""
        ...

    @property
    def to(self) -> str:
        """The phone, as it was addressed."""
        ...

    @property
    def key(self) -> str:
        """The phone's one name, whatever it was addressed by."""
        ...

    @property
    def too_many(self) -> int:
        """The provider's code for too many requests."""
        ...

    def accept(self, fault: str | None) -> tuple[Answer, str | None]:
        """Take the message, and say under which id; or refuse it for one of the provider's own limits.

        `fault` is noted with the message: how its answer went wrong.
        """
        ...

    def told_early(self, message_id: str) -> Awaitable[Any] | None:
        """Post the statuses of the message before its answer, when that is wanted."""
        ...

    def refuse(self, code: int, http_status: int | None, retry_after: int | None) -> Answer:
        """Do not take the message, for this code of the provider."""
        ...


async def answer_send(mischief: Mischief, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a valid send."""
    wrong = mischief.of_send(exchange.provider, exchange.to, exchange.key)
    how = mischief.faults.outage(exchange.provider)
    if how is not None:  # it has just begun, with this send
        await _out_of_service(how, scope, receive, send)
        return
    if wrong is None:
        answer, message_id = exchange.accept(None)
        await _tell_early(exchange, message_id)
        await answer.send(send)
        return
    kind, values = wrong
    refused = _refusal(exchange, kind, values)
    if refused is not None:
        mischief.note(kind, exchange.provider, exchange.to, "")
        await refused.send(send)
    elif kind == "timeout_before_accept":
        mischief.note(kind, exchange.provider, exchange.to, "")
        await _stay_silent(receive, send)
    else:
        answer, message_id = exchange.accept(kind)
        if message_id is None:
            await answer.send(send)
            return
        mischief.note(kind, exchange.provider, exchange.to, message_id)
        await _tell_early(exchange, message_id)
        if kind == "500_after_accept":
            await json_answer(500, {"error": "upstream"}).send(send)
        elif kind == "timeout_after_accept":
            await _stay_silent(receive, send)
        elif kind == "reset_after_accept":
            await _break_off(answer, scope, receive, send)
        else:
            await _trickle_out(answer, values["seconds"], send)


async def _tell_early(exchange: Exchange, message_id: str | None) -> None:
    """Statuses that come before the answer come before one that goes wrong, too; nothing else would send them."""
    if message_id is not None and (early := exchange.told_early(message_id)) is not None:
        await early


def _refusal(exchange: Exchange, kind: str, values: Values) -> Answer | None:
    retry_after = values.get("retry_after")
    if kind in _HTTP_FAILURES:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return json_answer(int(kind), {"error": "upstream"}, headers)
    if kind == "429":
        return exchange.refuse(exchange.too_many, 429, retry_after)
    return exchange.refuse(int(kind), None, retry_after) if kind.isdecimal() else None


class InService:
    """An API of a provider, unless it is out of service."""

    def __init__(self, app: ASGIApp, faults: Faults, provider: Provider) -> None:
        self._app = app
        self._faults = faults
        self._provider: Provider = provider

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call, or not."""
        how = self._faults.outage(self._provider)
        if how is None:
            await self._app(scope, receive, send)
        else:
            await _out_of_service(how, scope, receive, send)


async def _out_of_service(how: str, scope: Scope, receive: Receive, send: Send) -> None:
    if how == "refused":
        await reset(scope, receive)
    else:
        await json_answer(503, {"error": "upstream"}).send(send)


async def _stay_silent(receive: Receive, send: Send) -> None:
    try:
        async with asyncio.timeout(_SILENCE_SECONDS):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        await json_answer(504, {"error": "upstream"}).send(send)


async def _break_off(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Begin the answer and cut the connection in the middle of it."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body[:1], "more_body": True})
    await reset(scope, receive)


async def _trickle_out(answer: Answer, seconds: float, send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer.body))]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    async for piece in trickle(answer.body, seconds):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
