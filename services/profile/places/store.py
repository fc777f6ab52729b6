"""Places as rows: searches the gazetteer, and carries out what the rules decide in one transaction per batch."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from chassis import changes, errors
from chassis.database import Database, Session
from chassis.ledger import Ledger
from chassis.records import record
from services.profile import statements as people_statements
from services.profile.person import PersonNotFound
from services.profile.places import matching, messages, place, rows, statements
from services.profile.places.matching import Candidate
from services.profile.places.place import Called, Known, Recent, Result, Saved, Spot


@record
class Save:
    """Save a place, or move the one that is called so."""

    person_id: int
    called: Called
    spot: Spot


@record
class Rename:
    """Call a place something else."""

    person_id: int
    place_id: int
    called: Called


@record
class Delete:
    """Forget a place."""

    person_id: int
    place_id: int


@record
class Visit:
    """Somebody was there."""

    person_id: int
    seen: Recent


Order: TypeAlias = Save | Rename | Delete | Visit


class PlaceStore:
    """The places of the database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ledger = Ledger("profile")

    async def search(self, texts: Sequence[str]) -> list[list[Known]]:
        """The places that each text may mean, best first."""
        wanted = [matching.searchable(text) for text in texts]
        asked = sorted({text for text in wanted if text})
        candidates: dict[str, list[Candidate]] = {text: [] for text in asked}
        for row in await self._database.fetch(statements.SEARCH, asked) if asked else ():
            candidate = Candidate(row["place_id"], row["folded"], row["likeness"])
            candidates[asked[row["position"] - 1]].append(candidate)
        chosen = {text: matching.chosen(text, candidates[text]) for text in asked}
        ids = sorted({place_id for several in chosen.values() for place_id in several})
        known = {
            row["place_id"]: Known(row["name"], Spot(row["latitude"], row["longitude"]))
            for row in (await self._database.fetch(statements.FIND_PLACES, ids) if ids else ())
        }
        # One that somebody has taken out by hand between the two statements is left out.
        return [[known[place_id] for place_id in chosen.get(text, ()) if place_id in known] for text in wanted]

    async def of_people(self, person_ids: Sequence[int]) -> dict[int, tuple[list[Saved], list[Recent]]]:
        """What each person saved and where they were lately, by the id asked for."""
        saved = await rows.read_saved(self._database, person_ids)
        recent = await rows.read_recent(self._database, person_ids)
        return {person_id: (saved[person_id], _elsewhere(recent[person_id], saved[person_id])) for person_id in saved}

    async def change(self, requests: Sequence[changes.Request[Order]]) -> list[bytes | errors.HailwireError]:
        """Serialized PlaceChangeResults, the first ones for repeats."""
        return await changes.carry_out_once(self._database, self._ledger, _Changing, requests)


class _Changing:
    """Changes of people's places inside one transaction. The people are locked: nobody merges them meanwhile."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._survivors: dict[int, int] = {}

    async def lock(self, items: Sequence[Order], *, wait: bool) -> set[int]:
        """The people, or those they were merged into."""
        asked = [item.person_id for item in items]
        found = await self._session.fetch(people_statements.SURVIVORS, asked)
        self._survivors = {row["person_id"]: row["survivor_id"] for row in found}
        statement = people_statements.LOCK_PEOPLE if wait else people_statements.LOCK_FREE_PEOPLE
        people = sorted(set(self._survivors.values()))
        locked = {row["person_id"] for row in await self._session.fetch(statement, people)} if people else set()
        concerned = [
            {self._survivors[person_id]} if person_id in self._survivors else set[int]() for person_id in asked
        ]
        late = changes.behind(concerned, locked)
        if late and wait:
            raise errors.Conflict("the person was merged or erased meanwhile")
        return late

    async def decide(self, items: Sequence[Order]) -> list[bytes | errors.HailwireError]:
        """In order; a refusal is an outcome like any other, but what is asked for nobody is not kept."""
        people = {self._survivors[item.person_id] for item in items if item.person_id in self._survivors}
        saved = await rows.read_saved(self._session, people)
        recent = await rows.read_recent(self._session, people)
        outcomes: list[bytes | errors.HailwireError] = []
        for item in items:
            person_id = self._survivors.get(item.person_id)
            if person_id is None:
                outcomes.append(PersonNotFound())
                continue
            try:
                if isinstance(item, Visit):
                    after = place.visited(recent[person_id], item.seen)
                    await rows.write_recent(self._session, person_id, after)
                    recent[person_id] = list(after)
                    outcomes.append(messages.kept(None))
                else:
                    outcomes.append(await self._write(person_id, saved, _decided(item, saved[person_id])))
            except errors.HailwireError as refusal:
                if errors.is_transient(refusal):
                    raise
                outcomes.append(messages.kept(refusal))
        return outcomes

    async def _write(self, person_id: int, saved: dict[int, list[Saved]], result: Result) -> bytes:
        """Write what became of a person's places, and note it for the next item of the batch."""
        about = await rows.write_result(self._session, person_id, saved, result)
        return messages.kept(replace(result, about=about))


def _decided(item: Save | Rename | Delete, places: Sequence[Saved]) -> Result:
    match item:
        case Save():
            return place.saved(places, item.called, item.spot)
        case Rename():
            return place.renamed(places, item.place_id, item.called)
        case Delete():
            return place.deleted(places, item.place_id)


def _elsewhere(recents: Sequence[Recent], saved: Sequence[Saved]) -> list[Recent]:
    """Those that are not saved: a saved place needs no second line."""
    return [recent for recent in recents if not any(one.spot.is_at(recent.spot) for one in saved)]
