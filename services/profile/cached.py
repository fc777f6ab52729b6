"""People from memory: the same methods as the store, and its answers unless a write anywhere made them stale.

Every write notifies `profile_people` in its transaction, so that each replica forgets what changed. While the listener
is away hints may be lost: the cache then neither answers nor learns.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from chassis import changes, errors
from chassis.querying.query import Page
from chassis.telemetry import Telemetry
from services.profile.listing import Wanted
from services.profile.person import Identity, Person, Sighting, Update, settled
from services.profile.store import PeopleStore

Key = TypeVar("Key", bound=Hashable)
Answer = Person | errors.HailwireError | None

# About 1 kB each with their identities.
MAX_PEOPLE = 10_000


@dataclass(eq=False)
class _Load:
    """A question that is on its way to the database, and the people who changed since it was asked."""

    stale: set[int] = field(default_factory=set)
    all_stale: bool = False

    @property
    def fresh(self) -> bool:
        """Whether nothing has changed since it was asked: whoever asks now may wait for the same answer."""
        return not (self.all_stale or self.stale)

    def spoiled(self, person: Person) -> bool:
        """Whether the answer may be older than a change that we heard of."""
        return self.all_stale or not self.stale.isdisjoint((person.person_id, *person.merged_person_ids))


class CachedPeople:
    """A bounded LRU over a store. One load for however many ask at once; errors are never kept."""

    def __init__(
        self,
        store: PeopleStore,
        telemetry: Telemetry,
        *,
        ttl_seconds: float,
        max_people: int = MAX_PEOPLE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._ttl_seconds = ttl_seconds
        self._max_people = max_people
        self._clock = clock
        self._trusted = False
        self._people: OrderedDict[int, tuple[Person, float]] = OrderedDict()  # least recently used first
        self._survivors: dict[int, int] = {}  # merged id -> survivor's
        self._owners: dict[Identity, int] = {}
        self._loads: set[_Load] = set()
        self._flights: dict[Hashable, tuple[asyncio.Future[Answer], _Load]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._lookups = telemetry.counter("cache_lookups", "answers from memory and misses, by cache")
        self._evictions = telemetry.counter("cache_evictions", "entries that had to go for newer ones, by cache")
        telemetry.gauge(
            "cache_entries", "entries held now, by cache", lambda: [(len(self._people), {"cache": "people"})]
        )

    async def find(self, person_ids: Sequence[int]) -> dict[int, Person]:
        """Those that exist, by the id asked for; a merged person's id gives the survivor."""
        wanted = dict.fromkeys(person_ids)
        found = {person_id: person for person_id in wanted if (person := self._get(person_id)) is not None}
        missing = [person_id for person_id in wanted if person_id not in found]
        self._count(len(found), len(missing))
        answers = await self._once(missing, self._load_people)
        loaded = zip(missing, answers, strict=True)
        return found | {person_id: answer for person_id, answer in loaded if isinstance(answer, Person)}

    async def resolve(self, sightings: Sequence[Sighting]) -> list[Person | errors.HailwireError]:
        """The person behind each sighting: known, found, made or merged."""
        known = {seen: self._behind(seen) for seen in sightings}
        missing = [seen for seen, person in known.items() if person is None]
        self._count(len(known) - len(missing), len(missing))
        answers: dict[Sighting, Answer] = dict(known)
        answers.update(zip(missing, await self._once(missing, self._load_sightings), strict=True))
        return [answers[seen] or errors.Internal() for seen in sightings]

    async def update(self, requests: Sequence[changes.Request[Update]]) -> list[bytes | errors.HailwireError]:
        """Serialized PersonResults; our own replica forgets at once, the others when the notification arrives."""
        try:
            return await self._store.update(requests)
        finally:
            self.forget({one for request in requests for one in self._touched(request.item)})

    def _touched(self, update: Update) -> Iterable[int]:
        """Whom it may change: the person, and those who held what became the person's names and are now the same."""
        yield update.person_id
        if update.renaming is not None:
            names = (*update.renaming.current, *update.renaming.former)
            yield from (owner for name in names if (owner := self._owners.get(name)) is not None)

    async def page(self, wanted: Wanted) -> tuple[list[Person], Page]:
        """Never from memory: operators read pages once."""
        return await self._store.page(wanted)

    def forget(self, person_ids: Iterable[int]) -> None:
        """These people changed somewhere."""
        for asked in person_ids:
            person_id = self._survivors.get(asked, asked)
            for load in self._loads:
                load.stale.update((asked, person_id))
            self._drop(person_id)

    def heard(self, payload: str) -> None:
        """A notification of `profile_people`: ids with commas between."""
        self.forget(int(text) for text in payload.split(",") if text.isdigit())

    def distrust(self) -> None:
        """Notifications may be lost from now on: forget everything and answer nothing."""
        self._trusted = False
        self._people.clear()
        self._survivors.clear()
        self._owners.clear()
        for load in self._loads:
            load.all_stale = True

    def trust(self) -> None:
        """Notifications arrive from now on."""
        self.distrust()
        self._trusted = True

    def _get(self, person_id: int) -> Person | None:
        person_id = self._survivors.get(person_id, person_id)
        entry = self._people.get(person_id)
        if entry is None:
            return None
        if entry[1] <= self._clock():
            self._drop(person_id)
            return None
        self._people.move_to_end(person_id)
        return entry[0]

    def _behind(self, seen: Sighting) -> Person | None:
        owners = {self._owners.get(identity) for identity in seen.identities}
        owner = owners.pop()
        if owner is None or owners:
            return None
        person = self._get(owner)
        return person if person is not None and settled(seen, person) else None

    def _put(self, person: Person) -> None:
        for person_id in (person.person_id, *person.merged_person_ids):
            self._drop(person_id)
        self._people[person.person_id] = person, self._clock() + self._ttl_seconds
        self._survivors.update(dict.fromkeys(person.merged_person_ids, person.person_id))
        self._owners.update(dict.fromkeys(person.identities, person.person_id))
        if len(self._people) > self._max_people:
            self._drop(next(iter(self._people)))
            self._evictions.add(1, cache="people")

    def _drop(self, person_id: int) -> None:
        entry = self._people.pop(person_id, None)
        if entry is None:
            return
        for merged_id in entry[0].merged_person_ids:
            if self._survivors.get(merged_id) == person_id:
                del self._survivors[merged_id]
        for identity in entry[0].identities:
            if self._owners.get(identity) == person_id:
                del self._owners[identity]

    def _count(self, hits: int, misses: int) -> None:
        self._lookups.add(hits, cache="people", result="hit")
        self._lookups.add(misses, cache="people", result="miss")

    async def _load_people(self, person_ids: Sequence[int]) -> list[Answer]:
        found = await self._store.find(person_ids)
        return [found.get(person_id) for person_id in person_ids]

    async def _load_sightings(self, sightings: Sequence[Sighting]) -> list[Answer]:
        return list(await self._store.resolve(sightings))

    async def _once(
        self, keys: Sequence[Key], load: Callable[[Sequence[Key]], Awaitable[Sequence[Answer]]]
    ) -> list[Answer]:
        """Answers for the keys, each asked for once at a time; whoever asks may leave without harm to the others.

        A question that was asked before a change is no answer for whoever asks after it.
        """
        mine = [key for key in keys if key not in self._flights or not self._flights[key][1].fresh]
        this = _Load()
        for key in mine:
            self._flights[key] = asyncio.get_running_loop().create_future(), this
        flights = [self._flights[key][0] for key in keys]
        if mine:
            self._loads.add(this)
            started = {key: self._flights[key][0] for key in mine}
            task = asyncio.create_task(self._fly(started, this, load))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if flights:
            await asyncio.wait(flights)
        return [flight.result() for flight in flights]

    async def _fly(
        self,
        flights: dict[Key, asyncio.Future[Answer]],
        this: _Load,
        load: Callable[[Sequence[Key]], Awaitable[Sequence[Answer]]],
    ) -> None:
        keys = list(flights)
        try:
            answers = await load(keys)
        except Exception as error:  # noqa: BLE001 - handed to everyone who asked
            for flight in flights.values():
                flight.set_exception(error)
                flight.exception()  # whoever asked may be gone; then nobody needs to hear of it
        else:
            for key, answer in zip(keys, answers, strict=True):
                if isinstance(answer, Person) and self._trusted and not this.spoiled(answer):
                    self._put(answer)
                flights[key].set_result(answer)
        finally:
            self._loads.discard(this)
            for key, flight in flights.items():
                if self._flights.get(key, (None,))[0] is flight:
                    del self._flights[key]
                flight.cancel()  # only if this task was cancelled; an answered flight does not care
