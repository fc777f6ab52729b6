"""People as rows: finds them, and carries out what the rules decide in one transaction per batch."""

import datetime
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from chassis import changes, errors
from chassis.database import Database, Session
from chassis.ledger import Ledger
from services.profile import messages, statements
from services.profile.directory import Directory
from services.profile.person import (
    Channel,
    Identity,
    IdentityKind,
    Person,
    PersonNotFound,
    Sighting,
    Update,
    settled,
    updated,
)

# A notification's payload holds at most 8000 bytes; an id has at most 19 digits and a comma.
_IDS_PER_NOTIFICATION = 300


class PeopleStore:
    """The people of the database."""

    def __init__(self, database: Database, languages: Collection[str]) -> None:
        self._database = database
        self._languages = languages
        self._ledger = Ledger("profile")

    async def find(self, person_ids: Sequence[int]) -> dict[int, Person]:
        """Those that exist, by the id asked for; a merged person's id gives the survivor."""
        rows = await self._database.fetch(statements.FIND, list(person_ids))
        return {row["asked_id"]: _person(row) for row in rows}

    async def page(self, after: int, size: int) -> list[Person]:
        """Up to `size` people with greater ids, in order."""
        return [_person(row) for row in await self._database.fetch(statements.LIST, after, size)]

    async def resolve(self, sightings: Sequence[Sighting]) -> list[Person | errors.HailwireError]:
        """The person behind each sighting: found, made or merged."""
        people = _by_identity(await _find_by_identity(self._database, sightings))
        outcomes: list[Person | errors.HailwireError | None] = [_behind(seen, people) for seen in sightings]
        open_positions = [position for position, outcome in enumerate(outcomes) if outcome is None]
        resolved = await changes.carry_out(
            self._database, _Resolving, [sightings[position] for position in open_positions]
        )
        for position, outcome in zip(open_positions, resolved, strict=True):
            outcomes[position] = outcome
        return [outcome for outcome in outcomes if outcome is not None]

    async def update(self, requests: Sequence[changes.Request[Update]]) -> list[bytes | errors.HailwireError]:
        """Serialized PersonResults, the first ones for repeats."""
        return await changes.carry_out_once(
            self._database, self._ledger, lambda session: _Updating(session, self._languages), requests
        )

    async def expire_requests(self) -> int:
        """Forget outcomes that nothing can ask for again, a step at a time; answers how many."""
        return await self._ledger.expire(self._database)


