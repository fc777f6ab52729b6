"""The cache of people: correct before it is fast."""

import asyncio
import datetime
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from chassis import changes, errors
from chassis.caching.second_level import SecondLevel
from chassis.caching.shelf import Shelf
from chassis.database import Database
from chassis.settings import load
from chassis.telemetry import Telemetry, TelemetrySettings, open_telemetry
from services.profile.cached import CachedPeople
from services.profile.lent import LentPeople
from services.profile.person import Identity, IdentityKind, Person, Renaming, Sighting, Update
from tests.profile.seals import SEALER

_NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def _identity(person_id: int) -> Identity:
    return Identity(IdentityKind.SMS_NUMBER, f"+2507880{person_id:05}")


def _person(person_id: int, **values: Any) -> Person:
    return Person(person_id, _NOW, _NOW, name="N", identities=(_identity(person_id),), **values)


class Store:
    """People 1 to 99, and how often somebody asked; `gate` holds answers back after they were read."""

    def __init__(self) -> None:
        self.people = {person_id: _person(person_id) for person_id in range(1, 100)}
        self.asked: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None

    async def find(self, person_ids: Sequence[int]) -> dict[int, Person]:
        self.asked += person_ids
        found = {person_id: self.people[person_id] for person_id in person_ids if person_id in self.people}
        await self.gate.wait()
        if self.failure:
            raise self.failure
        return found

    async def resolve(self, sightings: Sequence[Sighting]) -> list[Person | errors.HailwireError]:
        by_identity = {identity: person for person in self.people.values() for identity in person.identities}
        people = [by_identity[seen.identities[0]] for seen in sightings]
        self.asked += [person.person_id for person in people]
        await self.gate.wait()
        return list(people)

    async def update(self, requests: Sequence[changes.Request[Update]]) -> list[bytes | errors.HailwireError]:
        """The first one's person takes all names that were given."""
        renaming = requests[0].item.renaming
        assert renaming is not None
        for person in list(self.people.values()):
            if not set(person.identities).isdisjoint(renaming.current):
                del self.people[person.person_id]
        self.people[renaming.person_id] = replace(_person(renaming.person_id), identities=renaming.current)
        return [b""]


@pytest.fixture
async def telemetry() -> AsyncIterator[Telemetry]:
    async with open_telemetry("profile", load(TelemetrySettings, {})) as telemetry:
        yield telemetry


@pytest.fixture
def store() -> Store:
    return Store()


Cache = Callable[..., CachedPeople]


def counted(telemetry: Telemetry, metric: str, cache: str) -> dict[str, float]:
    """Values of a cache's metric by result."""
    (read,) = [instrument.read for instrument in telemetry.instruments if instrument.name == metric]
    return {labels.get("result", ""): value for value, labels in read() if labels["cache"] == cache}


@pytest.fixture
def cached(store: Store, telemetry: Telemetry) -> Cache:
    """Makes a cache that trusts its notifications."""

    def make(**options: Any) -> CachedPeople:
        options = {"ttl_seconds": 60.0, "lookup_ttl_seconds": 600.0, **options}
        level = SecondLevel(Shelf(telemetry), cast("Database", None))
        alone = LentPeople(level, SEALER, ttl_seconds=0, lookup_ttl_seconds=0)
        cache = CachedPeople(store, telemetry, alone, **options)  # type: ignore[arg-type]
        cache.trust()
        return cache

    return make


async def test_a_second_question_is_answered_from_memory(store: Store, cached: Cache, telemetry: Telemetry) -> None:
    """By id and by identity alike, and it is counted."""
    people = cached()
    assert await people.find([1, 1, 2, 500]) == {1: store.people[1], 2: store.people[2]}
    assert await people.find([1]) == {1: store.people[1]}
    assert await people.resolve([Sighting((_identity(2),), "Other")]) == [store.people[2]]
    assert store.asked == [1, 2, 500]
    assert counted(telemetry, "hailwire_cache_lookups_total", "people") == {"hit": 2, "miss": 3}
    assert counted(telemetry, "hailwire_cache_lookups_total", "identities") == {"hit": 1, "miss": 0}


