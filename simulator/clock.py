"""The simulator's one clock, which tests may shift to let a day pass: what waited for that day then happens."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime


class Clock:
    """Seconds since the epoch plus a shift in seconds."""

    def __init__(self) -> None:
        self._shift = 0.0
        self._shifted = asyncio.Event()

    @property
    def shift(self) -> float:
        """By how many seconds it is ahead of the world."""
        return self._shift

    @shift.setter
    def shift(self, seconds: float) -> None:
        self._shift = seconds
        self._shifted.set()
        self._shifted = asyncio.Event()

    def now(self) -> float:
        """The shifted time in seconds since the epoch."""
        return time.time() + self._shift

    async def sleep_until(self, at: float) -> None:
        """Wait for that moment, which a shift may bring at once."""
        while (left := at - self.now()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._shifted.wait(), left)


def rfc3339(at: float) -> str:
    """The time as `2026-01-31T12:00:00.000000Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
