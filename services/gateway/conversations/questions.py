"""The questions we ask, each with the state in which its answer is awaited."""

from services.gateway.conversations import menus, own_places, taps, wording
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.conversations.flows.drive import DRIVE_LOCATION, DRIVE_VEHICLE
from services.gateway.conversations.flows.language import LANGUAGE
from services.gateway.conversations.flows.ride import RIDE_DESTINATION, RIDE_LOCATION, RIDE_VEHICLE
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import Moment, Outcome
from services.gateway.messages import Button, Buttons, Menu, Reply, Row


def ask_language(moment: Moment, lead: str = "", **intent: str) -> Outcome:
    """Ask which language: in all of them while none is chosen. `intent` is what to do once it is."""
    chosen = bool(moment.person.language)
    question = moment.say("language-question") if chosen else "\n".join(t(code, "first-contact") for code in LANGUAGES)
    rows = tuple(Row(taps.language(code), t(code, "language-name")) for code in LANGUAGES)
    # Codes say to everybody what the list holds, and no language is preferred.
    label = moment.say("label-languages") if chosen else " / ".join(code.upper() for code in LANGUAGES)
    memory = remembered(moment)
    if not intent and moment.state.name == LANGUAGE:
        intent = memory.gathered
    return Outcome(memory.asking(LANGUAGE, moment.now, **intent), (Menu(menus.body(lead, question), label, rows),))


def ask_ride_vehicle(moment: Moment, lead: str = "", spot: taps.Spot | None = None) -> Outcome:
    """Ask a passenger for the vehicle; with the place when it came first."""
    later = Row(taps.GO_SCHEDULE, moment.say("row-later"), moment.say("row-later-about"))
    question = menus.vehicles(moment, "ride", menus.body(lead, moment.say("ride-vehicle")), spot, (later,))
    gathered = {"spot": str(spot)} if spot else {}
    return Outcome(remembered(moment).asking(RIDE_VEHICLE, moment.now, **gathered), (question,))


async def ask_pickup(moment: Moment, vehicle: str, lead: str = "") -> Outcome:
    """Ask a passenger where the ride starts."""
    try:
        chosen = taps.vehicle_of(vehicle)
    except taps.TapUnreadable:
        return ask_ride_vehicle(moment, lead)
    words = menus.body(lead, moment.say("ride-where", vehicle=wording.vehicle_name(moment.language, chosen)))
    replies = await own_places.asked(moment, words, lambda spot: taps.place("ride", chosen, spot))
    return Outcome(remembered(moment).asking(RIDE_LOCATION, moment.now, vehicle=vehicle), replies)


async def ask_destination(moment: Moment, vehicle: taps.Vehicle, spot: taps.Spot, lead: str = "") -> Outcome:
    """Ask a passenger where the ride goes, with the way around the question."""
    words = menus.body(lead, moment.say("ride-whereto"))
    rows = await own_places.rows(moment, lambda to: taps.place("to", vehicle, to))
    anywhere = moment.say("button-anywhere")
    question: Reply = Buttons(words, (Button(taps.ANYWHERE, anywhere),))
    if rows:
        question = Menu(words, moment.say("label-places"), (*rows[:9], Row(taps.ANYWHERE, anywhere)))
    gathered = {"vehicle": taps.VEHICLE_WORDS[vehicle], "spot": str(spot)}
    return Outcome(remembered(moment).asking(RIDE_DESTINATION, moment.now, **gathered), (question,))


def ask_drive_vehicle(moment: Moment, lead: str = "", spot: taps.Spot | None = None) -> Outcome:
    """Ask a driver for the vehicle; with a way out for one who is online."""
    memory = remembered(moment)
    extra = (Row(taps.GO_OFFLINE, moment.say("row-offline"), moment.say("row-offline-about")),) if memory.online else ()
    question = menus.vehicles(moment, "drive", menus.body(lead, moment.say("drive-vehicle")), spot, extra)
    gathered = {"spot": str(spot)} if spot else {}
    return Outcome(memory.asking(DRIVE_VEHICLE, moment.now, **gathered), (question,))


async def ask_drive_place(moment: Moment, vehicle: str, lead: str = "") -> Outcome:
    """Ask a driver where they are."""
    try:
        chosen = taps.vehicle_of(vehicle)
    except taps.TapUnreadable:
        return ask_drive_vehicle(moment, lead)
    words = menus.body(lead, moment.say("drive-where"))
    replies = await own_places.asked(moment, words, lambda spot: taps.place("drive", chosen, spot))
    return Outcome(remembered(moment).asking(DRIVE_LOCATION, moment.now, vehicle=vehicle), replies)


def gathered_spot(moment: Moment) -> taps.Spot | None:
    """The place that the open question has gathered; None when it has none that is readable."""
    try:
        return taps.Spot.read(remembered(moment).gathered.get("spot", ""))
    except taps.TapUnreadable:
        return None


def gathered_vehicle(moment: Moment) -> str:
    """The vehicle's word that the open question has gathered; empty when it has none."""
    return remembered(moment).gathered.get("vehicle", "")


def gathered_pickup(moment: Moment) -> tuple[taps.Vehicle, taps.Spot] | None:
    """Vehicle and pickup that the open question has gathered; None when either is missing or told too long ago."""
    spot, word = gathered_spot(moment), gathered_vehicle(moment)
    if spot is None or word not in taps.VEHICLE_WORDS.values() or moment.outdated(spot.at):
        return None
    return taps.vehicle_of(word), spot


def gathered_destination(moment: Moment) -> taps.Spot | None:
    """Where the passenger wants to go; None when nobody said."""
    try:
        return taps.Spot.read(remembered(moment).gathered.get("to", ""))
    except taps.TapUnreadable:
        return None
