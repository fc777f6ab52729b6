"""Rows of schedules and their rides to values and back to the arrays that statements unnest."""

from collections.abc import Sequence
from typing import Any

from services.trips.geo import Location
from services.trips.presence import Vehicle
from services.trips.recurrence import Recurrence
from services.trips.schedule import Occurrence, OccurrenceState, Schedule, ScheduleState


def schedule(row: Any) -> Schedule:
    """A schedule with its current ride."""
    recurs, goes_somewhere = row["minute_of_day"] is not None, row["to_latitude"] is not None
    return Schedule(
        schedule_id=row["schedule_id"],
        passenger_id=row["passenger_id"],
        vehicle=Vehicle(row["vehicle"]),
        pickup=Location(row["latitude"], row["longitude"]),
        destination=Location(row["to_latitude"], row["to_longitude"]) if goes_somewhere else None,
        recurrence=Recurrence.stored(row["minute_of_day"], row["weekdays"]) if recurs else None,
        occurrence=Occurrence(
            occurrence_id=row["occurrence_id"],
            pickup_at=row["pickup_at"],
            due_at=row["due_at"],
            state=OccurrenceState(row["ride_state"]),
            trip_id=row["trip_id"],
            nobody_told=row["nobody_told"],
        ),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        state=ScheduleState(row["state"]),
        version=row["version"],
    )


def new_schedule_arrays(added: Sequence[Schedule]) -> list[list[Any]]:
    """For INSERT_SCHEDULES."""
    return [
        [one.schedule_id for one in added],
        [one.passenger_id for one in added],
        [one.state.value for one in added],
        [one.vehicle.value for one in added],
        [one.pickup.latitude for one in added],
        [one.pickup.longitude for one in added],
        [one.destination.latitude if one.destination else None for one in added],
        [one.destination.longitude if one.destination else None for one in added],
        *_recurrence_arrays(added),
        [one.occurrence.occurrence_id for one in added],
        [one.version for one in added],
        [one.created_at for one in added],
        [one.updated_at for one in added],
    ]


def schedule_arrays(changed: Sequence[Schedule]) -> list[list[Any]]:
    """For UPDATE_SCHEDULES."""
    return [
        [one.schedule_id for one in changed],
        [one.state.value for one in changed],
        *_recurrence_arrays(changed),
        [one.occurrence.occurrence_id for one in changed],
        [one.version for one in changed],
        [one.updated_at for one in changed],
    ]


def new_ride_arrays(added: Sequence[tuple[int, Occurrence]]) -> list[list[Any]]:
    """For INSERT_OCCURRENCES."""
    return [
        [schedule_id for schedule_id, _ in added],
        [ride.occurrence_id for _, ride in added],
        [ride.state.value for _, ride in added],
        [ride.pickup_at for _, ride in added],
        [ride.due_at for _, ride in added],
        [ride.trip_id for _, ride in added],
        [ride.nobody_told for _, ride in added],
    ]


def ride_arrays(changed: Sequence[Occurrence]) -> list[list[Any]]:
    """For UPDATE_OCCURRENCES."""
    return [
        [ride.occurrence_id for ride in changed],
        [ride.state.value for ride in changed],
        [ride.due_at for ride in changed],
        [ride.trip_id for ride in changed],
        [ride.nobody_told for ride in changed],
    ]


def _recurrence_arrays(schedules: Sequence[Schedule]) -> list[list[Any]]:
    return [
        [one.recurrence.minute_of_day if one.recurrence else None for one in schedules],
        [one.recurrence.mask if one.recurrence else None for one in schedules],
    ]
