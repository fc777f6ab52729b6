"""Decides who stands behind sightings, in order and in memory: found, made, or merged with somebody else.

A user id says who it is; a number follows the user id that it last came with. Two people are merged only when one was
known without a user id and the other without a number: whatever else looks alike may be a number that changed hands.
"""

import datetime
from collections.abc import Iterable, Iterator

from services.profile.person import (
    Identity,
    Person,
    PersonNotFound,
    Renaming,
    Sighting,
    learned,
    merged,
    renamed,
    without,
)


class Directory:
    """The people that a batch of sightings may concern. What changed is read from the attributes afterwards."""

    def __init__(self, people: Iterable[Person], new_ids: Iterator[int], now: datetime.datetime) -> None:
        self._new_ids = new_ids
        self._now = now
        self._people = {person.person_id: person for person in people}
        self._before = dict(self._people)
        self._owners = {
            identity: person.person_id for person in self._people.values() for identity in person.identities
        }
        self._absorbed: dict[int, int] = {}

    def owner(self, identity: Identity) -> int | None:
        """Whose identity it is by now."""
        return self._owners.get(identity)

    def resolve(self, seen: Sighting) -> int:
        """The id of the one person behind a sighting. Of two who are merged the older survives: ids go up."""
        person = self._one_of(seen.user_ids or seen.numbers)
        if seen.user_ids:
            for number in seen.numbers:
                person = self._follows(number, person)
        if person is None:
            person = Person(next(self._new_ids), created_at=self._now, updated_at=self._now, version=0)
        return self._put(learned(person, seen, self._now)).person_id

    def rename(self, change: Renaming) -> Person:
        """The person under the identities that they have now; raises PersonNotFound."""
        person = self.find(change.person_id)
        for identity in (*change.current, *change.former):
            owner = self.owner(identity)
            if identity.is_user_id and owner is not None:
                person = self._merge(person.person_id, owner)
        for identity in change.current:
            self._leaves(identity, person.person_id)
        return self._put(renamed(person, change, self._now))

    def prove(self, person_id: int, number: Identity) -> Person:
        """The person with a number that they proved to have; raises PersonNotFound.

        Whoever was known by it, and by no user id, is the same person. Who has a user id besides is another one: then
        the number changed hands, and goes to who proved it last.
        """
        person = self.find(person_id)
        owner = self.owner(number)
        if owner is not None and owner != person.person_id:
            if any(one.is_user_id for one in self._people[owner].identities):
                self._leaves(number, person.person_id)
            else:
                person = self._merge(person.person_id, owner)
        return self._put(learned(person, Sighting((number,)), self._now))

    def find(self, person_id: int) -> Person:
        """Somebody by id, or whom they became part of."""
        person = self._people.get(self._absorbed.get(person_id, person_id))
        if person is None:
            raise PersonNotFound
        return person

    def _one_of(self, identities: Iterable[Identity]) -> Person | None:
        person: Person | None = None
        for identity in identities:
            owner = self.owner(identity)
            if owner is not None:
                person = self._people[owner] if person is None else self._merge(person.person_id, owner)
        return person

    def _follows(self, number: Identity, person: Person | None) -> Person | None:
        """Whose the number is when it comes with the user id of `person` (None: one that nobody has)."""
        owner = self.owner(number)
        if owner is None or (person is not None and owner == person.person_id):
            return person
        known_by_another = any(one.is_user_id for one in self._people[owner].identities)
        has_another = person is not None and any(one.kind is number.kind for one in person.identities)
        if known_by_another or has_another:
            self._leaves(number, 0)
            return person
        return self._people[owner] if person is None else self._merge(person.person_id, owner)

    def _leaves(self, identity: Identity, person_id: int) -> None:
        """Take it from whoever has it, unless that is this person."""
        owner = self.owner(identity)
        if owner not in {None, person_id}:
            self._put(without(self._people[owner or 0], identity, self._now))

    def _put(self, person: Person) -> Person:
        before = self._people.get(person.person_id)
        for identity in before.identities if before is not None else ():
            self._owners.pop(identity, None)
        self._people[person.person_id] = person
        self._owners.update(dict.fromkeys(person.identities, person.person_id))
        return person

    def _merge(self, one_id: int, other_id: int) -> Person:
        if one_id == other_id:
            return self._people[one_id]
        survivor, other = self._people[min(one_id, other_id)], self._people.pop(max(one_id, other_id))
        for absorbed, into in self._absorbed.items():
            if into == other.person_id:
                self._absorbed[absorbed] = survivor.person_id
        self._absorbed[other.person_id] = survivor.person_id
        return self._put(merged(survivor, other, self._now))

    @property
    def absorbed(self) -> dict[int, int]:
        """From each person who was there before and is merged now to the survivor."""
        return {person_id: into for person_id, into in self._absorbed.items() if person_id in self._before}

    @property
    def created(self) -> list[Person]:
        """People that were not there before. Who was made and merged by the same batch never existed."""
        return [person for person in self._people.values() if person.person_id not in self._before]

    @property
    def changed(self) -> list[Person]:
        """People that were there before and are different now."""
        return [
            person
            for person in self._people.values()
            if person.person_id in self._before and person is not self._before[person.person_id]
        ]

    def before(self, person_id: int) -> Person:
        """Somebody who was there before, as they were then."""
        return self._before[person_id]

    @property
    def moved_identities(self) -> list[tuple[Identity, int]]:
        """Identities that went to somebody else without their person, with whose they are now."""
        absorbed = self.absorbed
        return [
            (identity, owner)
            for person in self._before.values()
            for identity in person.identities
            if (owner := self.owner(identity)) is not None and owner != absorbed.get(person.person_id, person.person_id)
        ]

    @property
    def dropped_identities(self) -> list[Identity]:
        """Identities that nobody has any more."""
        return [
            identity
            for person in self._before.values()
            for identity in person.identities
            if self.owner(identity) is None
        ]

    @property
    def new_identities(self) -> list[tuple[Identity, int]]:
        """Identities that nobody had before, with their person, in the order in which they became known."""
        known = {identity for person in self._before.values() for identity in person.identities}
        return [
            (identity, person.person_id)
            for person in self._people.values()
            for identity in person.identities
            if identity not in known
        ]
