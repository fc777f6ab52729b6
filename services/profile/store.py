"""People as rows: finds them, and carries out what the rules decide in one transaction per batch."""

import datetime
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from chassis import changes, errors
from chassis.database import Database, Session
from chassis.querying.query import Page
from services.profile import audit, audited, listing, messages, statements
from services.profile.directory import Directory
from services.profile.listing import Wanted
from services.profile.person import (
    Identity,
    Person,
    PersonNotFound,
    Renaming,
    Sighting,
    Update,
    settled,
    updated,
)
from services.profile.rows import PeopleRows
from services.profile.sealed_ledger import SealedLedger
from services.profile.sealing import Sealer
from services.profile.writing import notify_people, write_directory, write_people


class PeopleStore:
    """The people of the database."""

    def __init__(self, database: Database, languages: Collection[str], sealer: Sealer) -> None:
        self._database = database
        self._languages = languages
        self._rows = PeopleRows(sealer)
        self._ledger = SealedLedger(sealer)

    async def find(self, person_ids: Sequence[int]) -> dict[int, Person]:
        """Those that exist, by the id asked for; a merged person's id gives the survivor."""
        rows = await self._database.fetch(statements.FIND, list(person_ids))
        return {row["asked_id"]: self._rows.person(row) for row in rows}

    async def page(self, wanted: Wanted) -> tuple[list[Person], Page]:
        """The people of a page of a list, in its order, and the page itself."""
        page = await wanted.paging.of(listing.query(wanted)).execute(self._database)
        return [self._rows.person(row) for row in page.rows], page

    async def resolve(self, sightings: Sequence[Sighting]) -> list[Person | errors.HailwireError]:
        """The person behind each sighting: found, made or merged."""
        people = _by_identity(await _find_by_identity(self._database, self._rows, sightings))
        outcomes: list[Person | errors.HailwireError | None] = [_behind(seen, people) for seen in sightings]
        open_positions = [position for position, outcome in enumerate(outcomes) if outcome is None]
        resolved = await changes.carry_out(
            self._database,
            lambda session: _Resolving(session, self._rows),
            [sightings[position] for position in open_positions],
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
                self._database, self._ledger, lambda session: _Updating(session, self._rows, self._languages), plain
            )
        )
        renamed_ones = iter(
            await changes.carry_out_once(
                self._database, self._ledger, lambda session: _Renaming(session, self._rows), renamings
            )
        )
        return [next(updated_ones if request.item.renaming is None else renamed_ones) for request in requests]

    async def expire_requests(self) -> int:
        """Forget outcomes that nothing can ask for again, a step at a time; answers how many."""
        return await self._ledger.expire(self._database)


class _Resolving:
    """Sightings inside one transaction."""

    def __init__(self, session: Session, rows: PeopleRows) -> None:
        self._session = session
        self._rows = rows
        self._people: list[Person] = []

    async def lock(self, items: Sequence[Sighting], *, wait: bool) -> set[int]:
        """Stripes of the identities first, then the people who will change."""
        await self._session.fetch(statements.LOCK_STRIPES, self._rows.names(_named(items))[1])
        self._people = await _find_by_identity(self._session, self._rows, items)
        concerned = set().union(*self._concerned(items))
        if not concerned:
            return set()
        statement = statements.LOCK_PEOPLE if wait else statements.LOCK_FREE_PEOPLE
        locked = {row["person_id"] for row in await self._session.fetch(statement, sorted(concerned))}
        # Read again: until the lock was ours, somebody else could merge or rename them.
        self._people = await _find_by_identity(self._session, self._rows, items)
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
        await write_directory(self._session, directory, now, self._rows)
        # Also those who were made and merged by this very batch have somebody behind them.
        survivors = [directory.find(person_id).person_id for person_id in resolved]
        rows = await self._session.fetch(statements.FIND, sorted(set(survivors)))
        people = {row["asked_id"]: self._rows.person(row) for row in rows}
        return [people[person_id] for person_id in survivors]


class _Renaming:
    """Changes of identities inside one transaction."""

    def __init__(self, session: Session, rows: PeopleRows) -> None:
        self._session = session
        self._rows = rows
        self._people: dict[int, Person] = {}
        self._survivors: dict[int, int] = {}

    async def lock(self, items: Sequence[Renaming], *, wait: bool) -> set[int]:
        """Stripes of the identities first, then the people who will change."""
        await self._session.fetch(statements.LOCK_STRIPES, self._rows.names(self._identities(items))[1])
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
        rows += await self._session.fetch(statements.FIND_BY_IDENTITY, *self._rows.names(self._identities(items)))
        self._people = {row["person_id"]: self._rows.person(row) for row in rows}

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
        await write_directory(self._session, directory, now, self._rows)
        return outcomes

    async def prove(self, item: Renaming) -> None:
        """Give the person their new identities beside the others; the item is locked."""
        now: datetime.datetime = await self._session.fetchval(statements.NOW)
        directory = Directory(self._people.values(), iter(()), now)
        for identity in item.current:
            directory.prove(self._survivors.get(item.person_id, item.person_id), identity)
        await write_directory(self._session, directory, now, self._rows, audit.PERSON)


class _Updating:
    """Updates inside one transaction."""

    def __init__(self, session: Session, rows: PeopleRows, languages: Collection[str]) -> None:
        self._session = session
        self._rows = rows
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
        before = {row["asked_id"]: self._rows.person(row) for row in rows}
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


async def prove(session: Session, rows: PeopleRows, person_id: int, identity: Identity) -> None:
    """Inside a transaction of the caller's: the person proved that this number is theirs. Raises PersonNotFound."""
    item = Renaming(person_id, (identity,), ())
    identities = _Renaming(session, rows)
    await identities.lock([item], wait=True)
    await identities.prove(item)


async def _find_by_identity(
    source: Database | Session, rows: PeopleRows, sightings: Sequence[Sighting]
) -> list[Person]:
    """The one place that looks identities up."""
    found = await source.fetch(statements.FIND_BY_IDENTITY, *rows.names(_named(sightings)))
    return [rows.person(row) for row in found]


def _named(sightings: Sequence[Sighting]) -> list[Identity]:
    return list(dict.fromkeys(identity for seen in sightings for identity in seen.identities))


def _by_identity(people: Iterable[Person]) -> dict[Identity, Person]:
    return {identity: person for person in people for identity in person.identities}


def _behind(seen: Sighting, people: dict[Identity, Person]) -> Person | None:
    """The person whom a sighting names, if it tells nothing new."""
    person = people.get(seen.identities[0])
    if person is None or any(people.get(identity) is not person for identity in seen.identities):
        return None
    return person if settled(seen, person) else None
