"""Answers to GET requests from memory, for the few routes whose answer is everybody's and does not change for a while.

Plain ASGI around another app. Only paths that the wiring names, and only what nobody could mind: no request that says
who asks, no answer that is somebody's or that says it must not be kept. Those who ask at once wait for one answer.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.records import record
from chassis.settings import setting
from chassis.telemetry import Telemetry

App = Callable[[Any, Any, Any], Awaitable[None]]
Header = tuple[bytes, bytes]
Key = tuple[str, str, bytes]

# A larger body is passed on and not kept: 200 of these are all that a process may spend.
MAX_BODY_BYTES = 256 * 1024

# A request with one of these asks for somebody, or for a part: its answer is nobody else's.
_OF_THE_ASKER = frozenset(
    {b"authorization", b"cookie", b"range", b"if-none-match", b"if-modified-since", b"if-match", b"if-unmodified-since"}
)
# An answer with one of these is its asker's, or depends on headers that are no part of the key.
_OF_THE_ANSWERED = frozenset({b"set-cookie", b"vary", b"www-authenticate"})
_NOT_KEPT = (b"private", b"no-store", b"no-cache", b"max-age=0")


@dataclass(frozen=True, kw_only=True)
class ResponseCacheSettings:
    """How long and how many."""

    response_cache_ttl_ms: int = setting(
        "RESPONSE_CACHE_TTL",
        default=60_000,
        minimum=0,
        help="how long API descriptions and the files of the live page are answered from memory, in ms; 0: never",
    )
    response_cache_entries: int = setting(
        "RESPONSE_CACHE_ENTRIES", default=200, minimum=1, maximum=10_000, help="HTTP answers kept in memory at most"
    )


@record
class _Answer:
    status: int
    headers: Sequence[Header]
    body: bytes
    made_at: float


class ResponseCache:
    """An ASGI app around another. Its answers carry X-Cache (HIT or MISS) and X-Cache-Age in whole seconds.

    An answer that was under way when `clear` was called is given to those who had asked by then, and not kept.
    """

    def __init__(
        self,
        app: App,
        telemetry: Telemetry,
        seconds: Mapping[str, float],
        *,
        entries: int = 200,
        max_body_bytes: int = MAX_BODY_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`seconds` names the paths that may be kept, each with its time; 0 keeps nothing."""
        self._app = app
        self._seconds = {path: lasting for path, lasting in seconds.items() if lasting > 0}
        self._most = entries
        self._max_body_bytes = max_body_bytes
        self._clock = clock
        self._answers: OrderedDict[Key, _Answer] = OrderedDict()  # least recently used first
        self._flights: dict[Key, asyncio.Future[_Answer | None]] = {}
        self._lookups = telemetry.counter("cache_lookups", "answers from memory and misses, by cache")
        self._evictions = telemetry.counter("cache_evictions", "entries that had to go for newer ones, by cache")
        telemetry.gauge(
            "cache_entries", "entries held now, by cache", lambda: [(len(self._answers), {"cache": "responses"})]
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        if not self._may_be_kept(scope):
            await self._app(scope, receive, send)
            return
        key = (scope["method"], scope["path"], _in_order(scope["query_string"]))
        answer = self._known(key)
        if answer is None and (flight := self._flights.get(key)) is not None:
            answer = await asyncio.shield(flight)  # None: it may not be shared, so everybody asks for themselves
        self._lookups.add(1, cache="responses", result="miss" if answer is None else "hit")
        if answer is None:
            await self._fetched(key, scope, receive, send)
        else:
            await _give(send, answer, b"HIT", max(0, int(self._clock() - answer.made_at)))

    def clear(self) -> None:
        """Forget every answer, and those that are under way."""
        self._answers.clear()
        self._flights.clear()

    def _may_be_kept(self, scope: Any) -> bool:
        return (
            scope["type"] == "http"
            and scope["method"] == "GET"
            and scope["path"] in self._seconds
            and _OF_THE_ASKER.isdisjoint(name for name, _ in scope["headers"])
        )

    def _known(self, key: Key) -> _Answer | None:
        answer = self._answers.get(key)
        if answer is None:
            return None
        if self._clock() - answer.made_at >= self._seconds[key[1]]:
            del self._answers[key]
            return None
        self._answers.move_to_end(key)
        return answer

    async def _fetched(self, key: Key, scope: Any, receive: Any, send: Any) -> None:
        """Ask the app, and keep what it says if it may be kept."""
        flight: asyncio.Future[_Answer | None] | None = None
        if key not in self._flights:
            flight = self._flights[key] = asyncio.get_running_loop().create_future()
        asked_at = self._clock()

        def found(answer: _Answer | None) -> None:
            # Told before our own asker has read a byte: a slow reader must not hold up the others.
            if flight is None or flight.done():
                return
            if self._flights.get(key) is flight:
                del self._flights[key]
                if answer is not None:
                    self._keep(key, answer)
            flight.set_result(answer)

        try:
            await self._app(scope, receive, _Recorder(send, found, asked_at, self._max_body_bytes))
        finally:
            found(None)  # it failed, or ended without an answer

    def _keep(self, key: Key, answer: _Answer) -> None:
        self._answers[key] = answer
        self._answers.move_to_end(key)
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)
            self._evictions.add(1, cache="responses")


class _Recorder:
    """The app's `send`: holds an answer that may be kept until it is whole, and passes any other on as it comes."""

    def __init__(
        self, send: Any, found: Callable[[_Answer | None], None], asked_at: float, max_body_bytes: int
    ) -> None:
        self._send = send
        self._found = found
        self._asked_at = asked_at
        self._max_body_bytes = max_body_bytes
        self._held: list[Any] = []
        self._size = 0
        self._passing = False

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), *_marks(b"MISS", 0)]
            message = {**message, "headers": headers}
            self._passing = not _is_everybodys(message["status"], headers)
        elif message["type"] != "http.response.body":
            self._passing = True
        self._size += len(message.get("body", b""))
        self._held.append(message)
        if self._passing or self._size > self._max_body_bytes:
            self._passing = True
            self._found(None)
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self._found(self._whole())
        else:
            return
        held, self._held = self._held, []
        for one in held:
            await self._send(one)

    def _whole(self) -> _Answer:
        start, *parts = self._held
        headers = [pair for pair in start["headers"] if pair[0] not in {b"x-cache", b"x-cache-age"}]
        return _Answer(start["status"], headers, b"".join(part.get("body", b"") for part in parts), self._asked_at)


def _is_everybodys(status: int, headers: Sequence[Header]) -> bool:
    """Whether an answer may be given to others."""
    if not 200 <= status < 300 or status == 206:
        return False
    for name, value in headers:
        called = name.lower()
        if called in _OF_THE_ANSWERED:
            return False
        if called == b"cache-control" and any(word in value.lower() for word in _NOT_KEPT):
            return False
    return True


def _in_order(query: bytes) -> bytes:
    """The query by names, so that their order makes no other answer; values of one name stay as they are given."""
    pairs = sorted(query.split(b"&"), key=_name)
    return b"&".join(pairs)


def _name(pair: bytes) -> bytes:
    return pair.partition(b"=")[0]


def _marks(word: bytes, age: int) -> tuple[Header, Header]:
    return (b"x-cache", word), (b"x-cache-age", str(age).encode())


async def _give(send: Any, answer: _Answer, word: bytes, age: int) -> None:
    headers = [*answer.headers, *_marks(word, age)]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
