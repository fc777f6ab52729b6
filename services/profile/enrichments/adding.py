"""Stores what was understood: everything that a batch of messages said, with one statement.

Rules are the same for one item and for a thousand. An item that the database itself would not take fails alone:
chassis/changes.py halves the batch until it stands by itself.
"""

from collections.abc import Sequence

from chassis import errors
from chassis.database import Session
from chassis.records import record
from services.profile import statements as people_statements
from services.profile.enrichments import messages, rows, statements
from services.profile.enrichments.item import MOST_PENDING, Item, Source, Status
from services.profile.enrichments.locking import LockedPeople
from services.profile.enrichments.value import Value
from services.profile.person import PersonNotFound


@record
class New:
    """What somebody said."""

    person_id: int
    source: Source
    value: Value


class Adding:
    """New items inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._people = LockedPeople(session)

    async def lock(self, items: Sequence[New], *, wait: bool) -> set[int]:
        """The people who said it."""
        return await self._people.lock([item.person_id for item in items], wait=wait)

    async def decide(self, items: Sequence[New]) -> list[bytes | errors.HailwireError]:
        """In order; what is asked for nobody is not kept. What waits already is that item."""
        now = await self._session.fetchval(people_statements.NOW)
        people = self._people.everybody([item.person_id for item in items])
        waiting = await rows.read_pending(self._session, people)
        ids = iter([row["nextval"] for row in await self._session.fetch(statements.NEW_IDS, len(items))])
        new: list[Item] = []
        outcomes: list[bytes | errors.HailwireError] = []
        for item in items:
            person_id = self._people.whole(item.person_id)
            if person_id is None:
                outcomes.append(PersonNotFound())
                continue
            kept = next((one for one in waiting[person_id] if one.value == item.value), None)
            if kept is None:
                kept = Item(next(ids), person_id, Status.PENDING, item.source, item.value, now)
                new.append(kept)
                waiting[person_id].append(kept)
            outcomes.append(messages.change(kept))
        await rows.insert(self._session, new, now)
        too_many = [one.item_id for several in waiting.values() for one in several[:-MOST_PENDING]]
        if too_many:
            await self._session.execute(statements.DELETE, too_many)
        return outcomes
