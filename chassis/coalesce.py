"""Turns concurrent single calls into batches without making a lone call wait.

A lone call goes at once. While `in_flight` batches are under way, the next one gathers, and leaves when one of them
comes back: under load batches grow by themselves. Between a lone call and that load lie many small batches, each of
which costs nearly as much as a large one. So a coalescer may linger: what would leave within `linger` seconds after a
departure waits for the rest of them, or until enough wait. Whoever gives up (is cancelled) leaves alone: the batch goes
on for the others, with the loosest of their deadlines. In traces it lies below a lone caller; of several it is a trace
of its own that is linked to each of theirs.
"""

import asyncio
import contextlib
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Generic, TypeVar

from chassis import deadlines
from chassis.telemetry import Telemetry, follow, traceparent

Item = TypeVar("Item")
Result = TypeVar("Result")

# The traces of everyone whose items travel in the batch that is being run; spans of the batch link to them.
callers: contextvars.ContextVar[tuple[str, ...]] = contextvars.ContextVar("callers", default=())


# For what writes. At half of what the mesh can do batches hold two or three without it: a full turn then took 2.6 ms of
# processor time, PostgreSQL's and everybody's, in place of 2.2 to 2.4 with it, and was not done sooner.
LINGER_SECONDS = 0.005
# So many divide what a batch costs by itself far enough; while they come that fast, lingering gains little (measured:
# durable ingest with 64 connections is as fast as without it, where waiting for more would slow it down).
_ENOUGH = 16
# The loop's clock has milliseconds: a timer that fires on time may seem to be early by a rounding error.
_TICK_SECONDS = 0.0005

_Waiting = tuple[Item, asyncio.Future[Result], float | None, str]


class Coalescer(Generic[Item, Result]):
    """Awaiting `coalescer(item)` gives that item's result or raises its error.

    `run` gets 1 to `max_batch` items in the order of their calls and answers with one result or exception per item, in
    the same order. When `run` itself raises, every caller of that batch gets the error. `linger` is in seconds, 0 for
    what must never wait. With `telemetry` each batch has a span; a batch that is one RPC needs none, the RPC's says it
    all.
    """

    def __init__(
        self,
        name: str,
        run: Callable[[list[Item]], Awaitable[Sequence[Result | BaseException]]],
        *,
        max_batch: int = 64,
        in_flight: int = 2,
        linger: float = 0.0,
        telemetry: Telemetry | None = None,
    ) -> None:
        self.name = name
        self.items = 0
        self.batches = 0
        self._run = run
        self._max_batch = max_batch
        self._in_flight = in_flight
        self._linger = linger
        # On the loop's clock: until then fewer than enough wait for each other.
        self._lingers_until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._telemetry = telemetry
        self._flying = 0
        self._boarding = 0
        self._waiting: deque[_Waiting[Item, Result]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, item: Item) -> Result:
        """The result for one item; cancelling the caller does not cancel its batch."""
        return await self.submit(item)

    def submit(self, item: Item) -> asyncio.Future[Result]:
        """The same without waiting: a future of the item's result."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future, deadlines.current(), traceparent()))
        self._depart()
        return future

    @property
    def waiting(self) -> int:
        """How many items have not left yet."""
        return len(self._waiting)

    async def drain(self) -> None:
        """Send off what waits, and wait until everything that was given has come back."""
        while self._tasks or self._waiting:
            self._lingers_until = 0.0
            self._depart()
            await asyncio.wait(self._tasks)

    def _depart(self) -> None:
        # No more batches than there are items for: a batch that boards already takes up to max_batch of them.
        while self._boarding * self._max_batch < len(self._waiting) and self._flying < self._in_flight:
            if self._linger:
                now = asyncio.get_running_loop().time()
                if self._lingers_until - now > _TICK_SECONDS and len(self._waiting) < min(_ENOUGH, self._max_batch):
                    self._depart_later()
                    return
                self._lingers_until = now + self._linger
            self._flying += 1
            self._boarding += 1
            # The task first runs when the loop comes round, so that calls made in the same turn of the loop share it.
            # It belongs to all its callers, so it inherits the context (deadline, span) of none.
            task = asyncio.get_running_loop().create_task(self._fly(), context=contextvars.Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _depart_later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_at(self._lingers_until, self._lingered)

    def _lingered(self) -> None:
        self._timer = None
        self._depart()

    async def _fly(self) -> None:
        self._boarding -= 1
        try:
            batch: list[tuple[Item, asyncio.Future[Result]]] = []
            limits: list[float | None] = []
            parents: list[str] = []
            while self._waiting and len(batch) < self._max_batch:
                item, future, deadline, parent = self._waiting.popleft()
                if not future.done():  # whoever gave up before departure is left out
                    batch.append((item, future))
                    limits.append(deadline)
                    if parent:
                        parents.append(parent)
            if batch:
                loosest = None if None in limits else max(limit for limit in limits if limit is not None)
                with self._traced(parents), deadlines.until(loosest):
                    await self._carry(batch)
        finally:
            self._flying -= 1
            self._depart()

    @contextlib.contextmanager
    def _traced(self, parents: list[str]) -> Iterator[None]:
        if not parents:
            yield
        elif self._telemetry is not None:
            with self._telemetry.batch_span(self.name, parents):
                yield
        else:
            different = tuple(dict.fromkeys(parents))
            if len(different) == 1:
                follow(different[0])
            else:
                callers.set(different)
            yield

    async def _carry(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        self.items += len(batch)
        self.batches += 1
        try:
            results = await self._run([item for item, _ in batch])
            if len(results) != len(batch):
                raise RuntimeError(f"{self.name}: {len(results)} results for {len(batch)} items")
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    if isinstance(error, Exception):
                        future.set_exception(error)
                    else:
                        future.cancel()
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                if isinstance(result, BaseException):
                    future.set_exception(result)
                else:
                    future.set_result(result)
