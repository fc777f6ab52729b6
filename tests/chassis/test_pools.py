"""Every pool of a process has the same numbers, and the database's connections keep what a pool promises."""

import asyncio
import contextlib
import random

import aiohttp
import pytest
from aiohttp import web

from chassis import http_client
from chassis.channels import connected, open_channel
from chassis.database import Database, DatabaseSettings, Statement, open_database
from chassis.http_client import open_http_client
from chassis.pools.lease import NotLeased
from chassis.settings import load
from chassis.telemetry import Telemetry
from tests.chassis import polling, tiny
from tests.chassis.pools import ONE, PID, SLEEP, page, pool, together

_PREPARED = Statement(
    "test.prepared", "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT%warm me'"
)
_CHANGE = Statement("test.change", "INSERT INTO shelf VALUES ($1, 0) -- warm me")
_BACKENDS = Statement(
    "test.backends", "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hailwire-leaks'"
)

_STATES = Statement(
    "test.states",
    "SELECT state, xact_start AS began FROM pg_stat_activity WHERE application_name = 'hailwire-warm'",
)


async def test_the_database_as_a_pool(database: Database, telemetry: Telemetry) -> None:
    """Its connections are counted as every pool's clients, under the names that were there before too."""
    await together(database, 3)
    now = telemetry.pools.statistics()["database"]
    assert (now.size, now.healthy, now.in_use, now.waiting, now.max, now.total_uses) == (3, 3, 0, 0, 4, 3)
    assert now.oldest_client_age > 0
    shown = page(telemetry)
    for line in (
        'hailwire_pool_size{pool="database"} 3.0',
        'hailwire_pool_uses_total{pool="database"} 3.0',
        'hailwire_database_connections{state="idle"} 3.0',
        "hailwire_database_connections_max 4.0",
        "hailwire_database_acquires_total 3.0",
    ):
        assert line in shown


async def test_the_connection_used_last_is_taken_first(telemetry: Telemetry, database_url: str) -> None:
    """One caller after the other is served by one process of PostgreSQL, however many a burst has opened."""
    async with pool(database_url, telemetry, most=3) as database:
        assert len(await together(database, 3)) == 3
        assert len({await database.fetchval(PID) for _ in range(4)}) == 1


async def test_connections_are_warmed(shelf: Database, database_url: str, telemetry: Telemetry) -> None:
    """As many as stay are opened, and each has the statements prepared without running them."""
    async with pool(database_url, telemetry, most=4, least=3) as database:
        await database.warm([_CHANGE])
        assert database.pool.statistics().size == 3
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(3):
                session = await stack.enter_async_context(database.session())
                assert await session.fetchval(_PREPARED) == 1
    assert await shelf.fetchval(Statement("test.rows", "SELECT count(*) FROM shelf")) == 0


async def test_a_warm_connection_is_in_no_transaction(shelf: Database, database_url: str, telemetry: Telemetry) -> None:
    """Having learned statements, it waits without locks, and nobody takes it for one whose client fell silent."""
    settings = load(DatabaseSettings, {"DATABASE_URL": database_url})
    async with open_database(settings, application="warm", telemetry=telemetry) as database:
        await database.warm([_CHANGE])
        states = {(row["state"], row["began"]) for row in await shelf.fetch(_STATES)}
        assert states == {("idle", None)}


@pytest.mark.parametrize(
    ("environ", "most"),
    [({}, 8), ({"DATABASE_POOL_MAX": "0"}, 10), ({"DATABASE_POOL_MAX": "0", "POOL_MAX_CLIENTS": "3"}, 3)],
)
async def test_how_many(database_url: str, telemetry: Telemetry, environ: dict[str, str], most: int) -> None:
    """Fewer than ten unless told otherwise; POOL_MAX_CLIENTS counts when DATABASE_POOL_MAX says nothing."""
    settings = load(DatabaseSettings, {"DATABASE_URL": database_url, **environ})
    async with open_database(settings, application="test", telemetry=telemetry) as database:
        assert len(await together(database, most)) == most
        assert database.pool.statistics().max == most


async def test_idle_connections_are_closed(database_url: str, telemetry: Telemetry) -> None:
    """POOL_IDLE_TIMEOUT: what nobody used for so long goes, down to DATABASE_POOL_MIN."""
    environ = {"DATABASE_URL": database_url, "POOL_IDLE_TIMEOUT": "10", "DATABASE_POOL_MIN": "1"}
    async with open_database(load(DatabaseSettings, environ), application="test", telemetry=telemetry) as database:
        await together(database, 4)

        async def closed() -> bool:
            await database.pool.tend()
            return database.pool.statistics().size == 1

        await polling.until_awaited(closed)


