"""A ride from request to end: which steps are legal and what they make of its offers. Nothing is awaited."""

import datetime
import re
from collections.abc import Callable, Collection
from dataclasses import replace
from enum import IntEnum

from chassis import errors
from chassis.records import record
from services.trips.fares import Money
from services.trips.geo import Location
from services.trips.offer import Offer, OfferDeclined, OfferExpired, OfferNotFound, OfferState
from services.trips.presence import Vehicle
from services.trips.terms import MOST_ASKED

MAX_REASON = 200
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class TripNotFound(errors.NotFound):
    """No such trip, or this person has no part in it."""

    reason = "TRIP_NOT_FOUND"


class TripAlreadyOpen(errors.Refused):
    """A person takes part in one open trip at a time."""

    reason = "TRIP_ALREADY_OPEN"


class DriversTooMany(errors.InvalidArgument):
    """A trip is offered to a few."""

    reason = "DRIVERS_TOO_MANY"


class NoDriversAvailable(errors.Refused):
    """Nobody could be asked."""

    reason = "NO_DRIVERS_AVAILABLE"


class TripTaken(errors.Refused):
    """Another driver was first."""

    reason = "TRIP_TAKEN"


class TripClosed(errors.Refused):
    """The trip is over."""

    reason = "TRIP_CLOSED"


class DriverBusy(errors.Refused):
    """This driver takes part in another open trip."""

    reason = "DRIVER_BUSY"


class TripStepIllegal(errors.Refused):
    """Not from this state."""

    reason = "TRIP_STEP_ILLEGAL"


class AnswerInvalid(errors.InvalidArgument):
    """Neither yes nor no."""

    reason = "ANSWER_INVALID"


class TripState(IntEnum):
    """As in the contract."""

    REQUESTED = 1
    OFFERED = 2
    ACCEPTED = 3
    ARRIVED = 4
    IN_PROGRESS = 5
    COMPLETED = 6
    CANCELLED = 7
    EXPIRED = 8


WAITING = frozenset({TripState.REQUESTED, TripState.OFFERED})
DRIVEN = frozenset({TripState.ACCEPTED, TripState.ARRIVED, TripState.IN_PROGRESS})
OPEN = WAITING | DRIVEN

# What the driver may do next.
_NEXT = {
    TripState.ACCEPTED: TripState.ARRIVED,
    TripState.ARRIVED: TripState.IN_PROGRESS,
    TripState.IN_PROGRESS: TripState.COMPLETED,
}


@record
class Trip:
    """A ride and everyone who was asked for it."""

    trip_id: int
    passenger_id: int
    vehicle: Vehicle
    pickup: Location
    created_at: datetime.datetime
    updated_at: datetime.datetime
    expires_at: datetime.datetime
    state: TripState = TripState.OFFERED
    driver_id: int | None = None
    offers: tuple[Offer, ...] = ()
    cancelled_by: int | None = None
    cancel_reason: str = ""
    destination: Location | None = None
    fare_estimate: Money | None = None
    fare: Money | None = None
    # The way: expected to the destination, then as it was counted.
    distance_meters: int = 0
    started_at: datetime.datetime | None = None
    ended_at: datetime.datetime | None = None
    # So far, and where the last counted place was (course.py).
    driven_meters: float = 0.0
    driven_to: Location | None = None
    # When the driver should be at the pickup; the last time that the passenger was told, and when.
    arrives_at: datetime.datetime | None = None
    told_arrives_at: datetime.datetime | None = None
    told_at: datetime.datetime | None = None
    # When the passenger wants to be picked up; None: as soon as possible.
    pickup_at: datetime.datetime | None = None

    def offer(self, offer_id: int) -> Offer | None:
        """One of its offers."""
        return next((offer for offer in self.offers if offer.offer_id == offer_id), None)

    @property
    def being_asked(self) -> bool:
        """Whether some driver may still answer."""
        return any(offer.state is OfferState.OPEN for offer in self.offers)


def check_asked(driver_ids: Collection[int]) -> None:
    """Raise DriversTooMany for more different people than may be named."""
    if len(driver_ids) > MOST_ASKED:
        raise DriversTooMany


