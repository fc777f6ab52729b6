"""Help that fits where the person is: the open question again, the trip they are on, or the menu."""

from services.gateway.conversations import menus, nearby, offer_card, questions, taps, trip_card
from services.gateway.conversations.memory import (
    DRIVE_LOCATION,
    DRIVE_VEHICLE,
    LANGUAGE,
    RIDE_DRIVER,
    RIDE_LOCATION,
    RIDE_VEHICLE,
    remembered,
)
from services.gateway.conversations.turn import Moment, Outcome


async def guide(moment: Moment, lead: str = "") -> Outcome:
    """Say `lead`, then repeat what is asked; when nothing is, show where the person is."""
    gathered = remembered(moment).gathered
    vehicle = gathered.get("vehicle", "")
    name = moment.state.name
    if name == LANGUAGE:
        return questions.ask_language(moment, lead)
    if name == RIDE_VEHICLE:
        return questions.ask_ride_vehicle(moment, lead, spot_of(gathered))
    if name == RIDE_LOCATION:
        return questions.ask_pickup(moment, vehicle, lead)
    if name == RIDE_DRIVER:
        spot = spot_of(gathered)
        if spot is None or vehicle not in taps.VEHICLE_WORDS.values() or moment.outdated(spot.at):
            return questions.ask_pickup(moment, vehicle, lead)
        return await nearby.show_drivers(moment, taps.vehicle_of(vehicle), spot, lead)
    if name == DRIVE_VEHICLE:
        return questions.ask_drive_vehicle(moment, lead, spot_of(gathered))
    if name == DRIVE_LOCATION:
        return questions.ask_drive_place(moment, vehicle, lead)
    return await ground(moment, lead)


async def after_refusal(moment: Moment, lead: str) -> Outcome:
    """Say why something was refused, and where to go on; a search that may be what was refused is not made again."""
    if moment.state.name == RIDE_DRIVER:
        return questions.ask_pickup(moment, remembered(moment).gathered.get("vehicle", ""), lead)
    return await guide(moment, lead)


async def ground(moment: Moment, lead: str = "") -> Outcome:
    """Leave every question: the open trip when there is one, then requests that wait, the menu otherwise."""
    memory = remembered(moment)
    if memory.trip is not None:
        shown = await trip_card.show_open(moment, lead)
        if shown is not None:
            return shown
        moment = trip_card.forgotten(moment)
        memory = remembered(moment)
    offers = memory.open_offers(moment.now)
    if offers:
        words = menus.body(lead, moment.say("offers-waiting"))
        return Outcome(memory.home(), (offer_card.card(moment, words, offers),))
    return Outcome(memory.home(), (menus.home(moment, memory, lead),))


def spot_of(gathered: dict[str, str]) -> taps.Spot | None:
    """The place that a question has gathered; None when it has none that is readable."""
    try:
        return taps.Spot.read(gathered.get("spot", ""))
    except taps.TapUnreadable:
        return None
