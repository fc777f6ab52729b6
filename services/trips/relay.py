"""What one side of a trip says to the other: who may, until when, and what becomes of the words. Nothing is awaited."""

import datetime
from dataclasses import dataclass

from chassis import errors
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


@dataclass(frozen=True, slots=True)
class RelayMessage:
    """Who says what to the other side of which trip; not yet checked."""

    person_id: int
    trip_id: int
    text: str = ""
    place: Location | None = None


@dataclass(frozen=True, slots=True)
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


def said(trip: Trip | None, message: RelayMessage, now: datetime.datetime, after: datetime.timedelta) -> Said:
    """What becomes of a message; a completed trip is open for so long after its end.

    Raises TripNotFound, RelayClosed, RelayEmpty, RelayTooLong or LocationInvalid.
    """
    # Two people who turned out to be one have nobody to write to.
    if trip is None or (trip.passenger_id == message.person_id) == (trip.driver_id == message.person_id):
        raise TripNotFound
    if trip.driver_id is None or not _open(trip, now, after):
        raise RelayClosed
    words = message.text.strip()
    if bool(words) == (message.place is not None):
        raise RelayEmpty
    if len(words) > MAX_TEXT:
        raise RelayTooLong
    place = message.place and location(message.place.latitude, message.place.longitude)
    text, hidden = masked(words)
    from_driver = trip.driver_id == message.person_id
    recipient_id = trip.passenger_id if from_driver else trip.driver_id
    return Said(trip, message.person_id, recipient_id, from_driver, now, text, place, hidden)


def _open(trip: Trip, now: datetime.datetime, after: datetime.timedelta) -> bool:
    if trip.state is TripState.COMPLETED:
        return now - (trip.ended_at or trip.updated_at) < after
    return trip.state in DRIVEN
