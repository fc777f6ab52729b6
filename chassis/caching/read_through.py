"""A cache in front of the database, correct before it is fast.

Every write tells every replica what it changed (NOTIFY, in its own transaction). Whoever hears of a change forgets what
was read before it; while notifications may be lost, nothing is remembered and every question goes to the database.
"""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import Enum
from typing import Any, Final, Generic, TypeVar

from chassis.caching.flights import Ask, Flights, Question
from chassis.caching.memory import MemoryCache

Key = TypeVar("Key", bound=Hashable)
Other = TypeVar("Other", bound=Hashable)
Answer = TypeVar("Answer")
Value = TypeVar("Value")


class Absent(Enum):
    """Remembered of a key that leads to nothing."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


class ReadThrough(Generic[Key, Value]):
    """Values by key: from memory, or by one question for however many ask at once. Errors are never remembered.

    Until `trust` says that notifications arrive, nothing is remembered and nobody waits for somebody else's question:
    there is no telling whether anything has changed since it was asked.
    """

    def __init__(
        self,
        cache: MemoryCache,
        load: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]],
        *,
        ttl_seconds: float,
        absent_ttl_seconds: float = 0.0,
        remember_as: Callable[[Key, Value], tuple[Key, Any]] = lambda key, value: (key, value),
        names: Callable[[Key, Value], Iterable[Hashable]] = lambda key, _: (key,),
    ) -> None:
        """`load` answers those that exist. 0 seconds: not remembered.

        `remember_as` says under which key and as what a value is held, `names` whose change makes it stale; unless told
        otherwise the key asked for and the value itself. What does not exist is held under the key asked for.
        """
        self._cache = cache
        self._load = load
        self._ttl_seconds = ttl_seconds
        self._absent_ttl_seconds = absent_ttl_seconds
        self._remember_as = remember_as
        self._names = names
        self._flights = Flights()
        self._trusted = False

    async def get(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """Those that exist."""
        wanted = list(dict.fromkeys(keys))
        found = await self.remembered(wanted)
        if len(found) < len(wanted):
            found |= await self.load([key for key in wanted if key not in found])
        return {key: value for key, value in found.items() if value is not ABSENT}

    async def remembered(self, keys: Iterable[Key]) -> dict[Key, Any]:
        """What is held under these keys, ABSENT for what is known not to exist."""
        wanted = list(dict.fromkeys(keys))
        # No answers at all when aiocache is switched off by its AIOCACHE_DISABLE.
        values = await self._cache.multi_get(wanted) if wanted else ()
        return {key: value for key, value in zip(wanted, values, strict=False) if value is not None}

    async def load(self, keys: Sequence[Key]) -> dict[Key, Value]:
        """Those that exist, from the database."""
        answers = await self._flights.once(keys, self._ask, join=self._trusted)
        return {key: value for key, value in zip(keys, answers, strict=True) if not isinstance(value, Absent)}

    async def once(self, keys: Sequence[Other], ask: Ask[Other, Answer]) -> list[Answer]:
        """Ask something else that these values answer, too, once at a time; `ask` may `keep` what it learns."""
        return await self._flights.once(keys, ask, join=self._trusted)

    def asking(self) -> AbstractContextManager[Question]:
        """For whoever reads values in another way and will `keep` them: a question that hears of changes meanwhile."""
        return self._flights.asking()

    async def keep(self, question: Question, values: Mapping[Key, Value | Absent]) -> None:
        """Remember what was answered to a question, unless it may be older than a change that we heard of.

        Then what is held is forgotten too: it may be older still, and whoever was answered must not see it afterwards.
        """
        if not self._trusted:
            return
        there, absent = [], []
        for key, value in values.items():
            if isinstance(value, Absent):
                if question.stale((key,)):
                    self._cache.discard(key)
                else:
                    absent.append((key, value))
                continue
            held_under, held_as = self._remember_as(key, value)
            if question.stale(self._names(key, value)):
                self._cache.discard(held_under)
            else:
                there.append((held_under, held_as))
        if there and self._ttl_seconds:
            await self._cache.multi_set(there, ttl=self._ttl_seconds)
        if absent and self._absent_ttl_seconds:
            await self._cache.multi_set(absent, ttl=self._absent_ttl_seconds)

    def forget(self, keys: Iterable[Key]) -> None:
        """These changed somewhere: neither what is held nor what is on its way is an answer from now on."""
        gone = list(keys)
        self._flights.changed(gone)
        for key in gone:
            self._cache.discard(key)

    def outdate(self, names: Iterable[Hashable]) -> None:
        """What answers may depend on changed: what is on its way is no answer for whoever asks from now on."""
        self._flights.changed(names)

    def forget_everything(self) -> None:
        """Anything may have changed."""
        self._flights.changed(None)
        self._cache.empty()

    def distrust(self) -> None:
        """Notifications may be lost from now on: forget everything and remember nothing."""
        self._trusted = False
        self.forget_everything()

    def trust(self) -> None:
        """Notifications arrive from now on."""
        self.forget_everything()
        self._trusted = True

    async def _ask(self, keys: Sequence[Key], question: Question) -> list[Value | Absent]:
        found = await self._load(keys)
        answers: dict[Key, Value | Absent] = {key: found.get(key, ABSENT) for key in keys}
        await self.keep(question, answers)
        return list(answers.values())
