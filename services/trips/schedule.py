"""A ride for later and what is to be done about it, and when. Nothing is awaited."""

import datetime
from dataclasses import replace
from enum import Enum, IntEnum

from chassis import errors
from chassis.quiet_hours import QuietHours
from chassis.records import record
from services.trips.board import NewTrip
from services.trips.eta import Leg, StraightLines
from services.trips.geo import Location
from services.trips.presence import Vehicle
from services.trips.recurrence import Recurrence
from services.trips.terms import ScheduleTerms

# Drivers are looked for until the ride would be over, had it begun in time, and this much longer.
_GRACE = datetime.timedelta(minutes=30)
# Rough is enough for that, and a ride's end must not depend on whoever knows ways answering just now.
_LINES = StraightLines()


class ScheduleNotFound(errors.NotFound):
    """No such schedule, or another passenger's."""

    reason = "SCHEDULE_NOT_FOUND"


class ScheduleClosed(errors.Refused):
    """Nothing of it is to come."""

    reason = "SCHEDULE_CLOSED"


class ScheduleChanged(errors.Refused):
    """Not what the passenger saw any more."""

    reason = "SCHEDULE_CHANGED"


class ScheduleUnderWay(errors.Refused):
    """A driver comes already: it is for the trip to be given up."""

    reason = "SCHEDULE_UNDER_WAY"


class ScheduleExists(errors.Refused):
    """The passenger has one for these times."""

    reason = "SCHEDULE_EXISTS"


class SchedulesTooMany(errors.Refused):
    """A passenger may have only so many."""

    reason = "SCHEDULES_TOO_MANY"


class ScheduleTimeRequired(errors.InvalidArgument):
    """Neither one time nor a recurrence."""

    reason = "SCHEDULE_TIME_REQUIRED"


class ScheduleInPast(errors.InvalidArgument):
    """That time is over."""

    reason = "SCHEDULE_IN_PAST"


class ScheduleTooFar(errors.InvalidArgument):
    """Nobody plans that far ahead with us."""

    reason = "SCHEDULE_TOO_FAR"


class ScheduleState(IntEnum):
    """As in the contract."""

    ACTIVE = 1
    CANCELLED = 2
    DONE = 3


class OccurrenceState(IntEnum):
    """As in the contract."""

    WAITING = 1
    REMINDED = 2
    MATCHING = 3
    TRIP_MADE = 4
    MISSED = 5
    CANCELLED = 6


class Duty(Enum):
    """What a ride's time has come for."""

    NOTHING = "nothing"
    REMIND = "remind"
    # Ask drivers.
    MATCH = "match"
    # See how the trip that was made fares.
    LOOK = "look"
    # Nobody was free in time.
    GIVE_UP = "give up"
    # Nobody was asked in time, because we were away.
    APOLOGIZE = "apologize"


# One moment, or times that come again; None where nobody said.
When = datetime.datetime | Recurrence | None


@record
class Occurrence:
    """One ride of a schedule."""

    occurrence_id: int
    pickup_at: datetime.datetime
    due_at: datetime.datetime | None
    state: OccurrenceState = OccurrenceState.WAITING
    trip_id: int | None = None
    nobody_told: bool = False

    def duty(self, expires_at: datetime.datetime, now: datetime.datetime, terms: ScheduleTerms) -> Duty:
        """What to do now; after an outage only what still helps."""
        if self.due_at is None or self.due_at > now:
            return Duty.NOTHING
        if self.trip_id is not None:
            return Duty.LOOK
        if self.state is OccurrenceState.MATCHING:
            return Duty.MATCH if now < expires_at else Duty.GIVE_UP
        if now > self.pickup_at + terms.late_after:
            return Duty.APOLOGIZE
        return Duty.MATCH if now >= self.pickup_at - terms.match_before else Duty.REMIND

    def put_off(self, quiet: QuietHours | None, now: datetime.datetime, terms: ScheduleTerms) -> "Occurrence | None":
        """The same with its reminder when the passenger's quiet hours are over; None when it may come now.

        A ride within the quiet hours is reminded of in them. Where drivers are asked before they are over there is no
        reminder any more: its passenger hears of the drivers.
        """
        if quiet is None or quiet.cover(self.pickup_at, terms.zone):
            return None
        until = quiet.until(now, terms.zone)
        return None if until is None else replace(self, due_at=min(until, self.pickup_at - terms.match_before))

    def reminded(self, terms: ScheduleTerms) -> "Occurrence":
        """Next: drivers are asked."""
        return replace(self, state=OccurrenceState.REMINDED, due_at=self.pickup_at - terms.match_before)

    def settled(self, state: OccurrenceState) -> "Occurrence":
        """Nothing more is to be done."""
        return replace(self, state=state, due_at=None)


def occurrence(
    occurrence_id: int, pickup_at: datetime.datetime, now: datetime.datetime, terms: ScheduleTerms
) -> Occurrence:
    """A ride to come. Who asks for it later than reminders are sent needs none."""
    remind_at, match_at = pickup_at - terms.remind_before, pickup_at - terms.match_before
    return Occurrence(occurrence_id, pickup_at, remind_at if now < remind_at < match_at else max(match_at, now))


@record
class Schedule:
    """What a passenger wants to ride later."""

    schedule_id: int
    passenger_id: int
    vehicle: Vehicle
    pickup: Location
    destination: Location | None
    recurrence: Recurrence | None
    occurrence: Occurrence
    created_at: datetime.datetime
    updated_at: datetime.datetime
    state: ScheduleState = ScheduleState.ACTIVE
    version: int = 1

    @property
    def when(self) -> When:
        """Its time or times."""
        return self.recurrence or self.occurrence.pickup_at

    @property
    def expires_at(self) -> datetime.datetime:
        """Until when drivers are looked for: the travel time, none without a destination, and half an hour more."""
        way = Leg(self.vehicle, self.pickup, self.destination or self.pickup)
        return self.occurrence.pickup_at + _LINES.route(way).lasts + _GRACE

    @property
    def wish(self) -> NewTrip:
        """The trip to be made of its ride."""
        return NewTrip(
            self.passenger_id,
            self.vehicle,
            self.pickup,
            destination=self.destination,
            pickup_at=self.occurrence.pickup_at,
            expires_at=self.expires_at,
        )


def first_pickup(when: When, now: datetime.datetime, terms: ScheduleTerms) -> datetime.datetime:
    """The first ride's moment. Raises ScheduleTimeRequired, RecurrenceInvalid, ScheduleInPast or ScheduleTooFar."""
    if when is None:
        raise ScheduleTimeRequired
    if isinstance(when, Recurrence):
        when.check()
        return when.after(now, terms.zone)
    if when <= now:
        raise ScheduleInPast
    if when > now + terms.furthest:
        raise ScheduleTooFar
    return when
