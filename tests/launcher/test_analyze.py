"""`hailwire analyze`: it explains every named statement, and none of them changes anything by being explained."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from chassis.database import Statement
from launcher import cli, explaining, statements
from launcher.failure import ExitCode
from tests.conftest import run_apart
from tests.launcher.running import without_waiting
from tests.plans.filling import fill

# What a careless tool would run: each takes the form of a SELECT or hides in one.
CHANGING = [
    "INSERT INTO attic.thing VALUES (9)",
    "UPDATE attic.thing SET id = id + 1",
    "DELETE FROM attic.thing",
    "MERGE INTO attic.thing t USING (SELECT 9 AS id) s ON t.id = s.id WHEN NOT MATCHED THEN INSERT VALUES (s.id)",
    "WITH gone AS (DELETE FROM attic.thing RETURNING id) SELECT id FROM gone",
    "with gone as (delete from attic.thing returning id) select id from gone",
    "SELECT 1 FROM (SELECT 1) AS one WHERE EXISTS (SELECT 1) UNION ALL SELECT attic.take_one()",
    "SELECT id FROM attic.thing FOR UPDATE",
    "SELECT id FROM attic.thing FOR NO KEY UPDATE SKIP LOCKED",
    "SELECT id FROM attic.thing FOR KEY SHARE",
    "SELECT id FROM attic.thing FOR SHARE",
    "SELECT nextval('attic.number')",
    "SELECT \"nextval\" ('attic.number')",
    "SELECT pg_catalog . setval('attic.number', 77)",
    "SELECT attic.take_one()",
    "SELECT pg_notify('heard', 'this')",
    "SELECT pg_advisory_lock(7)",
    "SELECT set_config('application_name', 'somebody else', false)",
    "/* only a comment */ DELETE FROM attic.thing",
]
_ROWS = 2000
ATTIC = """
CREATE SCHEMA attic;
CREATE TABLE attic.thing AS SELECT generate_series(1, 3) AS id;
CREATE SEQUENCE attic.number;
CREATE FUNCTION attic.take_one() RETURNS int LANGUAGE sql AS 'DELETE FROM attic.thing RETURNING id';
"""


async def everything(connection: Any) -> dict[str, Any]:
    """Every row of every table and the state of every sequence."""
    names = await connection.fetch(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN "
        "('attic', 'chassis', 'gateway', 'profile', 'trips')"
    )
    rows = {
        name: await connection.fetchval(f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {name} t")
        for (name,) in names
    }
    numbers = await connection.fetch("SELECT schemaname, sequencename, last_value FROM pg_sequences")
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
    return {**rows, "sequences": sorted(map(tuple, numbers), key=str), "locks": await connection.fetchval(locks)}


@pytest.fixture(scope="module")
def filled(database_url: str) -> str:
    """A database with something in every table, for all of them: none changes more than the attic."""
    run_apart(fill(database_url, _ROWS))
    run_apart(_furnish(database_url))
    return database_url


async def _furnish(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(ATTIC)
    await connection.close()


@pytest.fixture
async def connection(filled: str) -> AsyncIterator[Any]:
    """An operator's connection."""
    connection = await asyncpg.connect(filled)
    yield connection
    await connection.close()


async def test_no_named_statement_changes_anything(connection: Any) -> None:
    """All of them are explained one after the other; the reads among them run; every row stays as it was."""
    before = await everything(connection)
    run = set()
    for statement in statements.every().values():
        found = await explaining.explain(connection, statement)
        assert found.plan
        if found.run:
            run.add(statement.name)
            assert "Execution Time" in found.plan
    assert await everything(connection) == before
    assert {"trips.get_open_trips", "profile.find_people", "gateway.backlog", "trips.nearest_drivers"} <= run
    assert not run & {"trips.take_events", "trips.new_ids", "profile.lock_people", "gateway.commit_end"}


@pytest.mark.parametrize("sql", CHANGING)
async def test_what_could_change_something_is_never_run(connection: Any, sql: str) -> None:
    """Writes, also inside a CTE or a function, locks, sequences and notices are planned and not run."""
    heard: list[Any] = []
    await connection.add_listener("heard", lambda *told: heard.append(told))
    before = await everything(connection)
    found = await explaining.explain(connection, Statement("attic.try", sql))
    assert not found.run
    assert "actual time" not in found.plan
    assert await everything(connection) == before
    assert await connection.fetchval("SHOW application_name") != "somebody else"
    assert heard == []


