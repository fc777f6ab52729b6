"""Waiting for what happens in the background, without guessing how long it takes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Answer = TypeVar("Answer")

# An answer that took long, because all stood still, must not be followed by a rest that outlasts the patience.
_LONGEST_REST_SECONDS = 5.0


async def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Return as soon as it is true; TimeoutError when it never is."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


async def until_awaited(true: Callable[[], Awaitable[bool]], seconds: float = 60, every: float = 0.01) -> None:
    """The same for what has to be asked for, again after so many seconds."""
    await found(true, seconds, every)


async def found(ask: Callable[[], Awaitable[Answer]], seconds: float = 60, every: float = 0.01) -> Answer:
    """The first answer that counts as true; TimeoutError when there is none.

    Most of the time is left to those who are waited for: they may share the loop, and answer the question, too.
    """
    async with asyncio.timeout(seconds):
        while True:
            asked = time.monotonic()
            answer = await ask()
            if answer:
                break
            rest = min(3 * (time.monotonic() - asked), _LONGEST_REST_SECONDS)
            await asyncio.sleep(max(every, rest))
    return answer
