"""Drivers who are online and long silent are taken off the map, each told once; what somebody holds waits."""

from collections.abc import Sequence

from chassis.database import Session, Statement
from services.trips import attempts, rows, statements
from services.trips.board import Board
from services.trips.terms import Terms

SILENT_DRIVERS = Statement(
    "trips.silent_drivers",
    """
SELECT person_id FROM trips.presence
WHERE online AND trip_id IS NULL AND located_at < chassis.now() - $1::interval
ORDER BY located_at LIMIT $2
""",
    example=("2h", "100"),
)


class Retirements:
    """Silent drivers by their ids; the outcome is whether they went off the map."""

    def __init__(self, session: Session, terms: Terms) -> None:
        self._session = session
        self._terms = terms
        self._held: list[int] = []

    async def lock(self, items: Sequence[int], *, wait: bool) -> set[int]:  # noqa: ARG002 - nothing is waited for
        """Only those who are free: who is held is moving, or seen to by another replica."""
        locked = await self._session.fetch(statements.LOCK_FREE_PARTICIPANTS, sorted(items))
        self._held = [row["id"] for row in locked]
        return set()

    async def decide(self, items: Sequence[int]) -> list[bool]:
        """Take off the map who is silent still."""
        if not self._held:
            return [False] * len(items)
        now = await self._session.fetchval(statements.NOW)
        presences = await self._session.fetch(statements.PRESENCES, self._held)
        board = Board(now, self._terms, known_presences=[rows.presence(row) for row in presences])
        board.retire()
        await attempts.write_board(self._session, board)
        gone = {presence.person_id for presence in board.switched_presences}
        return [person_id in gone for person_id in items]
