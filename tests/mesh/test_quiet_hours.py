"""Quiet hours through the whole mesh: one message to us, kept by one service and counted by another."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.mesh.audit import connected
from tests.mesh.deliveries import open_deliveries
from tests.mesh.harness import open_mesh
from tests.mesh.phones import Phone
from tests.mesh.posting import open_postman

pytestmark = pytest.mark.slow

_DAY = 24 * 60
_KEPT = "SELECT quiet_from, quiet_to FROM {table} WHERE quiet_from IS NOT NULL"


def _span() -> tuple[int, int]:
    """From an hour ago until in two hours, by the clocks of Kigali."""
    local = datetime.now(UTC).astimezone(ZoneInfo("Africa/Kigali"))
    minute = local.hour * 60 + local.minute
    return (minute - 60) % _DAY, (minute + 120) % _DAY


async def test_a_driver_who_is_quiet_now(fresh_database_url: str, tmp_path: Path) -> None:
    """Online and not found; found again once the hours are ended."""
    span = _span()
    async with (
        open_mesh(fresh_database_url, tmp_path, gateways=2, profiles=1, trips=2) as mesh,
        open_postman(mesh.gateway_urls) as postman,
        open_deliveries(mesh.simulator_url) as deliveries,
        connected(fresh_database_url) as connection,
    ):
        driver, rider = (Phone(postman, deliveries, f"+25078800000{number}") for number in (1, 2))
        for phone in (driver, rider):
            await phone.say("hello")
            await phone.choose("English")
        await driver.say("quiet " + "-".join(f"{minute // 60}:{minute % 60:02}" for minute in span))
        await driver.hear("I leave you alone")
        for table in ("profile.person", "trips.presence"):
            assert [tuple(row) for row in await connection.fetch(_KEPT.format(table=table))] == [span]
        await driver.say("drive")
        await driver.choose("Moto")
        await driver.share(-1.95, 30.06)
        await driver.hear("It is your quiet time")
        await _wants_a_ride(rider)
        await rider.hear("No driver is free near you")
        await driver.say("quiet off")
        await driver.hear("no quiet hours any more")
        await _wants_a_ride(rider)
        await rider.choose("Ask all")
        await driver.hear("A passenger needs a ride")


async def _wants_a_ride(rider: Phone) -> None:
    await rider.say("ride")
    await rider.choose("Moto")
    await rider.share(-1.9503, 30.0603)
