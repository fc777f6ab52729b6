"""A ride for later by signed posts: planned by chat, and a driver on the way once its time has come near."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.mesh.audit import connected
from tests.mesh.deliveries import open_deliveries
from tests.mesh.harness import open_mesh
from tests.mesh.phones import Phone
from tests.mesh.posting import open_postman

pytestmark = pytest.mark.slow

# The clock is shifted by hours, the phones' own clocks are not: what they send looks as old as that.
SETTINGS = {
    "LOCATION_FRESH_SECONDS": "1000000",
    "GATEWAY_STALE_AFTER_SECONDS": "1000000",
    "SERVICE_TIME_ZONE": "Asia/Tokyo",
}


async def test_a_ride_planned_by_chat_is_driven(fresh_database_url: str, tmp_path: Path) -> None:
    """A texter plans a ride, is reminded and gets a driver, each once, over two replicas of every service."""
    async with (
        open_mesh(fresh_database_url, tmp_path, gateways=2, profiles=2, trips=2, settings=SETTINGS) as mesh,
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
        await rider.say("schedule")
        await rider.choose("Moto")
        await rider.share(-1.9503, 30.0603)
        await rider.say("in 2 hours")
        await rider.choose("Plan it")
        await rider.hear("It is planned")
        async with connected(mesh.dsn) as connection:
            planned_for = await connection.fetchval("SELECT pickup_at FROM trips.occurrence")
            in_tokyo = planned_for.astimezone(ZoneInfo("Asia/Tokyo")).strftime("%H:%M")
            assert in_tokyo in str(rider.received[-1].payload)
            await connection.execute("UPDATE chassis.clock SET shift = '1 hour 31 minutes'")
            await rider.hear("A reminder")
            await connection.execute("UPDATE chassis.clock SET shift = '1 hour 46 minutes'")
            await driver.choose("Accept")
            await rider.hear("a driver is on the way")
            trips = await connection.fetch("SELECT state, pickup_at IS NOT NULL AS planned FROM trips.trip")
            assert [(trip["state"], trip["planned"]) for trip in trips] == [(3, True)]
        assert any("Pickup time" in str(one.payload) for one in driver.received)
        reminders = [one for one in rider.received if "A reminder" in str(one.payload)]
        assert len(reminders) == 1
