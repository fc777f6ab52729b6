"""Words from one side of a trip to the other through the whole mesh."""

import json
from pathlib import Path

import pytest

from tests.chassis.polling import until_awaited
from tests.mesh.audit import connected
from tests.mesh.deliveries import open_deliveries
from tests.mesh.harness import open_mesh
from tests.mesh.phones import Phone
from tests.mesh.posting import open_postman
from tests.mesh.test_ride import ENGLISH

pytestmark = pytest.mark.slow

RIDER, DRIVER = "+250788000012", "+250788000011"


async def test_both_sides_write_and_then_exchange_numbers(fresh_database_url: str, tmp_path: Path) -> None:
    """By signed posts over two replicas: words and a masked number go over, numbers only once both agreed."""
    async with (
        open_mesh(fresh_database_url, tmp_path, gateways=2, profiles=2, trips=2) as mesh,
        open_postman(mesh.gateway_urls) as postman,
        open_deliveries(mesh.simulator_url) as deliveries,
    ):
        driver, rider = Phone(postman, deliveries, DRIVER), Phone(postman, deliveries, RIDER)
        for phone in (driver, rider):
            await phone.say("hello")
            await phone.choose(ENGLISH.language)
        await driver.say("drive")
        await driver.choose("Moto")
        await driver.share(-1.95, 30.06)
        await driver.hear(ENGLISH.online)
        await rider.say("ride")
        await rider.choose("Moto")
        await rider.share(-1.9503, 30.0603)
        await rider.choose(ENGLISH.everybody)
        await driver.choose(ENGLISH.accept)
        await rider.hear(ENGLISH.on_the_way)
        await rider.say("I am at the blue door, call 0788 000 012")
        await driver.hear("Passenger: I am at the blue door, call ***")
        await rider.hear("have told your driver")
        await driver.say("Two minutes")
        await rider.hear("Driver: Two minutes")
        shown = json.dumps([one.payload for one in rider.received])
        assert DRIVER.lstrip("+") not in shown
        await rider.say("share my number")
        await driver.hear("would like to exchange")
        await driver.say("share")
        await driver.hear(f"number: {RIDER}")
        await rider.hear(f"number: {DRIVER}")
        async with connected(mesh.dsn) as connection:

            async def forgotten() -> bool:  # what was said is acknowledged beside its telling
                said = "SELECT count(*) FROM trips.event WHERE sender_id IS NOT NULL"
                return bool(await connection.fetchval(said) == 0)

            await until_awaited(forgotten)
            told = await connection.fetchval("SELECT count(*) FROM profile.audit WHERE action = 'number.disclosed'")
            assert told >= 2
