"""Log lines that a flood would write by the thousand: the first few of each second, and how many were left out.

What happens to every request under overload must not cost more than serving it, nor fill a disk. Metrics count all.
"""

import time
from collections.abc import Callable
from typing import Any

from chassis.logs import Log

# Lines of a kind in a second: enough to see who and what, too few to matter.
MOST_PER_SECOND = 10


class Thinned:
    """Warnings of a log, at most so many a second of each kind; the next one written tells how many it stands for."""

    def __init__(self, log: Log, *, most: int = MOST_PER_SECOND, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._most = most
        self._clock = clock
        # By kind: the second that is running, lines written in it, lines left out since the last one written.
        self._kinds: dict[str, tuple[int, int, int]] = {}

    def warning(self, event: str, kind: str, **fields: Any) -> None:
        """Write it, or count it. `kind` is a word from a fixed set: each that ever came is remembered."""
        second = int(self._clock())
        running, written, left_out = self._kinds.get(kind, (second, 0, 0))
        if running != second:
            running, written = second, 0
        if written >= self._most:
            self._kinds[kind] = running, written, left_out + 1
            return
        self._kinds[kind] = running, written + 1, 0
        if left_out:
            fields["left_out"] = left_out
        self._log.warning(event, **fields)
