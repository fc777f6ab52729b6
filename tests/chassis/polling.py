"""Waiting for what happens in the background, without guessing how long it takes."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Return as soon as it is true; TimeoutError when it never is."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


async def until_awaited(true: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    """The same for what has to be asked for."""
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.005)
