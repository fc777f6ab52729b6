"""Wakes whoever waits for events: rung by notifications, by the clock in case one was lost, and at the end."""

import asyncio
import contextlib

# Notifications are hints that may be lost; this is how late an event can be because of that.
_LOOK_AGAIN_SECONDS = 1.0


class Bell:
    """Count the rings before looking; then wait for a ring that came later than the look."""

    def __init__(self) -> None:
        self.rings = 0
        self.closed = False
        self._waiting: set[asyncio.Event] = set()

    def ring(self, _payload: str = "") -> None:
        """There may be something new."""
        self.rings += 1
        for waiting in self._waiting:
            waiting.set()

    def close(self) -> None:
        """Nobody should wait any longer: the process ends."""
        self.closed = True
        self.ring()

    async def wait(self, rings: int, seconds: float) -> None:
        """Until the bell has rung more than `rings` times, or it is time to look again, at most that many seconds."""
        if self.rings > rings or self.closed:
            return
        heard = asyncio.Event()
        self._waiting.add(heard)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(heard.wait(), min(seconds, _LOOK_AGAIN_SECONDS))
        finally:
            self._waiting.discard(heard)
