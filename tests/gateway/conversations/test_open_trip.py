"""What an open trip keeps people from, and what they may do again without harm."""

import pytest

from services.gateway.conversations.memory import Memory
from tests.gateway.conversations.phones import options
from tests.gateway.conversations.test_ride import listed, online
from tests.gateway.conversations.town import Town


@pytest.mark.parametrize("route", ["drive:vehicle:moto", "drive:vehicle:moto:{}", "drive:at:moto:{}"])
async def test_an_older_row_does_not_put_a_passenger_on_the_map(route: str) -> None:
    """Whoever waits for a driver sees that trip instead of going online by an older row and a location."""
    town = Town()
    await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await rider.tap(route.format(f"-1.95000,30.06000,{int(town.now.timestamp())}"))
    assert "open trip" in rider.body
    await rider.share(-1.95, 30.06)
    assert rider.person_id not in town.presences


async def test_a_place_does_not_put_a_passenger_on_the_map() -> None:
    """A place that answers the driver's question while a trip is open shows the trip."""
    town = Town()
    await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    rider.state = Memory.of(rider.state).asking("drive.location", town.now, vehicle="cab")
    await rider.share(-1.95, 30.06)
    assert "open trip" in rider.body
    assert rider.person_id not in town.presences


@pytest.mark.parametrize("route", ["ride:vehicle:moto", "ride:at:moto:{}"])
async def test_an_older_row_asks_for_no_pickup_during_a_trip(route: str) -> None:
    """An older place or vehicle of a search shows the open trip, fresh or not."""
    town = Town()
    await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await rider.tap(route.format(f"-1.95000,30.06000,{int(town.now.timestamp()) - 7200}"))
    assert "open trip" in rider.body
    assert rider.state.name == "home"


async def test_a_step_that_is_tapped_twice_is_answered_alike() -> None:
    """A second tap on a step shows the card that the first one showed, and the passenger hears nothing new."""
    town = Town()
    driver = await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await driver.choose("Accept")
    for title in ("Arrived", "Start trip", "Complete"):
        await driver.choose(title)
        shown, heard = driver.last, len(rider.received)
        await driver.choose(title)
        assert driver.last == shown
        assert len(rider.received) == heard


async def test_a_time_to_come_in_a_tap_counts_as_now() -> None:
    """A place from the future is as fresh as one of this moment, and no fresher in what is offered next."""
    town = Town()
    await online(town.phone(language="en"))
    rider = town.phone(language="en")
    await rider.tap(f"ride:at:moto:-1.95000,30.06000,{int(town.now.timestamp()) + 86400}")
    assert "Ask all" in str(rider.last)
    town.pass_time(1200)
    await rider.choose("Ask all")
    assert "no longer fresh" in rider.body
    assert not town.trips


@pytest.mark.parametrize("word", ["cancel", "Annuler", "kureka", "Ghairi"])
async def test_cancel_during_a_trip_asks_why(word: str) -> None:
    """The word leads to the question that the button leads to."""
    town = Town()
    await online(town.phone(language="en"))
    rider = await listed(town.phone(language="en"))
    await rider.choose("Ask all")
    await rider.say(word)
    assert "Why do you give" in rider.body
    await rider.choose("My plans")
    assert "given up" in rider.body
    await rider.say(word)
    assert "did not understand" in rider.body


@pytest.mark.parametrize("word", ["yes", "Oui !", "Yego", "ndiyo"])
async def test_yes_accepts_the_one_request_that_was_shown_last(word: str) -> None:
    """A yes to the only open request accepts it; to one of two it shows both again."""
    town = Town()
    driver = await online(town.phone(language="en"))
    riders = [await listed(town.phone(language="en")) for _ in range(2)]
    for rider in riders:
        await rider.choose("Ask all")
    await driver.say(word)
    assert "request waits" in driver.body
    assert len(options(driver.last)) == 4
    await riders[0].say("cancel")
    await riders[0].choose("My plans")
    await driver.say(word)
    assert "request waits" in driver.body
    await driver.say(word)
    assert "yours" in driver.body