def accepted(trip: Trip, offer_id: int, driver_id: int, driver_trip_id: int | None, now: datetime.datetime) -> Trip:
    """The driver comes, every other offer is withdrawn. The same trip when this driver accepted before.

    `driver_trip_id` is the open trip in which the driver takes part already. Raises OfferNotFound, TripTaken,
    TripClosed, OfferDeclined, OfferExpired or DriverBusy.
    """
    offer = _own_offer(trip, offer_id, driver_id)
    if offer.state is OfferState.ACCEPTED and trip.state in DRIVEN:
        return trip
    if trip.driver_id is not None and trip.driver_id != driver_id and trip.state is not TripState.CANCELLED:
        raise TripTaken
    if trip.state not in WAITING or trip.expires_at <= now:
        raise TripClosed
    if offer.state is OfferState.DECLINED:
        raise OfferDeclined
    if driver_trip_id is not None and driver_trip_id != trip.trip_id:
        raise DriverBusy(metadata={"trip_id": str(driver_trip_id)})
    if not offer.answerable(now):
        raise OfferExpired
    won = _offers(
        trip,
        lambda each: (
            OfferState.ACCEPTED
            if each.offer_id == offer_id
            else OfferState.WITHDRAWN
            if each.state is OfferState.OPEN
            else each.state
        ),
    )
    return replace(trip, state=TripState.ACCEPTED, driver_id=driver_id, offers=won, updated_at=now)


def declined(trip: Trip, offer_id: int, driver_id: int, now: datetime.datetime) -> Trip:
    """The driver will not come; the same trip when that changes nothing. Raises OfferNotFound or DriverBusy."""
    offer = _own_offer(trip, offer_id, driver_id)
    if offer.state is OfferState.ACCEPTED and trip.state in DRIVEN:
        raise DriverBusy(metadata={"trip_id": str(trip.trip_id)})
    if offer.state is not OfferState.OPEN:
        return trip
    return _closing_offers(trip, lambda each: each.offer_id == offer_id, OfferState.DECLINED, now)


def withdrawn(trip: Trip, driver_id: int, now: datetime.datetime) -> Trip:
    """This driver is no longer asked."""
    return _closing_offers(trip, lambda each: each.driver_id == driver_id, OfferState.WITHDRAWN, now)


def advanced(trip: Trip, driver_id: int, state: int, now: datetime.datetime) -> Trip:
    """The next step, by the trip's driver. Raises TripNotFound or TripStepIllegal."""
    if trip.driver_id != driver_id:
        raise TripNotFound
    if _NEXT.get(trip.state) != state:
        raise TripStepIllegal(metadata={"state": trip.state.name})
    return replace(trip, state=TripState(state), updated_at=now)


def cancelled(trip: Trip, person_id: int, reason: str, now: datetime.datetime) -> Trip:
    """Given up by one side. Raises TripNotFound or TripStepIllegal."""
    if person_id not in {trip.passenger_id, trip.driver_id}:
        raise TripNotFound
    if trip.state not in OPEN:
        raise TripStepIllegal(metadata={"state": trip.state.name})
    closed = _closed(trip, TripState.CANCELLED, now)
    return replace(closed, cancelled_by=person_id, cancel_reason=_UNSTORABLE.sub("", reason)[:MAX_REASON])


def lapsed(trip: Trip, now: datetime.datetime) -> Trip:
    """What the passing of time has made of a trip; the same trip when it is not due."""
    if trip.state not in WAITING:
        return trip
    if trip.expires_at <= now:
        return _closed(trip, TripState.EXPIRED, now)
    return _closing_offers(trip, lambda each: each.expires_at <= now, OfferState.EXPIRED, now)


def _own_offer(trip: Trip, offer_id: int, driver_id: int) -> Offer:
    offer = trip.offer(offer_id)
    if offer is None or offer.driver_id != driver_id:
        raise OfferNotFound
    return offer


def _offers(trip: Trip, state: Callable[[Offer], OfferState]) -> tuple[Offer, ...]:
    return tuple(replace(offer, state=state(offer)) for offer in trip.offers)


def _closing_offers(trip: Trip, which: Callable[[Offer], bool], state: OfferState, now: datetime.datetime) -> Trip:
    """Close some open offers; a trip of whom nobody is asked any more goes back to REQUESTED."""
    offers = _offers(trip, lambda each: state if each.state is OfferState.OPEN and which(each) else each.state)
    if offers == trip.offers:
        return trip
    changed = replace(trip, offers=offers, updated_at=now)
    if changed.state is TripState.OFFERED and not changed.being_asked:
        changed = replace(changed, state=TripState.REQUESTED)
    return changed


def _closed(trip: Trip, state: TripState, now: datetime.datetime) -> Trip:
    offers = _offers(trip, lambda each: OfferState.WITHDRAWN if each.state is OfferState.OPEN else each.state)
    return replace(trip, state=state, offers=offers, updated_at=now)
