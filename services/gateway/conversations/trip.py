"""A trip under way: the driver's steps, giving up by either side, and the list of past trips."""

from dataclasses import replace

from chassis.errors import HailwireError
from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations import fares, guidance, menus, no_shows, rating, taps, trip_card, wording
from services.gateway.conversations.memory import OPEN_TRIP_STATES, remembered
from services.gateway.conversations.turn import Outcome, Turn
from services.gateway.messages import Menu, MessageKind, Row

LISTED_TRIPS = 8

# Reason code -> (title of its row, what the other side is told). Codes are stored with the trip.
PASSENGER_REASONS = {
    "wait": ("row-reason-wait", "told-wait"),
    "plans": ("row-reason-plans", "told-plans"),
    "found": ("row-reason-found", "told-found"),
    no_shows.DRIVER_ABSENT: ("row-reason-noshow", "told-noshow"),
    "other": ("row-reason-other", "told-other"),
}
DRIVER_REASONS = {
    "vehicle": ("row-reason-vehicle", "told-vehicle"),
    no_shows.PASSENGER_ABSENT: ("button-absent", "told-absent"),
    "far": ("row-reason-far", "told-far"),
    "other": ("row-reason-other", "told-other"),
}
# Codes that nobody chooses from the list.
STOPPED = "stopped"
RETRIED = "retry"
# That somebody asked for silence is theirs alone: the other side reads no reason.
OTHER_REASONS = {STOPPED: "told-other", RETRIED: "told-other"}


async def arrive(turn: Turn) -> Outcome:
    """The driver is at the pickup."""
    return await _advance(turn, trips_pb2.TRIP_STATE_ARRIVED)


async def start(turn: Turn) -> Outcome:
    """The ride begins."""
    return await _advance(turn, trips_pb2.TRIP_STATE_IN_PROGRESS)


async def complete(turn: Turn) -> Outcome:
    """The ride is over."""
    return await _advance(turn, trips_pb2.TRIP_STATE_COMPLETED)


async def ask_why(turn: Turn) -> Outcome:
    """Giving up was tapped: ask for the reason, which is also the chance to think again."""
    trip = await trip_card.own_trip(turn, taps.number_of(turn.message.tap))
    if trip.state not in OPEN_TRIP_STATES:
        return await _over(turn, trip)
    driving = trip.driver_id == turn.person.person_id
    reasons = DRIVER_REASONS if driving else PASSENGER_REASONS
    rows = [
        Row(taps.drop(trip.trip_id, code), turn.say(title))
        for code, (title, _) in reasons.items()
        if no_shows.fits(code, trip.state)
    ]
    rows.append(Row(taps.step("show", trip.trip_id), turn.say("row-keep")))
    memory = remembered(turn).on_trip(trip, turn.person.person_id)
    menu = Menu(turn.say("why"), turn.say("label-reasons"), tuple(rows))
    return Outcome(memory.keeping(turn.state), (menu,))


async def give_up(turn: Turn) -> Outcome:
    """`cancel`: what "Give up trip" leads to, for the trip that is open."""
    trip = await turn.world.open_trip()
    if trip is None:
        return await guidance.guide(trip_card.forgotten(turn), turn.say("not-understood"))
    tap = taps.step("leave", trip.trip_id)
    return await ask_why(replace(turn, message=replace(turn.message, kind=MessageKind.TAP, tap=tap)))


