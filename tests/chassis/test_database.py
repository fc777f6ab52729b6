"""The pool: named statements, typed errors, transactions and savepoints."""

import asyncio
import contextlib
from typing import Any

import asyncpg
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import errors
from chassis.coalesce import Coalescer
from chassis.database import Database, Session, Statement
from chassis.telemetry import Telemetry
from tests.chassis.pools import ADD, COUNT, ONE, PUT, SLEEP, page, pool


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


async def test_the_plan_that_was_looked_at_is_the_one_that_runs(database: Database) -> None:
    """Statements run with their generic plans from the first call on, the ones that tests/plans looks at."""
    used = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%AS planned_once'"
    async with database.session() as session:
        for _ in range(3):
            await session.fetch(Statement("test.array", "SELECT FROM unnest($1::int[]) AS planned_once"), [1])
        (row,) = await session.fetch(Statement("test.plans", used))
    assert (row["generic_plans"], row["custom_plans"]) == (3, 0)


async def test_a_plan_made_while_a_table_was_empty_is_good_later(database: Database) -> None:
    """What has an index is found by it from the first row on, whatever PostgreSQL knows of the table."""
    async with database.transaction() as session:
        await session.execute(Statement("test.create", "CREATE TEMPORARY TABLE small (id bigint PRIMARY KEY)"))
        looked = "EXPLAIN SELECT FROM small WHERE id = ANY($1::bigint[])"
        plan = "\n".join(row[0] for row in await session.fetch(Statement("test.look", looked), [1]))
    assert "small_pkey" in plan
    assert "Seq Scan" not in plan


async def test_a_session_ends_with_its_block(database: Database) -> None:
    """Whoever keeps one cannot speak on a connection that somebody else has by then."""
    async with database.session() as kept:
        pass
    with pytest.raises(AttributeError):
        await kept.fetchval(ONE)


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

    async def sleep(session: Session) -> None:
        async with session.savepoint():  # its end ends the limit, too: what comes after has its time
            await session.connection.execute("SET LOCAL statement_timeout = 30")
            await session.fetchval(SLEEP, 60)

    async with database.session() as session:
        with pytest.raises(errors.DeadlineExceeded):
            await sleep(session)
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
