"""Schedules as rows: reads them, carries out what passengers change, and does what is due."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TypeVar

from chassis import changes, errors
from chassis.database import Database, Session
from chassis.ledger import Ledger
from chassis.querying.query import Page
from hailwire.trips.v1 import schedules_pb2 as pb
from services.trips import schedule_listing, schedule_rows, schedule_statements, statements
from services.trips.due_rides import DueRide, DueRides
from services.trips.schedule import OccurrenceState, Schedule
from services.trips.schedule_changes import GivenUpSchedules, NewSchedules, NewTimes, ScheduleAttempt
from services.trips.schedule_listing import Wanted
from services.trips.store import Outcomes
from services.trips.terms import ScheduleTerms, Terms
from services.trips.timetable import GivenUp, NewSchedule, NewTime

Item = TypeVar("Item", NewSchedule, NewTime, GivenUp)

# Rides whose time has come, per transaction: each may ask nine drivers.
_DUE_AT_ONCE = 50


class ScheduleStore:
    """The schedules of the database. Changes answer serialized results, the first ones for repeats.

    `forget_trips` lets this replica's memory of trips go that a change of a schedule gave up; others are notified.
    """

    def __init__(
        self,
        database: Database,
        terms: Terms,
        schedule_terms: ScheduleTerms,
        *,
        forget_trips: Callable[[Collection[int]], None],
    ) -> None:
        self._database = database
        self._forget_trips = forget_trips
        self._terms = terms
        self._schedule_terms = schedule_terms
        self._ledger = Ledger("trips")
        self._due = database.telemetry.counter(
            "scheduled_rides_served", "times that something was done about a scheduled ride, by what it became"
        )

    async def schedules(self, schedule_ids: Sequence[int]) -> dict[int, Schedule]:
        """Those that exist."""
        found = await self._database.fetch(schedule_statements.SCHEDULES, list(schedule_ids))
        return {row["schedule_id"]: schedule_rows.schedule(row) for row in found}

    async def page(self, wanted: Wanted) -> tuple[list[Schedule], Page]:
        """The schedules of a page of a list, newest first, and the page itself."""
        async with self._database.session() as session:
            merged = await session.fetch(statements.MERGED, [wanted.person_id])
            wanted = replace(wanted, person_id=merged[0]["to_id"] if merged else wanted.person_id)
            page = await wanted.paging.of(schedule_listing.query(wanted)).execute(session)
            ids = [row["schedule_id"] for row in page.rows]
            rows = await session.fetch(schedule_statements.SCHEDULES, ids) if ids else []
        found = {row["schedule_id"]: schedule_rows.schedule(row) for row in rows}
        return [found[schedule_id] for schedule_id in ids], page

    async def create(self, requests: Sequence[changes.Request[NewSchedule]]) -> Outcomes:
        """ScheduleResults."""
        return await self._carry_out(NewSchedules, requests)

    async def change(self, requests: Sequence[changes.Request[NewTime]]) -> Outcomes:
        """ScheduleResults."""
        return await self._carry_out(NewTimes, requests)

    async def cancel(self, requests: Sequence[changes.Request[GivenUp]]) -> Outcomes:
        """ScheduleResults."""
        return await self._carry_out(GivenUpSchedules, requests)

    async def _carry_out(
        self, kind: Callable[..., ScheduleAttempt[Item]], requests: Sequence[changes.Request[Item]]
    ) -> Outcomes:
        await self._know(requests)
        touched: set[int] = set()
        try:
            return await changes.carry_out_once(
                self._database,
                self._ledger,
                lambda session: kind(session, self._terms, self._schedule_terms, touched),
                requests,
            )
        finally:
            self._forget_trips(touched)

    async def _know(self, requests: Sequence[changes.Request[Item]]) -> None:
        """Rows to be locked, outside of the transaction: others could only wait for rows that are new in it."""
        if requests:
            people = sorted({request.item.passenger_id for request in requests})
            await self._database.execute(statements.ENSURE_PARTICIPANTS, people)

    async def serve_due(self) -> int:
        """Do what the time of rides has come for; answers for how many. Safe in every replica at once."""
        found = await self._database.fetch(schedule_statements.DUE_RIDES, _DUE_AT_ONCE)
        due = [DueRide(row["passenger_id"], row["schedule_id"], row) for row in found]

        def begin(session: Session) -> DueRides:
            return DueRides(session, self._terms, self._schedule_terms)

        # One whose row makes no sense is left as it is; the others are served without it.
        served = 0
        for outcome in await changes.carry_out(self._database, begin, due):
            if isinstance(outcome, errors.HailwireError):
                continue
            result = pb.ScheduleResult.FromString(outcome)
            if result.HasField("schedule"):
                self._due.add(1, state=OccurrenceState(result.schedule.occurrence.state).name.lower())
                served += 1
        return served
