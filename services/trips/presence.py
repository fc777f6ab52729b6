"""A driver on the map: what may change and who counts as available. Nothing is awaited."""

import datetime
from dataclasses import replace
from enum import IntEnum

from chassis import errors
from chassis.quiet_hours import QuietHours
from chassis.records import record
from services.trips.geo import Location, location


class VehicleRequired(errors.InvalidArgument):
    """None of the vehicles that we know."""

    reason = "VEHICLE_REQUIRED"


class LocationRequired(errors.InvalidArgument):
    """Nobody can be found without a place."""

    reason = "LOCATION_REQUIRED"


class PresenceNotFound(errors.NotFound):
    """This person never drove."""

    reason = "PRESENCE_NOT_FOUND"


class PersonInvalid(errors.InvalidArgument):
    """Ids of people are positive."""

    reason = "PERSON_INVALID"


class Vehicle(IntEnum):
    """As in the contract."""

    MOTO = 1
    CAB = 2
    LIFAN = 3
    TRUCK = 4
    OTHER = 5


@record
class Presence:
    """Where a driver is and whether requests are wanted."""

    person_id: int
    online: bool = False
    vehicle: Vehicle | None = None
    location: Location | None = None
    located_at: datetime.datetime | None = None
    trip_id: int | None = None
    quiet: QuietHours | None = None


@record
class PresenceUpdate:
    """What a driver tells; None keeps what was there. Not yet checked: a refusal is an outcome that is kept.

    `quiet` are the first and the last minute of the quiet hours.
    """

    person_id: int
    online: bool | None = None
    vehicle: int | None = None
    location: Location | None = None
    quiet: tuple[int, int] | None = None


def vehicle(number: int) -> Vehicle:
    """A checked vehicle; raises VehicleRequired."""
    try:
        return Vehicle(number)
    except ValueError:
        raise VehicleRequired from None


def check_person(person_id: int) -> None:
    """Raise PersonInvalid for what cannot be anybody's id."""
    if person_id <= 0:
        raise PersonInvalid


def updated(presence: Presence | None, update: PresenceUpdate, now: datetime.datetime) -> Presence:
    """The presence after an update. Raises LocationInvalid, VehicleRequired, LocationRequired or QuietHoursInvalid."""
    check_person(update.person_id)
    changed = presence or Presence(update.person_id)
    if update.vehicle is not None:
        changed = replace(changed, vehicle=vehicle(update.vehicle))
    if update.location is not None:
        place = location(update.location.latitude, update.location.longitude)
        changed = replace(changed, location=place, located_at=now)
    if update.quiet is not None:
        changed = replace(changed, quiet=QuietHours.read(*update.quiet))
    if update.online is not None:
        changed = replace(changed, online=update.online)
    if update.online:
        if changed.vehicle is None:
            raise VehicleRequired
        if changed.location is None:
            raise LocationRequired
    return changed


def merged(survivor: Presence | None, other: Presence | None, person_id: int) -> Presence | None:
    """One presence for two people who are one: the later place counts, and the trip that either is on.

    Of quiet hours the survivor's count, where they have some.
    """
    known = [presence for presence in (survivor, other) if presence is not None]
    if not known:
        return None
    never = datetime.datetime.min.replace(tzinfo=datetime.UTC)
    latest = max(known, key=lambda presence: presence.located_at or never)
    trip_id = max((presence.trip_id for presence in known if presence.trip_id is not None), default=None)
    quiet = next((presence.quiet for presence in known if presence.quiet is not None), None)
    return replace(latest, person_id=person_id, trip_id=trip_id, quiet=quiet)
