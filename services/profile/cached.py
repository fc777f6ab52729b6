"""People from memory: the same methods as the store, and its answers unless a write anywhere made them stale.

There is one copy of each person, under their own id. Beside it lies whose each identity and former id is: only a
signpost, believed when the person it leads to says the same. So a signpost that is out of date costs a question and is
never a wrong answer, and a write has one copy to make forgotten, not several.

Every write notifies `profile_people` in its transaction, so that each replica forgets what changed. While the listener
is away hints may be lost: the cache then neither answers nor learns. With Redis the replicas lend each other what they
have read; such a copy is believed by the same rule.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from chassis import changes, errors
from chassis.caching.flights import Question
from chassis.caching.memory import MemoryCache
from chassis.caching.numbers import publish
from chassis.caching.read_through import ReadThrough
from chassis.querying.query import Page
from chassis.telemetry import Telemetry
from services.profile.lent import LentPeople, everyone
from services.profile.listing import Wanted
from services.profile.person import Identity, Person, Sighting, Update, settled
from services.profile.store import PeopleStore

# About 1 kB each with their identities.
MAX_PEOPLE = 10_000
# Signposts for each person held: most people have a number and a user id, some a former id.
_SIGNPOSTS_EACH = 3

Answer = Person | errors.HailwireError


def changed_people(payload: str) -> list[int]:
    """The ids in a notification of `profile_people`: commas between, and at its end the transaction after an "@"."""
    return [int(text) for text in payload.split(",") if text.isdigit()]


class CachedPeople:
    """A bounded LRU over a store. One load for however many ask at once; errors are never kept.

    That there is nobody is not kept either: whoever is unknown may write in a moment.
    """

    def __init__(
        self,
        store: PeopleStore,
        telemetry: Telemetry,
        lent: LentPeople,
        *,
        ttl_seconds: float,
        lookup_ttl_seconds: float,
        max_people: int = MAX_PEOPLE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """How long a person is answered from memory, and how long it is remembered whose an identity is."""
        self._store = store
        self._lookup_ttl_seconds = lookup_ttl_seconds
        self._held = MemoryCache(max_people, clock=clock)
        self._signposts = MemoryCache(max_people * _SIGNPOSTS_EACH, clock=clock)  # Identity or former id -> own id
        self._people: ReadThrough[int, Person] = ReadThrough(
            self._held,
            self._load_people,
            ttl_seconds=ttl_seconds,
            remember_as=lambda _, person: (person.person_id, person),
            names=lambda _, person: everyone(person),
        )
        self._lent = lent
        self._second = lent.level
        publish(telemetry, {"people": self._held, "identities": self._signposts})

    async def find(self, person_ids: Sequence[int], *, fresh: bool = False) -> dict[int, Person]:
        """Those that exist, by the id asked for; a merged person's id gives the survivor.

        `fresh`: whoever asks knows of a change that we may not have heard of yet.
        """
        if fresh:
            self._changed(person_ids)
        own_ids = {asked: self._own_id(asked) for asked in person_ids}
        found = await self._people.get(own_ids.values())
        return {asked: found[own_id] for asked, own_id in own_ids.items() if own_id in found}

    async def resolve(self, sightings: Sequence[Sighting]) -> list[Answer]:
        """The person behind each sighting: known, found, made or merged."""
        answers: dict[Sighting, Answer] = dict(await self._known(sightings))
        missing = [seen for seen in dict.fromkeys(sightings) if seen not in answers]
        if missing:
            answers.update(zip(missing, await self._people.once(missing, self._load_sightings), strict=True))
        return [answers[seen] for seen in sightings]

    async def update(self, requests: Sequence[changes.Request[Update]]) -> list[bytes | errors.HailwireError]:
        """Serialized PersonResults; our own replica forgets at once, the others when the notification arrives."""
        try:
            return await self._store.update(requests)
        finally:
            self._changed({one for request in requests for one in self._touched(request.item)})

    def _touched(self, update: Update) -> Iterable[int]:
        """Whom it may change: the person, and those who held what became the person's names and are now the same."""
        yield update.person_id
        if update.renaming is not None:
            names = (*update.renaming.current, *update.renaming.former)
            yield from (owner for name in names if (owner := self._signposts.peek(name)) is not None)

    async def page(self, wanted: Wanted) -> tuple[list[Person], Page]:
        """Never from memory: operators read pages once."""
        return await self._store.page(wanted)

    def forget(self, person_ids: Iterable[int]) -> None:
        """These people changed somewhere."""
        self._people.forget(self._names(person_ids))

    def heard(self, payload: str) -> None:
        """A notification of `profile_people`."""
        changed = changed_people(payload)
        self._second.heard(changed, payload)
        self.forget(changed)

    def distrust(self) -> None:
        """Notifications may be lost from now on: forget everything and answer nothing."""
        self._second.distrust()
        self._people.distrust()
        self._signposts.empty()

    def trust(self) -> None:
        """Notifications arrive from now on."""
        self._second.trust()
        self._people.trust()

    def cleanup(self) -> int:
        """Let go of what nobody asked for before its time was over; answers how much it was."""
        return self._held.cleanup() + self._signposts.cleanup()

    def _changed(self, person_ids: Iterable[int]) -> None:
        """We changed these people: whoever is answered from now on must see it, though we have not heard of it yet."""
        names = self._names(person_ids)
        self._second.forgotten(names)
        self._people.forget(names)

    def _names(self, person_ids: Iterable[int]) -> set[int]:
        return {one for asked in person_ids for one in (asked, self._own_id(asked))}

    def _own_id(self, person_id: int) -> int:
        """The id of whom somebody was merged into, as far as we know."""
        own_id: int | None = self._signposts.peek(person_id)
        return person_id if own_id is None else own_id

    async def _known(self, sightings: Sequence[Sighting]) -> Mapping[Sighting, Person]:
        """From memory, those who already are everything that the sighting tells."""
        named = list(dict.fromkeys(identity for seen in sightings for identity in seen.identities))
        owners: dict[Identity, int | None] = dict(
            zip(named, await self._signposts.multi_get(named) if named else (), strict=False)
        )
        behind = {seen: {owners.get(identity) for identity in seen.identities} for seen in sightings}
        only = {seen: owner for seen, (owner, *others) in behind.items() if owner is not None and not others}
        people = await self._people.remembered(only.values())
        return {
            seen: person
            for seen, owner in only.items()
            if (person := people.get(owner)) is not None and settled(seen, person)
        }

    async def _note(self, people: Iterable[Person]) -> None:
        """Signposts to people who were read just now."""
        signposts = [
            (name, person.person_id) for person in people for name in (*person.identities, *person.merged_person_ids)
        ]
        if signposts and self._lookup_ttl_seconds:
            await self._signposts.multi_set(signposts, ttl=self._lookup_ttl_seconds)

    async def _load_people(self, person_ids: Sequence[int]) -> dict[int, Person]:
        found = await self._lent.by_id.get(person_ids, self._store.find)
        await self._note(found.values())
        return found

    async def _load_sightings(self, sightings: Sequence[Sighting], question: Question) -> list[Answer]:
        answers = await self._resolved(sightings)
        people = {answer.person_id: answer for answer in answers if isinstance(answer, Person)}
        named = {identity for seen in sightings for identity in seen.identities}
        owners = {owner for identity in named if (owner := self._signposts.peek(identity)) is not None}
        await self._note(people.values())
        for person in people.values():
            for former_id in person.merged_person_ids:
                self._held.discard(former_id)  # merged just now, perhaps by this very question
        await self._people.keep(question, people)
        # Who lost an identity to somebody else; our own replica forgets them at once, as after an update.
        gone = owners - people.keys()
        self._second.forgotten(gone)
        self._people.forget(gone)
        return answers

    async def _resolved(self, sightings: Sequence[Sighting]) -> list[Answer]:
        """From another replica, or from the database; there whoever is not known yet is made."""
        if not self._second.usable:
            return await self._store.resolve(sightings)
        answers: dict[Sighting, Answer] = dict(await self._lent.by_identity.get(sightings, self._store.known))
        missing = [seen for seen in sightings if seen not in answers]
        if missing:
            answers |= zip(missing, await self._store.resolve(missing), strict=True)
            changed = [person for seen in missing if isinstance(person := answers[seen], Person)]
            self._second.forgotten({one for person in changed for one in everyone(person)})
        return [answers[seen] for seen in sightings]
