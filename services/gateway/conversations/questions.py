"""The questions we ask, each with the state in which its answer is awaited."""

from services.gateway.conversations import menus, taps, wording
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.conversations.flows.drive import DRIVE_LOCATION, DRIVE_VEHICLE
from services.gateway.conversations.flows.language import LANGUAGE
from services.gateway.conversations.flows.ride import RIDE_LOCATION, RIDE_VEHICLE
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import Moment, Outcome
from services.gateway.messages import Menu, Row


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
    question = menus.vehicles(moment, "ride", menus.body(lead, moment.say("ride-vehicle")), spot)
    gathered = {"spot": str(spot)} if spot else {}
    return Outcome(remembered(moment).asking(RIDE_VEHICLE, moment.now, **gathered), (question,))


def ask_pickup(moment: Moment, vehicle: str, lead: str = "") -> Outcome:
    """Ask a passenger where the ride starts."""
    try:
        name = wording.vehicle_name(moment.language, taps.vehicle_of(vehicle))
    except taps.TapUnreadable:
        return ask_ride_vehicle(moment, lead)
    question = menus.place(moment, menus.body(lead, moment.say("ride-where", vehicle=name)))
    return Outcome(remembered(moment).asking(RIDE_LOCATION, moment.now, vehicle=vehicle), (question,))


def ask_drive_vehicle(moment: Moment, lead: str = "", spot: taps.Spot | None = None) -> Outcome:
    """Ask a driver for the vehicle; with a way out for one who is online."""
    memory = remembered(moment)
    extra = (Row(taps.GO_OFFLINE, moment.say("row-offline"), moment.say("row-offline-about")),) if memory.online else ()
    question = menus.vehicles(moment, "drive", menus.body(lead, moment.say("drive-vehicle")), spot, extra)
    gathered = {"spot": str(spot)} if spot else {}
    return Outcome(memory.asking(DRIVE_VEHICLE, moment.now, **gathered), (question,))


def ask_drive_place(moment: Moment, vehicle: str, lead: str = "") -> Outcome:
    """Ask a driver where they are."""
    try:
        taps.vehicle_of(vehicle)
    except taps.TapUnreadable:
        return ask_drive_vehicle(moment, lead)
    question = menus.place(moment, menus.body(lead, moment.say("drive-where")))
    return Outcome(remembered(moment).asking(DRIVE_LOCATION, moment.now, vehicle=vehicle), (question,))


def gathered_spot(moment: Moment) -> taps.Spot | None:
    """The place that the open question has gathered; None when it has none that is readable."""
    try:
        return taps.Spot.read(remembered(moment).gathered.get("spot", ""))
    except taps.TapUnreadable:
        return None


def gathered_vehicle(moment: Moment) -> str:
    """The vehicle's word that the open question has gathered; empty when it has none."""
    return remembered(moment).gathered.get("vehicle", "")
