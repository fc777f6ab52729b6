"""The list of drivers near a pickup, from which a passenger asks one or all."""

from hailwire.trips.v1 import trips_pb2
from services.gateway.conversations import catalogue, menus, taps, wording
from services.gateway.conversations.flows.ride import RIDE_DRIVER
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import Moment, Outcome
from services.gateway.messages import Button, Buttons, Menu, Row

# With "Ask all" on top this fills a list of ten rows.
MAX_DRIVERS = 9


async def show_drivers(
    moment: Moment, vehicle: taps.Vehicle, spot: taps.Spot, lead: str = "", place_name: str = ""
) -> Outcome:
    """Search now and list who is near; when nobody is, say what can be done."""
    drivers = await moment.world.search_drivers(vehicle, spot.location, MAX_DRIVERS)
    vehicle_name = wording.vehicle_name(moment.language, vehicle)
    place = moment.say("pickup-at", place=place_name[:60]) if place_name else ""
    if not drivers:
        memory = remembered(moment)
        reply = Buttons(
            menus.body(lead, place, moment.say("nobody-near", vehicle=vehicle_name)),
            (
                Button(taps.place("ride", vehicle, spot), moment.say("button-search-again")),
                Button(taps.GO_RIDE, moment.say("button-other-vehicle")),
                Button(taps.GO_MENU, moment.say("button-menu")),
            ),
        )
        return Outcome(memory.home(), (reply,))
    all_of_them, *one_each = taps.asks(vehicle, spot, (0, *(driver.person_id for driver in drivers)))
    rows = [Row(all_of_them, moment.say("row-ask-all"), moment.say("row-ask-all-about", count=len(drivers)))]
    rows += [
        _row(moment, tap, place_in_list, driver)
        for place_in_list, (tap, driver) in enumerate(zip(one_each, drivers, strict=True), 1)
    ]
    question = moment.say("ride-drivers", count=len(drivers), vehicle=vehicle_name)
    menu = Menu(menus.body(lead, place, question), moment.say("label-drivers"), tuple(rows))
    state = remembered(moment).asking(RIDE_DRIVER, moment.now, vehicle=taps.VEHICLE_WORDS[vehicle], spot=str(spot))
    return Outcome(state, (menu,))


def _row(moment: Moment, tap: str, place_in_list: int, driver: trips_pb2.NearbyDriver) -> Row:
    language = moment.language
    away = wording.distance(language, driver.distance_meters)
    title = catalogue.t(language, "row-driver", number=str(place_in_list), distance=away)
    return Row(tap, title, wording.freshness(language, driver.location_age_seconds))
