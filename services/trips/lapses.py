"""Trips and offers whose time has run out, in one transaction; what somebody holds is left to them."""

from collections.abc import Sequence

from chassis.database import Session
from services.trips import attempts, rows, statements
from services.trips.board import Board
from services.trips.terms import Terms
from services.trips.trip import TripState


class Lapses:
    """Due trips by their ids; the outcome is what a trip has become, None for one that did not change."""

    def __init__(self, session: Session, terms: Terms) -> None:
        self._session = session
        self._terms = terms
        self._held: list[int] = []

    async def lock(self, items: Sequence[int], *, wait: bool) -> set[int]:  # noqa: ARG002 - nothing is waited for
        """Only those that are free: what somebody holds is being changed, or closed by another replica."""
        self._held = [row["id"] for row in await self._session.fetch(statements.LOCK_FREE_TRIPS, list(items))]
        return set()

    async def decide(self, items: Sequence[int]) -> list[TripState | None]:
        """Close what time has run out for."""
        if not self._held:
            return [None] * len(items)
        now = await self._session.fetchval(statements.NOW)
        board = Board(now, self._terms, rows.trips(await self._session.fetch(statements.TRIPS, self._held)))
        board.lapse()
        await attempts.write_board(self._session, board)
        states = {trip.trip_id: trip.state for trip in board.changed_trips}
        return [states.get(trip_id) for trip_id in items]
