"""Whole rides, from the first hello to the last thank you, on each channel and in each language."""

import json

import pytest

from services.gateway.messages import Buttons, Channel, Menu
from tests.gateway.conversations.phones import Phone
from tests.gateway.conversations.town import Town

# Titles in the order of the ride: language, vehicle, ask all, accept, arrived, start, complete.
ENGLISH = ("English", "Moto", "Ask all", "Accept", "Arrived", "Start trip", "Complete")
FRENCH = ("Français", "Moto", "Demander à tous", "Accepter", "Je suis sur place", "Démarrer", "Terminer")
KINYARWANDA = ("Ikinyarwanda", "Moto", "Baza bose", "Emera", "Nahageze", "Gutangira", "Kurangiza")
SWAHILI = ("Kiswahili", "Pikipiki", "Uliza wote", "Kubali", "Nimefika", "Anza safari", "Maliza safari")
VEHICLES = ("Moto", "Cab", "Lifan", "Truck", "Other")


async def introduced(phone: Phone, language: str) -> Phone:
    await phone.say("hello")
    await phone.choose(language)
    return phone


async def online(phone: Phone, vehicle: str = "Moto", at: tuple[float, float] = (-1.95, 30.06)) -> Phone:
    await phone.say("drive")
    await phone.choose(vehicle)
    await phone.share(*at)
    return phone


async def listed(phone: Phone, vehicle: str = "Moto", at: tuple[float, float] = (-1.9503, 30.0603)) -> Phone:
    await phone.say("ride")
    await phone.choose(vehicle)
    await phone.share(*at)
    return phone


@pytest.mark.parametrize("titles", [ENGLISH, FRENCH, KINYARWANDA, SWAHILI], ids=["en", "fr", "rw", "sw"])
@pytest.mark.parametrize(("drives", "rides"), [("whatsapp", "whatsapp"), ("sms", "sms"), ("sms", "whatsapp")])
async def test_a_ride_from_hello_to_thank_you(titles: tuple[str, ...], drives: Channel, rides: Channel) -> None:
    """Two people who know nothing but the words and what is on their screens complete a ride."""
    language, moto, ask_all, accept, arrived, start, complete = titles
    town = Town()
    driver, rider = town.phone(drives), town.phone(rides)
    for phone in (driver, rider):
        await introduced(phone, language)
    await driver.say("drive")
    await driver.choose(moto)
    assert driver.kind == "LocationRequest"
    await driver.share(-1.95, 30.06)
    await rider.say("ride")
    await rider.choose(moto)
    assert rider.kind == "LocationRequest"
    await rider.share(-1.9503, 30.0603)
    assert rider.kind == "Menu"
    await rider.choose(ask_all)
    for title in (accept, arrived, start, complete):
        heard = len(rider.received)
        await driver.choose(title)
        assert len(rider.received) == heard + 1
    (trip,) = town.trips.values()
    assert trip.driver_id == driver.person_id
    shown = json.dumps([reply.to_dict() for reply in rider.received + driver.received])
    assert not [phone for phone in (driver, rider) if phone.number in shown]


async def test_a_phone_with_words_only_on_whatsapp_chooses_by_number() -> None:
    """WhatsApp that Twilio carries plays the ride like SMS."""
    town = Town()
    driver = await online(town.phone("whatsapp", "en", plain=True))
    rider = await listed(town.phone("whatsapp", "fr", plain=True))
    await rider.choose("Demander")
    await driver.choose("Accept")
    assert "est arrivé" not in rider.body
    await driver.choose("Arrived")
    assert "est arrivé" in rider.body


async def test_the_list_shows_at_most_nine_drivers_below_ask_all() -> None:
    """Twelve drivers near: the list holds the nearest nine with distance and freshness, and "Ask all" comes first."""
    town = Town()
    for number in range(12):
        await online(town.phone(language="en"), at=(-1.95 + number / 2000, 30.06))
    rider = await listed(town.phone(language="en"), at=(-1.95, 30.06))
    assert isinstance(rider.last, Menu)
    titles = [row.title for row in rider.last.rows]
    assert titles[0] == "Ask all"
    assert len(titles) == 10
    assert titles[1].startswith("Driver 1: ")
    assert rider.last.rows[2].description == "There 1 minute ago"


