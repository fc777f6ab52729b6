"""Events: everybody concerned heard of each step once, and a passenger of a trip's steps in their order."""

from collections import Counter, defaultdict

from hailwire.trips.v1 import events_pb2, trips_pb2
from tests.chaos.check_trips import ARRIVED, CANCELLED, COMPLETED, EXPIRED, IN_PROGRESS, steps
from tests.chaos.looking import Look
from tests.chaos.snapshot import Item, Told, Trip
from tests.chaos.verdict import Verdict

_OFFER_EVENTS = {events_pb2.EVENT_KIND_OFFER_MADE, events_pb2.EVENT_KIND_OFFER_CLOSED}
_OF_STEP: dict[int, int] = {
    ARRIVED: events_pb2.EVENT_KIND_DRIVER_ARRIVED,
    IN_PROGRESS: events_pb2.EVENT_KIND_TRIP_STARTED,
    COMPLETED: events_pb2.EVENT_KIND_TRIP_COMPLETED,
}
_IN_ORDER = (
    events_pb2.EVENT_KIND_TRIP_ACCEPTED,
    events_pb2.EVENT_KIND_DRIVER_ARRIVED,
    events_pb2.EVENT_KIND_TRIP_STARTED,
    events_pb2.EVENT_KIND_TRIP_COMPLETED,
)
_CLOSED = {trips_pb2.OFFER_STATE_EXPIRED, trips_pb2.OFFER_STATE_WITHDRAWN}
# Each round of asking drivers may end in that.
_AGAIN = {events_pb2.EVENT_KIND_OFFERS_EXHAUSTED}

# Its kind, which trip or offer it is about, and who was told.
Telling = tuple[int, int, int]


def check(look: Look, verdict: Verdict) -> None:
    told = [item for item in look.snapshot.items if item.told is not None]
    ids = Counter(item.told.event_id for item in told if item.told is not None)
    verdict.each("events", "doubled", "told twice", (event_id for event_id, count in ids.items() if count > 1))
    copies = Counter(item.key for item in told)
    verdict.each("events", "doubled", "two items of one key", (key.hex() for key, n in copies.items() if n > 1))
    happened = Counter(_telling(look, item.told) for item in told if item.told is not None)
    expected, possible = _expected(look)
    verdict.each("events", "lost", "nobody heard of (kind, id, recipient)", (expected - happened).elements())
    verdict.each("events", "wrong", "told without reason (kind, id, recipient)", happened.keys() - possible)
    once = {one: n for one, n in happened.items() if n > 1 and one in possible and one[0] not in _AGAIN}
    verdict.each("events", "doubled", "told again (kind, id, recipient)", once)
    _in_order(verdict, told)


def _telling(look: Look, told: Told) -> Telling:
    about = told.offer_id if told.kind in _OFFER_EVENTS else told.trip_id
    return told.kind, about, look.survivor(told.recipient_id)


def _expected(look: Look) -> tuple[Counter[Telling], set[Telling]]:
    """What must have been told once, and everything that may have been told at all."""
    must: Counter[Telling] = Counter()
    may: set[Telling] = set()
    changes = steps(look)
    busy = Counter(trip.driver_id for trip in look.snapshot.trips if trip.driver_id is not None)
    for trip in look.snapshot.trips:
        passenger = look.survivor(trip.passenger_id)
        for change in changes[trip.trip_id]:
            if change.step == "accept":
                must[events_pb2.EVENT_KIND_TRIP_ACCEPTED, trip.trip_id, passenger] = 1
            elif change.step == "advance" and change.trip_state in _OF_STEP:
                must[_OF_STEP[change.trip_state], trip.trip_id, passenger] = 1
        may.add((events_pb2.EVENT_KIND_OFFERS_EXHAUSTED, trip.trip_id, passenger))
        if trip.state == EXPIRED:
            must[events_pb2.EVENT_KIND_TRIP_EXPIRED, trip.trip_id, passenger] = 1
        if trip.state == CANCELLED and trip.driver_id is not None:
            may.add((events_pb2.EVENT_KIND_TRIP_CANCELLED, trip.trip_id, passenger))
            # Nobody who drives gives up here: it was the passenger.
            must[events_pb2.EVENT_KIND_TRIP_CANCELLED, trip.trip_id, look.survivor(trip.driver_id)] = 1
        _offers(look, trip, busy, must, may)
    return must, may | must.keys()


def _offers(look: Look, trip: Trip, busy: Counter[int], must: Counter[Telling], may: set[Telling]) -> None:
    for offer in trip.offers:
        driver = look.survivor(offer.driver_id)
        must[events_pb2.EVENT_KIND_OFFER_MADE, offer.offer_id, driver] = 1
        if offer.state in _CLOSED:
            closed = (events_pb2.EVENT_KIND_OFFER_CLOSED, offer.offer_id, driver)
            # A driver who took another trip closed it by that, and need not be told.
            if offer.state == trips_pb2.OFFER_STATE_EXPIRED or not busy[offer.driver_id]:
                must[closed] = 1
            may.add(closed)


def _in_order(verdict: Verdict, told: list[Item]) -> None:
    heard: dict[int, list[int]] = defaultdict(list)
    for item in sorted(told, key=lambda one: one.inbox_id):
        if item.told is not None and item.told.kind in _IN_ORDER:
            heard[item.told.trip_id].append(_IN_ORDER.index(item.told.kind))
    for trip_id, places in heard.items():
        if places != sorted(places):
            verdict.note("events", "reordered", f"the steps of trip {trip_id} were told as {places}")
