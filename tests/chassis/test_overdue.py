"""One timer for many waits: each ends in time, and nobody else's end is swallowed."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.overdue import Overdue


async def test_whoever_waits_too_long_is_told() -> None:
    """A wait that takes longer than the limit ends with TimeoutError, and its task goes on."""
    within = Overdue(0.01)
    with pytest.raises(TimeoutError), within():
        await asyncio.get_running_loop().create_future()
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


async def test_whoever_is_in_time_hears_nothing() -> None:
    """After a wait that was in time nothing ends it later, nor another wait of the same task."""
    within = Overdue(0.01)
    with within():
        await asyncio.sleep(0)
    await asyncio.sleep(0.03)
    for _ in range(3):
        with within():
            await asyncio.sleep(0)


async def test_errors_pass_as_they_are() -> None:
    """What is raised inside comes out, in time or not."""
    within = Overdue(5)
    with pytest.raises(ValueError, match="mine"), within():
        raise ValueError("mine")


async def test_a_cancelled_task_stays_cancelled() -> None:
    """Whoever is asked to end ends, although the time runs out in the same moment."""
    within = Overdue(0)

    async def work() -> None:
        with within():
            await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=20))
def test_each_gets_its_own_answer(waits: list[tuple[bool, int]]) -> None:
    """Of any mixture of short and endless waits, begun in any order, exactly the endless ones are told."""

    async def wait(within: Overdue, endless: bool, turns: int) -> bool:  # noqa: FBT001
        for _ in range(turns):
            await asyncio.sleep(0)
        try:
            with within():
                await (asyncio.get_running_loop().create_future() if endless else asyncio.sleep(0))
        except TimeoutError:
            return True
        return False

    async def run() -> list[bool]:
        within = Overdue(0.05)
        return await asyncio.gather(*(wait(within, *one) for one in waits))

    assert asyncio.run(run()) == [endless for endless, _ in waits]
