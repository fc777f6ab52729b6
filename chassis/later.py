"""What takes long to import and is not needed to serve: made by the warmup, or by whoever wants it before."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

T = TypeVar("T")

# One import at a time: two threads inside one cycle of modules would be given half of each other.
_importing = threading.Lock()


async def in_a_thread(work: Callable[[], T]) -> T:
    """Do work that imports something; others go on meanwhile."""
    return await asyncio.to_thread(_alone, work)


def _alone(work: Callable[[], T]) -> T:
    with _importing:
        return work()


class Later(Generic[T]):
    """`load` imports what is slow, in a thread, and answers what then opens the thing.

    The import statement stands inside `load`, where type checkers see it.
    """

    def __init__(self, load: Callable[[], Callable[[], AbstractAsyncContextManager[T]]]) -> None:
        self._load = load
        self._stack = contextlib.AsyncExitStack()
        self._making: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """The thing; concurrent first calls share one load, and one that failed is tried again."""
        if self._making is None or (self._making.done() and self._failed(self._making)):
            self._making = asyncio.create_task(self._make())
        if self._making.done():
            return self._making.result()
        # Shielded: one caller that gives up must not take it away from those who wait with it.
        return await asyncio.shield(self._making)

    async def close(self) -> None:
        """Close the thing if there is one."""
        if self._making is not None:
            await asyncio.wait([self._making])
        await self._stack.aclose()

    async def _make(self) -> T:
        opener = await in_a_thread(self._load)
        return await self._stack.enter_async_context(opener())

    @staticmethod
    def _failed(made: asyncio.Task[T]) -> bool:
        return made.cancelled() or made.exception() is not None
