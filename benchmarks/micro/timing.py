"""How one step is timed: calls in small blocks, because a clock is no finer than the fastest of them."""

import math
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

# A block is at least this long, so that reading the clock is below one percent of it.
_BLOCK_SECONDS = 20e-6


@dataclass(frozen=True)
class Step:
    """`call` is one operation, plain or awaited; `target_us` is the most that its median may take."""

    name: str
    call: Callable[[], object] | Callable[[], Awaitable[object]]
    target_us: float
    awaited: bool = False
    # Operations in one call.
    per_call: int = 1


@dataclass(frozen=True)
class Timing:
    """Microseconds of one operation."""

    step: Step
    blocks: list[float]

    @property
    def p50(self) -> float:
        """The median."""
        return self._quantile(0.5)

    def _quantile(self, share: float) -> float:
        ordered = sorted(self.blocks)
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] * 1e6

    def suite(self, baseline_us: float | None) -> dict[str, Any]:
        """As the results file keeps it."""
        mean = statistics.fmean(self.blocks) * 1e6
        told = {
            "name": self.step.name,
            "avg_us": round(mean, 3),
            "min_us": round(min(self.blocks) * 1e6, 3),
            "max_us": round(max(self.blocks) * 1e6, 3),
            "p50_us": round(self.p50, 3),
            "p90_us": round(self._quantile(0.9), 3),
            "p99_us": round(self._quantile(0.99), 3),
            "ops_per_second": round(1e6 / mean),
        }
        return told if baseline_us is None else {**told, "p50_to_baseline": round(self.p50 / baseline_us, 2)}


async def timed(step: Step, seconds: float) -> Timing:
    """Call it for that long; the first tenth is not counted."""
    block = _awaited if step.awaited else _plain
    calls = 1
    while (took := await block(step, calls)) < _BLOCK_SECONDS:
        calls = max(calls * 2, math.ceil(calls * _BLOCK_SECONDS / max(took, 1e-9)))
    warm_at, end = time.perf_counter() + seconds / 10, time.perf_counter() + seconds
    blocks: list[float] = []
    while (now := time.perf_counter()) < end or not blocks:
        took = await block(step, calls)
        if now >= warm_at:
            blocks.append(took / calls / step.per_call)
    return Timing(step, blocks)


async def _plain(step: Step, calls: int) -> float:
    call = step.call
    started = time.perf_counter()
    for _ in range(calls):
        call()
    return time.perf_counter() - started


async def _awaited(step: Step, calls: int) -> float:
    call: Any = step.call
    started = time.perf_counter()
    for _ in range(calls):
        await call()
    return time.perf_counter() - started