@pytest.mark.parametrize("sql", CHANGING[:10])
async def test_the_transaction_is_the_second_lock(connection: Any, sql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a write taken for a read, PostgreSQL itself would refuse it."""

    async def everything_is_a_read(*_: Any) -> bool:
        return True

    before = await everything(connection)
    monkeypatch.setattr(explaining, "is_read", everything_is_a_read)
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await explaining.explain(connection, Statement("attic.try", sql))
    assert await everything(connection) == before
    # And the connection is as good as before.
    assert await connection.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'hailwire%'") == 0
    await connection.execute("INSERT INTO attic.thing VALUES (4)")


@pytest.mark.parametrize("argument", ["'); DELETE FROM attic.thing; --", "\\'); DELETE FROM attic.thing; --", "''"])
async def test_arguments_are_values(connection: Any, argument: str) -> None:
    """What an operator types for an argument is a literal, whatever is in it."""
    before = await everything(connection)
    statement = Statement("attic.try", "SELECT id FROM attic.thing WHERE id::text = $1::text")
    found = await explaining.explain(connection, statement, [argument])
    assert found.run
    assert await everything(connection) == before
    with pytest.raises(asyncpg.PostgresSyntaxError):
        await explaining.explain(connection, Statement("attic.try", "SELECT 1; DELETE FROM attic.thing"))
    assert await everything(connection) == before


@pytest.fixture
def address(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command finds the database."""
    monkeypatch.setenv("DATABASE_URL", filled)


def test_a_read(address: None, capsys: pytest.CaptureFixture[str]) -> None:
    """The statement, its arguments, the plan with times, buffers and rows; exit code 0."""
    assert cli.main(["analyze", "trips.get_trips", "--arguments", "{7,8}"]) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert printed.startswith("trips.get_trips was run and undone\n")
    for part in ("LEFT JOIN trips.offer", "$1 = {7,8}", "trip_pkey", "rows=2", "Buffers: ", "Planning Time: "):
        assert part in printed
    assert "missing index" not in printed


def test_a_write(address: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Its plan alone, and it says so."""
    assert cli.main(["analyze", "trips.move_offers"]) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert "was not run: this is only its plan" in printed
    assert "Update on offer" in printed
    assert "Execution Time" not in printed


def test_a_missing_index(address: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A big table read from end to end is exit code 1, unless the statement says why it does."""
    sql = "SELECT count(*) FROM trips.trip WHERE latitude > $1"
    known = {"a": Statement("a", sql), "b": Statement("b", sql, scans="nobody waits for it")}
    monkeypatch.setattr(statements, "every", lambda: known)
    assert cli.main(["analyze", "a"]) == ExitCode.DONE
    assert "missing index" not in capsys.readouterr().out
    monkeypatch.setattr(explaining, "BIG", _ROWS)
    assert cli.main(["analyze", "a"]) == ExitCode.FAILED
    assert "missing index: trips.trip (2,000 rows) is read from end to end" in capsys.readouterr().out
    assert cli.main(["analyze", "b"]) == ExitCode.DONE
    assert "on purpose: nobody waits for it" in capsys.readouterr().out


def test_a_read_that_takes_too_long(
    address: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is ended, which is one sentence and exit code 1."""
    endless = Statement("a", "SELECT count(*) FROM generate_series(1, 1000000000)")
    monkeypatch.setattr(statements, "every", lambda: {"a": endless})
    assert cli.main(["analyze", "a", "--seconds", "1"]) == ExitCode.FAILED
    assert "statement timeout" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("analyze trips.get_trip", "did you mean `trips.get_trips`?"),
        ("analyze zzz", "see `hailwire analyze --list`"),
        ("analyze --list zzz", "see `hailwire analyze --list`"),
        ("analyze trips.get_trips --arguments 1 2", "it takes 1: bigint[]"),
        ("analyze trips.get_trips --arguments one", "does not take an argument"),
    ],
)
def test_wrong_usage(address: None, line: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A name or an argument that cannot be meant is one sentence and exit code 2."""
    assert cli.main(line.split()) == ExitCode.USAGE
    assert told in capsys.readouterr().err


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a name there are all of them, with --list those that begin with it; no database is needed."""
    assert cli.main(["analyze"]) == ExitCode.DONE
    everyone = capsys.readouterr().out.splitlines()
    assert everyone == sorted(everyone)
    assert cli.main(["analyze", "--list", "profile."]) == ExitCode.DONE
    assert capsys.readouterr().out.splitlines() == [name for name in everyone if name.startswith("profile.")]


def test_no_database(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A database out of reach is one sentence and exit code 1."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://hailwire@127.0.0.1:1/hailwire")
    assert cli.main(["analyze", "trips.now"]) == ExitCode.FAILED
    assert without_waiting(capsys.readouterr().err).startswith(
        "hailwire analyze: cannot reach the database at 127.0.0.1:1: "
    )
