"""A passenger's way to a ride: vehicle, place, list of drivers, asking one or all."""

from dataclasses import replace

from chassis.errors import HailwireError
from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations import (
    destination,
    guidance,
    menus,
    nearby,
    no_shows,
    own_places,
    questions,
    taps,
    trip_card,
    wording,
)
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import Moment, Outcome, Turn


async def ask_vehicle(moment: Moment, lead: str = "") -> Outcome:
    """Which vehicle, again."""
    return questions.ask_ride_vehicle(moment, lead, questions.gathered_spot(moment))


async def ask_place(moment: Moment, lead: str = "") -> Outcome:
    """Where, again."""
    return await questions.ask_pickup(moment, questions.gathered_vehicle(moment), lead)


async def ask_driver(moment: Moment, lead: str = "") -> Outcome:
    """Which driver, again: of those who are near by now; where, if the pickup was told too long ago."""
    pickup = questions.gathered_pickup(moment)
    if pickup is None:
        return await questions.ask_pickup(moment, questions.gathered_vehicle(moment), lead)
    return await nearby.show_drivers(moment, *pickup, lead, destination=questions.gathered_destination(moment))


async def begin(turn: Turn) -> Outcome:
    """`ride`: whoever is on a trip already sees that one; anybody else is asked for the vehicle."""
    shown = await trip_card.hindrance(turn)
    if shown is not None:
        return shown
    if remembered(turn).trip is not None:
        turn = replace(turn, state=remembered(trip_card.forgotten(turn)).home())
    return questions.ask_ride_vehicle(turn)


async def choose_vehicle(turn: Turn) -> Outcome:
    """A vehicle was tapped: ask where, unless a fresh place came with it."""
    word, *rest = taps.parts_of(turn.message.tap) or [""]
    vehicle = taps.vehicle_of(word)
    shown = await trip_card.hindrance(turn)
    if shown is not None:
        return shown
    if rest:
        spot = taps.Spot.read(rest[0], turn.now)
        if not turn.outdated(spot.at):
            return await destination.after_pickup(turn, vehicle, spot)
    return await questions.ask_pickup(turn, word)


async def answer_vehicle(turn: Turn) -> Outcome:
    """Something else came while the vehicle is asked; a place is kept for the next question."""
    found = await own_places.find(turn)
    if len(found) == 1:
        spot = taps.Spot(found[0].latitude, found[0].longitude, turn.now)
        return questions.ask_ride_vehicle(turn, turn.say("place-noted"), spot)
    return await guidance.guide(turn, turn.say("choose-first"))


async def from_here(turn: Turn) -> Outcome:
    """A location that came unasked shall be the pickup: ask for the vehicle."""
    spot = taps.Spot.read("".join(taps.parts_of(turn.message.tap)[:1]), turn.now)
    if turn.outdated(spot.at):
        return questions.ask_ride_vehicle(turn)
    return questions.ask_ride_vehicle(turn, spot=spot)


async def take_pickup(turn: Turn) -> Outcome:
    """The answer to where: search there, or ask which of several places."""
    word = questions.gathered_vehicle(turn)
    found = await own_places.find(turn)
    if not found:
        return await questions.ask_pickup(turn, word, turn.say("place-unknown"))
    vehicle = taps.vehicle_of(word)
    spots = [(taps.Spot(place.latitude, place.longitude, turn.now), place.name) for place in found]
    if len(spots) == 1:
        return await destination.after_pickup(turn, vehicle, *spots[0])
    return Outcome(turn.state, (menus.places(turn, "ride", vehicle, spots),))


async def search_at(turn: Turn) -> Outcome:
    """A place was tapped, or a search is to be made again."""
    word, place = (*taps.parts_of(turn.message.tap), "", "")[:2]
    vehicle, spot = taps.vehicle_of(word), taps.Spot.read(place, turn.now)
    shown = await trip_card.hindrance(turn)
    if shown is not None:
        return shown
    if turn.outdated(spot.at):
        return await questions.ask_pickup(turn, word, turn.say("place-outdated"))
    return await destination.after_pickup(turn, vehicle, spot)


async def another_pick(turn: Turn) -> Outcome:
    """Something else came while the list of drivers is shown; a place is a new pickup."""
    found = await own_places.find(turn)
    word = questions.gathered_vehicle(turn)
    if len(found) == 1:
        spot = taps.Spot(found[0].latitude, found[0].longitude, turn.now)
        to = questions.gathered_destination(turn)
        return await nearby.show_drivers(turn, taps.vehicle_of(word), spot, place_name=found[0].name, destination=to)
    return await guidance.guide(turn, turn.say("choose-first"))


async def ask(turn: Turn) -> Outcome:
    """One driver or all were tapped: make the trip."""
    word, place, whom = (*taps.parts_of(turn.message.tap), "", "", "")[:3]
    vehicle, spot = taps.vehicle_of(word), taps.Spot.read(place, turn.now)
    driver_ids = () if whom == "all" else (taps.positive(whom),)
    if turn.outdated(spot.at):
        return await questions.ask_pickup(turn, word, turn.say("list-outdated"))
    # A list from before another pickup was chosen says nothing of where that ride would have gone.
    to = questions.gathered_destination(turn) if questions.gathered_spot(turn) == spot else None
    try:
        trip = await turn.world.create_trip(
            "create",
            vehicle=vehicle,
            pickup=spot.location,
            driver_ids=driver_ids,
            destination=to.location if to else None,
        )
    except HailwireError as error:
        if error.reason == "TRIP_ALREADY_OPEN":
            shown = await trip_card.show_open(turn, turn.say("already-on-trip"), fresh=True)
            return shown or await guidance.ground(turn, turn.say("refused-trip-open"))
        if error.reason == "NO_DRIVERS_AVAILABLE":
            return await nearby.show_drivers(turn, vehicle, spot, turn.say("refused-no-drivers"), destination=to)
        if error.reason == "NO_SHOWS_TOO_MANY":
            return await guidance.ground(turn, no_shows.refused(turn, error))
        raise
    await own_places.note(turn, spot)
    memory = remembered(turn).on_trip(trip, turn.person.person_id)
    lead = turn.say("asked", count=len(trip.offers))
    return Outcome(memory.home(), (trip_card.card(turn, trip, lead),))


async def retry(turn: Turn) -> Outcome:
    """Nobody who was asked came: close that trip and list who is near now."""
    trip_id = taps.number_of(turn.message.tap)
    trip = await trip_card.own_trip(turn, trip_id, fresh=True)  # one that a driver has accepted stays
    memory = remembered(turn)
    if trip.state in trip_card.UNANSWERED_STATES:
        try:
            trip = await turn.world.cancel_trip("retry", trip_id, "retry")
        except HailwireError as error:
            # It ended by itself between the two calls; the search goes on all the same.
            if error.reason != "TRIP_STEP_ILLEGAL":
                raise
    elif trip.state in trip_card.MATCHED_STATES:
        return await guidance.ground(replace(turn, state=memory.on_trip(trip, turn.person.person_id).home()))
    turn = replace(turn, state=memory.off_trip(trip_id).home())
    vehicle = trip.vehicle if trip.vehicle in taps.VEHICLE_WORDS else trips_pb2.VEHICLE_OTHER
    if turn.outdated(wording.utc(trip.create_time)):
        return await questions.ask_pickup(turn, taps.VEHICLE_WORDS[vehicle], turn.say("place-outdated"))
    spot = taps.Spot(trip.pickup.latitude, trip.pickup.longitude, wording.utc(trip.create_time))
    return await nearby.show_drivers(turn, vehicle, spot)
