"""The pool: named statements, typed errors, and connections that always come back."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest

from chassis import database as pools
from chassis import errors
from chassis.coalesce import Coalescer
from chassis.database import Database, DatabaseSettings, Session, Statement, open_database
from chassis.settings import load
from chassis.telemetry import Telemetry
from tests.chassis import polling

ONE = Statement("test.one", "SELECT 1")
PID = Statement("test.pid", "SELECT pg_backend_pid()")
SLEEP = Statement("test.sleep", "SELECT pg_sleep($1)")
KILL = Statement("test.kill", "SELECT pg_terminate_backend($1)")
KILL_OTHERS = Statement(
    "test.kill_others",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
)
PUT = Statement("test.put", "INSERT INTO shelf VALUES ($1, 0)")
ADD = Statement("test.add", "UPDATE shelf SET total = total + 1 WHERE id = $1")
COUNT = Statement("test.count", "SELECT count(*) FROM shelf")


@pytest.fixture
async def shelf(database: Database) -> Database:
    """The pool with a table in its database."""
    for sql in (
        "DROP TABLE IF EXISTS shelf",
        "CREATE TABLE shelf (id int PRIMARY KEY, total int NOT NULL CHECK (total < 100))",
    ):
        await database.execute(Statement("test.prepare", sql))
    return database


@contextlib.asynccontextmanager
async def pool(url: str, telemetry: Telemetry, most: int = 1) -> AsyncIterator[Database]:
    settings = load(DatabaseSettings, {"DATABASE_URL": url, "DATABASE_POOL_MAX": str(most)})
    async with open_database(settings, application="test", telemetry=telemetry) as database:
        yield database


def page(telemetry: Telemetry) -> str:
    return generate_latest(telemetry.registry).decode()


async def answers(database: Database) -> bool:
    try:
        return bool(await database.fetchval(ONE) == 1)
    except errors.Unavailable:
        return False


async def test_statements_are_named_and_measured(traced: Telemetry, database_url: str, spans: Any) -> None:
    """Each run counts under the statement's name, failures too, and is a span of that name."""
    async with pool(database_url, traced) as database:
        assert await database.fetchval(ONE) == 1
        assert [tuple(row) for row in await database.fetch(ONE)] == [(1,)]
        assert tuple(await database.fetchrow(ONE) or ()) == (1,)
        with pytest.raises(asyncpg.PostgresError):
            await database.execute(Statement("test.broken", "SELECT FROM nowhere"))
    assert 'hailwire_database_statement_seconds_count{statement="test.one"} 3.0' in page(traced)
    assert 'hailwire_database_statement_seconds_count{statement="test.broken"} 1.0' in page(traced)
    named = [span.name for span in spans.get_finished_spans()]
    assert named == ["test.one"] * 3 + ["test.broken"]


async def test_changes_say_how_many_rows_they_touched(shelf: Database) -> None:
    """`execute` answers the number of rows, nothing for what has no rows."""
    assert await shelf.execute(Statement("test.many", "INSERT INTO shelf SELECT generate_series(1, 7), 0")) == 7
    assert await shelf.execute(ADD, 99) == 0
    assert await shelf.execute(Statement("test.set", "SET application_name = 'x'")) == 0
    assert await shelf.fetchrow(Statement("test.none", "SELECT 1 WHERE false")) is None


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
    await database.warm(4)
    async with database.session() as session:
        await session.fetch(KILL_OTHERS)
        await polling.until(lambda: database.pool.get_size() == 1)
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
    async with asyncio.timeout(10):
        await gone.wait()
    changing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await changing
    assert await database.fetchval(ONE) == 1