class _Resolving:
    """Sightings inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._people: list[Person] = []

    async def lock(self, items: Sequence[Sighting], *, wait: bool) -> set[int]:
        """Stripes of the identities first, then the people who will change."""
        await self._session.fetch(statements.LOCK_STRIPES, *_identity_arrays(items))
        self._people = await _find_by_identity(self._session, items)
        concerned = set().union(*self._concerned(items))
        if not concerned:
            return set()
        statement = statements.LOCK_PEOPLE if wait else statements.LOCK_FREE_PEOPLE
        locked = {row["person_id"] for row in await self._session.fetch(statement, sorted(concerned))}
        # Read again: until the lock was ours, somebody else could merge or rename them.
        self._people = await _find_by_identity(self._session, items)
        late = changes.behind(self._concerned(items), locked)
        if late and wait:
            raise errors.Conflict("the people changed meanwhile")
        return late

    def _concerned(self, items: Sequence[Sighting]) -> list[set[int]]:
        """For each sighting the ids of existing people that it changes."""
        people = _by_identity(self._people)
        return [
            set()
            if _behind(seen, people) is not None
            else {people[identity].person_id for identity in seen.identities if identity in people}
            for seen in items
        ]

    async def decide(self, items: Sequence[Sighting]) -> list[Person | errors.HailwireError]:
        """Resolve in order, write, and read back: everyone gets the person as committed."""
        now: datetime.datetime = await self._session.fetchval(statements.NOW)
        new_ids = await self._session.fetch(statements.NEW_IDS, len(items))
        directory = Directory(self._people, iter([row["nextval"] for row in new_ids]), now)
        for seen in items:
            directory.resolve(seen)
        await self._write(directory, now)
        people = _by_identity(await _find_by_identity(self._session, items))
        return [people[seen.identities[0]] for seen in items]

    async def _write(self, directory: Directory, now: datetime.datetime) -> None:
        absorbed = directory.absorbed
        if created := directory.created:
            await self._session.execute(
                statements.INSERT_PEOPLE,
                [person.person_id for person in created],
                [person.name for person in created],
                now,
            )
        if absorbed:
            arrays = [list(absorbed), list(absorbed.values())]
            await self._session.execute(statements.MOVE_IDENTITIES, *arrays)
            await self._session.execute(statements.ABSORB_PEOPLE, *arrays, now)
        if new := directory.new_identities:
            await self._session.execute(
                statements.INSERT_IDENTITIES,
                [identity.kind.value for identity, _ in new],
                [identity.value for identity, _ in new],
                [person_id for _, person_id in new],
            )
        if changed := directory.changed:
            await _write_people(self._session, changed)
        await _notify(self._session, [*(person.person_id for person in changed), *absorbed])


class _Updating:
    """Updates inside one transaction."""

    def __init__(self, session: Session, languages: Collection[str]) -> None:
        self._session = session
        self._languages = languages
        self._survivors: dict[int, int] = {}

    async def lock(self, items: Sequence[Update], *, wait: bool) -> set[int]:
        """The people named, or those they were merged into."""
        rows = await self._session.fetch(statements.SURVIVORS, [item.person_id for item in items])
        self._survivors = {row["person_id"]: row["survivor_id"] for row in rows}
        statement = statements.LOCK_PEOPLE if wait else statements.LOCK_FREE_PEOPLE
        rows = await self._session.fetch(statement, sorted(set(self._survivors.values())))
        locked = {row["person_id"] for row in rows}
        late = changes.behind(
            [{self._survivors[item.person_id]} if item.person_id in self._survivors else set() for item in items],
            locked,
        )
        if late and wait:
            raise errors.Conflict("the person was merged meanwhile")
        return late

    async def decide(self, items: Sequence[Update]) -> list[bytes | errors.HailwireError]:
        """Apply the updates in order; a refusal is an outcome like any other."""
        now: datetime.datetime = await self._session.fetchval(statements.NOW)
        rows = await self._session.fetch(statements.FIND, sorted(set(self._survivors.values())))
        before = {row["asked_id"]: _person(row) for row in rows}
        people = dict(before)
        outcomes: list[bytes | errors.HailwireError] = []
        for item in items:
            try:
                survivor_id = self._survivors.get(item.person_id)
                if survivor_id is None:
                    raise PersonNotFound
                people[survivor_id] = updated(people[survivor_id], item, self._languages, now)
                outcomes.append(messages.kept(people[survivor_id]))
            except errors.HailwireError as refusal:
                outcomes.append(messages.kept(refusal))
        changed = [person for person_id, person in people.items() if person is not before[person_id]]
        if changed:
            await _write_people(self._session, changed)
            await _notify(self._session, [person.person_id for person in changed])
        return outcomes


async def _write_people(session: Session, people: Sequence[Person]) -> None:
    await session.execute(
        statements.UPDATE_PEOPLE,
        [person.person_id for person in people],
        [person.name for person in people],
        [person.language for person in people],
        ["{" + ",".join(str(channel.value) for channel in person.opt_outs) + "}" for person in people],
        [person.version for person in people],
        [person.updated_at for person in people],
    )


async def _notify(session: Session, person_ids: Sequence[int]) -> None:
    texts = [str(person_id) for person_id in person_ids]
    chunks = [
        ",".join(texts[start : start + _IDS_PER_NOTIFICATION]) for start in range(0, len(texts), _IDS_PER_NOTIFICATION)
    ]
    if chunks:
        await session.fetch(statements.NOTIFY, chunks)


async def _find_by_identity(source: Database | Session, sightings: Sequence[Sighting]) -> list[Person]:
    """The one place that looks identities up."""
    return [_person(row) for row in await source.fetch(statements.FIND_BY_IDENTITY, *_identity_arrays(sightings))]


def _identity_arrays(sightings: Sequence[Sighting]) -> tuple[list[int], list[str]]:
    identities = list(dict.fromkeys(identity for seen in sightings for identity in seen.identities))
    return [identity.kind.value for identity in identities], [identity.value for identity in identities]


def _by_identity(people: Iterable[Person]) -> dict[Identity, Person]:
    return {identity: person for person in people for identity in person.identities}


def _behind(seen: Sighting, people: dict[Identity, Person]) -> Person | None:
    """The person whom a sighting names, if it tells nothing new."""
    person = people.get(seen.identities[0])
    if person is None or any(people.get(identity) is not person for identity in seen.identities):
        return None
    return person if settled(seen, person) else None


def _person(row: Any) -> Person:
    return Person(
        person_id=row["person_id"],
        name=row["name"],
        language=row["language"],
        identities=tuple(
            Identity(IdentityKind(kind), value) for kind, value in zip(row["kinds"], row["values"], strict=True)
        ),
        opt_outs=tuple(Channel(channel) for channel in row["opt_outs"]),
        merged_person_ids=tuple(row["merged_person_ids"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        version=row["version"],
    )
