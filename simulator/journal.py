"""What goes over the wire between the pretended providers and the gateway, word for word, for the drawer of the page.

Bounded by number and by size. What an exchange is about is read only when somebody looks, so that keeping it costs a
load test next to nothing.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.clock import rfc3339
from simulator.journal_phones import addresses_in
from simulator.outbox import Provider

Headers = dict[str, str]

_MOST_EXCHANGES = 2000
_MOST_BYTES = 16 * 1024 * 1024
# A form or a message is far below; of a larger body the beginning tells what it was.
_MOST_BODY_BYTES = 64 * 1024
_MOST_UNSEEN = 500
_SECRETS = {"authorization"}


@dataclass(slots=True)
class Exchange:
    """One request with its answer. A webhook goes to the gateway, a call comes from it; status 0 is no answer."""

    number: int
    kind: Literal["webhook", "call"]
    provider: Provider
    method: str
    url: str
    at: float
    headers: Headers
    body: bytes
    status: int = 0
    answer_headers: Headers = field(default_factory=dict)
    answer_body: bytes = b""
    seconds: float = 0.0
    why: str = ""

    @property
    def size(self) -> int:
        """What it costs to remember, more or less."""
        return 1000 + len(self.body) + len(self.answer_body)

    @property
    def trace_id(self) -> str:
        """The gateway's trace: it tells it in its answer to a webhook, and sends it along with a call."""
        told = self.answer_headers.get("traceresponse") if self.kind == "webhook" else self.headers.get("traceparent")
        pieces = (told or "").split("-")
        return pieces[1] if len(pieces) > 2 else ""

    @property
    def phones(self) -> frozenset[str]:
        """The phones that it is about, as `provider:address`."""
        return addresses_in(self.kind, self.provider, self.body)

    def rendered(self) -> dict[str, Any]:
        """As the page shows it."""
        return {
            "number": self.number,
            "kind": self.kind,
            "provider": self.provider,
            "method": self.method,
            "url": self.url,
            "at": rfc3339(self.at),
            "milliseconds": round(self.seconds * 1000, 1),
            "trace_id": self.trace_id,
            "phones": sorted(self.phones),
            "request": {"headers": self.headers, "body": self.body.decode("utf-8", "replace")},
            "answer": {
                "status": self.status,
                "headers": self.answer_headers,
                "body": self.answer_body.decode("utf-8", "replace"),
                "why": self.why,
            },
        }


class Journal:
    """The latest exchanges, oldest first, and who is reading along."""

    def __init__(self) -> None:
        self._kept: deque[Exchange] = deque()
        self._bytes = 0
        self._number = 0
        self._readers: dict[asyncio.Queue[bytes | None], frozenset[str]] = {}

    def begin(
        self,
        kind: Literal["webhook", "call"],
        provider: Provider,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Exchange:
        """An exchange whose answer is not there yet; `end` keeps it."""
        self._number += 1
        shown = {name.lower(): _shown(name.lower(), value) for name, value in headers.items()}
        return Exchange(self._number, kind, provider, method, url, time.time(), shown, body[:_MOST_BODY_BYTES])

    def end(self, exchange: Exchange, status: int, headers: Mapping[str, str], body: bytes, why: str = "") -> None:
        """Keep the exchange with its answer; `why` says what happened when there was none."""
        exchange.seconds = time.time() - exchange.at
        exchange.status, exchange.why = status, why
        exchange.answer_headers = {name.lower(): value for name, value in headers.items()}
        exchange.answer_body = body[:_MOST_BODY_BYTES]
        self._kept.append(exchange)
        self._bytes += exchange.size
        while len(self._kept) > _MOST_EXCHANGES or self._bytes > _MOST_BYTES:
            self._bytes -= self._kept.popleft().size
        if self._readers:
            self._tell(exchange)

    def about(self, phones: Iterable[str]) -> list[Exchange]:
        """The exchanges about any of these phones, oldest first."""
        wanted = frozenset(phones)
        return [exchange for exchange in self._kept if exchange.phones & wanted]

    def listen(self, phones: Iterable[str]) -> "asyncio.Queue[bytes | None]":
        """A queue of exchanges about these phones, which begins with the latest; None ends it."""
        wanted = frozenset(phones)
        queue: asyncio.Queue[bytes | None] = asyncio.Queue(_MOST_UNSEEN)
        self._readers[queue] = wanted
        for exchange in self.about(wanted)[-_MOST_UNSEEN // 2 :]:
            queue.put_nowait(orjson.dumps(exchange.rendered()))
        return queue

    def leave(self, queue: "asyncio.Queue[bytes | None]") -> None:
        """Stop reading along."""
        self._readers.pop(queue, None)

    def close(self) -> None:
        """End every stream, so that a server which stops need not wait for its pages."""
        for queue in list(self._readers):
            self._end(queue)

    def _tell(self, exchange: Exchange) -> None:
        phones = exchange.phones
        for queue, wanted in list(self._readers.items()):
            if not phones & wanted:
                continue
            if queue.full():
                # A page that fell so far behind reconnects and gets what is still known.
                self._end(queue)
            else:
                queue.put_nowait(orjson.dumps(exchange.rendered()))

    def _end(self, queue: "asyncio.Queue[bytes | None]") -> None:
        self._readers.pop(queue, None)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)


class Journaled:
    """An endpoint of a provider, its calls kept in the journal."""

    def __init__(self, app: ASGIApp, journal: Journal, provider: Provider) -> None:
        self._app = app
        self._journal = journal
        self._provider = provider

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call and look over its shoulder."""
        asked: list[bytes] = []
        said: list[bytes] = []
        status = 0
        headers: Headers = {}

        async def hear() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                asked.append(message.get("body", b""))
            return message

        async def speak(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], _decoded(message.get("headers", ()))
            else:
                said.append(message.get("body", b""))
            await send(message)

        query = scope["query_string"].decode("latin-1")
        url = scope["path"] + (f"?{query}" if query else "")
        call = self._journal.begin("call", self._provider, scope["method"], url, _decoded(scope["headers"]), b"")
        try:
            await self._app(scope, hear, speak)
        finally:
            call.body = b"".join(asked)[:_MOST_BODY_BYTES]
            self._journal.end(call, status, headers, b"".join(said), "" if status else "no answer was given")


def _decoded(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}


def _shown(name: str, value: str) -> str:
    """A header without what opens doors: of credentials only their kind."""
    return f"{value.partition(' ')[0]} (hidden)" if name in _SECRETS else value
