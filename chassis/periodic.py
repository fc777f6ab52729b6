"""Work that a process repeats in the background, and that survives an unreachable database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from chassis import errors, logs

log = logs.get(__name__)


@contextlib.asynccontextmanager
async def repeating(name: str, seconds: float, work: Callable[[], Awaitable[int]]) -> AsyncIterator[None]:
    """Run `work` now and then in the background. It answers how much it did; while it does something, no pause."""
    task = asyncio.create_task(_repeat(name, seconds, work))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _repeat(name: str, seconds: float, work: Callable[[], Awaitable[int]]) -> None:
    while True:
        done = 0
        try:
            done = await work()
        except errors.HailwireError as error:
            log.warning("background work failed", work=name, reason=error.reason)
        except Exception as error:
            # One bad round must not end the loop.
            log.exception("background work failed", error, work=name)
        await asyncio.sleep(0 if done else seconds)
