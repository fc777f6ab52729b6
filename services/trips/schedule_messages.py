"""Schedules between the contract's messages and our own values."""

import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from chassis import errors, pages
from chassis.querying.refusals import ValueInvalid
from hailwire.trips.v1 import events_pb2, trips_pb2
from hailwire.trips.v1 import schedules_pb2 as pb
from services.trips.geo import Location
from services.trips.presence import check_person
from services.trips.recurrence import EVERY_DAY, Recurrence
from services.trips.schedule import Schedule, ScheduleState, When
from services.trips.schedule_listing import Wanted
from services.trips.tidings import EventKind
from services.trips.timetable import GivenUp, NewSchedule, NewTime

_END = datetime.datetime.max.replace(tzinfo=datetime.UTC)
_BEGINNING = datetime.datetime.min.replace(tzinfo=datetime.UTC)


def schedule_message(schedule: Schedule) -> pb.Schedule:
    """A schedule as the contract says it."""
    ride = schedule.occurrence
    message = pb.Schedule(
        schedule_id=schedule.schedule_id,
        state=pb.ScheduleState.ValueType(schedule.state),
        passenger_id=schedule.passenger_id,
        vehicle=trips_pb2.Vehicle.ValueType(schedule.vehicle),
        pickup=_place(schedule.pickup),
        destination=_place(schedule.destination) if schedule.destination else None,
        occurrence=pb.Occurrence(state=pb.OccurrenceState.ValueType(ride.state), trip_id=ride.trip_id or 0),
        version=schedule.version,
    )
    if schedule.recurrence is not None:
        message.recurrence.hours, message.recurrence.minutes = schedule.recurrence.hours, schedule.recurrence.minutes
        message.recurrence.weekdays.extend(
            pb.Weekday.ValueType(day + 1) for day in sorted(schedule.recurrence.weekdays)
        )
    message.occurrence.pickup_time.FromDatetime(ride.pickup_at)
    message.occurrence.expire_time.FromDatetime(schedule.expires_at)
    message.create_time.FromDatetime(schedule.created_at)
    message.update_time.FromDatetime(schedule.updated_at)
    return message


def schedule_result(outcome: Schedule | errors.HailwireError) -> pb.ScheduleResult:
    """A value or an error."""
    if isinstance(outcome, Schedule):
        return pb.ScheduleResult(schedule=schedule_message(outcome))
    return pb.ScheduleResult(error=errors.to_status(outcome))


def event_message(kind: EventKind, schedule: Schedule) -> events_pb2.Event:
    """What a passenger must hear, as it is stored; the row adds the id, and whom they may have been merged into."""
    event = events_pb2.Event(
        kind=events_pb2.EventKind.ValueType(kind),
        recipient_id=schedule.passenger_id,
        schedule=schedule_message(schedule),
    )
    event.create_time.FromDatetime(schedule.updated_at)
    return event


def new_schedule(request: pb.CreateScheduleRequest) -> NewSchedule:
    """A wish, not yet checked; without a pickup it is nowhere, which no check lets pass."""
    nowhere = Location(float("nan"), float("nan"))
    return NewSchedule(
        request.passenger_id,
        request.vehicle,
        _location(request.pickup) if request.HasField("pickup") else nowhere,
        _location(request.destination) if request.HasField("destination") else None,
        _when(request),
    )


def new_time(request: pb.ChangeScheduleRequest) -> NewTime:
    """Another time, not yet checked."""
    return NewTime(request.passenger_id, request.schedule_id, request.version, _when(request))


def given_up(request: pb.CancelScheduleRequest) -> GivenUp:
    """What is no longer wanted."""
    return GivenUp(request.passenger_id, request.schedule_id, request.version, request.only_next)


def wanted(request: pb.ListSchedulesRequest) -> Wanted:
    """Which schedules; raises PersonInvalid or ValueInvalid."""
    check_person(request.person_id)
    try:
        states = tuple(sorted({ScheduleState(state) for state in request.states}))
    except ValueError as error:
        raise ValueInvalid("a state that there is not") from error
    return Wanted(request.person_id, states, pages.paging(request))


def _when(request: pb.CreateScheduleRequest | pb.ChangeScheduleRequest) -> When:
    match request.WhichOneof("time"):
        case "pickup_time":
            return _moment(request.pickup_time)
        case "recurrence":
            days = frozenset(day - 1 for day in request.recurrence.weekdays)
            return Recurrence(request.recurrence.hours, request.recurrence.minutes, days or EVERY_DAY)
        case _:
            return None


def _moment(timestamp: Timestamp) -> datetime.datetime:
    """What lies outside of the calendar is as far away as can be."""
    try:
        return timestamp.ToDatetime(tzinfo=datetime.UTC)
    except (ValueError, OverflowError):
        return _END if timestamp.seconds > 0 else _BEGINNING


def _place(location: Location) -> trips_pb2.Location:
    return trips_pb2.Location(latitude=location.latitude, longitude=location.longitude)


def _location(message: trips_pb2.Location) -> Location:
    return Location(message.latitude, message.longitude)
