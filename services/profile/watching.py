"""Who changed, for whoever keeps copies of people: what this replica hears goes on to everybody who watches."""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator

from services.profile.cached import CachedPeople, changed_people

# More than anybody keeps copies of: whoever reads so slowly had better forget everything.
_MOST_UNREAD = 10_000


class Watcher:
    """One who watches; what was not read yet is told once, however often it changed."""

    def __init__(self) -> None:
        self._unread: set[int] = set()
        self._over = False
        self._news = asyncio.Event()

    def tell(self, person_ids: Iterable[int]) -> None:
        """These changed."""
        if self._over:
            return
        self._unread.update(person_ids)
        if len(self._unread) > _MOST_UNREAD:
            self.end()
        self._news.set()

    def end(self) -> None:
        """Nothing is heard from now on."""
        self._over = True
        self._unread.clear()
        self._news.set()

    async def changed(self, seconds: float) -> list[int] | None:
        """Who changed since the last call; nobody when that much time passes without a change; None at the end."""
        with contextlib.suppress(TimeoutError):
            # Not wait_for, which in Python 3.11 may swallow a cancellation that comes together with the event.
            async with asyncio.timeout(seconds):
                await self._news.wait()
        if self._over:
            return None
        self._news.clear()
        told, self._unread = self._unread, set()
        return sorted(told)


class Watching:
    """Everybody who watches this replica. Nobody can before it hears, nor when it does not hear any more."""

    def __init__(self, cache: CachedPeople) -> None:
        """`cache` hears of everything first: whoever is told asks again, and perhaps here."""
        self._cache = cache
        self._watchers: set[Watcher] = set()
        self._hearing = False

    @contextlib.contextmanager
    def watcher(self) -> Iterator[Watcher]:
        """One more, until the block ends."""
        watcher = Watcher()
        if not self._hearing:
            watcher.end()
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    def heard(self, payload: str) -> None:
        """A notification of `profile_people`."""
        self._cache.heard(payload)
        if self._watchers:
            changed = changed_people(payload)
            for watcher in self._watchers:
                watcher.tell(changed)

    def trust(self) -> None:
        """Notifications arrive from now on."""
        self._cache.trust()
        self._hearing = True

    def distrust(self) -> None:
        """Notifications may be lost from now on."""
        self._cache.distrust()
        self.end()

    def end(self) -> None:
        """Nobody is told of anything from now on."""
        self._hearing = False
        for watcher in self._watchers:
            watcher.end()
