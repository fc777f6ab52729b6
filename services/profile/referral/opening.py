"""New invitation codes inside one transaction. Their people are locked, so that each gets one."""

from collections.abc import Sequence

from chassis import changes, errors
from chassis.database import Session
from services.profile import statements as people_statements
from services.profile.person import PersonNotFound
from services.profile.referral import statements
from services.profile.wallet import codes

# O is no character of a code: with the prefix nothing else can be meant.
PREFIX = "GO-"


class Opening:
    """For people who had none."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._survivors: dict[int, int] = {}

    async def lock(self, items: Sequence[int], *, wait: bool) -> set[int]:
        """The people, or those they were merged into."""
        rows = await self._session.fetch(people_statements.SURVIVORS, list(items))
        self._survivors = {row["person_id"]: row["survivor_id"] for row in rows}
        statement = people_statements.LOCK_PEOPLE if wait else people_statements.LOCK_FREE_PEOPLE
        rows = await self._session.fetch(statement, sorted(set(self._survivors.values())))
        locked = {row["person_id"] for row in rows}
        late = changes.behind([{self._survivors[item]} if item in self._survivors else set() for item in items], locked)
        if late and wait:
            raise errors.Conflict("the person was merged meanwhile")
        return late

    async def decide(self, items: Sequence[int]) -> list[errors.HailwireError | None]:
        """A code each, unless somebody else was faster; one that is taken already makes all of it run again."""
        people = sorted({self._survivors[item] for item in items if item in self._survivors})
        rows = await self._session.fetch(statements.CODES_OF, people)
        missing = sorted(set(people) - {row["asked_id"] for row in rows})
        if missing:
            now = await self._session.fetchval(statements.NOW)
            drawn = [codes.draw(PREFIX) for _ in missing]
            await self._session.execute(statements.INSERT_CODES, drawn, missing, now)
        return [None if item in self._survivors else PersonNotFound() for item in items]
