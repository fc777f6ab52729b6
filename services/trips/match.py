"""Why a driver is asked for a trip, or is not: the one rule that both decides and explains."""

import datetime
from collections.abc import Iterable
from dataclasses import replace
from enum import IntEnum

from chassis.records import record
from services.trips.geo import Location, metres
from services.trips.presence import Presence, Vehicle
from services.trips.terms import Terms


class Reason(IntEnum):
    """As in the contract."""

    OFFERED = 1
    ASKED_BY_PASSENGER = 2
    NOT_AMONG_NEAREST = 3
    STALE = 4
    TOO_FAR = 5
    BUSY = 6
    OFFLINE = 7
    OTHER_VEHICLE = 8
    SELF = 9
    QUIET = 10


# Asked, for either reason.
ASKED = frozenset({Reason.OFFERED, Reason.ASKED_BY_PASSENGER})


@record
class Candidate:
    """A driver who was looked at; metres and age are None when no place is known."""

    person_id: int
    reason: Reason
    meters: float | None = None
    age_seconds: float | None = None

    def because(self, reason: Reason) -> "Candidate":
        """The same driver with another reason."""
        return replace(self, reason=reason)


@record
class Match:
    """Everyone who was looked at for a trip, nearest first."""

    trip_id: int
    vehicle: Vehicle
    made_at: datetime.datetime
    candidates: tuple[Candidate, ...]


def nearest_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    """By distance, then by id; whoever has no place comes last."""
    return sorted(candidates, key=lambda one: (one.meters is None, one.meters or 0.0, one.person_id))


def judged(
    presence: Presence, *, busy: bool, vehicle: Vehicle, pickup: Location, terms: Terms, now: datetime.datetime
) -> Candidate:
    """A driver as a candidate: OFFERED means that nothing is in the way. `busy`: they take part in an open trip."""
    meters = age = None
    if presence.location is not None and presence.located_at is not None:
        meters = metres(pickup, presence.location)
        age = max(0.0, (now - presence.located_at).total_seconds())
    if not presence.online:
        reason = Reason.OFFLINE
    elif busy or presence.trip_id is not None:
        reason = Reason.BUSY
    elif presence.quiet is not None and presence.quiet.cover(now, terms.zone):
        reason = Reason.QUIET
    elif presence.vehicle is not vehicle:
        reason = Reason.OTHER_VEHICLE
    elif meters is None or presence.located_at is None or presence.located_at < now - terms.location_fresh:
        reason = Reason.STALE
    elif meters > terms.radius_meters:
        reason = Reason.TOO_FAR
    else:
        reason = Reason.OFFERED
    return Candidate(presence.person_id, reason, meters, age)
