"""The load generator, a process of its own: posts prepared webhooks over kept connections as fast as they are answered.

It prints "ready" once every request is written out and signed, waits for a line on its standard input, and prints what
it saw as one line of JSON. `python -m benchmarks.load '{"ports": [8080], ...}'`; benchmarks/contender.py starts it.
"""

import asyncio
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import orjson
import uvloop

from benchmarks import payloads

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Order:
    """What to post. `first` is the number of the first message, so that no two orders of a run share an id.

    Connections take turns among the ports, as they would behind a load balancer.
    """

    ports: Sequence[int]
    connections: int
    messages: int
    riders: int
    run: str
    first: int = 0
    tap: str = ""


@dataclass(frozen=True)
class SteadyOrder:
    """An order at a rate, in messages a second, whatever was answered: benchmarks/steady.py posts it."""

    order: Order
    rate: float
    seed: int


@dataclass(frozen=True)
class Answers:
    """What came of it, as the sender saw it."""

    statuses: dict[str, int]
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_seconds: float


def requests(order: Order) -> list[bytes]:
    """Every request of an order, in order; the riders take turns."""
    now = int(time.time())
    made = []
    for one in range(order.first, order.first + order.messages):
        content = payloads.tap(order.tap, "Moto") if order.tap else payloads.location(one)
        raw = payloads.body(one % order.riders, f"wamid.{order.run}.{one}", now, content)
        made.append(payloads.request(raw))
    return made


class _Line(asyncio.Protocol):
    """One connection with one request on its way at a time, as Meta's are."""

    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._transport: asyncio.WriteTransport | None = None
        self._seen = b""
        self._started = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def post(self) -> None:
        """The next request, or the end."""
        following = next(self._run.waiting, None)
        if following is None or self._transport is None:
            self._run.finished(self)
            return
        self._started = time.perf_counter()
        self._transport.write(following)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head = self._seen.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._seen, 0, head)
        if length is None or len(self._seen) < head + 4 + int(length[1]):
            return
        self._run.answered(self._seen[9:12].decode("ascii"), time.perf_counter() - self._started)
        self._seen = b""
        self.post()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - as asyncio calls it
        self._transport = None
        self._run.lost(self)


class _Run:
    def __init__(self, prepared: list[bytes]) -> None:
        self.waiting = iter(prepared)
        self.latencies: list[float] = []
        self.statuses: Counter[str] = Counter()
        self._lines: set[_Line] = set()
        self._over = asyncio.Event()

    async def open(self, ports: Sequence[int], connections: int) -> None:
        """Dial first, so that the run measures no handshakes."""
        loop = asyncio.get_running_loop()
        for number in range(connections):
            _, line = await loop.create_connection(lambda: _Line(self), "127.0.0.1", ports[number % len(ports)])
            self._lines.add(line)

    async def post_all(self) -> None:
        """Until the last answer."""
        for line in list(self._lines):
            line.post()
        await self._over.wait()

    def answered(self, status: str, seconds: float) -> None:
        self.statuses[status] += 1
        self.latencies.append(seconds)

    def finished(self, line: _Line) -> None:
        self._lines.discard(line)
        if not self._lines:
            self._over.set()

    def lost(self, line: _Line) -> None:
        if line in self._lines:
            self.statuses["lost"] += 1
            self.finished(line)


async def _main(order: Order) -> None:
    run = _Run(requests(order))
    await run.open(order.ports, order.connections)
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    cpu, started = cpu_seconds(), time.perf_counter()
    await run.post_all()
    seconds = time.perf_counter() - started
    latencies = sorted(run.latencies) or [0.0]
    p50, p99 = (next(islice(latencies, int(share * (len(latencies) - 1)), None)) * 1000 for share in (0.5, 0.99))
    answers = Answers(dict(run.statuses), seconds, round(p50, 2), round(p99, 2), cpu_seconds() - cpu)
    print(orjson.dumps(asdict(answers)).decode(), flush=True)


def cpu_seconds() -> float:
    """Of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    uvloop.run(_main(Order(**orjson.loads(sys.argv[1]))))
