"""Who must hear of a change of a trip: read off the trip before and after, so that no path forgets anybody."""

import datetime
from enum import IntEnum

from chassis.records import record
from services.trips.offer import OfferState
from services.trips.trip import Trip, TripState


class EventKind(IntEnum):
    """As in the contract."""

    OFFER_MADE = 1
    OFFER_CLOSED = 2
    TRIP_ACCEPTED = 3
    DRIVER_ARRIVED = 4
    TRIP_STARTED = 5
    TRIP_COMPLETED = 6
    TRIP_CANCELLED = 7
    OFFERS_EXHAUSTED = 8
    TRIP_EXPIRED = 9
    SCHEDULE_REMINDER = 20
    SCHEDULE_NOBODY_YET = 21
    SCHEDULE_MISSED = 22
    SCHEDULE_LATE = 23
    SCHEDULE_BUSY = 24
    SCHEDULE_REFUSED = 25
    ARRIVAL_TIME_CHANGED = 40
    PRESENCE_ENDED = 41
    RELAYED = 60
    NUMBER_OFFERED = 61
    NUMBERS_EXCHANGED = 62


@record
class Tiding:
    """One thing that one person must hear of, with the trip as the change left it; None when it is about none."""

    kind: EventKind
    recipient_id: int
    trip: Trip | None
    offer_id: int = 0
    at: datetime.datetime | None = None


_TO_PASSENGER = {
    TripState.REQUESTED: EventKind.OFFERS_EXHAUSTED,
    TripState.ACCEPTED: EventKind.TRIP_ACCEPTED,
    TripState.ARRIVED: EventKind.DRIVER_ARRIVED,
    TripState.IN_PROGRESS: EventKind.TRIP_STARTED,
    TripState.COMPLETED: EventKind.TRIP_COMPLETED,
    TripState.CANCELLED: EventKind.TRIP_CANCELLED,
    TripState.EXPIRED: EventKind.TRIP_EXPIRED,
}


def told(before: Trip | None, after: Trip, by: int | None) -> list[Tiding]:
    """What a change means for everyone but whoever made it (`by`), who is answered by the call itself."""
    tidings = []
    if before is not None and before.state is not after.state:
        # Of a schedule's ride further drivers are asked without a word (due_rides.py).
        goes_on = after.state is TripState.REQUESTED and after.pickup_at is not None
        if after.state in _TO_PASSENGER and not goes_on:
            tidings.append(Tiding(_TO_PASSENGER[after.state], after.passenger_id, after))
        if after.state is TripState.CANCELLED and after.driver_id is not None:
            tidings.append(Tiding(EventKind.TRIP_CANCELLED, after.driver_id, after))
    elif before is not None and after.told_at != before.told_at:
        tidings.append(Tiding(EventKind.ARRIVAL_TIME_CHANGED, after.passenger_id, after))
    states = {offer.offer_id: offer.state for offer in before.offers} if before else {}
    for offer in after.offers:
        was = states.get(offer.offer_id)
        if was is None and offer.state is OfferState.OPEN:
            tidings.append(Tiding(EventKind.OFFER_MADE, offer.driver_id, after, offer.offer_id))
        elif was is OfferState.OPEN and offer.state in {OfferState.EXPIRED, OfferState.WITHDRAWN}:
            tidings.append(Tiding(EventKind.OFFER_CLOSED, offer.driver_id, after, offer.offer_id))
    return [tiding for tiding in tidings if tiding.recipient_id != by]
