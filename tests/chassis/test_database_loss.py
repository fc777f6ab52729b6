"""The pool when connections, callers or the server go away: typed errors, and everything comes back."""

import asyncio
import contextlib
import random
from typing import Any

import asyncpg
import pytest

from chassis import connections, errors
from chassis.database import Database
from chassis.telemetry import Telemetry
from tests.chassis import polling
from tests.chassis.pools import COUNT, KILL, KILL_OTHERS, ONE, PID, PUT, SLEEP, answers, page, pool, together


async def test_a_connection_that_is_killed_in_the_middle_of_a_statement(database: Database) -> None:
    """The statement is Unavailable, and the next one has a new connection."""
    async with database.session() as session:
        pid = await session.fetchval(PID)
        sleeping = asyncio.create_task(session.fetchval(SLEEP, 60))
        await database.fetchval(KILL, pid)
        with pytest.raises(errors.Unavailable) as caught:
            await sleeping
    assert caught.value.reason == "DATABASE_UNAVAILABLE"
    assert await database.fetchval(ONE) == 1


async def test_connections_that_are_killed_while_idle(database: Database) -> None:
    """A pool whose connections all died answers again by itself, and stays within its bounds."""
    await together(database, 4)
    async with database.session() as session:
        await session.fetch(KILL_OTHERS)
        await polling.until(lambda: database.pool.statistics().healthy == 1)
    assert all([await answers(database) for _ in range(8)])


async def test_a_connection_that_is_killed_inside_a_transaction(shelf: Database) -> None:
    """Unavailable, and nothing of the transaction happened."""

    async def change() -> None:
        async with shelf.transaction() as session:
            await session.execute(PUT, 1)
            await shelf.fetchval(KILL, await session.fetchval(PID))
            await session.execute(PUT, 2)

    with pytest.raises(errors.Unavailable):
        await change()
    assert await shelf.fetchval(COUNT) == 0


async def test_a_commit_that_finds_the_connection_gone(shelf: Database) -> None:
    """Unavailable as well: nobody is told that something was stored that was not."""

    async def change() -> None:
        async with shelf.transaction() as session:
            await session.execute(PUT, 1)
            await shelf.fetchval(KILL, await session.fetchval(PID))

    with pytest.raises(errors.Unavailable):
        await change()
    assert await shelf.fetchval(COUNT) == 0


async def test_a_cancellation_stays_one_when_the_connection_is_gone(database: Database) -> None:
    """Whoever ends a task waits for its end: a rollback that fails must not turn that into an error to retry."""
    gone = asyncio.Event()

    async def change() -> None:
        async with database.transaction() as session:
            session.connection.add_termination_listener(lambda _: gone.set())
            await database.fetchval(KILL, await session.fetchval(PID))
            await asyncio.Event().wait()

    changing = asyncio.create_task(change())
    async with asyncio.timeout(60):
        await gone.wait()
    changing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await changing
    assert await database.fetchval(ONE) == 1


async def test_a_begin_that_is_refused(
    database_url: str, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is still good for transactions: the next one is none inside a block that never began."""
    execute = asyncpg.Connection.execute

    async def refusing(connection: Any, query: str, *arguments: Any, **named: Any) -> Any:
        if query.startswith("BEGIN"):
            raise asyncpg.QueryCanceledError
        return await execute(connection, query, *arguments, **named)

    async def begin(database: Database) -> int:
        async with database.transaction() as session:
            return int(await session.fetchval(PID))

    async with pool(database_url, telemetry) as database:
        pid = await database.fetchval(PID)
        with monkeypatch.context() as patched:
            patched.setattr(asyncpg.Connection, "execute", refusing)
            with pytest.raises(errors.DeadlineExceeded):
                await begin(database)
        assert await begin(database) == pid


async def test_an_exhausted_pool_says_so_in_time(
    database_url: str, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits too long for a connection hears Unavailable, is seen waiting, and does not cost the pool anything."""
    monkeypatch.setattr(connections, "_ACQUIRE_SECONDS", 0.3)
    async with pool(database_url, telemetry) as database:
        await polling.until_awaited(lambda: answers(database))  # connecting may take longer than that
        async with database.session():
            waiting = [asyncio.create_task(database.fetchval(ONE)) for _ in range(3)]
            await asyncio.sleep(0)  # each has asked by then, and none has lost patience
            assert database.pool.statistics().waiting == 3
            assert 'hailwire_database_connections{state="waiting"} 3.0' in page(telemetry)
            assert 'hailwire_database_connections{state="in_use"} 1.0' in page(telemetry)
            failures = await asyncio.gather(*waiting, return_exceptions=True)
        assert [getattr(failure, "reason", failure) for failure in failures] == ["DATABASE_BUSY"] * 3
        assert database.pool.statistics().waiting == 0
        assert await database.fetchval(ONE) == 1


async def test_a_database_that_turns_us_away(database_url: str, telemetry: Telemetry) -> None:
    """No such database and no server there are Unavailable, so that a service waits instead of blaming requests."""
    for url, reason in (
        (database_url.rsplit("/", 1)[0] + "/nowhere", "DATABASE_REFUSED"),
        ("postgresql://x:y@127.0.0.1:1/z", "DATABASE_UNAVAILABLE"),
    ):
        async with pool(url, telemetry) as database:
            with pytest.raises(errors.Unavailable) as caught:
                await database.ping()
            assert caught.value.reason == reason


async def test_cancelled_callers_give_their_connections_back(database: Database) -> None:
    """However many give up, wherever they are at that moment, the pool ends whole."""
    chance = random.Random(7)

    async def one() -> None:
        await database.fetchval(ONE)

    async def several() -> None:
        async with database.transaction() as session:
            await session.fetchval(ONE)
            await session.fetchval(SLEEP, 0.002)
            async with session.savepoint():
                await session.fetchval(ONE)

    for _ in range(60):
        tasks = [asyncio.create_task(chance.choice((one, several))()) for _ in range(8)]
        for _ in range(chance.randrange(40)):
            await asyncio.sleep(0)
        for task in chance.sample(tasks, 4):
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            assert result is None or isinstance(result, asyncio.CancelledError)
    now = database.pool.statistics()
    assert (now.waiting, now.in_use) == (0, 0)
    assert now.size <= now.max
    async with asyncio.timeout(60), contextlib.AsyncExitStack() as stack:
        for _ in range(4):
            session = await stack.enter_async_context(database.session())
            assert await session.fetchval(ONE) == 1


async def test_a_server_that_is_killed_and_started_again(private_cluster: Any, telemetry: Telemetry) -> None:
    """Unavailable while it is away, and the same pool works again as soon as it is back."""
    async with pool(private_cluster.dsn("hailwire"), telemetry, most=4) as database:
        await together(database, 4)
        sleeping = asyncio.create_task(database.fetchval(SLEEP, 60))
        await polling.until(lambda: database.pool.statistics().in_use == 1)
        private_cluster.kill()
        with pytest.raises(errors.Unavailable):
            await sleeping
        for _ in range(5):
            with pytest.raises(errors.Unavailable):
                await database.ping()
        private_cluster.start()
        await polling.until_awaited(lambda: answers(database))
        async with database.transaction() as session:
            assert await session.fetchval(ONE) == 1
