"""Where the passenger wants to go: asked between pickup and drivers when the operator says so (ASK_DESTINATION).

Whoever would rather tell the driver taps that; a ride needs no destination, only its estimate does.
"""

from services.gateway.conversations import menus, nearby, own_places, questions, taps
from services.gateway.conversations.turn import Moment, Outcome, Turn


async def after_pickup(turn: Turn, vehicle: taps.Vehicle, spot: taps.Spot, place_name: str = "") -> Outcome:
    """The pickup is known: where to, or at once who is near."""
    if turn.ask_destination:
        place = turn.say("pickup-at", place=place_name[:60]) if place_name else ""
        return await questions.ask_destination(turn, vehicle, spot, place)
    return await nearby.show_drivers(turn, vehicle, spot, place_name=place_name)


async def ask(moment: Moment, lead: str = "") -> Outcome:
    """Where to, again; where from, if that was told too long ago."""
    pickup = questions.gathered_pickup(moment)
    if pickup is None:
        return await questions.ask_pickup(moment, questions.gathered_vehicle(moment), lead)
    return await questions.ask_destination(moment, *pickup, lead)


async def take(turn: Turn) -> Outcome:
    """The answer: who is near and what it would cost, or which of several places."""
    found = await own_places.find(turn)
    pickup = questions.gathered_pickup(turn)
    if pickup is None or not found:
        return await ask(turn, "" if found else turn.say("place-unknown"))
    spots = [(taps.Spot(place.latitude, place.longitude, turn.now), place.name) for place in found]
    if len(spots) == 1:
        return await nearby.show_drivers(turn, *pickup, destination=spots[0][0])
    return Outcome(turn.state, (menus.places(turn, "to", pickup[0], spots),))


async def choose(turn: Turn) -> Outcome:
    """One of several places was tapped."""
    destination = taps.Spot.read("".join(taps.parts_of(turn.message.tap)[1:2]), turn.now)
    pickup = questions.gathered_pickup(turn)
    if pickup is None:
        return await questions.ask_pickup(turn, questions.gathered_vehicle(turn))
    return await nearby.show_drivers(turn, *pickup, destination=destination)


async def anywhere(turn: Turn) -> Outcome:
    """The driver will be told."""
    pickup = questions.gathered_pickup(turn)
    if pickup is None:
        return await questions.ask_pickup(turn, questions.gathered_vehicle(turn))
    return await nearby.show_drivers(turn, *pickup)
