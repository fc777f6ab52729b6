"""Work that a process repeats in the background, and that survives an unreachable database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from chassis import errors, logs

log = logs.get(__name__)


Work = Callable[[], Awaitable[int]]


@contextlib.asynccontextmanager
async def repeating(name: str, seconds: float, work: Work) -> AsyncIterator[None]:
    """Run `work` now and then in the background. It answers how much it did; while it does something, no pause."""
    async with repeating_in_turn(seconds, {name: work}):
        yield


@contextlib.asynccontextmanager
async def repeating_in_turn(seconds: float, works: Mapping[str, Work]) -> AsyncIterator[None]:
    """The same for work that may wait for other work: by its names, one after the other, on one connection at most."""
    task = asyncio.create_task(_repeat(seconds, works))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _repeat(seconds: float, works: Mapping[str, Work]) -> None:
    while True:
        done = 0
        for name, work in works.items():
            done += await _round(name, work)
        await asyncio.sleep(0 if done else seconds)


async def _round(name: str, work: Work) -> int:
    try:
        return await work()
    except errors.HailwireError as error:
        log.warning("background work failed", work=name, reason=error.reason)
    except Exception as error:
        # One bad round must not end the loop.
        log.exception("background work failed", error, work=name)
    return 0
