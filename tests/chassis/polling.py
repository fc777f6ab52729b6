"""Waiting for what happens in the background, without guessing how long it takes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Answer = TypeVar("Answer")


async def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Return as soon as it is true; TimeoutError when it never is."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


async def until_awaited(true: Callable[[], Awaitable[bool]], seconds: float = 60, every: float = 0.005) -> None:
    """The same for what has to be asked for, again after so many seconds."""
    await found(true, seconds, every)


async def found(ask: Callable[[], Awaitable[Answer]], seconds: float = 60, every: float = 0.005) -> Answer:
    """The first answer that counts as true; TimeoutError when there is none."""
    async with asyncio.timeout(seconds):
        while not (answer := await ask()):
            await asyncio.sleep(every)
    return answer