async def test_a_connection_is_given_back_once(database: Database) -> None:
    """A second release is refused instead of giving one connection to two users."""
    lease = await database.pool.acquire()
    database.pool.release(lease)
    with pytest.raises(NotLeased):
        database.pool.release(lease)


async def test_no_connection_is_lost(database_url: str, database: Database, telemetry: Telemetry) -> None:
    """Callers who give up at any moment cost the pool nothing: all are usable, and the server has no others."""
    chance = random.Random(11)
    settings = load(DatabaseSettings, {"DATABASE_URL": database_url, "DATABASE_POOL_MAX": "3"})
    async with open_database(settings, application="leaks", telemetry=telemetry) as leaky:

        async def work() -> None:
            async with leaky.transaction() as session:
                await session.fetchval(SLEEP, chance.choice((0, 0.001, 0.003)))
                await session.fetchval(ONE)

        for _ in range(40):
            tasks = [asyncio.create_task(work()) for _ in range(8)]
            for task in chance.sample(tasks, 5):
                for _ in range(chance.randrange(12)):
                    await asyncio.sleep(0)
                if chance.random() < 0.3:
                    await asyncio.sleep(chance.choice((0.0005, 0.002)))
                task.cancel()
            await asyncio.wait(tasks)
        assert len(await together(leaky, 3)) == 3
        now = leaky.pool.statistics()
        assert (now.in_use, now.waiting) == (0, 0)

        async def only_ours() -> bool:
            return bool(await database.fetchval(_BACKENDS) == leaky.pool.statistics().size <= 3)

        await polling.until_awaited(only_ours)

    async def gone() -> bool:
        return not await database.fetchval(_BACKENDS)

    await polling.until_awaited(gone)


async def test_a_channel_as_a_pool(telemetry: Telemetry) -> None:
    """One client that many calls share; while the other side is away it is not healthy."""
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def handler(request: bytes, _context: object) -> bytes:
        entered.set()
        await go_on.wait()
        return request

    async with contextlib.AsyncExitStack() as stack:
        life = await stack.enter_async_context(contextlib.AsyncExitStack())
        server = await life.enter_async_context(tiny.served(handler, telemetry))
        address = f"127.0.0.1:{server.port}"
        channel = await stack.enter_async_context(open_channel(address, telemetry, name="tiny"))
        await connected(channel)
        asking = asyncio.create_task(tiny.ask(channel))
        await entered.wait()
        now = telemetry.pools.statistics()["tiny"]
        assert (now.size, now.healthy, now.in_use, now.waiting, now.total_uses) == (1, 1, 1, 0, 1)
        assert now.oldest_client_age > 0
        go_on.set()
        await asking
        assert telemetry.pools.statistics()["tiny"].in_use == 0
        await life.aclose()

        async def sick() -> bool:
            with contextlib.suppress(Exception):
                await tiny.ask(channel)
            return telemetry.pools.statistics()["tiny"].healthy == 0

        await polling.until_awaited(sick)


async def test_an_http_client_as_a_pool(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connections are counted while they are used, waited for, kept, and gone."""
    monkeypatch.setattr(http_client, "_IDLE_SECONDS", 300.0)  # kept until the test has seen it
    go_on = asyncio.Event()

    async def serve(_request: web.Request) -> web.Response:
        await go_on.wait()
        return web.Response()

    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"

    async def get(session: aiohttp.ClientSession) -> None:
        async with session.get(url) as response:
            await response.read()

    async with open_http_client("others", telemetry, most=2) as session:

        def now() -> tuple[int, ...]:
            one = telemetry.pools.statistics()["others"]
            return one.size, one.healthy, one.in_use, one.waiting, one.max, one.total_uses

        assert now() == (0, 0, 0, 0, 2, 0)
        asking = [asyncio.create_task(get(session)) for _ in range(3)]
        await polling.until(lambda: now() == (2, 2, 2, 1, 2, 2))
        go_on.set()
        await asyncio.gather(*asking)
        assert now() == (2, 2, 0, 0, 2, 3)
        assert telemetry.pools.statistics()["others"].oldest_client_age > 0
        await runner.cleanup()
        await polling.until(lambda: now()[:3] == (0, 0, 0))
