"""Background work goes on, whatever happens in one round."""

import asyncio

from chassis import errors
from chassis.periodic import repeating


async def test_rounds_follow_at_once_while_there_is_work_and_survive_failures() -> None:
    """An unreachable database, a bug and a long pause: the loop lives, and does not pause while there is more to do."""
    rounds: list[int] = []
    done = asyncio.Event()

    async def work() -> int:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise errors.Unavailable
        if len(rounds) == 2:
            raise KeyError
        if len(rounds) < 6:
            return 1
        done.set()
        return 0

    async with repeating("test", 0.01, work), asyncio.timeout(5):
        await done.wait()
    count = len(rounds)
    await asyncio.sleep(0)
    assert len(rounds) == count
