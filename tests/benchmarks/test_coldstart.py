"""The benchmark of cold starts runs, and what it measures is a start."""

import asyncio
from pathlib import Path

from benchmarks import figures
from launcher import databases
from loadtest import coldstart


def test_each_service_is_started(empty_database_url: str, reachable_folder: Path) -> None:
    """One real start of each, judged against the target; the figure is processor time, so more than nothing."""

    async def measured() -> list[coldstart.ColdStart]:
        await databases.migrate(empty_database_url)
        return await coldstart.measure(empty_database_url, reachable_folder, print, starts=1)

    starts = asyncio.run(measured())
    judged = [figures.of_start(one) for one in starts]
    assert [one.name for one in judged] == [f"cold start, {name}" for name in coldstart.SERVICES]
    for one in judged:
        assert (one.unit, one.target, one.at_most) == ("ms", 500.0, True)
        assert one.value > 20
