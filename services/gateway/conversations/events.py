"""What people are told without having written: requests to drivers, each step of a trip to the other side."""

from chassis.errors import HailwireError
from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations import (
    arrival,
    fares,
    menus,
    offer_card,
    own_places,
    places,
    rating,
    taps,
    trip_card,
    wording,
)
from services.gateway.conversations.memory import Memory, OfferHint, remembered
from services.gateway.conversations.trip import DRIVER_REASONS, OTHER_REASONS, PASSENGER_REASONS
from services.gateway.conversations.turn import ALREADY_TOLD, EVENT_OUTDATED, EventTurn, Outcome
from services.gateway.messages import Button, Buttons, Reply


async def offer_made(turn: EventTurn) -> Outcome:
    """A driver is asked; a request whose time is over is not worth a word."""
    event = turn.event
    offer = next((offer for offer in event.trip.offers if offer.offer_id == event.offer_id), None)
    if offer is None or (offer.HasField("expire_time") and wording.utc(offer.expire_time) <= turn.now):
        return Outcome(turn.state, silent_reason=EVENT_OUTDATED)
    memory = remembered(turn)
    away = wording.distance(turn.language, offer.distance_meters)
    vehicle = wording.vehicle_name(turn.language, event.trip.vehicle)
    landmark = places.near(event.trip.pickup.latitude, event.trip.pickup.longitude)
    words = (
        turn.say("offer-near", vehicle=vehicle, distance=away, place=landmark)
        if landmark
        else turn.say("offer", vehicle=vehicle, distance=away)
    )
    words = menus.body(words, trip_card.pickup_time(turn, event.trip), fares.estimate(turn, event.trip))
    shown = OfferHint(offer.offer_id, int(offer.distance_meters), int(wording.utc(offer.expire_time).timestamp()))
    memory = memory.shown(shown)
    # A phone that only has words gets all open requests in one list, so that a number typed for the first is never
    # taken for the second; elsewhere each request has buttons of its own.
    listed = memory.open_offers(turn.now) if turn.words_only else (shown,)
    if len(listed) > 1:
        words = menus.body(words, turn.say("offers-open"))
    return _tell(turn, memory, offer_card.card(turn, words, listed or (shown,)))


async def offer_closed(turn: EventTurn) -> Outcome:
    """A request that was shown is no longer open: say why, unless the driver closed it or has heard."""
    event = turn.event
    memory = remembered(turn)
    if event.offer_id not in {offer.offer_id for offer in memory.offers}:
        return Outcome(turn.state, silent_reason=ALREADY_TOLD)
    memory = memory.answered(event.offer_id)
    offer = next((offer for offer in event.trip.offers if offer.offer_id == event.offer_id), None)
    if offer is not None and offer.state == trips_pb2.OFFER_STATE_EXPIRED:
        words = turn.say("offer-lapsed")
    elif event.trip.state in {trips_pb2.TRIP_STATE_CANCELLED, trips_pb2.TRIP_STATE_EXPIRED}:
        words = turn.say("offer-withdrawn")
    else:
        words = turn.say("offer-taken")
    return _tell(turn, memory, menus.note(turn, memory, words))


async def trip_accepted(turn: EventTurn) -> Outcome:
    """A driver comes."""
    trip = turn.event.trip
    won = next((offer for offer in trip.offers if offer.state == trips_pb2.OFFER_STATE_ACCEPTED), None)
    vehicle = wording.vehicle_name(turn.language, trip.vehicle)
    if won is not None:
        away = wording.distance(turn.language, won.distance_meters)
        words = turn.say("told-accepted-distance", vehicle=vehicle, distance=away)
    else:
        words = turn.say("told-accepted", vehicle=vehicle)
    words = menus.body(
        words, trip_card.pickup_time(turn, trip), arrival.expected(turn, trip), turn.say("relay-hint-driver")
    )
    leave = Button(taps.step("leave", trip.trip_id), turn.say("button-leave"))
    return _tell(turn, _on_trip(turn), Buttons(words, (leave,)))


async def driver_arrived(turn: EventTurn) -> Outcome:
    """The driver is at the pickup."""
    trip = turn.event.trip
    leave = Button(taps.step("leave", trip.trip_id), turn.say("button-leave"))
    vehicle = wording.vehicle_name(turn.language, trip.vehicle)
    return _tell(turn, _on_trip(turn), Buttons(turn.say("passenger-arrived", vehicle=vehicle), (leave,)))


async def trip_started(turn: EventTurn) -> Outcome:
    """The ride has begun."""
    memory = _on_trip(turn)
    return _tell(turn, memory, menus.note(turn, memory, turn.say("told-started")))


async def trip_completed(turn: EventTurn) -> Outcome:
    """The ride is over."""
    await _ridden(turn)
    memory = _on_trip(turn)
    words = menus.body(turn.say("told-completed"), fares.fare(turn, turn.event.trip))
    extra = await own_places.worth_saving(turn, turn.event.trip)
    return _tell(turn, memory, rating.card(turn, memory, turn.event.trip, words, extra))


async def _ridden(turn: EventTurn) -> None:
    """Both sides may have come by an invitation. A turn is run until it succeeds: the profile service hears of it."""
    try:
        await turn.world.invitations.ridden(turn.event.trip)
    except HailwireError as error:
        # During an update: where invitations are not known yet, nobody came by one.
        if error.reason != "UNIMPLEMENTED":
            raise


async def trip_cancelled(turn: EventTurn) -> Outcome:
    """The other side gave up: say so and why, and offer the passenger the next search."""
    trip = turn.event.trip
    memory = _on_trip(turn)
    driving = trip.driver_id == turn.person.person_id
    reasons = PASSENGER_REASONS if driving else DRIVER_REASONS
    _, told = reasons.get(trip.cancel_reason, ("", OTHER_REASONS.get(trip.cancel_reason, "told-other")))
    words = menus.body(turn.say("told-cancelled-driver" if driving else "told-cancelled-passenger"), turn.say(told))
    reply = menus.note(turn, memory, words) if driving else _search_again(turn, words)
    return _tell(turn, memory, reply)


async def offers_exhausted(turn: EventTurn) -> Outcome:
    """Nobody who was asked comes; the trip is still open."""
    trip = turn.event.trip
    reply = Buttons(
        turn.say("told-exhausted"),
        (
            Button(taps.retry(trip.trip_id), turn.say("button-search-again")),
            Button(taps.step("leave", trip.trip_id), turn.say("button-leave")),
        ),
    )
    return _tell(turn, _on_trip(turn), reply)


async def trip_expired(turn: EventTurn) -> Outcome:
    """Nobody came in time and the trip is closed."""
    return _tell(turn, _on_trip(turn), _search_again(turn, turn.say("told-expired")))


def _tell(turn: EventTurn, memory: Memory, reply: Reply) -> Outcome:
    # Whatever question is open stays open: an event interrupts, it does not answer.
    return Outcome(memory.keeping(turn.state), (reply,))


def _on_trip(turn: EventTurn) -> Memory:
    return remembered(turn).on_trip(turn.event.trip, turn.person.person_id)


def _search_again(turn: EventTurn, words: str) -> Buttons:
    trip = turn.event.trip
    spot = taps.Spot(trip.pickup.latitude, trip.pickup.longitude, turn.now)
    vehicle = trip.vehicle if trip.vehicle in taps.VEHICLE_WORDS else trips_pb2.VEHICLE_OTHER
    return Buttons(
        words,
        (
            Button(taps.place("ride", vehicle, spot), turn.say("button-search-again")),
            Button(taps.GO_MENU, turn.say("button-menu")),
        ),
    )
