"""Enrichments as rows: batches of what was understood, what people say about it, and what they let us keep."""

from collections.abc import Sequence

from chassis import changes, errors
from chassis.database import Database
from chassis.ledger import Ledger
from chassis.querying.query import Page
from services.profile import statements as people_statements
from services.profile.enrichments import listing, rows, statements
from services.profile.enrichments.adding import Adding, New
from services.profile.enrichments.changing import Changing, Order
from services.profile.enrichments.effects import Note
from services.profile.enrichments.item import Item, ItemNotFound
from services.profile.enrichments.listing import Wanted
from services.profile.person import PersonNotFound

# So many rows go in one step: milliseconds.
_STEP = 1000


class EnrichmentStore:
    """The items and notes of the database."""

    def __init__(self, database: Database, *, days: int) -> None:
        """Items go after so many `days`, whatever became of them."""
        self._database = database
        self._days = days
        self._ledger = Ledger("profile")

    async def add(self, requests: Sequence[changes.Request[New]]) -> list[bytes | errors.HailwireError]:
        """Serialized ItemChangeResults, the first ones for repeats."""
        return await changes.carry_out_once(self._database, self._ledger, Adding, requests)

    async def change(self, requests: Sequence[changes.Request[Order]]) -> list[bytes | errors.HailwireError]:
        """Serialized ItemChangeResults and ForgetNoteResults, the first ones for repeats."""
        return await changes.carry_out_once(self._database, self._ledger, Changing, requests)

    async def find(self, asked: Sequence[tuple[int, int]]) -> list[Item | errors.HailwireError]:
        """Items by (person, item), as they are now."""
        items = await rows.read_items(self._database, {item_id for _, item_id in asked})
        people = await self._survivors({person_id for person_id, _ in asked}) if items else {}
        found: list[Item | errors.HailwireError] = []
        for person_id, item_id in asked:
            item = items.get(item_id)
            theirs = item is not None and item.person_id == people.get(person_id)
            found.append(item if item is not None and theirs else ItemNotFound())
        return found

    async def page(self, wanted: Wanted) -> tuple[list[Item], Page]:
        """The items of a page of a person's list, in its order, and the page itself; raises PersonNotFound."""
        person_id = (await self._survivors({wanted.person_id})).get(wanted.person_id)
        if person_id is None:
            raise PersonNotFound
        asked = listing.query(Wanted(person_id, wanted.status, wanted.source))
        page = await wanted.paging.of(asked).execute(self._database)
        return [rows.item(row) for row in page.rows], page

    async def notes(self, person_ids: Sequence[int]) -> dict[int, list[Note]]:
        """What each person let us keep and what still means something, by the id asked for."""
        found: dict[int, list[Note]] = {person_id: [] for person_id in person_ids}
        for row in await self._database.fetch(statements.LIST_NOTES, list(found)) if found else ():
            found[row["asked_id"]].append(rows.note(row))
        return found

    async def expire(self) -> int:
        """Remove a step of items whose days are over, and of notes about what is over; answers how many rows went."""
        gone = await self._database.execute(statements.EXPIRE, self._days, _STEP)
        return gone + await self._database.execute(statements.EXPIRE_NOTES, _STEP)

    async def _survivors(self, person_ids: set[int]) -> dict[int, int]:
        found = await self._database.fetch(people_statements.SURVIVORS, sorted(person_ids))
        return {row["person_id"]: row["survivor_id"] for row in found}
