"""What a process counts with: numbers that grow, numbers that are read when somebody asks, durations in buckets.

Counting must cost next to nothing, so these are plain dictionaries and lists that are read when somebody scrapes.
"""

import contextlib
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from chassis.records import record

Labels = tuple[tuple[str, str], ...]
Reading = tuple[float, dict[str, str]]
Read = Callable[[], Iterable[Reading]]

# Seconds, from a cached answer to a call that somebody gave up on.
BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

# How many sets of labels one metric may have: a label that turns out to be unbounded must not fill the memory of
# everybody who scrapes. What comes after them is counted together.
_MOST_LABEL_SETS = 1000
_OVERFLOW: Labels = (("overflow", "true"),)


class Kind(Enum):
    """What an instrument is, and so how those of several processes are joined."""

    COUNTER = "counter"
    GAUGE = "gauge"
    # Nobody may add them up, the largest stands for all: every replica shows the same, because it describes the
    # database, or a sum means nothing.
    SHARED_GAUGE = "shared gauge"


@record
class Instrument:
    """A counter or gauge under the name that the Prometheus page shows."""

    name: str
    kind: Kind
    help: str
    read: Read


def _key(labels: dict[str, str]) -> Labels:
    """The same for the same labels in any order."""
    return tuple(labels.items()) if len(labels) < 2 else tuple(sorted(labels.items()))


class Counter:
    """A number that only grows, by labels. `add` is a dictionary update."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[Labels, float] = {}

    def add(self, amount: float = 1, **labels: str) -> None:
        """Count; label values come from small fixed sets. Raises ValueError for less than nothing."""
        if amount < 0:
            raise ValueError("a counter only grows")
        key = _key(labels)
        known = self._values.get(key)
        if known is None:
            key = key if len(self._values) < _MOST_LABEL_SETS else _OVERFLOW
            known = self._values.get(key, 0)
        self._values[key] = known + amount

    def value(self, **labels: str) -> float:
        """What was counted under exactly these labels."""
        return self._values.get(_key(labels), 0)

    def read(self) -> Iterator[Reading]:
        """Every (value, labels)."""
        for key, value in list(self._values.items()):
            yield value, dict(key)


@dataclass(slots=True)
class Durations:
    """How many lay between two bounds, those beyond the last one at the end; and their sum in seconds."""

    counts: list[int]
    seconds: float = 0.0


class Histogram:
    """Durations in seconds by labels. `record` is a search among the bounds and two additions."""

    __slots__ = ("_series", "help", "name")

    def __init__(self, name: str, help: str) -> None:  # noqa: A002 - the field's word
        self.name = name
        self.help = help
        self._series: dict[Labels, Durations] = {}

    def record(self, seconds: float, **labels: str) -> None:
        """One duration."""
        key = _key(labels)
        series = self._series.get(key)
        if series is None:
            key = key if len(self._series) < _MOST_LABEL_SETS else _OVERFLOW
            series = self._series.setdefault(key, Durations([0] * (len(BOUNDS) + 1)))
        series.counts[bisect_left(BOUNDS, seconds)] += 1
        series.seconds += seconds

    @contextlib.contextmanager
    def time(self, **labels: str) -> Iterator[None]:
        """The duration of a block, whatever its end; in coroutines too."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.record(time.perf_counter() - started, **labels)

    def read(self) -> Iterator[tuple[dict[str, str], Durations]]:
        """Every series."""
        for key, durations in list(self._series.items()):
            yield dict(key), durations
