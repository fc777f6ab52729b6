"""What passengers do with rides for later: one kind of change each. Everything of a passenger's is theirs to lock."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, TypeVar

from chassis import errors
from chassis.database import Session
from hailwire.trips.v1 import events_pb2
from hailwire.trips.v1 import schedules_pb2 as pb
from services.trips import schedule_messages, schedule_rows, schedule_statements, statements
from services.trips.attempts import Plan, TripsAttempt
from services.trips.board import Cancellation
from services.trips.schedule import OccurrenceState, Schedule, ScheduleClosed, ScheduleUnderWay
from services.trips.terms import ScheduleTerms, Terms
from services.trips.timetable import GivenUp, NewSchedule, NewTime, Timetable
from services.trips.trip import DRIVEN, OPEN

Item = TypeVar("Item", NewSchedule, NewTime, GivenUp)

# Why a trip is given up that nobody had accepted when its schedule was changed.
_REASON = "schedule"


class ScheduleAttempt(TripsAttempt[Item]):
    """What all have in common: the passenger's row is locked, and the trips that are being made of their rides."""

    actors: ClassVar[tuple[str, ...]] = ("passenger_id",)
    _timetable: Timetable
    _schedule_ids: Iterator[int]

    def __init__(self, session: Session, terms: Terms, schedule_terms: ScheduleTerms, touched: set[int]) -> None:
        """`touched` gets the ids of the trips that are no longer as they were."""
        super().__init__(session, terms)
        self._schedule_terms = schedule_terms
        self._touched = touched

    async def plan(self, items: Sequence[Item]) -> list[Plan]:
        """The passenger."""
        return [Plan(people={item.passenger_id}) for item in items]

    async def extend(self, plans: Sequence[Plan]) -> None:
        """Trips of their rides, for which drivers may be asked at the moment."""
        people = sorted(set().union(*(plan.people for plan in plans)))
        found = await self.session.fetch(schedule_statements.TRIPS_OF_RIDES, people) if people else []
        for plan in plans:
            plan.trips |= {row["trip_id"] for row in found if row["passenger_id"] in plan.people}

    async def prepare(self, items: Sequence[Item]) -> None:
        """The passengers' schedules as they are under our locks, and ids for what is to come."""
        named = [number for item in items if (number := getattr(item, "schedule_id", 0))]
        people = [item.passenger_id for item in items]
        now = await self.session.fetchval(statements.NOW)
        found = await self.session.fetch(schedule_statements.SCHEDULES_OF_PASSENGERS, people, named)
        ids = await self.session.fetchrow(schedule_statements.NEW_SCHEDULE_IDS, len(items), len(items))
        self._schedule_ids = iter(ids["schedule_ids"] if ids else ())
        known = [schedule_rows.schedule(row) for row in found]
        self._timetable = Timetable(now, self._schedule_terms, known, iter(ids["occurrence_ids"] if ids else ()))

    def refused(self, refusal: errors.HailwireError) -> pb.ScheduleResult:
        """A refusal as an outcome."""
        return schedule_messages.schedule_result(refusal)

    async def write(self) -> None:
        """The trips that were given up, then the schedules."""
        self._touched.update(trip.trip_id for trip in self.board.changed_trips)
        await super().write()
        await write_timetable(self.session, self._timetable)

    def _asked(self, item: NewTime | GivenUp) -> Schedule:
        return self._timetable.asked(item.schedule_id, item.passenger_id, item.version)

    def _free(self, schedule: Schedule) -> None:
        """Ask nobody any longer for its current ride. Raises ScheduleUnderWay, or ScheduleClosed where that was all."""
        trip_id = schedule.occurrence.trip_id
        trip = self.board.trip(trip_id) if trip_id else None
        if trip is None:
            return
        if trip.state in DRIVEN:
            raise ScheduleUnderWay(metadata={"trip_id": str(trip.trip_id)})
        if trip.state in OPEN:
            self.board.cancel(Cancellation(schedule.passenger_id, trip.trip_id, _REASON))
        elif schedule.recurrence is None:
            raise ScheduleClosed


class NewSchedules(ScheduleAttempt[NewSchedule]):
    """Passengers want to ride later."""

    def decide_one(self, item: NewSchedule) -> pb.ScheduleResult:
        """The schedule."""
        return schedule_messages.schedule_result(self._timetable.create(item, next(self._schedule_ids)))


class NewTimes(ScheduleAttempt[NewTime]):
    """Passengers want to ride at another time."""

    def decide_one(self, item: NewTime) -> pb.ScheduleResult:
        """The schedule with its new time."""
        schedule = self._asked(item)
        moved = self._timetable.moved(schedule, item.when)
        self._free(schedule)
        return schedule_messages.schedule_result(self._timetable.change(schedule, moved))


class GivenUpSchedules(ScheduleAttempt[GivenUp]):
    """Passengers no longer want to ride."""

    def decide_one(self, item: GivenUp) -> pb.ScheduleResult:
        """The schedule, closed or with the ride after the next."""
        schedule = self._asked(item)
        recurs = schedule.recurrence is not None
        try:
            self._free(schedule)
        except ScheduleUnderWay:
            if not recurs or item.only_next:
                raise
            return schedule_messages.schedule_result(self._timetable.cancel(schedule, trip_goes_on=True))
        if recurs and item.only_next:
            return schedule_messages.schedule_result(self._timetable.settle(schedule, OccurrenceState.CANCELLED))
        return schedule_messages.schedule_result(self._timetable.cancel(schedule))


async def write_timetable(session: Session, timetable: Timetable, events: Sequence[events_pb2.Event] = ()) -> None:
    """A constant number of statements, however many schedules; with what their passengers must hear."""
    if added := timetable.new_schedules:
        await session.execute(schedule_statements.INSERT_SCHEDULES, *schedule_rows.new_schedule_arrays(added))
    if changed := timetable.changed_schedules:
        await session.execute(schedule_statements.UPDATE_SCHEDULES, *schedule_rows.schedule_arrays(changed))
    if rides := timetable.new_rides:
        await session.execute(schedule_statements.INSERT_OCCURRENCES, *schedule_rows.new_ride_arrays(rides))
    if moved := timetable.changed_rides:
        await session.execute(schedule_statements.UPDATE_OCCURRENCES, *schedule_rows.ride_arrays(moved))
    if events:
        await session.execute(
            statements.INSERT_EVENTS,
            [event.recipient_id for event in events],
            [event.kind for event in events],
            [event.SerializeToString() for event in events],
        )
        await session.execute(statements.NOTIFY, ["trips_event"], [None])
