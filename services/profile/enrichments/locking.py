"""The people whom a batch concerns, locked inside its transaction: nobody merges or erases them meanwhile."""

from collections.abc import Sequence

from chassis import changes, errors
from chassis.database import Session
from services.profile import statements


class LockedPeople:
    """Who was asked for, and who they are by now."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._survivors: dict[int, int] = {}

    async def lock(self, asked: Sequence[int], *, wait: bool) -> set[int]:
        """The people, or those they were merged into; answers the positions that must run alone."""
        found = await self._session.fetch(statements.SURVIVORS, list(asked))
        self._survivors = {row["person_id"]: row["survivor_id"] for row in found}
        statement = statements.LOCK_PEOPLE if wait else statements.LOCK_FREE_PEOPLE
        people = sorted(set(self._survivors.values()))
        locked = {row["person_id"] for row in await self._session.fetch(statement, people)} if people else set()
        concerned = [
            {self._survivors[person_id]} if person_id in self._survivors else set[int]() for person_id in asked
        ]
        late = changes.behind(concerned, locked)
        if late and wait:
            raise errors.Conflict("the person was merged or erased meanwhile")
        return late

    def whole(self, person_id: int) -> int | None:
        """Who that is now; None for nobody."""
        return self._survivors.get(person_id)

    def everybody(self, asked: Sequence[int]) -> list[int]:
        """Each of these people who are somebody, once."""
        return sorted({self._survivors[person_id] for person_id in asked if person_id in self._survivors})
