"""Decides who stands behind sightings, in order and in memory: found, made, or merged with somebody else."""

import datetime
from collections.abc import Iterable, Iterator

from services.profile.person import Identity, Person, Sighting, learned, merged


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

    def resolve(self, seen: Sighting) -> Person:
        """The one person behind a sighting. Of several people the oldest survives: ids are given in order."""
        owners = sorted({owner for identity in seen.identities if (owner := self.owner(identity)) is not None})
        if not owners:
            person = Person(next(self._new_ids), created_at=self._now, updated_at=self._now, version=0)
        else:
            person = self._people[owners[0]]
            for other in owners[1:]:
                person = self._merge(person, other)
        person = learned(person, seen, self._now)
        self._people[person.person_id] = person
        self._owners.update(dict.fromkeys(person.identities, person.person_id))
        return person

    def _merge(self, survivor: Person, other_id: int) -> Person:
        other = self._people.pop(other_id)
        for absorbed, into in self._absorbed.items():
            if into == other_id:
                self._absorbed[absorbed] = survivor.person_id
        self._absorbed[other_id] = survivor.person_id
        return merged(survivor, other, self._now)

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
