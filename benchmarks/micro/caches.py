"""The steps of caches: people from memory, and our bounded backend beside the one that aiocache brings.

Both backends are asked through aiocache's public methods without a timeout, because that is how the mesh asks.
"""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

from aiocache import SimpleMemoryCache

from benchmarks import payloads
from benchmarks.micro.timing import Step
from chassis.caching.memory import MemoryCache
from chassis.caching.second_level import SecondLevel
from chassis.caching.shelf import Shelf
from chassis.database import Database
from chassis.settings import Secret
from chassis.telemetry import Telemetry
from launcher.credentials import DEVELOPMENT_SECRETS
from services.profile.cached import CachedPeople
from services.profile.lent import LentPeople
from services.profile.person import Identity, IdentityKind, Person
from services.profile.sealing import Sealer
from services.profile.store import PeopleStore

_PEOPLE = 5000
# No copy is sealed here: there is no second level to lend to.
_SEALER = Sealer.of(Secret(DEVELOPMENT_SECRETS["NUMBER_KEYS"]), Secret(DEVELOPMENT_SECRETS["NUMBER_HASH_KEY"]))
_TTL_SECONDS = 3600.0

# What is done, and how many times the other's median ours may take. A bound must not make hits dear; a set pays for the
# order of use and of expiry instead of for a timer of the event loop, and is reported only.
TARGETS: dict[str, float | None] = {"set": None, "get, hit": 1.5, "get, miss": 1.5}


def ours(done: str) -> str:
    """The name of a step of our backend."""
    return f"bounded memory {done}"


def theirs(done: str) -> str:
    """The name of the same step of aiocache's backend."""
    return f"aiocache's memory {done}"


async def steps(telemetry: Telemetry) -> list[Step]:
    """All of them."""
    people = [_person(number) for number in range(1, _PEOPLE + 1)]
    cache = _cached(people, telemetry, ttl_seconds=_TTL_SECONDS)
    await cache.find([person.person_id for person in people])
    emptied = _cached(people, telemetry, ttl_seconds=0)
    known, asked = itertools.cycle(range(1, _PEOPLE)), itertools.cycle(range(1, _PEOPLE))
    held, turn = MemoryCache(_PEOPLE), itertools.cycle(people)
    return [
        Step("cache set", lambda: held.set((one := next(turn)).person_id, one, ttl=300), 50, awaited=True),
        Step("cache get, hit", lambda: cache.find([next(known)]), 50, awaited=True),
        Step("cache get, miss and load", lambda: emptied.find([next(asked)]), 500, awaited=True),
        *await _backend(ours, MemoryCache(_PEOPLE)),
        *await _backend(theirs, SimpleMemoryCache(timeout=None)),
    ]


async def _backend(name: Any, cache: Any) -> list[Step]:
    await cache.multi_set([(number, "value") for number in range(_PEOPLE)])
    written, known = itertools.cycle(range(_PEOPLE)), itertools.cycle(range(_PEOPLE))
    return [
        Step(name("get, hit"), lambda: cache.get(next(known)), 30, awaited=True),
        Step(name("get, miss"), lambda: cache.get(-1), 30, awaited=True),
        Step(name("set"), lambda: cache.set(next(written), "value", ttl=_TTL_SECONDS), 50, awaited=True),
    ]


def _cached(people: Sequence[Person], telemetry: Telemetry, ttl_seconds: float) -> CachedPeople:
    store = cast("PeopleStore", _Memory(people))
    level = SecondLevel(Shelf(telemetry), cast("Database", None))
    alone = LentPeople(level, _SEALER, ttl_seconds=0, lookup_ttl_seconds=0)
    cache = CachedPeople(store, telemetry, alone, ttl_seconds=ttl_seconds, lookup_ttl_seconds=ttl_seconds)
    cache.trust()
    return cache


def _person(number: int) -> Person:
    now = datetime.now(UTC)
    identity = Identity(IdentityKind.WHATSAPP_NUMBER, f"+{payloads.number(number)}")
    return Person(
        person_id=number,
        name=f"Rider {number}",
        language="en",
        identities=(identity,),
        opt_outs=(),
        merged_person_ids=(),
        version=1,
        created_at=now,
        updated_at=now,
    )


class _Memory:
    """A store that answers at once, so that a miss costs what the cache makes of it."""

    def __init__(self, people: Sequence[Person]) -> None:
        self._people = {person.person_id: person for person in people}

    async def find(self, person_ids: Sequence[int]) -> dict[int, Person]:
        return {one: self._people[one] for one in person_ids}
