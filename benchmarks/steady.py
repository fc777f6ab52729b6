"""The load generator at a rate, a process of its own: each webhook at its moment, whether or not any was answered.

As benchmarks/load.py it prints "ready" once every request is written out, waits for a line on its standard input, and
prints what it saw as one line of JSON. `python -m benchmarks.steady '{"order": {...}, "rate": 500, "seed": 1}'`.
"""

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import orjson
import uvloop

from benchmarks.load import Order, SteadyOrder, cpu_seconds, requests
from loadtest import schedule
from loadtest.histogram import Histogram
from loadtest.wire import Answer, Wire

_PATIENCE_SECONDS = 30.0
# A moment ahead, so that the first message is not late.
_AHEAD_SECONDS = 0.2


@dataclass(frozen=True)
class Steady:
    """What came of it. `began` is a reading of the machine's clock; answers count from when each message was due."""

    statuses: dict[str, int]
    began: float
    seconds: float
    answer_p50_ms: float
    answer_p99_ms: float
    late_p99_ms: float
    cpu_seconds: float


def moments(steady: SteadyOrder) -> list[float]:
    """When each message is due, in seconds from the beginning: people write independently of each other."""
    seconds = steady.order.messages / steady.rate
    return schedule.moments(steady.rate, seconds, 0, random.Random(steady.seed))  # noqa: S311 - no secret


async def post(steady: SteadyOrder, wait: Callable[[], object]) -> Steady:
    """Post them all to the first port; `wait` returns when it is time to begin."""
    prepared = requests(steady.order)
    due = moments(steady)
    answers, lags, statuses = Histogram(), Histogram(), Counter[str]()
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, wait)
    cpu, began = cpu_seconds(), time.monotonic() + _AHEAD_SECONDS
    async with Wire(f"http://127.0.0.1:{steady.order.ports[0]}", seconds=_PATIENCE_SECONDS) as wire:
        for request, at in zip(prepared, due, strict=True):
            # Also when it is late already: answers must be read.
            await asyncio.sleep(max(0.0, began + at - time.monotonic()))
            lags.record(time.monotonic() - began - at)

            def heard(answer: Answer, at: float = at) -> None:
                statuses[str(answer.status)] += 1
                answers.record(time.monotonic() - began - at)

            wire.post(request, heard)
        while wire.in_flight:  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.01)
    return Steady(
        dict(statuses),
        began,
        time.monotonic() - began,
        _ms(answers, 0.5),
        _ms(answers, 0.99),
        _ms(lags, 0.99),
        cpu_seconds() - cpu,
    )


def _ms(histogram: Histogram, share: float) -> float:
    return round((histogram.quantile(share) or 0.0) * 1000, 2)


async def _main(steady: SteadyOrder) -> None:
    seen = await post(steady, sys.stdin.readline)
    print(orjson.dumps(asdict(seen)).decode(), flush=True)


def _read(words: str) -> SteadyOrder:
    told: dict[str, Any] = orjson.loads(words)
    return SteadyOrder(Order(**told["order"]), told["rate"], told["seed"])


if __name__ == "__main__":
    uvloop.run(_main(_read(sys.argv[1])))
