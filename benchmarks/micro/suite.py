"""Every step timed, judged by its target, and laid beside the figures of an earlier run."""

from collections.abc import Callable
from pathlib import Path

import orjson

from benchmarks.micro.steps import steps
from benchmarks.micro.timing import Timing, timed

# The medians of an earlier run; `--keep-baseline` writes them anew.
BASELINE = Path(__file__).with_name("baseline.json")


async def measure(seconds: float, tell: Callable[[str], None]) -> list[Timing]:
    """One timing for each step, each for that many seconds."""
    timings = []
    async with steps() as found:
        for step in found:
            timing = await timed(step, seconds)
            timings.append(timing)
            tell(f"  {step.name:<38} {timing.p50:9.2f} us (at most {step.target_us:g})")
    return timings


def baseline() -> dict[str, float]:
    """Microseconds by step; empty when there is none yet."""
    return orjson.loads(BASELINE.read_bytes())["p50_us"] if BASELINE.exists() else {}


def keep(timings: list[Timing], machine: dict[str, object]) -> None:
    """Write the baseline."""
    kept = {"machine": machine, "p50_us": {one.step.name: round(one.p50, 2) for one in timings}}
    BASELINE.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2) + b"\n")
