"""Migrations: once each, in order, whole or not at all, and never edited."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from chassis.migrations import MigrationError, Room, discover, migrate, pending, read

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """A room whose first migration makes a table and whose second one takes a moment to fill it."""
    (tmp_path / "0001_table.sql").write_text("CREATE TABLE attic.thing (id int PRIMARY KEY);\n")
    (tmp_path / "0002_things.sql").write_text(
        "SELECT pg_sleep(0.05); INSERT INTO attic.thing SELECT generate_series(1, 3);"
    )
    return Room("attic", tmp_path)


async def ask(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_replicas_that_start_together_apply_each_once(empty_database_url: str, room: Room) -> None:
    """One of them migrates, the others wait and find nothing left to do."""
    applied = await asyncio.gather(*(migrate(empty_database_url, [room]) for _ in range(5)))
    assert sorted(len(found) for found in applied) == [0, 0, 0, 0, 2]
    assert await ask(empty_database_url, "SELECT count(*) FROM attic.thing") == 3
    assert await migrate(empty_database_url, [room]) == []


async def test_later_files_are_applied_later(empty_database_url: str, room: Room) -> None:
    """A new file is the only one that is applied, and code that does not know it yet still starts."""
    await migrate(empty_database_url, [room])
    later = room.folder / "0003_later.sql"
    later.write_text("ALTER TABLE attic.thing ADD COLUMN name text")
    assert [migration.number for migration in await migrate(empty_database_url, [room])] == [3]
    later.unlink()
    assert await migrate(empty_database_url, [room]) == []


async def test_an_edited_file_is_refused(empty_database_url: str, room: Room) -> None:
    """What was applied must not change, not even in a comment; nothing else is applied then."""
    await migrate(empty_database_url, [room])
    edited = room.folder / "0001_table.sql"
    edited.write_text(edited.read_text() + "-- now with a comment\n")
    (room.folder / "0003_more.sql").write_text("CREATE TABLE attic.more ()")
    with pytest.raises(MigrationError, match="attic 0001 was edited"):
        await migrate(empty_database_url, [room])
    assert await ask(empty_database_url, "SELECT to_regclass('attic.more')") is None


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("0004_gap.sql", "without gaps"),
        ("0002_again.sql", "without gaps"),
        ("3_short.sql", "3_short.sql in attic"),
        ("0003-dash.sql", "0003-dash.sql"),
        ("0003_Capital.sql", "0003_Capital.sql"),
    ],
)
async def test_misnamed_files_are_refused(empty_database_url: str, room: Room, name: str, told: str) -> None:
    """A gap, a number used twice or a name of another form stops everything before it starts."""
    (room.folder / name).write_text("SELECT 1")
    with pytest.raises(MigrationError, match=told):
        await migrate(empty_database_url, [room])
    assert await ask(empty_database_url, "SELECT to_regnamespace('attic')") is None


async def test_a_failing_migration_leaves_nothing_half_done(empty_database_url: str, room: Room) -> None:
    """It is undone as a whole, those before it stay, and put right it is applied the next time."""
    broken = room.folder / "0003_broken.sql"
    broken.write_text("CREATE TABLE attic.half (); SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty_database_url, [room])
    assert await ask(empty_database_url, "SELECT to_regclass('attic.half')") is None
    assert await ask(empty_database_url, "SELECT max(number) FROM chassis.migration") == 2
    broken.write_text("CREATE TABLE attic.half ();")
    assert [migration.number for migration in await migrate(empty_database_url, [room])] == [3]


CONCURRENT = """-- concurrently
CREATE INDEX CONCURRENTLY IF NOT EXISTS thing_first ON attic.thing (id);
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS thing_name ON attic.thing (name);
"""


async def test_an_index_that_was_not_finished_is_built_anew(empty_database_url: str, room: Room) -> None:
    """A file of concurrent indexes that stops half-way goes on the next time, and leaves no index that is not valid."""
    (room.folder / "0003_name.sql").write_text("ALTER TABLE attic.thing ADD COLUMN name text DEFAULT 'same'")
    (room.folder / "0004_indexes.sql").write_text(CONCURRENT)
    with pytest.raises(asyncpg.UniqueViolationError):
        await migrate(empty_database_url, [room])
    valid = "SELECT string_agg(indexrelid::regclass || ' ' || indisvalid, ', ' ORDER BY 1) FROM pg_index "
    of_names = valid + "WHERE indrelid = 'attic.thing'::regclass AND NOT indisprimary"
    assert await ask(empty_database_url, of_names) == "attic.thing_first true, attic.thing_name false"
    await ask(empty_database_url, "UPDATE attic.thing SET name = id::text")
    assert [migration.number for migration in await migrate(empty_database_url, [room])] == [4]
    assert await ask(empty_database_url, of_names) == "attic.thing_first true, attic.thing_name true"


async def test_concurrent_indexes_do_not_wait_for_waiting_replicas(empty_database_url: str, room: Room) -> None:
    """Replicas that start together build such an index once; whoever waits is not waited for."""
    (room.folder / "0003_indexes.sql").write_text(CONCURRENT.replace("(name)", "(id)"))
    async with asyncio.timeout(60):
        applied = await asyncio.gather(*(migrate(empty_database_url, [room]) for _ in range(5)))
    assert sorted(len(found) for found in applied) == [0, 0, 0, 0, 3]


async def test_looking_changes_nothing(empty_database_url: str, room: Room) -> None:
    """Asking what is missing works on an untouched database and leaves it untouched."""
    connection = await asyncpg.connect(empty_database_url)
    try:
        assert [migration.name for migration in await pending(connection, [room])] == ["table", "things"]
        assert await connection.fetchval("SELECT to_regnamespace('chassis')") is None
    finally:
        await connection.close()


def test_every_room_of_the_checkout_is_found() -> None:
    """The chassis comes first, because every room may use its clock; all files of all rooms are well named."""
    rooms = discover(ROOT)
    assert rooms[0].schema == "chassis"
    assert {"gateway", "profile", "trips"} <= {room.schema for room in rooms}
    assert all(read(room) for room in rooms)


async def test_the_clock_can_be_shifted(fresh_database_url: str) -> None:
    """Every age in the database moves with one row."""
    shifted = "SELECT chassis.now() - clock_timestamp() BETWEEN '23:59' AND '24:01'"
    assert await ask(fresh_database_url, shifted) is False
    await ask(fresh_database_url, "UPDATE chassis.clock SET shift = interval '1 day'")
    assert await ask(fresh_database_url, shifted) is True


async def test_what_sql_cannot_do_is_python(empty_database_url: str, room: Room) -> None:
    """A Python file runs in its migration's transaction with the settings it is given, whole or not at all."""
    (room.folder / "0003_named.py").write_text(
        "async def apply(connection, environ):\n"
        "    await connection.execute('ALTER TABLE attic.thing ADD COLUMN name text')\n"
        "    await connection.execute('UPDATE attic.thing SET name = $1', environ['NAME'])\n"
    )
    with pytest.raises(KeyError):
        await migrate(empty_database_url, [room], {})
    columns = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'attic'"
    assert await ask(empty_database_url, columns) == 1
    assert [one.number for one in await migrate(empty_database_url, [room], {"NAME": "box"})] == [3]
    assert await ask(empty_database_url, "SELECT name FROM attic.thing LIMIT 1") == "box"
    assert await migrate(empty_database_url, [room], {}) == []
