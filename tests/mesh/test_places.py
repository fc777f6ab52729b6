"""Places by chat through the whole mesh: saved, offered with the next question, understood by name."""

from pathlib import Path

import pytest

from tests.mesh.audit import connected
from tests.mesh.deliveries import open_deliveries
from tests.mesh.harness import open_mesh
from tests.mesh.phones import Phone
from tests.mesh.posting import open_postman

pytestmark = pytest.mark.slow


async def test_a_place_is_saved_and_used(fresh_database_url: str, tmp_path: Path) -> None:
    """A misspelt landmark is saved as home over two replicas of everything, and home is where the driver is then."""
    async with (
        open_mesh(fresh_database_url, tmp_path, gateways=2, profiles=2, trips=1) as mesh,
        open_postman(mesh.gateway_urls) as postman,
        open_deliveries(mesh.simulator_url) as deliveries,
    ):
        ann = Phone(postman, deliveries, "+250730000002", sms=True)
        await ann.say("hello")
        await ann.choose("English")
        await ann.say("places")
        await ann.choose("Add a place")
        await ann.hear("Where is the place?")
        await ann.say("kimirongo")
        await ann.choose("Home")
        await ann.hear("Saved: Home.")
        await ann.say("drive")
        await ann.choose("Moto")
        await ann.hear("Where are you now?")
        await ann.say("home")
        await ann.hear("You are online (Moto)")
        async with connected(mesh.dsn) as connection:
            row = await connection.fetchrow("SELECT latitude, longitude FROM trips.presence")
        assert row is not None
        assert (round(row["latitude"], 4), round(row["longitude"], 4)) == (-1.9496, 30.1260)
