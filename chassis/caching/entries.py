"""Entries of a cache: at most so many, the least recently used go first, those whose time is over before any other.

No operation but `live` and `cleanup` takes longer the more entries there are. Entries with the same time to live expire
in the order in which they were put in, so a queue for each of a cache's few times to live knows which is next.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from math import inf
from typing import Any, NamedTuple

from chassis.records import record


class _Entry(NamedTuple):
    value: Any
    ttl: float  # seconds; infinite for what never expires
    expires_at: float  # on the cache's clock


@record
class Stats:
    """What became of lookups so far, and how many entries are held. An eviction took one whose time was not over."""

    hits: int
    misses: int
    size: int
    evictions: int

    @property
    def hit_rate(self) -> float | None:
        """The share of lookups that found something; None before the first."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


class Entries:
    """Values by key. There is no None: it is what a lookup answers when there is nothing."""

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        """`clock` never goes back. Raises ValueError for a cache that could hold nothing."""
        if most < 1:
            raise ValueError("a cache holds at least one entry")
        self.hits = 0
        self.misses = 0
        self.evictions = 0
        self._most = most
        self._clock = clock
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()  # the least recently used first
        self._queues: dict[float, OrderedDict[Hashable, None]] = {}  # by time to live, the next to expire first

    def __len__(self) -> int:
        """How many are held, those included whose time is over and that nobody has come across yet."""
        return len(self._entries)

    @property
    def stats(self) -> Stats:
        """The numbers now."""
        return Stats(self.hits, self.misses, len(self._entries), self.evictions)

    def get(self, key: Hashable) -> Any:
        """The value, which counts as used; None when there is none."""
        entry = self._entries.get(key)
        if entry is None or entry.expires_at <= self._clock():
            self.misses += 1
            if entry is not None:
                self.remove(key)
            return None
        self.hits += 1
        self._entries.move_to_end(key)
        return entry.value

    def peek(self, key: Hashable) -> Any:
        """The same without being counted as a lookup or as used."""
        entry = self._entries.get(key)
        return None if entry is None or entry.expires_at <= self._clock() else entry.value

    def put(self, key: Hashable, value: Any, ttl: float | None) -> None:
        """Hold a value for `ttl` seconds; None or 0 holds it until it has to make room. Putting None removes."""
        known = self._entries.get(key)
        if known is not None and (value is None or known.ttl != (ttl or inf)):
            self.remove(key)
            known = None
        if value is None:
            return
        if known is None and len(self._entries) >= self._most:
            self._make_room()
        self._hold(key, value, ttl)

    def replace(self, key: Hashable, value: Any) -> None:
        """Another value under a key that is held, for the time that is left to it."""
        self._entries[key] = self._entries[key]._replace(value=value)
        self._entries.move_to_end(key)

    def expire(self, key: Hashable, ttl: float | None) -> bool:
        """Another time to live from now on, None or 0 for ever; whether there is such an entry."""
        value = self.peek(key)
        if value is None:
            return False
        self.remove(key)
        self._hold(key, value, ttl)
        return True

    def remove(self, key: Hashable) -> bool:
        """Whether there was a value that could still be had."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return False
        if entry.ttl != inf:
            queue = self._queues[entry.ttl]
            del queue[key]
            if not queue:
                del self._queues[entry.ttl]
        return entry.expires_at > self._clock()

    def clear(self) -> None:
        """Hold nothing."""
        self._entries.clear()
        self._queues.clear()

    def live(self) -> list[Hashable]:
        """Everything that can be had now, the least recently used first."""
        now = self._clock()
        return [key for key, entry in self._entries.items() if entry.expires_at > now]

    def cleanup(self) -> int:
        """Let go of everything whose time is over; answers how much it was. Costs no more than that."""
        now = self._clock()
        over = []
        for queue in self._queues.values():
            for key in queue:
                if self._entries[key].expires_at > now:
                    break
                over.append(key)
        for key in over:
            self.remove(key)
        return len(over)

    def _hold(self, key: Hashable, value: Any, ttl: float | None) -> None:
        # One that is there is moved, not taken out and put in: each key that is put in uses up a place of a dict's
        # table, and one whose places are used up gets a larger table, however few keys it has.
        if ttl:
            self._entries[key] = _Entry(value, ttl, self._clock() + ttl)
            queue = self._queues.setdefault(ttl, OrderedDict())
            queue[key] = None
            queue.move_to_end(key)
        else:
            self._entries[key] = _Entry(value, inf, inf)
        self._entries.move_to_end(key)

    def _make_room(self) -> None:
        now = self._clock()
        for queue in self._queues.values():
            oldest = next(iter(queue))
            if self._entries[oldest].expires_at <= now:
                self.remove(oldest)
                return
        self.remove(next(iter(self._entries)))
        self.evictions += 1
