"""A bounded queue that a few workers empty in batches: under load the batches grow by themselves."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from chassis import logs

log = logs.get(__name__)
T = TypeVar("T")


class Pump(Generic[T]):
    """Hands items to `deliver` in their order, up to `batch` at once; beyond `most` waiting the oldest are dropped."""

    def __init__(self, deliver: Callable[[list[T]], Awaitable[object]], *, workers: int, batch: int, most: int) -> None:
        self._deliver = deliver
        self._workers = workers
        self._batch = batch
        self._items: deque[T] = deque()
        self._most = most
        self._pending = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.dropped = 0

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._work()) for _ in range(self._workers)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> T | None:
        """Queue an item; never waits. The item that had to go for it, if any."""
        dropped = None
        if len(self._items) >= self._most:
            dropped = self._items.popleft()
            self.dropped += 1
        self._items.append(item)
        self._pending.set()
        return dropped

    async def _work(self) -> None:
        while True:
            await self._pending.wait()
            batch = [self._items.popleft() for _ in range(min(self._batch, len(self._items)))]
            if not self._items:
                self._pending.clear()
            if batch:
                try:
                    await self._deliver(batch)
                except Exception as error:  # one bad batch must not end its worker
                    log.exception("batch lost", error, size=len(batch))