@pytest.mark.parametrize("vehicle", VEHICLES)
async def test_each_vehicle_has_drivers_of_its_own(vehicle: str) -> None:
    """Whoever needs a truck is not offered a moto: of five drivers at one place the one with that vehicle is asked."""
    town = Town()
    drivers = [await online(town.phone(language="en"), name) for name in VEHICLES]
    rider = await listed(town.phone(language="en"), vehicle)
    await rider.choose("Ask all")
    asked = [name for name, driver in zip(VEHICLES, drivers, strict=True) if "needs a ride" in driver.body]
    assert asked == [vehicle]


async def test_one_driver_can_be_asked_alone() -> None:
    """Tapping one driver asks that one and nobody else."""
    town = Town()
    near, far = [await online(town.phone(language="en"), at=(-1.95 - n / 100, 30.06)) for n in (0, 1)]
    rider = await listed(town.phone(language="en"))
    before = len(near.received)
    await rider.choose("Driver 2")
    assert isinstance(far.last, Buttons)
    assert "needs a ride" in far.body
    assert len(near.received) == before


async def test_everyone_asked_but_the_winner_is_told_once() -> None:
    """The first driver to accept wins; who taps too late and who never taps are each told, and only once."""
    town = Town()
    drivers = [await online(town.phone(language="en")) for _ in range(3)]
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    offers = [phone.state.data["offers"] for phone in drivers]
    await drivers[0].choose("Accept")
    assert "faster" in drivers[2].body
    assert drivers[2].state.data.get("offers") is None
    heard = len(drivers[1].received)
    await drivers[1].choose("Accept")
    assert len(drivers[1].received) == heard + 1
    assert "Another driver was faster this time" in drivers[1].body
    assert all(offers)


async def test_nobody_near_is_told_kindly_with_something_to_do() -> None:
    """Without a driver near, the passenger gets words and buttons instead of an empty list."""
    rider = await listed(Town().phone(language="fr"))
    assert "Aucun chauffeur" in rider.body
    assert isinstance(rider.last, Buttons)


async def test_when_all_decline_the_passenger_can_search_again() -> None:
    """Nobody comes: the passenger hears it and one tap closes the old request and lists who is near now."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await driver.choose("Decline")
    assert "Nobody whom I asked" in rider.body
    await rider.choose("Search again")
    assert isinstance(rider.last, Menu)
    await rider.choose("Ask all")
    await driver.choose("Accept")
    assert "on the way" in rider.body


@pytest.mark.parametrize(
    ("who", "reason", "told"), [("rider", "My plans", "plans have"), ("driver", "Vehicle", "trouble")]
)
async def test_giving_up_asks_why_and_tells_the_other_side(who: str, reason: str, told: str) -> None:
    """Either side gives a trip up for a reason, and the other side hears it in words."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await driver.choose("Accept")
    one, other = (rider, driver) if who == "rider" else (driver, rider)
    await one.choose("Give up trip")
    assert isinstance(one.last, Menu)
    await one.choose("Keep the trip")
    assert "on the way" in rider.body
    await one.choose("Give up trip")
    await one.choose(reason)
    assert "given up" in one.body
    assert told in other.body


