"""Whoever did not come: when the other side may say so, and what comes of it when a passenger is said so of too often.

Two reasons for giving a trip up are part of the contract and mean this; every other reason is nobody's fault.
"""

import datetime
import math

from chassis import errors
from chassis.records import record
from services.trips.terms import Terms
from services.trips.trip import Trip, TripState, TripStepIllegal

# A driver at the pickup gives up: nobody came.
PASSENGER_ABSENT = "absent"
# A passenger gives up: no driver came.
DRIVER_ABSENT = "noshow"


class NoShowTooEarly(errors.Refused):
    """Whoever waits must wait a while longer."""

    reason = "NO_SHOW_TOO_EARLY"


class NoShowsTooMany(errors.Refused):
    """Drivers waited for this passenger in vain, and not long ago."""

    reason = "NO_SHOWS_TOO_MANY"


@record
class NoShow:
    """Somebody whom the other side of a trip waited for in vain."""

    trip_id: int
    person_id: int
    as_driver: bool
    noted_at: datetime.datetime


def noted(trip: Trip, person_id: int, reason: str, terms: Terms, now: datetime.datetime) -> NoShow | None:
    """Who did not come, when that is why one side gives an open trip up; None for every other reason.

    Raises NoShowTooEarly with the seconds that are left, or TripStepIllegal where nobody waits for the other.
    """
    if reason == PASSENGER_ABSENT and person_id == trip.driver_id:
        _check_waited(trip, TripState.ARRIVED, expected_at(trip) + terms.no_show_after, now)
        return NoShow(trip.trip_id, trip.passenger_id, as_driver=False, noted_at=now)
    if reason == DRIVER_ABSENT and person_id == trip.passenger_id:
        _check_waited(trip, TripState.ACCEPTED, promised_at(trip) + terms.driver_late_after, now)
        return NoShow(trip.trip_id, trip.driver_id or 0, as_driver=True, noted_at=now)
    return None


def expected_at(trip: Trip) -> datetime.datetime:
    """From when on the passenger of a trip that is ARRIVED lets its driver wait.

    Since the driver came: nothing changes such a trip until it is another. But never before the time that a ride was
    planned for: drivers are asked some time ahead of it, and may be early.
    """
    return max(trip.updated_at, trip.pickup_at or trip.updated_at)


def promised_at(trip: Trip) -> datetime.datetime:
    """When the driver of a trip that is ACCEPTED should be at the pickup, as its passenger was told last.

    Never before the time that a ride was planned for. Where nobody could say how long the way is, at once.
    """
    told = [moment for moment in (trip.told_arrives_at, trip.pickup_at) if moment is not None]
    return max(told, default=trip.updated_at)


def refused_until(limit_at: datetime.datetime, terms: Terms, now: datetime.datetime) -> datetime.datetime | None:
    """Until when a passenger asks for no ride; None when they may.

    `limit_at` is when their newest no-shows were as many as the limit: of three that count the third newest.
    """
    until = limit_at + terms.no_show_window
    return until if until > now else None


def check_may_ask(until: datetime.datetime | None) -> None:
    """Raise NoShowsTooMany for a passenger who may ask from then on."""
    if until is not None:
        raise NoShowsTooMany(metadata={"until": str(math.ceil(until.timestamp()))})


def _check_waited(trip: Trip, state: TripState, until: datetime.datetime, now: datetime.datetime) -> None:
    if trip.state is not state:
        raise TripStepIllegal(metadata={"state": trip.state.name})
    if now < until:
        raise NoShowTooEarly(metadata={"seconds": str(math.ceil((until - now).total_seconds()))})
