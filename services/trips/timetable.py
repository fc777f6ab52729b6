"""The schedules of passengers as they are now, on copies in memory; who changes them holds the passengers' rows."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import replace

from chassis.records import record
from services.trips.geo import Location, location
from services.trips.presence import check_person, vehicle
from services.trips.recurrence import Recurrence
from services.trips.schedule import (
    Occurrence,
    OccurrenceState,
    Schedule,
    ScheduleChanged,
    ScheduleClosed,
    ScheduleExists,
    ScheduleNotFound,
    ScheduleState,
    SchedulesTooMany,
    When,
    first_pickup,
    occurrence,
)
from services.trips.terms import MOST_SCHEDULES, ScheduleTerms


@record
class NewSchedule:
    """Who wants to ride when, with what and from where; not yet checked."""

    passenger_id: int
    vehicle: int
    pickup: Location
    destination: Location | None
    when: When


@record
class NewTime:
    """Another time for a schedule, as the passenger saw it (version 0: whatever they saw)."""

    passenger_id: int
    schedule_id: int
    version: int
    when: When


@record
class GivenUp:
    """A schedule that its passenger no longer wants, or its next ride."""

    passenger_id: int
    schedule_id: int
    version: int
    only_next: bool


class Timetable:
    """Schedules with their current rides; the properties say what to write."""

    def __init__(
        self,
        now: datetime.datetime,
        terms: ScheduleTerms,
        known: Iterable[Schedule],
        occurrence_ids: Iterator[int],
    ) -> None:
        """`occurrence_ids` are for rides to come."""
        self.now = now
        self._terms = terms
        self._schedules = {schedule.schedule_id: schedule for schedule in known}
        self._before = dict(self._schedules)
        self._rides = {one.occurrence.occurrence_id: one.occurrence for one in self._before.values()}
        self._rides_before = dict(self._rides)
        self._schedule_of = {one.occurrence.occurrence_id: one.schedule_id for one in self._before.values()}
        self._occurrence_ids = occurrence_ids

    def schedule(self, schedule_id: int) -> Schedule | None:
        """As it is now."""
        return self._schedules.get(schedule_id)

    def asked(self, schedule_id: int, passenger_id: int, version: int) -> Schedule:
        """One that its passenger may change. Raises ScheduleNotFound, ScheduleClosed or ScheduleChanged."""
        schedule = self._schedules.get(schedule_id)
        if schedule is None or schedule.passenger_id != passenger_id:
            raise ScheduleNotFound
        if schedule.state is not ScheduleState.ACTIVE:
            raise ScheduleClosed
        if version and version != schedule.version:
            raise ScheduleChanged
        return schedule

    def create(self, wanted: NewSchedule, schedule_id: int) -> Schedule:
        """A new one. Raises what is wrong with it, SchedulesTooMany or ScheduleExists."""
        check_person(wanted.passenger_id)
        schedule = Schedule(
            schedule_id=schedule_id,
            passenger_id=wanted.passenger_id,
            vehicle=vehicle(wanted.vehicle),
            pickup=location(wanted.pickup.latitude, wanted.pickup.longitude),
            destination=location(wanted.destination.latitude, wanted.destination.longitude)
            if wanted.destination
            else None,
            recurrence=_recurrence(wanted.when),
            occurrence=self._ride(first_pickup(wanted.when, self.now, self._terms)),
            created_at=self.now,
            updated_at=self.now,
        )
        active = self._active(wanted.passenger_id)
        self._check_alone(schedule)
        if len(active) >= MOST_SCHEDULES:
            raise SchedulesTooMany
        self._put(schedule)
        return schedule

    def moved(self, schedule: Schedule, when: When) -> Schedule:
        """What it would be at another time. Raises what is wrong with that, or ScheduleExists."""
        moved = replace(
            schedule,
            recurrence=_recurrence(when),
            occurrence=self._ride(first_pickup(when, self.now, self._terms)),
            version=schedule.version + 1,
        )
        self._check_alone(moved)
        return moved

    def change(self, schedule: Schedule, moved: Schedule) -> Schedule:
        """It is `moved` from now on, and the ride that was next will not be."""
        self.ride(schedule, schedule.occurrence.settled(OccurrenceState.CANCELLED))
        return self._put(moved)

    def cancel(self, schedule: Schedule, *, trip_goes_on: bool = False) -> Schedule:
        """All of it; a ride to which a driver comes goes on as a trip."""
        state = OccurrenceState.TRIP_MADE if trip_goes_on else OccurrenceState.CANCELLED
        closed = self.ride(schedule, schedule.occurrence.settled(state))
        return self._put(replace(closed, state=ScheduleState.CANCELLED, version=schedule.version + 1))

    def settle(self, schedule: Schedule, state: OccurrenceState) -> Schedule:
        """The current ride has had its time, or is given up; of a recurring one the next is to come.

        After an outage that is the next from now on: those between were missed, and one word about it is enough.
        """
        closed = self.ride(schedule, schedule.occurrence.settled(state))
        if closed.state is not ScheduleState.ACTIVE:
            return self._put(closed)
        if closed.recurrence is None:
            return self._put(replace(closed, state=ScheduleState.DONE))
        later = max(self.now, closed.occurrence.pickup_at)
        ride = self._ride(closed.recurrence.after(later, self._terms.zone))
        return self._put(replace(closed, occurrence=ride, version=closed.version + 1))

    def ride(self, schedule: Schedule, ride: Occurrence) -> Schedule:
        """Its current ride is like this now."""
        return self._put(replace(schedule, occurrence=ride))

    def _ride(self, pickup_at: datetime.datetime) -> Occurrence:
        return occurrence(next(self._occurrence_ids), pickup_at, self.now, self._terms)

    def _active(self, passenger_id: int) -> list[Schedule]:
        return [
            one
            for one in self._schedules.values()
            if one.passenger_id == passenger_id and one.state is ScheduleState.ACTIVE
        ]

    def _check_alone(self, schedule: Schedule) -> None:
        for other in self._active(schedule.passenger_id):
            if other.schedule_id != schedule.schedule_id and other.when == schedule.when:
                raise ScheduleExists(metadata={"schedule_id": str(other.schedule_id)})

    def _put(self, schedule: Schedule) -> Schedule:
        schedule = replace(schedule, updated_at=self.now)
        self._schedules[schedule.schedule_id] = schedule
        ride = schedule.occurrence
        self._rides[ride.occurrence_id] = ride
        self._schedule_of[ride.occurrence_id] = schedule.schedule_id
        return schedule

    @property
    def new_schedules(self) -> list[Schedule]:
        """Those that were not there before."""
        return [one for one in self._schedules.values() if one.schedule_id not in self._before]

    @property
    def changed_schedules(self) -> list[Schedule]:
        """Those that were there and are different now."""
        return [one for one in self._schedules.values() if one != self._before.get(one.schedule_id, one)]

    @property
    def new_rides(self) -> list[tuple[int, Occurrence]]:
        """(schedule, ride) of those that were not there before."""
        return [
            (self._schedule_of[number], ride)
            for number, ride in self._rides.items()
            if number not in self._rides_before
        ]

    @property
    def changed_rides(self) -> list[Occurrence]:
        """Those that were there and are different now."""
        return [ride for number, ride in self._rides.items() if ride != self._rides_before.get(number, ride)]


def _recurrence(when: When) -> Recurrence | None:
    return when if isinstance(when, Recurrence) else None
