"""A trip as one of its two people sees it: how it stands and what can be done next.

Nobody's number or name is shown: both sides know the pickup and the vehicle, and that is enough to meet.
"""

from dataclasses import replace

from chassis.errors import NotFound
from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations import arrival, fares, menus, no_shows, places, schedule_words, taps, wording
from services.gateway.conversations.memory import OPEN_TRIP_STATES, remembered
from services.gateway.conversations.turn import Moment, Outcome
from services.gateway.messages import Button, Buttons, Reply

# State of a trip -> (words for the driver, the driver's next step, the title of its button).
DRIVER_STEPS = {
    trips_pb2.TRIP_STATE_ACCEPTED: ("driver-accepted", "arrived", "button-arrived"),
    trips_pb2.TRIP_STATE_ARRIVED: ("driver-arrived", "start", "button-start"),
    trips_pb2.TRIP_STATE_IN_PROGRESS: ("driver-in-progress", "complete", "button-complete"),
}

PASSENGER_WORDS = {
    trips_pb2.TRIP_STATE_REQUESTED: "passenger-requested",
    trips_pb2.TRIP_STATE_OFFERED: "passenger-offered",
    trips_pb2.TRIP_STATE_ACCEPTED: "passenger-accepted",
    trips_pb2.TRIP_STATE_ARRIVED: "passenger-arrived",
    trips_pb2.TRIP_STATE_IN_PROGRESS: "passenger-in-progress",
}

# Waiting for a driver, and having one.
UNANSWERED_STATES = frozenset({trips_pb2.TRIP_STATE_REQUESTED, trips_pb2.TRIP_STATE_OFFERED})
MATCHED_STATES = frozenset(DRIVER_STEPS)

# States whose words to the driver say where the passenger waits.
_BEFORE_THE_RIDE = frozenset({trips_pb2.TRIP_STATE_ACCEPTED})


def card(moment: Moment, trip: trips_pb2.Trip, lead: str = "") -> Reply:
    """How the trip stands, with the buttons that fit; a trip that is over leads to the menu."""
    if trip.state not in OPEN_TRIP_STATES:
        return menus.home(moment, remembered(moment), lead)
    leave = Button(taps.step("leave", trip.trip_id), moment.say("button-leave"))
    if trip.driver_id == moment.person.person_id and trip.state in DRIVER_STEPS:
        words, step, title = DRIVER_STEPS[trip.state]
        paragraphs = [lead, moment.say(words)]
        if trip.state in _BEFORE_THE_RIDE:
            paragraphs += [pickup(moment, trip), pickup_time(moment, trip)]
        next_step = Button(taps.step(step, trip.trip_id), moment.say(title))
        return Buttons(menus.body(*paragraphs), (next_step, leave, *no_shows.buttons(moment, trip)))
    words = PASSENGER_WORDS[trip.state]
    vehicle = wording.vehicle_name(moment.language, trip.vehicle)
    told = (moment.say(words, vehicle=vehicle), arrival.expected(moment, trip), fares.estimate(moment, trip))
    return Buttons(menus.body(lead, *told), (leave,))


def pickup(moment: Moment, trip: trips_pb2.Trip) -> str:
    """Where the passenger waits: for the driver who has accepted, and nobody else."""
    link = wording.map_link(trip.pickup)
    landmark = places.near(trip.pickup.latitude, trip.pickup.longitude)
    if landmark:
        return moment.say("pickup-near", place=landmark, link=link)
    return moment.say("pickup", link=link)


def pickup_time(moment: Moment, trip: trips_pb2.Trip) -> str:
    """When the passenger wants to be picked up; empty for as soon as possible."""
    if not trip.HasField("pickup_time"):
        return ""
    at = wording.utc(trip.pickup_time)
    return moment.say("pickup-time", when=schedule_words.in_full(moment.language, at, moment.zone))


def offer_distance(moment: Moment, trip: trips_pb2.Trip, offer_id: int) -> str:
    """How far the driver of an offer is from the pickup, in words; empty when unknown."""
    for offer in trip.offers:
        if offer.offer_id == offer_id:
            return wording.distance(moment.language, offer.distance_meters)
    return ""


async def show_open(moment: Moment, lead: str = "", *, fresh: bool = False) -> Outcome | None:
    """The trip that the person is on, with `lead` above it; None when there is none."""
    trip = await moment.world.open_trip(fresh=fresh)
    if trip is None:
        return None
    memory = remembered(moment).on_trip(trip, moment.person.person_id)
    return Outcome(memory.home(), (card(moment, trip, lead),))


async def hindrance(moment: Moment) -> Outcome | None:
    """The open trip that keeps somebody from driving or riding elsewhere; None when nothing does."""
    if remembered(moment).trip is None:
        return None
    return await show_open(moment, moment.say("already-on-trip"))


async def own_trip(moment: Moment, trip_id: int, *, fresh: bool = False) -> trips_pb2.Trip:
    """A trip by the id in a tap; NotFound when it is somebody else's, whose pickup is nobody's business."""
    trip = await moment.world.trip(trip_id, fresh=fresh)
    if {trip.passenger_id, trip.driver_id}.isdisjoint({moment.person.person_id, *moment.person.merged_person_ids}):
        raise NotFound(reason="TRIP_NOT_FOUND")
    return trip


def forgotten(moment: Moment) -> Moment:
    """The same moment after the remembered trip turned out to be over."""
    memory = replace(remembered(moment), trip=None)
    return replace(moment, state=memory.keeping(moment.state))