async def test_who_became_somebody_else_is_forgotten_at_once(store: Store, cached: Cache) -> None:
    """Whoever asks after an update by a name that it moved finds the new owner, before any notification."""
    people = cached()
    await people.find([1, 2])
    renaming = Renaming(1, current=(_identity(2),), former=(_identity(1),))
    update = Update(1, frozenset({"identities"}), renaming=renaming)
    await people.update([changes.Request("r", b"", update)])
    assert [person.person_id for person in await people.resolve([Sighting((_identity(2),), "")])] == [1]  # type: ignore[union-attr]


async def test_who_lost_a_name_is_forgotten_at_once(store: Store, cached: Cache) -> None:
    """Whoever asks for somebody whose number came with somebody else sees them without it, before any notification."""
    people = cached()
    await people.find([1, 2])
    store.people[1] = replace(_person(1), identities=())
    store.people[2] = replace(_person(2), identities=(_identity(1), _identity(2)))
    await people.resolve([Sighting((_identity(1), _identity(2)), "")])
    assert await people.find([1, 2]) == {1: store.people[1], 2: store.people[2]}


async def test_what_is_held_goes_with_an_answer_that_is_not_kept(store: Store, cached: Cache) -> None:
    """A late notification of an earlier change must not leave what was held before the merge that we know of."""
    people = cached()
    await people.find([1, 2])
    store.people[1] = replace(
        _person(1), identities=(_identity(1), _identity(2)), merged_person_ids=(2,), version=store.people[1].version + 1
    )
    del store.people[2]
    store.gate.clear()
    merging = asyncio.create_task(people.resolve([Sighting((_identity(1), _identity(2)), "")]))
    while store.asked[2:] != [1]:
        await asyncio.sleep(0)
    people.heard("2")
    store.gate.set()
    assert await merging == [store.people[1]]
    assert await people.find([2]) == {2: store.people[1]}


async def test_who_is_unknown_is_asked_for_again(store: Store, cached: Cache) -> None:
    """That there is nobody is not remembered: the person may write in a moment."""
    people = cached()
    await people.find([500])
    store.people[500] = _person(500)
    assert 500 in await people.find([500])


async def test_entries_end_with_their_time(store: Store, cached: Cache) -> None:
    """CACHE_TTL_PROFILE is how long a person is remembered."""
    now = [0.0]
    people = cached(clock=lambda: now[0])
    await people.find([1])
    now[0] = 59.9
    await people.find([1])
    assert store.asked == [1]
    now[0] = 60.0
    await people.find([1])
    assert store.asked == [1, 1]


async def test_the_least_recently_used_goes_first(store: Store, cached: Cache) -> None:
    """The bound holds, and whoever is asked for often stays."""
    people = cached(max_people=3)
    await people.find([1, 2, 3])
    await people.find([1])
    await people.find([4])
    store.asked.clear()
    await people.find([1, 3, 4])
    assert store.asked == []
    await people.find([2])
    assert store.asked == [2]