async def drop(turn: Turn) -> Outcome:
    """A reason was tapped: give the trip up."""
    trip_id = taps.number_of(turn.message.tap)
    reason = "".join(taps.parts_of(turn.message.tap)[1:2])
    if reason not in PASSENGER_REASONS and reason not in DRIVER_REASONS:
        raise taps.TapUnreadable(turn.message.tap)
    try:
        trip = await turn.world.cancel_trip("drop", trip_id, reason)
    except HailwireError as error:
        if error.reason not in {"TRIP_STEP_ILLEGAL", "NO_SHOW_TOO_EARLY"}:
            raise
        # Fresh: the refusal told that it is not as it may still be remembered.
        trip = await trip_card.own_trip(turn, trip_id, fresh=True)
        if trip.state not in OPEN_TRIP_STATES:
            return await _over(turn, trip)
        # Nobody waits for the other side there, or not long enough.
        early = error.reason == "NO_SHOW_TOO_EARLY"
        return _still(turn, trip, no_shows.too_early(turn, reason, error) if early else turn.say("refused-step"))
    memory = remembered(turn).off_trip(trip.trip_id)
    turn = replace(turn, state=memory.home())
    return Outcome(memory.home(), (menus.home(turn, memory, turn.say(no_shows.ENDED.get(reason, "given-up"))),))


async def show(turn: Turn) -> Outcome:
    """How a trip stands."""
    trip = await trip_card.own_trip(turn, taps.number_of(turn.message.tap))
    if trip.state not in OPEN_TRIP_STATES:
        return await _over(turn, trip)
    memory = remembered(turn).on_trip(trip, turn.person.person_id)
    return Outcome(memory.home(), (trip_card.card(turn, trip),))


async def list_trips(turn: Turn) -> Outcome:
    """`trips`: the latest ones, newest first, and the way into the open one."""
    trips = (await turn.world.trips())[:LISTED_TRIPS]
    if not trips:
        return await guidance.guide(turn, turn.say("no-trips"))
    lines = "\n".join(_line(turn, trip) for trip in trips)
    lead = menus.body(turn.say("trips"), lines)
    for trip in trips:
        if trip.state in OPEN_TRIP_STATES:
            memory = remembered(turn).on_trip(trip, turn.person.person_id)
            return Outcome(memory.home(), (trip_card.card(turn, trip, lead),))
    return await guidance.guide(turn, lead)


async def _advance(turn: Turn, state: trips_pb2.TripState.ValueType) -> Outcome:
    trip_id = taps.number_of(turn.message.tap)
    try:
        trip = await turn.world.advance_trip("advance", trip_id, state)
    except HailwireError as error:
        if error.reason != "TRIP_STEP_ILLEGAL":
            raise
        trip = await trip_card.own_trip(turn, trip_id, fresh=True)
        if trip.state == state and trip.driver_id == turn.person.person_id:
            # A second tap on the same button: what it asks for has been done.
            return _stepped(turn, trip)
        if trip.state not in OPEN_TRIP_STATES:
            return await _over(turn, trip)
        return _still(turn, trip, turn.say("refused-step"))
    return _stepped(turn, trip)


def _still(turn: Turn, trip: trips_pb2.Trip, lead: str) -> Outcome:
    """Nothing has come of it: the card says where the trip really is and has the buttons that fit."""
    memory = remembered(turn).on_trip(trip, turn.person.person_id)
    return Outcome(memory.home(), (trip_card.card(turn, trip, lead),))


def _stepped(turn: Turn, trip: trips_pb2.Trip) -> Outcome:
    memory = remembered(turn).on_trip(trip, turn.person.person_id)
    turn = replace(turn, state=memory.home())
    if trip.state == trips_pb2.TRIP_STATE_COMPLETED:
        words = menus.body(turn.say("driver-completed"), fares.fare(turn, trip))
        return Outcome(memory.home(), (rating.card(turn, memory, trip, words),))
    return Outcome(memory.home(), (trip_card.card(turn, trip),))


async def _over(turn: Turn, trip: trips_pb2.Trip) -> Outcome:
    memory = remembered(turn).off_trip(trip.trip_id)
    turn = replace(turn, state=memory.keeping(turn.state))
    state = wording.state_name(turn.language, trip.state)
    return await guidance.guide(turn, turn.say("trip-over", state=state))


def _line(turn: Turn, trip: trips_pb2.Trip) -> str:
    return turn.say(
        "trip-line",
        when=wording.moment(turn.language, wording.utc(trip.create_time), turn.zone),
        vehicle=wording.vehicle_name(turn.language, trip.vehicle),
        state=wording.state_name(turn.language, trip.state),
    )
