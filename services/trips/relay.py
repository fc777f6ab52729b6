"""What one side of a trip says to the other: who may, until when, and what becomes of the words. Nothing is awaited."""

import datetime

from chassis import errors
from chassis.records import record
from services.trips.geo import Location, location
from services.trips.masking import masked
from services.trips.trip import DRIVEN, Trip, TripNotFound, TripState

MAX_TEXT = 1000


class RelayClosed(errors.Refused):
    """Nobody drives yet, or the trip has been over for too long."""

    reason = "RELAY_CLOSED"


class RelayTooLong(errors.Refused):
    """More words than are handed on at once."""

    reason = "RELAY_TOO_LONG"


class RelayEmpty(errors.InvalidArgument):
    """Neither words nor a place, or both."""

    reason = "RELAY_EMPTY"


@record
class RelayMessage:
    """Who says what to the other side of which trip; not yet checked."""

    person_id: int
    trip_id: int
    text: str = ""
    place: Location | None = None


@record
class Said:
    """What the recipient is told."""

    trip: Trip
    sender_id: int
    recipient_id: int
    from_driver: bool
    at: datetime.datetime
    text: str = ""
    place: Location | None = None
    masked: bool = False


def said(
    trip: Trip | None, message: RelayMessage, now: datetime.datetime, after: datetime.timedelta, *, agreed: bool
) -> Said:
    """What becomes of a message; a completed trip is open for so long after its end. Masked, unless numbers are known.

    Raises TripNotFound, RelayClosed, RelayEmpty, RelayTooLong or LocationInvalid.
    """
    trip, recipient_id, from_driver = other_side(trip, message.person_id)
    check_open(trip, now, after)
    words = message.text.strip()
    if bool(words) == (message.place is not None):
        raise RelayEmpty
    if len(words) > MAX_TEXT:
        raise RelayTooLong
    place = message.place and location(message.place.latitude, message.place.longitude)
    text, hidden = (words, False) if agreed else masked(words)
    return Said(trip, message.person_id, recipient_id, from_driver, now, text, place, hidden)


def other_side(trip: Trip | None, person_id: int) -> tuple[Trip, int, bool]:
    """The trip, who is on its other side, and whether this one drives. Raises TripNotFound or RelayClosed."""
    # Two people who turned out to be one have nobody to write to.
    if trip is None or (trip.passenger_id == person_id) == (trip.driver_id == person_id):
        raise TripNotFound
    if trip.driver_id is None:
        raise RelayClosed
    driving = trip.driver_id == person_id
    return trip, trip.passenger_id if driving else trip.driver_id, driving


def check_open(trip: Trip, now: datetime.datetime, after: datetime.timedelta) -> None:
    """Raise RelayClosed unless somebody drives, or did until a while ago."""
    ended = trip.ended_at or trip.updated_at
    if trip.state not in DRIVEN and (trip.state is not TripState.COMPLETED or now - ended >= after):
        raise RelayClosed
