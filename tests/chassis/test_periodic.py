"""Background work goes on, whatever happens in one round."""

import asyncio

from chassis import errors
from chassis.periodic import Work, repeating, repeating_in_turn
from tests.chassis.polling import until


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

    async with repeating("test", 0.01, work), asyncio.timeout(60):
        await done.wait()
    count = len(rounds)
    await asyncio.sleep(0)
    assert len(rounds) == count


async def test_what_may_wait_is_done_one_after_the_other() -> None:
    """Works that share a turn never run at once, and one that fails keeps none of the others from theirs."""
    running: list[str] = []
    done: list[str] = []

    def work(name: str) -> Work:
        async def run() -> int:
            assert running == []
            running.append(name)
            await asyncio.sleep(0)
            running.remove(name)
            done.append(name)
            if name == "broken":
                raise errors.Unavailable
            return 0

        return run

    async with repeating_in_turn(0.001, {name: work(name) for name in ("broken", "first", "second")}):
        await until(lambda: len(done) >= 6)
    assert done[:6] == ["broken", "first", "second"] * 2
