"""Keys whose storing this process saw committed a moment ago: a hint in front of the durable key, never the truth.

Providers repeat mostly within seconds. A webhook of which every item is in here is a duplicate, and the database need
not be asked; whatever is not in here is left to the durable key, which knows what other replicas stored, what was
stored before a restart and what had to go from here.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence

from chassis.telemetry import Telemetry

# About 12 MB; half a minute at three thousand items a second.
MOST_KEYS = 100_000


class RecentKeys:
    """A set of keys, each for some seconds; the oldest go first when there are too many."""

    def __init__(
        self,
        telemetry: Telemetry,
        *,
        seconds: float,
        most: int = MOST_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`seconds` of 0 remember nothing. The clock is our own, not the database's: it measures a moment."""
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._keys: set[bytes] = set()
        # What was stored together is forgotten together: (when, the keys that were not in here before).
        self._batches: deque[tuple[float, Sequence[bytes]]] = deque()
        self._hits = 0
        self._misses = 0
        self._evictions = 0
        telemetry.tally(
            "dedup_window_lookups",
            "items known from memory, and items that the database was asked about",
            lambda: [(self._hits, {"result": "hit"}), (self._misses, {"result": "miss"})],
        )
        telemetry.tally(
            "dedup_window_evictions",
            "keys that had to go from memory for newer ones",
            lambda: [(self._evictions, {})],
        )
        telemetry.gauge("dedup_window_keys", "keys held in memory now", lambda: [(self._held(), {})])

    def know(self, keys: Sequence[bytes]) -> bool:
        """Whether every one of these was stored a moment ago."""
        if self._seconds <= 0:
            return False
        self._forget()
        known = self._keys
        if all(key in known for key in keys):
            self._hits += len(keys)
            return True
        self._misses += len(keys)
        return False

    def remember(self, keys: Sequence[bytes]) -> None:
        """These are committed. Never call it before that: a crash would then have lost what we say we know."""
        if self._seconds <= 0:
            return
        fresh = [key for key in keys if key not in self._keys]
        if not fresh:
            return
        self._keys.update(fresh)
        self._batches.append((self._clock() + self._seconds, fresh))
        while len(self._keys) > self._most:
            before = len(self._keys)
            self._drop()
            self._evictions += before - len(self._keys)

    def _held(self) -> int:
        self._forget()
        return len(self._keys)

    def _forget(self) -> None:
        now = self._clock()
        while self._batches and self._batches[0][0] <= now:
            self._drop()

    def _drop(self) -> None:
        self._keys.difference_update(self._batches.popleft()[1])
