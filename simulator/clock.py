"""The simulator's one clock, which tests may shift to let a day pass."""

import time
from datetime import UTC, datetime


class Clock:
    """Seconds since the epoch plus a shift in seconds."""

    def __init__(self) -> None:
        self.shift = 0.0

    def now(self) -> float:
        """The shifted time in seconds since the epoch."""
        return time.time() + self.shift


def rfc3339(at: float) -> str:
    """The time as `2026-01-31T12:00:00.000000Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