async def test_trips_lists_them_and_leads_into_the_open_one() -> None:
    """`trips` shows when, what and how it went, and the buttons of a trip that is still open."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.say("trips")
    assert "no trips" in rider.body
    await rider.choose("Ask all")
    await driver.choose("Accept")
    await driver.say("trips")
    assert "2 Mar 11:00 - Moto, driver on the way" in driver.body
    for title in ("Arrived", "Start trip", "Complete"):
        await driver.choose(title)
    await driver.say("TRIPS")
    assert "Moto, completed" in driver.body


async def test_a_day_old_button_is_answered_by_how_things_stand() -> None:
    """A button of a finished trip, of a closed offer and of an old list each get an answer and change nothing."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    old_list = rider.received[-1]
    await rider.choose("Ask all")
    await driver.choose("Accept")
    for title in ("Arrived", "Start trip", "Complete"):
        await driver.choose(title)
    town.pass_time(86_400)
    for title in ("Arrived", "Complete", "Accept", "Give up trip"):
        await driver.choose(title)
    assert "over" in driver.body
    rider.received.append(old_list)
    await rider.choose("Ask all")
    assert "no longer fresh" in rider.body
    assert len(town.trips) == 1


async def test_a_step_out_of_order_shows_where_the_trip_is() -> None:
    """Tapping a step that is already behind is refused kindly with the button that fits now."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await driver.choose("Accept")
    await driver.choose("Arrived")
    await driver.choose("Start trip")
    heard = len(rider.received)
    await driver.choose("Arrived")
    assert "does not fit" in driver.body
    assert isinstance(driver.last, Buttons)
    assert driver.last.buttons[0].title == "Complete"
    assert len(rider.received) == heard


async def test_numbers_stay_true_when_a_second_request_arrives_on_sms() -> None:
    """A texter with two open requests has four numbers, and the first two still mean the first request."""
    town = Town()
    driver = await online(town.phone("sms", "en"))
    first = await listed(town.phone(language="en"))
    second = await listed(town.phone(language="en"), at=(-1.951, 30.061))
    await first.choose("Ask all")
    await second.choose("Ask all")
    assert isinstance(driver.last, Menu)
    assert len(driver.last.rows) == 4
    await driver.say("1")
    accepted = [trip.passenger_id for trip in town.trips.values() if trip.driver_id == driver.person_id]
    assert accepted == [first.person_id]


async def test_a_question_in_between_does_not_hide_an_open_request() -> None:
    """A driver who writes something else while a request waits is shown the request again, under the same number."""
    town = Town()
    driver = await online(town.phone("sms", "en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await driver.say("how much?")
    assert "request waits" in driver.body
    await driver.say("1")
    assert "yours" in driver.body
    await driver.say("thanks")
    assert "request waits" not in driver.body


async def test_a_driver_on_sms_moves_by_writing_a_place() -> None:
    """A place that nobody asked for moves a driver who is online."""
    town = Town()
    driver = await online(town.phone("sms", "en"))
    await driver.say("BK Arena")
    assert town.presences[driver.person_id].location.latitude == -1.9541
    assert "up to date" in driver.body
    await driver.say("KCC", age_seconds=5000)
    assert town.presences[driver.person_id].location.latitude == -1.9541


async def test_a_driver_moves_and_goes_offline() -> None:
    """A location from a driver who is online moves them; one tap takes them off the map."""
    town = Town()
    driver = await online(town.phone(language="en"))
    await driver.share(-1.96, 30.07)
    assert town.presences[driver.person_id].location.latitude == -1.96
    await driver.choose("Go offline")
    assert not town.presences[driver.person_id].online
    assert "offline" in driver.body


async def test_a_location_out_of_the_blue_is_put_to_use() -> None:
    """Somebody who starts with a location is asked what for, then only for the vehicle."""
    town = Town()
    driver = town.phone(language="en")
    await driver.share(-1.95, 30.06)
    await driver.choose("Drive from here")
    await driver.choose("Moto")
    assert "online" in driver.body
    rider = town.phone(language="en")
    await rider.share(-1.951, 30.06)
    await rider.choose("Ride from here")
    await rider.choose("Moto")
    assert isinstance(rider.last, Menu)
    assert rider.last.rows[0].title == "Ask all"


async def test_an_open_trip_is_not_asked_for_twice() -> None:
    """Whoever waits for a driver and asks again sees the trip that they have."""
    town = Town()
    await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await rider.choose("Ask all")
    assert "open trip" in rider.body
    await rider.say("ride")
    assert "open trip" in rider.body
    assert len(town.trips) == 1
