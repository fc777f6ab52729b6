"""A paused gateway loses its leases to the other one and changes nothing when it wakes."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from services.gateway.lane import PAIR_BURST
from tests.mesh.audit import Connection, connected, examined, quiet
from tests.mesh.deliveries import Deliveries, open_deliveries
from tests.mesh.harness import Mesh, open_mesh
from tests.mesh.phones import Phone
from tests.mesh.posting import Postman, open_postman

pytestmark = pytest.mark.drill

_SETTINGS = {"GATEWAY_LEASE_SECONDS": "1.5"}
# Everything that a turn or a send may write; without the heartbeats.
_TABLES = (
    "gateway.inbox_key",
    "gateway.conversation",
    "gateway.alias",
    "gateway.inbox",
    "gateway.pending",
    "gateway.pending_status",
    "gateway.outbox",
    "gateway.lane",
    "gateway.dead_letter",
    "profile.person",
    "profile.identity",
    "profile.request",
    "trips.presence",
    "trips.trip",
    "trips.request",
    "trips.event",
)
_HELD = """
    SELECT (SELECT count(*) FROM gateway.conversation WHERE instance_id = $1) AS turns,
           (SELECT count(*) FROM gateway.lane WHERE instance_id = $1) AS sends
"""


async def test_a_paused_gateway_changes_nothing_when_it_wakes(fresh_database_url: str, tmp_path: Path) -> None:
    """Frozen in the middle of turns and sends, its work is done by the other; thawed, it writes and sends nothing."""
    async with (
        open_mesh(fresh_database_url, tmp_path, gateways=2, profiles=2, trips=2, settings=_SETTINGS) as mesh,
        _statuses_to_the_second(mesh),
        open_postman(mesh.gateway_urls[:1]) as to_first,
        open_deliveries(mesh.simulator_url) as deliveries,
        connected(fresh_database_url) as connection,
    ):
        phones = _phones(to_first, deliveries, 60)
        await _all(phones, lambda phone: phone.say("hello"))
        await _quiet(connection, mesh, 20)
        frozen = await _freeze_at_work(mesh, connection, phones)
        # Done by the other one while the first is frozen.
        await _quiet(connection, mesh, 30)
        before = await _tables(connection)
        sends = len(deliveries.all)
        assert not await connection.fetchval("SELECT true FROM gateway.instance WHERE instance_id = $1", frozen)
        lines = len(mesh.gateways[0].log_lines())
        mesh.gateways[0].resume()
        await _until(lambda: _said(mesh, lines, "joining again"), 20)
        await _until(lambda: _said(mesh, lines, "lease lost, nothing written"), 20)
        await _until(lambda: _said(mesh, lines, "a lane was taken over"), 20)
        await mesh.ready(20)
        await _quiet(connection, mesh, 20)
        after = await _tables(connection)
        assert [table for table in _TABLES if before[table] != after[table]] == []
        await deliveries.read()
        assert len(deliveries.all) == sends
        # It works again, under another name.
        await _all(phones[:10], lambda phone: phone.say("menu"))
        await _quiet(connection, mesh, 20)
        await deliveries.read()
        findings = await examined(connection, {one.address: one.written for one in phones}, deliveries.all)
        assert not findings.wrong


@contextlib.asynccontextmanager
async def _statuses_to_the_second(mesh: Mesh) -> AsyncIterator[None]:
    """Nothing shall come in when the first one wakes, as it would from requests that wait at its door."""
    mesh.simulator.kill()
    mesh.simulator.environ["SIMULATOR_GATEWAY_URL"] = mesh.gateway_urls[1]
    await mesh.simulator.restart()
    yield


async def _freeze_at_work(mesh: Mesh, connection: Connection, phones: list[Phone]) -> int:
    """Freeze the first gateway while it runs turns and sends replies; answers the id of its instance.

    What it had asked the profile service and the provider for is done there while it sleeps.
    """
    half = len(phones) // 2
    mesh.simulator.pause()
    await _all(phones[:half], lambda phone: phone.say("English"))
    await _until(
        lambda: _count(connection, "SELECT count(*) FROM gateway.lane WHERE instance_id IS NOT NULL", half), 10
    )
    for profile in mesh.profiles:
        profile.pause()
    await _all(phones[half:], lambda phone: phone.say("English"))
    first = await connection.fetchval(
        "SELECT instance_id FROM gateway.conversation WHERE instance_id IS NOT NULL ORDER BY conversation_id LIMIT 1"
    )
    mesh.gateways[0].pause()
    (held,) = await connection.fetch(_HELD, first)
    assert held["turns"] >= half // 2, held
    assert held["sends"] >= 1, held
    mesh.simulator.resume()
    for profile in mesh.profiles:
        profile.resume()
    return int(first)


@pytest.mark.timeout(400)  # catching it in the act takes as many tries as it takes
async def test_a_gateway_frozen_inside_a_transaction_holds_nobody_up(fresh_database_url: str, tmp_path: Path) -> None:
    """Row locks of a gateway that sleeps in the middle of a transaction are given up, and its people are answered."""
    async with (
        open_mesh(fresh_database_url, tmp_path, gateways=2, settings=_SETTINGS) as mesh,
        _statuses_to_the_second(mesh),
        open_postman(mesh.gateway_urls, seconds=2) as postman,
        open_deliveries(mesh.simulator_url) as deliveries,
        connected(fresh_database_url) as connection,
    ):
        phones: list[Phone] = []
        # However long it takes to catch: nobody writes so much that the pair limit makes the answers wait.
        unused = iter(_phones(postman, deliveries, 2400))
        stop = asyncio.Event()

        async def write() -> None:
            while not stop.is_set():
                phones.append(phone := next(unused))
                for _ in range(PAIR_BURST // 2):
                    if not stop.is_set():
                        await phone.say("note")

        async with asyncio.TaskGroup() as group:
            for _ in range(24):
                group.create_task(write())
            try:
                await _freeze_inside_a_transaction(mesh, connection)
            finally:
                stop.set()
        await _quiet(connection, mesh, 30)
        before = await _tables(connection)
        mesh.gateways[0].resume()
        await mesh.ready(20)
        await _quiet(connection, mesh, 20)
        assert before == await _tables(connection)
        await deliveries.read()
        findings = await examined(connection, {one.address: one.written for one in phones}, deliveries.all)
        assert not findings.wrong


async def _freeze_inside_a_transaction(mesh: Mesh, connection: Connection) -> None:
    """Freeze and thaw the first gateway until it sleeps with locks in its hands."""
    sql = """
        SELECT pid, state_change FROM pg_stat_activity
        WHERE application_name = 'hailwire-gateway' AND state = 'idle in transaction' AND datname = current_database()
          AND pid IN (SELECT pid FROM pg_locks WHERE mode = 'RowExclusiveLock')
    """
    for _ in range(200):
        await asyncio.sleep(0.05)
        mesh.gateways[0].pause()
        seen = {tuple(row) for row in await connection.fetch(sql)}
        await asyncio.sleep(0.2)
        # Of the other gateway's transactions none is idle for so long.
        if seen & {tuple(row) for row in await connection.fetch(sql)}:
            return
        mesh.gateways[0].resume()
    raise AssertionError("never caught inside a transaction")


async def test_people_are_answered_while_a_replica_of_each_service_is_frozen(
    fresh_database_url: str, tmp_path: Path
) -> None:
    """Calls to a frozen replica go to the other one before anybody's message is given up, and take effect once."""
    async with (
        open_mesh(fresh_database_url, tmp_path, profiles=2, trips=2) as mesh,
        open_postman(mesh.gateway_urls) as postman,
        open_deliveries(mesh.simulator_url) as deliveries,
        connected(fresh_database_url) as connection,
    ):
        phones = _phones(postman, deliveries, 30)
        await _all(phones, lambda phone: phone.say("hello"))
        await _all(phones, lambda phone: phone.say("English"))
        await quiet(connection, mesh, 20)
        frozen = (mesh.profiles[0], mesh.trips[0])
        for process in frozen:
            process.pause()
        for number in range(3):
            await _all(phones, lambda phone: phone.say("français"))
            await _all(phones, lambda phone, at=30 + number / 10: phone.share(-1.9, at))  # type: ignore[misc]
            await _all(phones, lambda phone: phone.say("trips"))
        # Two attempts of five seconds and the pauses between them; then nobody calls the frozen ones any more. That
        # nobody's patience ended before is what the findings say.
        await quiet(connection, mesh, 60)
        for process in frozen:
            process.resume()
        await mesh.ready(20)
        await quiet(connection, mesh, 20)
        await deliveries.read()
        findings = await examined(connection, {one.address: one.written for one in phones}, deliveries.all)
        assert not findings.wrong
        assert await connection.fetchval("SELECT count(*) FROM profile.request") == 4 * len(phones)


