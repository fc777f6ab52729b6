"""aiocache's interface over bounded entries in this process's memory.

Its own memory backend has no bound and one timer of the event loop for each entry. Nothing here ever waits: awaiting
one of these methods does not let anybody else run, so that what is done between two of them is done at once.
"""

import os
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from chassis.caching.entries import Entries, Stats
from chassis.caching.lean import BaseCache, NullSerializer


class MemoryCache(BaseCache):  # type: ignore[misc] # aiocache has no types
    """At most `max_entries` values, each for its time to live in seconds (None or 0: until it has to make room).

    Values are handed out as they were put in, to everybody: they must be immutable. Keys are anything hashable. Beside
    aiocache's methods there are plain ones for whoever cannot await: a notification is heard in a callback.
    """

    NAME = "bounded-memory"

    def __init__(
        self,
        max_entries: int = 1000,
        *,
        ttl: float | None = None,
        namespace: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # No timeout: what never waits needs none, and aiocache makes a task for each call that has one.
        super().__init__(serializer=NullSerializer(), namespace=namespace, timeout=None, ttl=ttl)
        self._entries = Entries(max_entries, clock)

    @property
    def stats(self) -> Stats:
        """Lookups, entries and evictions so far."""
        return self._entries.stats

    def look(self, key: Hashable) -> Any:
        """As `get`, for what every message asks: aiocache's way there takes three times as long."""
        return None if os.environ.get("AIOCACHE_DISABLE") == "1" else self._entries.get(key)

    def peek(self, key: Hashable) -> Any:
        """A value without being counted as a lookup or as used; None when there is none."""
        return self._entries.peek(key)

    def discard(self, key: Hashable) -> None:
        """Forget a value at once."""
        self._entries.remove(key)

    def empty(self) -> None:
        """Forget everything at once."""
        self._entries.clear()

    def keys(self) -> list[Hashable]:
        """Everything that can be had now, the least recently used first."""
        return self._entries.live()

    def cleanup(self) -> int:
        """Let go of everything whose time is over; answers how much it was."""
        return self._entries.cleanup()

    # From here on what aiocache's public methods of the same names call.

    async def _get(self, key: Hashable, encoding: object = None, _conn: object = None) -> Any:  # noqa: ARG002
        return self._entries.get(key)

    async def _gets(self, key: Hashable, encoding: object = None, _conn: object = None) -> Any:  # noqa: ARG002
        return self._entries.get(key)

    async def _multi_get(
        self,
        keys: Iterable[Hashable],
        encoding: object = None,  # noqa: ARG002
        _conn: object = None,
    ) -> list[Any]:
        get = self._entries.get
        return [get(key) for key in keys]

    async def _set(
        self, key: Hashable, value: Any, ttl: float | None = None, _cas_token: object = None, _conn: object = None
    ) -> bool:
        if _cas_token is not None and _cas_token != self._entries.peek(key):
            return False
        self._entries.put(key, value, ttl)
        return True

    async def _multi_set(
        self, pairs: Sequence[tuple[Hashable, Any]], ttl: float | None = None, _conn: object = None
    ) -> bool:
        for key, value in pairs:
            self._entries.put(key, value, ttl)
        return True

    async def _add(self, key: Hashable, value: Any, ttl: float | None = None, _conn: object = None) -> bool:
        if self._entries.peek(key) is not None:
            raise ValueError("the key exists")
        self._entries.put(key, value, ttl)
        return True

    async def _exists(self, key: Hashable, _conn: object = None) -> bool:
        return self._entries.peek(key) is not None

    async def _increment(self, key: Hashable, delta: int, _conn: object = None) -> int:
        known = self._entries.peek(key)
        if known is None:
            self._entries.put(key, delta, None)
            return delta
        try:
            value = int(known) + delta
        except ValueError:
            raise TypeError("not a number") from None
        self._entries.replace(key, value)
        return value

    async def _expire(self, key: Hashable, ttl: float | None, _conn: object = None) -> bool:
        return self._entries.expire(key, ttl)

    async def _delete(self, key: Hashable, _conn: object = None) -> int:
        return int(self._entries.remove(key))

    async def _clear(self, namespace: str | None = None, _conn: object = None) -> bool:
        if namespace is None:
            self._entries.clear()
        else:
            for key in self._entries.live():
                if isinstance(key, str) and key.startswith(namespace):
                    self._entries.remove(key)
        return True

    async def _redlock_release(self, key: Hashable, value: Any) -> int:
        return int(self._entries.peek(key) == value and self._entries.remove(key))