async def test_many_who_ask_at_once_cause_one_load(store: Store, cached: Cache) -> None:
    """A miss is loaded once, and whoever gives up takes nobody along."""
    people = cached()
    store.gate.clear()
    asking = [asyncio.create_task(people.find([1, 2])) for _ in range(10)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    store.gate.set()
    answers = await asyncio.gather(*asking[1:])
    assert all(answer == {1: store.people[1], 2: store.people[2]} for answer in answers)
    assert store.asked == [1, 2]


async def test_failures_reach_everyone_and_are_not_remembered(store: Store, cached: Cache) -> None:
    """Whoever waited gets the error, whoever asks next gets an answer."""
    people = cached()
    store.failure = errors.Unavailable()
    outcomes = await asyncio.gather(people.find([1]), people.find([1]), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [errors.Unavailable] * 2
    store.failure = None
    assert 1 in await people.find([1])


async def test_a_change_during_the_load_is_not_overwritten_by_it(store: Store, cached: Cache) -> None:
    """What was read before a change and arrives after the notification is answered but not remembered."""
    people = cached()
    store.gate.clear()
    asking = asyncio.create_task(people.find([1, 2]))
    while not store.asked:
        await asyncio.sleep(0)
    store.people[1] = _person(1, language="fr")
    people.heard("1,77")
    store.gate.set()
    await asking
    store.asked.clear()
    assert (await people.find([1, 2]))[1].language == "fr"
    assert store.asked == [1]


async def test_a_merged_person_is_forgotten_under_every_id(store: Store, cached: Cache) -> None:
    """A notification about either id makes both ask again."""
    people = cached()
    store.people[1] = store.people[2] = _person(1, merged_person_ids=(2,))
    await people.find([2])
    assert (await people.find([1]))[1].person_id == 1
    assert store.asked == [2]
    people.heard("2")
    await people.find([1])
    assert store.asked == [2, 1]


async def test_without_notifications_nothing_is_remembered(store: Store, cached: Cache) -> None:
    """While the listener is away every question goes to the database, also answers that were on their way."""
    people = cached()
    store.gate.clear()
    asking = asyncio.create_task(people.find([1]))
    while not store.asked:
        await asyncio.sleep(0)
    people.distrust()
    people.trust()
    store.gate.set()
    await asking
    await people.find([1])
    people.distrust()
    await people.find([1])
    await people.find([1])
    assert store.asked == [1] * 4


async def test_who_asks_after_a_change_does_not_wait_for_an_older_answer(store: Store, cached: Cache) -> None:
    """A load that began before the change answers those who asked before it, and nobody else."""
    people = cached()
    store.gate.clear()
    before = asyncio.create_task(people.find([1]))
    seen = asyncio.create_task(people.resolve([Sighting((_identity(1),))]))
    while len(store.asked) < 2:
        await asyncio.sleep(0)
    store.people[1] = _person(1, language="fr")
    people.forget([1])
    after = [asyncio.create_task(people.find([1])), asyncio.create_task(people.find([1]))]
    seen_after = asyncio.create_task(people.resolve([Sighting((_identity(1),))]))
    await asyncio.sleep(0)
    store.gate.set()
    assert (await before)[1].language == ""
    assert [person.language for person in await seen] == [""]  # type: ignore[union-attr]
    assert [(await answer)[1].language for answer in after] == ["fr", "fr"]
    assert [person.language for person in await seen_after] == ["fr"]  # type: ignore[union-attr]
    assert store.asked == [1, 1, 1, 1]


async def test_whose_an_identity_is_has_a_time_of_its_own(store: Store, cached: Cache) -> None:
    """CACHE_PHONE_LOOKUP_TTL is how long a number or user id leads to its person; the person may be held for longer."""
    now = [0.0]
    people = cached(ttl_seconds=60.0, lookup_ttl_seconds=10.0, clock=lambda: now[0])
    seen = Sighting((_identity(1),))
    await people.resolve([seen])
    now[0] = 9.9
    await people.resolve([seen])
    assert store.asked == [1]
    now[0] = 10.0
    await people.resolve([seen])
    assert store.asked == [1, 1]
    assert len(await people.find([1])) == 1
    assert store.asked == [1, 1]


async def test_an_identity_that_moved_leads_nobody_astray(store: Store, cached: Cache) -> None:
    """A signpost is believed only while the person it leads to has that identity: nobody has to take it down."""
    people = cached()
    await people.resolve([Sighting((_identity(1),))])
    store.people[1] = _person(1, language="fr")
    store.people[1] = replace(store.people[1], identities=(_identity(77),))
    store.people[2] = replace(_person(2), identities=(_identity(1),))
    people.heard("1")
    (found,) = await people.resolve([Sighting((_identity(1),))])
    assert found == store.people[2]
    await people.find([1])
    assert await people.resolve([Sighting((_identity(1),))]) == [store.people[2]]


async def test_what_nobody_asks_for_again_is_let_go_of(store: Store, cached: Cache, telemetry: Telemetry) -> None:
    """Entries whose time is over hold no memory until somebody needs their place."""
    now = [0.0]
    people = cached(ttl_seconds=1.0, lookup_ttl_seconds=2.0, clock=lambda: now[0])
    await people.find([1, 2])
    assert [people.cleanup(), counted(telemetry, "hailwire_cache_entries", "people")] == [0, {"": 2}]
    now[0] = 1.0
    assert [people.cleanup(), counted(telemetry, "hailwire_cache_entries", "people")] == [2, {"": 0}]
    now[0] = 2.0
    assert [people.cleanup(), people.cleanup()] == [2, 0]
