"""The replies that several handlers give: the home menu, the vehicle question, the request for a place."""

from collections.abc import Iterable

from services.gateway.conversations import taps, wording
from services.gateway.conversations.memory import Memory
from services.gateway.conversations.turn import Moment
from services.gateway.messages import Button, Buttons, LocationRequest, Menu, Row, Text


def body(*paragraphs: str) -> str:
    """Paragraphs with a blank line between; empty ones are left out."""
    return "\n\n".join(filter(None, paragraphs))


def home(moment: Moment, memory: Memory, lead: str = "") -> Buttons:
    """What can be done from here."""
    second = (
        Button(taps.GO_OFFLINE, moment.say("button-offline"))
        if memory.online
        else Button(taps.GO_DRIVE, moment.say("button-drive"))
    )
    where = moment.say("home-online" if memory.online else "home")
    return Buttons(
        body(lead, where),
        (Button(taps.GO_RIDE, moment.say("button-ride")), second, Button(taps.GO_TRIPS, moment.say("button-trips"))),
    )


def vehicles(
    moment: Moment, flow: str, question: str, spot: taps.Spot | None = None, extra: Iterable[Row] = ()
) -> Menu:
    """Which vehicle, in the flow "ride" or "drive"; with the place when it is known already."""
    rows = [
        Row(taps.vehicle(flow, vehicle, spot), wording.vehicle_name(moment.language, vehicle))
        for vehicle in taps.VEHICLE_WORDS
    ]
    return Menu(question, moment.say("label-vehicles"), (*rows, *extra))


def place(moment: Moment, question: str) -> LocationRequest:
    """Where: by a button where there is one, typed everywhere."""
    return LocationRequest(body(question, moment.say("place-type" if moment.words_only else "place-share")))


def places(moment: Moment, flow: str, vehicle: taps.Vehicle, spots: Iterable[tuple[taps.Spot, str]]) -> Menu:
    """Which of several places was meant."""
    rows = tuple(
        # A title holds 24 characters; what does not fit is read in full below it.
        Row(taps.place(flow, vehicle, spot), name[:24].rstrip(), name if len(name) > 24 else "")
        for spot, name in spots
    )
    return Menu(moment.say("place-which"), moment.say("label-places"), rows)


def note(moment: Moment, memory: Memory, words: str) -> Text | Buttons:
    """News that asks for nothing, with the way off the map for a driver who is on it."""
    if memory.online and memory.trip is None and not moment.words_only:
        return Buttons(words, (Button(taps.GO_OFFLINE, moment.say("button-offline")),))
    return Text(words)
