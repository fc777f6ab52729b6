"""What the two sides of a trip say to each other, played on the page as people do."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import Open, whatsapp
from tests.gateway.mesh import Mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_both_sides_write_and_exchange_numbers(opened: Open, number: Callable[[], str], mesh: Mesh) -> None:
    """Diane and Patrick write to each other without a number, and have each other's once both have agreed."""
    dianes, patricks = number(), number()
    page = await opened(whatsapp("Diane", dianes), whatsapp("Patrick", patricks))
    diane, patrick = page.person("Diane"), page.person("Patrick")
    await patrick.introduced()
    await patrick.online()
    await diane.introduced()
    await diane.say("ride")
    await diane.choose("Vehicles", "Moto")
    await diane.share("Kigali Heights")
    await diane.choose("Drivers", "Ask all")
    await patrick.tap("Accept")
    await diane.hear("on the way")
    await diane.say(f"I am at the blue door, call {dianes}")
    await diane.hear("I have told your driver")
    await patrick.hear("Passenger: I am at the blue door, call +***")
    await patrick.say("Two minutes")
    await diane.hear("Driver: Two minutes")
    await diane.say("share my number")
    await patrick.hear("would like to exchange phone numbers")
    await patrick.tap("Share my number")
    await patrick.hear(f"number: {dianes}")
    await diane.hear(f"number: {patricks}")
    assert await mesh.value("SELECT count(*) FROM trips.exchange") == 2
