"""Lets in less while the event loop of this process has had too much to do for a while.

Everything that a process does takes turns in one loop. What comes in by sockets has its place in each round of it,
whatever waits there already: when more comes than can be done, rounds take longer and longer, and what needs many of
them is hardly done at all. One long round, for a collection of cycles or because the machine stood still, is no such
thing, and no reason to turn anybody away.

What nobody waits for is thinned. The share of it that is let in falls by a fifth with each long round and grows slowly
with each good one, so that it stays near what can be done beside everything else.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from chassis.telemetry import Telemetry

_TICK_SECONDS = 0.05
# How late the loop may come round.
_LATE_SECONDS = 0.08
# So long must it have been late each time before anybody is turned away.
_LASTING_SECONDS = 1.5
_LESS = 0.8
_MORE = 0.03
_LEAST = 0.01


class Strain:
    """Asked by whoever lets something in."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._share = 1.0
        self._credit = 0.0

    @property
    def share(self) -> float:
        """How much of what nobody waits for is let in, from nearly 0 to 1."""
        return self._share

    def lets_in(self) -> bool:
        """Whether one more thing that nobody waits for may come in; of many the share may."""
        if self._share >= 1:
            return True
        self._credit += self._share
        if self._credit < 1:
            return False
        self._credit -= 1
        return True

    def look(self, now: float, late: float) -> None:
        """Take note that the loop came round at this moment, so many seconds late."""
        if late <= _LATE_SECONDS:
            self._since = None
            self._share = min(1.0, self._share + _MORE)
            return
        self._since = now if self._since is None else self._since
        if self._share < 1 or now - self._since >= _LASTING_SECONDS:
            self._share = max(_LEAST, self._share * _LESS)

    async def watch(self, telemetry: Telemetry) -> None:
        """Look at this loop until cancelled."""
        lateness = telemetry.histogram("loop_late", "how late the event loop came round")
        telemetry.gauge("status_share", "part of webhooks of statuses that is let in", lambda: [(self._share, {})])
        while True:
            due = time.monotonic() + _TICK_SECONDS  # not the loop's clock: that stands still until it comes round
            await asyncio.sleep(_TICK_SECONDS)
            now = time.monotonic()
            late = max(0.0, now - due)
            lateness.record(late)
            self.look(now, late)


@contextlib.asynccontextmanager
async def watching(telemetry: Telemetry) -> AsyncIterator[Strain]:
    """One that looks at this loop until the end of the block."""
    strain = Strain()
    task = asyncio.create_task(strain.watch(telemetry))
    try:
        yield strain
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
