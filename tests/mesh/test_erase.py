"""An erasure outlives every process that works on it, and a search of the database finds nothing afterwards."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from launcher import proof
from tests.chassis.polling import found
from tests.mesh.audit import Connection, connected
from tests.mesh.deliveries import open_deliveries
from tests.mesh.harness import Mesh, open_mesh
from tests.mesh.phones import Phone
from tests.mesh.posting import open_postman
from tests.mesh.processes import Process

pytestmark = pytest.mark.drill

_SETTINGS = {"GATEWAY_LEASE_SECONDS": "1.5", "GATEWAY_ERASURE_SECONDS": "900", "EVENT_LEASE_SECONDS": "3"}
_RIDER, _DRIVER = "+250788000001", "+250788000002"
_USER_ID = "RW.491208655302741918"
_PERSON = "SELECT person_id FROM gateway.conversation JOIN gateway.alias USING (conversation_id) WHERE address = $1"
# What the dead were at is tried again once they are surely dead.
_LATER = "UPDATE chassis.clock SET shift = shift + interval '2 minutes'"
_OVER = "UPDATE chassis.clock SET shift = shift + interval '15 minutes'"


async def test_killed_at_every_step(fresh_database_url: str, tmp_path: Path) -> None:
    """By chat, after a ride, with a dead letter and spooled messages left behind; at each step the gateways die."""
    async with (
        open_mesh(fresh_database_url, tmp_path, gateways=2, settings=_SETTINGS) as mesh,
        open_postman(mesh.gateway_urls) as postman,
        open_deliveries(mesh.simulator_url) as deliveries,
        connected(fresh_database_url) as connection,
    ):
        driver = Phone(postman, deliveries, _DRIVER)
        rider = Phone(postman, deliveries, _RIDER, bsuid=_USER_ID)
        await _a_ride(rider, driver)
        person_id = await connection.fetchval(_PERSON, f"wau:{_USER_ID}")
        await _leave_things_behind(mesh, connection)
        await rider.say("delete me")
        await rider.choose("Erase everything")
        await rider.hear("last message")
        for step, away in (("leave", mesh.profiles[0]), ("forget", mesh.trips[0])):
            await _at(connection, step)
            away.kill()
            await _kill_gateways(mesh, connection, away)
        await _at(connection, "sweep")
        await _kill_gateways(mesh, connection)
        # Each gateway looks after its own spool, for as long as the erasure is open.
        await found(lambda: _spools_are_empty(mesh), 60)
        await connection.execute(_OVER)
        await _at(connection, "done")
        assert await connection.fetchval("SELECT addresses FROM gateway.erasure") == []
        assert await proof.search(connection, proof.needles([_RIDER, _USER_ID, "Ada Rider"])) == []
        # The other side has its trip, and whoever writes again is somebody new.
        await driver.say("trips")
        await driver.hear("completed")
        await rider.say("hello")
        await rider.choose("English")
        await rider.hear("What would you like")
        again = await connection.fetchval(_PERSON, f"wau:{_USER_ID}")
        assert again > person_id


async def _a_ride(rider: Phone, driver: Phone) -> None:
    for phone in (driver, rider):
        await phone.say("hello")
        await phone.choose("English")
        await phone.hear("What would you like")
    await driver.say("drive")
    await driver.choose("Moto")
    await driver.hear("where are you", 30)
    await driver.share(-1.951, 30.061)
    await driver.hear("You are online")
    await rider.say("ride")
    await rider.choose("Moto")
    await rider.hear("pick you up")
    await rider.share(-1.95123, 30.06123)
    await rider.choose("Ask all")
    for step in ("Accept", "Arrived", "Start trip", "Complete"):
        await driver.choose(step)
    await rider.hear("complete")


async def _leave_things_behind(mesh: Mesh, connection: Connection) -> None:
    raw = json.dumps({"from": _RIDER[1:], "name": "Ada Rider"})
    await connection.execute(
        """
        INSERT INTO gateway.dead_letter (kind, reason, provider, addresses, raw, created_at)
        VALUES ('message', 'CRASHED', 'whatsapp', ARRAY['wa:' || $1], convert_to($2, 'UTF8'), chassis.now())
        """,
        _RIDER,
        raw,
    )
    for gateway in mesh.gateways:
        items = [{"addresses": [f"wa:{_RIDER}"], "raw": raw.encode().hex()}]
        (gateway.home / "spool" / "20260101-old.expired").write_text(json.dumps(items))


async def _spools_are_empty(mesh: Mesh) -> bool:
    return not any(path for gateway in mesh.gateways for path in (gateway.home / "spool").iterdir())


async def _at(connection: Connection, step: str) -> None:
    """Wait until an erasure has come as far as this step."""
    order = ["leave", "forget", "send", "sweep", "done"]

    async def there() -> bool:
        now: Any = await connection.fetchval("SELECT step FROM gateway.erasure")
        return now is not None and order.index(now) >= order.index(step)

    await found(there, 60, every=0.02)


async def _kill_gateways(mesh: Mesh, connection: Connection, *away: Process) -> None:
    """Both die where they are and come back with who is away; the erasure is due again when the clock says so."""
    for gateway in mesh.gateways:
        gateway.kill()
    await connection.execute(_LATER)
    await asyncio.gather(*(process.restart() for process in (*mesh.gateways, *away)))
