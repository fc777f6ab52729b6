"""The drill as CI runs it: one seed, then as many of those that ever failed as two minutes allow, the latest first.

`make chaos SEEDS=100` is the real thing, `make chaos-regressions` runs every seed of seeds.txt at full length.
"""

import time
from pathlib import Path

import pytest

from tests.chaos import plan
from tests.chaos.__main__ import regressions
from tests.chaos.drill import open_stage

pytestmark = pytest.mark.drill

_SEED = 2
_SECONDS, _PEOPLE = 10.0, 20
# No other seed is begun after that; each takes less than a minute.
_BEGIN_UNTIL_SECONDS = 60.0


@pytest.mark.timeout(300)
async def test_nothing_is_lost_doubled_reordered_or_stuck(reachable_folder: Path) -> None:
    """People ride while everything around them fails, and in the end every row is where it belongs."""
    began = time.monotonic()
    async with open_stage(reachable_folder) as stage:
        for seed in dict.fromkeys([_SEED, *reversed(regressions())]):
            if time.monotonic() - began > _BEGIN_UNTIL_SECONDS:
                break
            drawn = plan.drawn(seed, _SECONDS, _PEOPLE)
            run = await stage.run(drawn)
            assert run.passed, "\n".join([*drawn.lines(), *map(str, run.verdict.findings)])
            assert run.verdict.counts["people"] == _PEOPLE
            assert run.verdict.counts["faults"] == len(drawn.faults)
            assert run.verdict.counts["messages"] > _PEOPLE