async def test_an_exhausted_pool_says_so_in_time(
    database_url: str, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits too long for a connection hears Unavailable, is seen waiting, and does not cost the pool anything."""
    monkeypatch.setattr(pools, "_ACQUIRE_SECONDS", 0.1)
    async with pool(database_url, telemetry) as database:
        async with database.session():
            waiting = [asyncio.create_task(database.fetchval(ONE)) for _ in range(3)]
            await polling.until(lambda: database.waiting == 3)
            assert 'hailwire_database_connections{state="waiting"} 3.0' in page(telemetry)
            assert 'hailwire_database_connections{state="in_use"} 1.0' in page(telemetry)
            failures = await asyncio.gather(*waiting, return_exceptions=True)
        assert [getattr(failure, "reason", failure) for failure in failures] == ["DATABASE_BUSY"] * 3
        assert database.waiting == 0
        assert await database.fetchval(ONE) == 1


async def test_errors_in_the_data_stay_what_they_are(shelf: Database) -> None:
    """Constraints and arguments that no column takes are told as asyncpg tells them, for whoever bisects."""
    await shelf.execute(PUT, 1)
    with pytest.raises(asyncpg.UniqueViolationError):
        await shelf.execute(PUT, 1)
    with pytest.raises(asyncpg.CheckViolationError):
        await shelf.execute(Statement("test.check", "UPDATE shelf SET total = 1000"))
    with pytest.raises(asyncpg.DataError):
        await shelf.execute(PUT, "no number")
    with pytest.raises(asyncpg.UntranslatableCharacterError):
        await shelf.fetchval(Statement("test.json", "SELECT '\"\\u0000\"'::jsonb ->> 0"))
    with pytest.raises(asyncpg.DataError):
        await shelf.fetchval(Statement("test.text", "SELECT $1::text"), "\ud800")
    assert await shelf.fetchval(COUNT) == 1


async def test_a_savepoint_undoes_only_itself(shelf: Database) -> None:
    """A failure in the inner block leaves the outer one whole."""
    async with shelf.transaction() as session:
        await session.execute(PUT, 1)
        with contextlib.suppress(asyncpg.UniqueViolationError):
            async with session.savepoint():
                await session.execute(PUT, 2)
                await session.execute(PUT, 1)
        await session.execute(PUT, 3)
    assert await shelf.fetchval(COUNT) == 2


@pytest.mark.parametrize("raised", [TimeoutError("ours"), OSError("ours"), errors.Refused("ours"), KeyError("ours")])
async def test_what_the_block_raises_passes_and_undoes_it(shelf: Database, raised: Exception) -> None:
    """An error that is not the database's is not blamed on it."""

    async def change() -> None:
        async with shelf.transaction() as session:
            await session.execute(PUT, 1)
            raise raised

    with pytest.raises(type(raised)) as caught:
        await change()
    assert caught.value is raised
    assert await shelf.fetchval(COUNT) == 0


async def test_of_a_deadlock_one_side_hears_conflict(shelf: Database) -> None:
    """The loser may repeat its transaction; the winner does not notice."""
    for row in (1, 2):
        await shelf.execute(PUT, row)
    met = asyncio.Barrier(2)

    async def change(first: int, second: int) -> None:
        async with shelf.transaction() as session:
            await session.execute(ADD, first)
            await met.wait()
            await session.execute(ADD, second)

    results = await asyncio.gather(change(1, 2), change(2, 1), return_exceptions=True)
    (lost,) = (result for result in results if result is not None)
    assert isinstance(lost, errors.Conflict)
    assert lost.reason == "TRANSACTION_CONFLICT"


async def test_a_row_that_is_busy(shelf: Database) -> None:
    """Not waiting for a lock is a Conflict of its own reason, in a statement and in a session's own SQL."""
    await shelf.execute(PUT, 1)
    now = "SELECT FROM shelf WHERE id = 1 FOR UPDATE NOWAIT"

    async def bare(session: Session) -> None:
        await session.connection.execute(now)

    async with shelf.transaction() as holder:
        await holder.execute(ADD, 1)
        with pytest.raises(errors.Conflict) as caught:
            await shelf.execute(Statement("test.nowait", now))
        assert caught.value.reason == "ROW_BUSY"
        with pytest.raises(errors.Conflict):
            async with shelf.transaction() as session:
                await bare(session)


async def test_a_statement_that_takes_too_long(database: Database) -> None:
    """The server ends it, and the connection stays good."""
    async with database.session() as session:
        await session.connection.execute("SET statement_timeout = 30")
        with pytest.raises(errors.DeadlineExceeded):
            await session.fetchval(SLEEP, 60)
        assert await session.fetchval(ONE) == 1


async def test_a_table_that_a_migration_changed(shelf: Database, database_url: str, telemetry: Telemetry) -> None:
    """A statement prepared before it is a Conflict once inside a transaction, and works when repeated."""
    everything = Statement("test.everything", "SELECT * FROM shelf")
    async with pool(database_url, telemetry) as database:

        async def read() -> None:
            async with database.transaction() as session:
                await session.fetch(everything)

        await read()
        await shelf.execute(Statement("test.migrate", "ALTER TABLE shelf ADD COLUMN name text"))
        with pytest.raises(errors.Conflict):
            await read()
        await read()


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
    assert database.waiting == 0
    assert database.pool.get_size() == database.pool.get_idle_size()
    async with asyncio.timeout(5), contextlib.AsyncExitStack() as stack:
        for _ in range(4):
            session = await stack.enter_async_context(database.session())
            assert await session.fetchval(ONE) == 1


async def test_spans_of_a_batch_are_linked_to_its_callers(
    traced: Telemetry, database_url: str, spans: InMemorySpanExporter
) -> None:
    """A statement that serves several callers belongs to none of their traces and links to each."""
    async with pool(database_url, traced) as database:

        async def run(items: list[int]) -> list[int]:
            await database.fetchval(ONE)
            return items

        coalescer = Coalescer[int, int]("test", run)

        async def caller(item: int) -> None:
            with traced.span("caller"):
                await coalescer(item)

        await asyncio.gather(*(caller(item) for item in range(3)))
    finished = spans.get_finished_spans()
    (statement,) = (span for span in finished if span.name == "test.one")
    assert statement.parent is None
    linked = {link.context.span_id for link in statement.links}
    assert linked == {span.context.span_id for span in finished if span.name == "caller"}


async def test_a_server_that_is_killed_and_started_again(private_cluster: Any, telemetry: Telemetry) -> None:
    """Unavailable while it is away, and the same pool works again as soon as it is back."""
    async with pool(private_cluster.dsn("hailwire"), telemetry, most=4) as database:
        await database.warm(4)
        sleeping = asyncio.create_task(database.fetchval(SLEEP, 60))
        await polling.until(lambda: database.pool.get_idle_size() == 3)
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