def _phones(postman: Postman, deliveries: Deliveries, count: int) -> list[Phone]:
    return [
        Phone(postman, deliveries, f"+25078{int(number % 4 == 0)}{number:06}", sms=number % 4 == 0)
        for number in range(count)
    ]


async def _all(phones: list[Phone], write: Callable[[Phone], Awaitable[None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for phone in phones:
            group.create_task(_awaited(write(phone)))


async def _awaited(awaitable: Awaitable[None]) -> None:
    await awaitable


async def _until(holds: Callable[[], Awaitable[bool]], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < end, "it never came about"
        await asyncio.sleep(0.05)


async def _quiet(connection: Connection, mesh: Mesh, seconds: float) -> None:
    """Also until everything has been told to be delivered, so that no status is still to come."""
    await quiet(connection, mesh, seconds)
    await _until(
        lambda: _count(connection, "SELECT (count(*) = 0)::int FROM gateway.outbox WHERE delivery <> 'delivered'", 1),
        20,
    )
    await quiet(connection, mesh, seconds)


async def _count(connection: Connection, sql: str, least: int) -> bool:
    return bool(await connection.fetchval(sql) >= least)


async def _said(mesh: Mesh, after: int, words: str) -> bool:
    return any(words in line for line in mesh.gateways[0].log_lines()[after:])


async def _tables(connection: Connection) -> dict[str, list[str]]:
    """Every row as text."""
    return {
        table: sorted(row[0] for row in await connection.fetch(f"SELECT t::text FROM {table} AS t"))
        for table in _TABLES
    }
