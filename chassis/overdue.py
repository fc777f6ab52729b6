"""A limit on how long many short waits may take: one timer for all of them, where `asyncio.timeout` sets one for each.

    within = Overdue(10.0)
    with within():
        await something  # raises TimeoutError when it takes longer

Setting and cancelling a timer costs several times what the rest of such a block does; a wait that ends in time costs a
fraction of that here. In exchange all waits of one `Overdue` have the same length.
"""

import asyncio
from collections import deque
from types import TracebackType


class Overdue:
    """Call it for a context manager that raises TimeoutError in the task that waits longer than `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        # In the order of their ends, because all last equally long; one that is over is dropped when it comes first.
        self._waits: deque[_Wait] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def __call__(self) -> "_Wait":
        """One wait of the task that runs now."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only a task can wait")
        return _Wait(self, task)

    def _begin(self, wait: "_Wait") -> None:
        loop = asyncio.get_running_loop()
        wait.until = loop.time() + self.seconds
        waits = self._waits
        while waits and waits[0].over:
            waits.popleft()
        waits.append(wait)
        if self._timer is not None and self._timer.when() > wait.until:  # `seconds` was made less
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = loop.call_at(wait.until, self._look)

    def _look(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        waits = self._waits
        while waits and (waits[0].over or waits[0].until <= loop.time()):
            wait = waits.popleft()
            if not wait.over:
                wait.end()
        if waits:
            self._timer = loop.call_at(waits[0].until, self._look)


class _Wait:
    __slots__ = ("_overdue", "_task", "cancelling", "expired", "over", "until")

    def __init__(self, overdue: Overdue, task: "asyncio.Task[object]") -> None:
        self._overdue = overdue
        self._task: asyncio.Task[object] | None = task
        self.cancelling = task.cancelling()
        self.until = 0.0
        self.over = False
        self.expired = False

    def end(self) -> None:
        """Its time is over."""
        self.expired = True
        if self._task is not None:
            self._task.cancel()

    def __enter__(self) -> None:
        self._overdue._begin(self)  # noqa: SLF001 - the two are one thing

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over = True
        task, self._task = self._task, None  # whoever is first may last long, and what is over waits behind it
        # As asyncio.timeout does: only when nobody else asked for the end does it become a TimeoutError.
        if self.expired and task is not None and task.uncancel() <= self.cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error
