"""A passenger who does not come, through the whole mesh: both sides read it, and the next request waits."""

from pathlib import Path

import pytest

from tests.mesh.audit import connected
from tests.mesh.deliveries import open_deliveries
from tests.mesh.harness import open_mesh
from tests.mesh.phones import Phone
from tests.mesh.posting import open_postman

pytestmark = pytest.mark.slow


async def test_nobody_came(fresh_database_url: str, tmp_path: Path) -> None:
    """The driver taps the card's button, the passenger reads why it is over, and asks again too soon."""
    settings = {"NO_SHOW_WAIT_MINUTES": "0", "NO_SHOW_LIMIT": "1"}
    async with (
        open_mesh(fresh_database_url, tmp_path, gateways=1, profiles=1, trips=2, settings=settings) as mesh,
        open_postman(mesh.gateway_urls) as postman,
        open_deliveries(mesh.simulator_url) as deliveries,
    ):
        driver = Phone(postman, deliveries, "+250788000001")
        rider = Phone(postman, deliveries, "+250730000002", sms=True)
        for phone in (driver, rider):
            await phone.say("hello")
            await phone.choose("English")
        await driver.say("drive")
        await driver.choose("Moto")
        await driver.share(-1.95, 30.06)
        await driver.hear("You are online")
        for heard in ("ride that you missed", "waited for you in vain"):
            await rider.say("ride")
            await rider.choose("Moto")
            await rider.share(-1.9503, 30.0603)
            await rider.choose("Ask all")
            if heard == "ride that you missed":
                for title in ("Accept", "Arrived", "Passenger not there"):
                    await driver.choose(title)
                await driver.hear("It is noted that nobody came")
            await rider.hear(heard)
        async with connected(mesh.dsn) as connection:
            assert await connection.fetchval("SELECT count(*) FROM trips.no_show WHERE NOT as_driver") == 1
            assert await connection.fetchval("SELECT count(*) FROM trips.trip") == 1
