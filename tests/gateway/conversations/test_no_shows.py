"""Nobody came: what whoever waits can say, when, and what both sides read of it, on both channels."""

from datetime import timedelta

import pytest

from hailwire.trips.v1 import events_pb2, schedules_pb2, trips_pb2
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.messages import Channel
from tests.gateway.conversations.phones import Phone, options
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import Town

CHANNELS: tuple[Channel, ...] = ("whatsapp", "sms")


async def _matched(town: Town, channel: Channel = "whatsapp", language: str = "en") -> tuple[Phone, Phone]:
    """A driver on the way, and the passenger."""
    driver = await online(town.phone(channel, "en"))
    rider = await listed(town.phone(channel, "en"))
    await rider.choose("Ask all")
    for phone in (driver, rider):
        town.people[phone.person_id].language = language
    await driver.choose("Accept")
    return driver, rider


def _offered(phone: Phone) -> set[str]:
    return {title for _, title in options(phone.last)}


@pytest.mark.parametrize("channel", CHANNELS)
async def test_the_passenger_does_not_come(channel: Channel) -> None:
    """Too early the driver reads how long is left; five minutes after the arrival both sides read that it is over."""
    town = Town()
    driver, rider = await _matched(town, channel)
    assert "Passenger not there" not in _offered(driver)
    await driver.choose("Arrived")
    heard = len(rider.received)
    await driver.choose("Passenger not there")
    assert "you can say so in 5 minutes" in driver.body
    assert {"Start trip", "Give up trip", "Passenger not there"} == _offered(driver)
    town.pass_time(240)
    await driver.choose("Passenger not there")
    assert "you can say so in 1 minute." in driver.body
    assert len(rider.received) == heard
    town.pass_time(60)
    await driver.choose("Passenger not there")
    assert "It is noted that nobody came" in driver.body
    assert "a ride that you missed" in rider.body
    (trip,) = town.trips.values()
    assert (trip.state, trip.cancel_reason) == (trips_pb2.TRIP_STATE_CANCELLED, "absent")
    # Both are free for the next one.
    await listed(rider)
    assert "Ask all" in _offered(rider)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_the_driver_does_not_come(channel: Channel) -> None:
    """The passenger says so in the list of reasons: too early until ten minutes after what was promised."""
    town = Town()
    driver, rider = await _matched(town, channel)
    await rider.choose("Give up trip")
    await rider.choose("Driver did not come")
    assert "you can say so in 16 minutes" in rider.body
    town.pass_time(960)
    await rider.choose("Give up trip")
    await rider.choose("Driver did not come")
    assert "It is noted that nobody came" in rider.body
    assert "You did not come in time" in driver.body
    (trip,) = town.trips.values()
    assert (trip.state, trip.cancel_reason) == (trips_pb2.TRIP_STATE_CANCELLED, "noshow")


async def test_it_is_offered_where_somebody_waits() -> None:
    """Not before anybody comes, not to the side that is waited for, and not during the ride."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await rider.choose("Give up trip")
    assert "Driver did not come" not in _offered(rider)
    await driver.choose("Accept")
    await driver.choose("Give up trip")
    assert "Passenger not there" not in _offered(driver)
    await driver.choose("Arrived")
    await driver.choose("Give up trip")
    assert "Passenger not there" in _offered(driver)
    await rider.choose("Give up trip")
    assert "Driver did not come" not in _offered(rider)
    await driver.choose("Start trip")
    assert "Passenger not there" not in _offered(driver)
    await driver.choose("Give up trip")
    assert "Passenger not there" not in _offered(driver)


async def test_an_old_button_ends_no_ride() -> None:
    """Whoever taps it while the passenger rides, or when all is over, reads how it stands; the ride goes on."""
    town = Town()
    driver, rider = await _matched(town)
    (trip,) = town.trips.values()
    tap = f"trip:drop:{trip.trip_id}:absent"
    await driver.tap(tap)
    assert "does not fit the trip any more" in driver.body
    assert "Arrived" in _offered(driver)
    for title in ("Arrived", "Start trip"):
        await driver.choose(title)
    town.pass_time(3600)
    heard = len(rider.received)
    await driver.tap(tap)
    assert "does not fit the trip any more" in driver.body
    assert (trip.state, len(rider.received)) == (trips_pb2.TRIP_STATE_IN_PROGRESS, heard)
    await driver.choose("Complete")
    await driver.tap(tap)
    assert "That trip is over: completed" in driver.body


async def test_too_often() -> None:
    """After three times the request is refused until the first is a week old, and then it is made."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = town.phone(language="en")
    town.no_shows = [(rider.person_id, town.now - timedelta(days=day)) for day in (5, 2, 1)]
    await listed(rider)
    await rider.choose("Ask all")
    # The town's clock is at 11:00 in Kigali on 2 March; the first time was five days before.
    assert "waited for you in vain" in rider.body
    assert "after 4 Mar 11:00" in rider.body
    assert rider.state.name == "home"
    assert not town.trips
    town.pass_time(2 * 86_400)
    await driver.share(-1.95, 30.06)
    await listed(rider)
    await rider.choose("Ask all")
    assert len(town.trips) == 1


@pytest.mark.parametrize("language", LANGUAGES)
async def test_in_every_language(language: str) -> None:
    """Each side reads its own words on the way to a missed ride."""
    town = Town()
    driver, rider = await _matched(town, language=language)
    for key in ("button-arrived", "button-absent"):
        await driver.choose(t(language, key))
    town.pass_time(300)
    await driver.choose(t(language, "button-absent"))
    assert t(language, "given-up-absent") in driver.body
    assert t(language, "told-absent") in rider.body
    driver, rider = await _matched(town, language=language)
    town.pass_time(3600)
    for key in ("button-leave", "row-reason-noshow"):
        await rider.choose(t(language, key))
    assert t(language, "given-up-noshow") in rider.body
    assert t(language, "told-noshow") in driver.body


async def test_a_ride_for_later_is_refused_with_a_word() -> None:
    """Its passenger reads which ride it was, why nobody was asked, and until when."""
    town = Town()
    rider = town.phone(language="en")
    schedule = schedules_pb2.Schedule(schedule_id=8, passenger_id=rider.person_id, vehicle=trips_pb2.VEHICLE_MOTO)
    schedule.occurrence.pickup_time.CopyFrom(town.timestamp(900))
    kind = events_pb2.EVENT_KIND_SCHEDULE_REFUSED
    event = events_pb2.Event(event_id=9, kind=kind, recipient_id=rider.person_id, schedule=schedule)
    event.refused_until.FromDatetime(town.now + timedelta(days=3))
    await rider.hear(event)
    assert "I asked no driver for your ride of Monday 2 March, 11:15" in rider.body
    assert "after 5 Mar 11:00" in rider.body
