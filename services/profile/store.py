"""People as rows: finds them, and carries out what the rules decide in one transaction per batch."""

import datetime
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from chassis import changes, errors
from chassis.database import Database, Session
from chassis.ledger import Ledger
from chassis.querying.query import Page
from services.profile import audit, audited, listing, messages, statements
from services.profile.directory import Directory
from services.profile.listing import Wanted
from services.profile.person import (
    Channel,
    Identity,
    IdentityKind,
    Person,
    PersonNotFound,
    Renaming,
    Sighting,
    Update,
    settled,
    updated,
)
from services.profile.writing import columns, notify_people, write_directory, write_people


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

    async def page(self, wanted: Wanted) -> tuple[list[Person], Page]:
        """The people of a page of a list, in its order, and the page itself."""
        page = await wanted.paging.of(listing.query(wanted)).execute(self._database)
        return [_person(row) for row in page.rows], page

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
        plain = [request for request in requests if request.item.renaming is None]
        renamings = [
            changes.Request(request.request_id, request.fingerprint, request.item.renaming)
            for request in requests
            if request.item.renaming is not None
        ]
        updated_ones = iter(
            await changes.carry_out_once(
                self._database, self._ledger, lambda session: _Updating(session, self._languages), plain
            )
        )
        renamed_ones = iter(await changes.carry_out_once(self._database, self._ledger, _Renaming, renamings))
        return [next(updated_ones if request.item.renaming is None else renamed_ones) for request in requests]

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
        resolved = [directory.resolve(seen) for seen in items]
        await write_directory(self._session, directory, now)
        # Also those who were made and merged by this very batch have somebody behind them.
        survivors = [directory.find(person_id).person_id for person_id in resolved]
        rows = await self._session.fetch(statements.FIND, sorted(set(survivors)))
        people = {row["asked_id"]: _person(row) for row in rows}
        return [people[person_id] for person_id in survivors]


class _Renaming:
    """Changes of identities inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._people: dict[int, Person] = {}
        self._survivors: dict[int, int] = {}

    async def lock(self, items: Sequence[Renaming], *, wait: bool) -> set[int]:
        """Stripes of the identities first, then the people who will change."""
        await self._session.fetch(statements.LOCK_STRIPES, *columns(self._identities(items)))
        await self._read(items)
        statement = statements.LOCK_PEOPLE if wait else statements.LOCK_FREE_PEOPLE
        locked = {row["person_id"] for row in await self._session.fetch(statement, sorted(self._people))}
        # Read again: until the lock was ours, somebody else could merge or rename them.
        await self._read(items)
        late = changes.behind([self._concerned(item) for item in items], locked)
        if late and wait:
            raise errors.Conflict("the people changed meanwhile")
        return late

    @staticmethod
    def _identities(items: Sequence[Renaming]) -> list[Identity]:
        return list(dict.fromkeys(identity for item in items for identity in (*item.current, *item.former)))

    async def _read(self, items: Sequence[Renaming]) -> None:
        rows = await self._session.fetch(statements.FIND, sorted({item.person_id for item in items}))
        self._survivors = {row["asked_id"]: row["person_id"] for row in rows}
        rows += await self._session.fetch(statements.FIND_BY_IDENTITY, *columns(self._identities(items)))
        self._people = {row["person_id"]: _person(row) for row in rows}

    def _concerned(self, item: Renaming) -> set[int]:
        owners = _by_identity(self._people.values())
        found = {owners[one].person_id for one in (*item.current, *item.former) if one in owners}
        return found | {self._survivors[item.person_id]} if item.person_id in self._survivors else found

    async def decide(self, items: Sequence[Renaming]) -> list[bytes | errors.HailwireError]:
        """Apply the changes in order; a refusal is an outcome like any other."""
        now: datetime.datetime = await self._session.fetchval(statements.NOW)
        directory = Directory(self._people.values(), iter(()), now)
        outcomes: list[bytes | errors.HailwireError] = []
        for item in items:
            try:
                survivor_id = self._survivors.get(item.person_id, item.person_id)
                outcomes.append(messages.kept(directory.rename(replace(item, person_id=survivor_id))))
            except errors.HailwireError as refusal:
                outcomes.append(messages.kept(refusal))
        await write_directory(self._session, directory, now)
        return outcomes


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
            await write_people(self._session, changed)
            await audit.write(self._session, audited.updates(before, changed))
            await notify_people(self._session, [person.person_id for person in changed])
        return outcomes


async def _find_by_identity(source: Database | Session, sightings: Sequence[Sighting]) -> list[Person]:
    """The one place that looks identities up."""
    return [_person(row) for row in await source.fetch(statements.FIND_BY_IDENTITY, *_identity_arrays(sightings))]


def _identity_arrays(sightings: Sequence[Sighting]) -> tuple[list[int], list[str]]:
    return columns(list(dict.fromkeys(identity for seen in sightings for identity in seen.identities)))


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
