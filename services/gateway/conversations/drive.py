"""A driver's way onto the map and off it: vehicle, place, online."""

from dataclasses import replace

from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations import (
    cover,
    guidance,
    menus,
    own_places,
    questions,
    quiet_words,
    taps,
    trip_card,
    wording,
)
from services.gateway.conversations.memory import Memory, remembered
from services.gateway.conversations.turn import Moment, Outcome, Turn
from services.gateway.messages import Button, Buttons


async def ask_vehicle(moment: Moment, lead: str = "") -> Outcome:
    """Which vehicle, again."""
    return questions.ask_drive_vehicle(moment, lead, questions.gathered_spot(moment))


async def ask_place(moment: Moment, lead: str = "") -> Outcome:
    """Where, again."""
    return await questions.ask_drive_place(moment, questions.gathered_vehicle(moment), lead)


async def begin(turn: Turn) -> Outcome:
    """`drive`: whoever is on a trip already sees that one; anybody else is asked for the vehicle."""
    shown = await trip_card.hindrance(turn)
    if shown is not None:
        return shown
    if remembered(turn).trip is not None:
        turn = replace(turn, state=remembered(trip_card.forgotten(turn)).home())
    missing = await cover.missing(turn)
    if missing is not None:
        return missing
    return questions.ask_drive_vehicle(turn)


async def go_online(turn: Turn) -> Outcome:
    """`online`: whoever is reads it, and whether it is their quiet time; anybody else is asked for the vehicle."""
    presence = await turn.world.presence(fresh=True)
    if presence is None or not presence.online or remembered(turn).trip is not None:
        return await begin(turn)
    memory = replace(remembered(turn), online=taps.VEHICLE_WORDS.get(presence.vehicle, "other"))
    return Outcome(memory.home(), (_online_card(turn, "online", presence.vehicle),))


async def choose_vehicle(turn: Turn) -> Outcome:
    """A vehicle was tapped: ask where, unless a fresh place came with it."""
    word, *rest = taps.parts_of(turn.message.tap) or [""]
    vehicle = taps.vehicle_of(word)
    shown = await trip_card.hindrance(turn)
    if shown is not None:
        return shown
    if rest:
        spot = taps.Spot.read(rest[0], turn.now)
        if not (turn.outdated(spot.at) or turn.stale):
            return await _go_online(turn, vehicle, spot)
    return await questions.ask_drive_place(turn, word)


async def answer_vehicle(turn: Turn) -> Outcome:
    """Something else came while the vehicle is asked; a place is kept for the next question."""
    found = await own_places.find(turn)
    if len(found) == 1:
        spot = taps.Spot(found[0].latitude, found[0].longitude, turn.now)
        return questions.ask_drive_vehicle(turn, turn.say("place-noted"), spot)
    return await guidance.guide(turn, turn.say("choose-first"))


async def from_here(turn: Turn) -> Outcome:
    """A location that came unasked shall be the driver's: ask for the vehicle."""
    spot = taps.Spot.read("".join(taps.parts_of(turn.message.tap)[:1]), turn.now)
    if turn.outdated(spot.at):
        return questions.ask_drive_vehicle(turn)
    return questions.ask_drive_vehicle(turn, spot=spot)


async def take_place(turn: Turn) -> Outcome:
    """The answer to where: go online there, or ask which of several places."""
    shown = await trip_card.hindrance(turn)
    if shown is not None:
        return shown
    word = questions.gathered_vehicle(turn)
    found = await own_places.find(turn)
    if not found:
        return await questions.ask_drive_place(turn, word, turn.say("place-unknown"))
    vehicle = taps.vehicle_of(word)
    spots = [(taps.Spot(place.latitude, place.longitude, turn.now), place.name) for place in found]
    if len(spots) == 1:
        return await _go_online(turn, vehicle, spots[0][0], spots[0][1])
    return Outcome(turn.state, (menus.places(turn, "drive", vehicle, spots),))


async def online_at(turn: Turn) -> Outcome:
    """A place was tapped."""
    word, place = (*taps.parts_of(turn.message.tap), "", "")[:2]
    vehicle, spot = taps.vehicle_of(word), taps.Spot.read(place, turn.now)
    shown = await trip_card.hindrance(turn)
    if shown is not None:
        return shown
    if turn.outdated(spot.at):
        return await questions.ask_drive_place(turn, word, turn.say("place-outdated"))
    return await _go_online(turn, vehicle, spot)


async def move(turn: Turn, spot: taps.Spot) -> Outcome | None:
    """A driver who is online has moved; None for one who has gone offline since that was read."""
    presence = await turn.world.update_presence("move", location=spot.location)
    if not presence.online:
        return None
    memory = replace(remembered(turn), online=taps.VEHICLE_WORDS.get(presence.vehicle, "other"))
    if memory.trip is not None:
        moved = replace(turn, state=memory.keeping(turn.state))
        shown = await trip_card.show_open(moved, turn.say("moved"))
        if shown is not None:
            return shown
    return Outcome(memory.home(), (_online_card(turn, "moved"),))


async def go_offline(turn: Turn) -> Outcome:
    """No more requests."""
    await turn.world.update_presence("offline", online=False)
    memory = replace(remembered(turn), online="")
    quiet = replace(turn, state=memory.home())
    return await guidance.ground(quiet, turn.say("offline"))


async def _go_online(turn: Turn, vehicle: taps.Vehicle, spot: taps.Spot, place_name: str = "") -> Outcome:
    missing = await cover.missing(turn)
    if missing is not None:
        return missing
    await turn.world.update_presence("online", online=True, vehicle=vehicle, location=spot.location)
    memory: Memory = replace(remembered(turn), online=taps.VEHICLE_WORDS[vehicle])
    return Outcome(memory.home(), (_online_card(turn, "online", vehicle, place_name),))


def _online_card(
    turn: Turn, key: str, vehicle: taps.Vehicle = trips_pb2.VEHICLE_UNSPECIFIED, place_name: str = ""
) -> Buttons:
    if key == "moved":
        words = turn.say("moved")
    else:
        name = wording.vehicle_name(turn.language, vehicle)
        at = place_name[:60]
        words = turn.say("online-at", vehicle=name, place=at) if at else turn.say("online", vehicle=name)
    words = menus.body(words, quiet_words.now(turn))
    return Buttons(words, (Button(taps.GO_OFFLINE, turn.say("button-offline")),))
