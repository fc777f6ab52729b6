"""Drivers who are online and long silent are taken off the map, each told once; what somebody holds waits."""

from collections.abc import Sequence

from chassis.database import Session, Statement
from services.trips import attempts, rows, statements
from services.trips.board import Board
from services.trips.terms import Terms

# Whoever is silent in their quiet hours stays on the map until these are over, where no search finds them (search.py),
# rather than be woken to read that they are off it.
SILENT_DRIVERS = Statement(
    "trips.silent_drivers",
    """
WITH clock AS MATERIALIZED (
    SELECT now, extract(hour FROM now AT TIME ZONE $3::text)::int * 60
                + extract(minute FROM now AT TIME ZONE $3::text)::int AS minute
    FROM (SELECT chassis.now() AS now) AS read
)
SELECT p.person_id FROM trips.presence p
WHERE p.online AND p.trip_id IS NULL AND p.located_at < (SELECT now FROM clock) - $1::interval
  AND coalesce(((SELECT minute FROM clock) - p.quiet_from + 1440) % 1440
               >= (p.quiet_to - p.quiet_from + 1440) % 1440, true)
ORDER BY p.located_at LIMIT $2
""",
    example=("2h", "100", "Africa/Kigali"),
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
