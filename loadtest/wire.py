"""Posts over kept connections with as little work as possible, and never waits for one post before the next.

There is no limit on connections: one would make senders wait for each other, and the queue would hide in the generator.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import httptools

_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 is nothing, and `why` says how."""

    status: int
    duplicate: bool = False
    why: str = ""


@dataclass(eq=False, slots=True)
class _Errand:
    request: bytes
    done: Callable[[Answer], None]
    deadline: float
    second_try: bool = False


class _Line(asyncio.Protocol):
    """One connection, one request on its way at a time."""

    def __init__(self, wire: "Wire") -> None:
        self._wire = wire
        self._transport: Any = None
        self._parser = httptools.HttpResponseParser(self)
        self._errand: _Errand | None = None
        self._duplicate = False
        self._heard = False
        self._carried = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def carry(self, errand: _Errand) -> bool:
        """Write the request; False when the other side has gone."""
        if self._transport is None or self._transport.is_closing():
            return False
        self._errand, self._duplicate, self._heard = errand, False, False
        self._carried += 1
        self._transport.write(errand.request)
        return True

    def overdue(self, now: float) -> bool:
        """Whether it waits for too long already."""
        return self._errand is not None and self._errand.deadline < now

    def give_up(self, why: str) -> None:
        """Close it and answer for what was on its way."""
        errand, self._errand = self._errand, None
        if self._transport is not None:
            self._transport.abort()
        if errand is not None:
            self._wire.finished(errand, Answer(0, why=why))

    def data_received(self, data: bytes) -> None:
        self._heard = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.give_up("not HTTP")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        if name.lower() == b"x-duplicate":
            self._duplicate = value.strip().lower() == b"true"

    def on_message_complete(self) -> None:
        """Called by the parser."""
        errand, self._errand = self._errand, None
        if self._parser.should_keep_alive():
            self._wire.free(self)
        else:
            self._transport.close()
        if errand is not None:
            self._wire.finished(errand, Answer(self._parser.get_status_code(), self._duplicate))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - as asyncio calls it
        self._transport = None
        self._wire.lost(self)
        errand, self._errand = self._errand, None
        if errand is None:
            return
        # A server may close a connection that lay idle in the moment in which we write: any client then dials again.
        if self._carried > 1 and not self._heard and not errand.second_try:
            errand.second_try = True
            self._wire.dial(errand)
        else:
            self._wire.finished(errand, Answer(0, why="connection lost"))


class Wire:
    """To one server. `in_flight` counts what has no answer yet, `most_in_flight` the most there ever were."""

    def __init__(self, url: str, *, seconds: float) -> None:
        """An answer that takes longer than `seconds` is none."""
        parts = urlsplit(url)
        self.host = parts.netloc.rpartition("@")[2]
        self.path = parts.path.rstrip("/")
        self._address = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._seconds = seconds
        self._idle: list[_Line] = []
        self._lines: set[_Line] = set()
        self._dials: set[asyncio.Task[None]] = set()
        self.in_flight = 0
        self.most_in_flight = 0
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._looking = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_error: object) -> None:
        tasks = [*self._dials, *([self._looking] if self._looking else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for line in list(self._lines):
            line.give_up("the run is over")

    def post(self, request: bytes, done: Callable[[Answer], None]) -> None:
        """Send it now; `done` gets the answer, exactly once."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        errand = _Errand(request, done, asyncio.get_running_loop().time() + self._seconds)
        while self._idle:
            if self._idle.pop().carry(errand):
                return
        self.dial(errand)

    def dial(self, errand: _Errand) -> None:
        """Send it over a new connection."""
        task = asyncio.create_task(self._dialled(errand))
        self._dials.add(task)
        task.add_done_callback(self._dials.discard)

    def free(self, line: _Line) -> None:
        """The line waits for the next request."""
        self._idle.append(line)

    def lost(self, line: _Line) -> None:
        """The line is gone."""
        self._lines.discard(line)
        with contextlib.suppress(ValueError):
            self._idle.remove(line)

    def finished(self, errand: _Errand, answer: Answer) -> None:
        """The errand is over."""
        self.in_flight -= 1
        errand.done(answer)

    async def _dialled(self, errand: _Errand) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(errand.deadline):
                _, line = await loop.create_connection(lambda: _Line(self), *self._address, ssl=self._tls)
        except (OSError, TimeoutError) as error:
            self.finished(errand, Answer(0, why=type(error).__name__))
            return
        self._lines.add(line)
        if not line.carry(errand):
            self.finished(errand, Answer(0, why="connection lost"))

    async def _look(self) -> None:
        """Give up what waits for too long."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            now = asyncio.get_running_loop().time()
            for line in [line for line in self._lines if line.overdue(now)]:
                line.give_up("no answer in time")
