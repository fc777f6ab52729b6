"""Forward-only migrations: numbered files of each room, applied once, in order, one transaction each.

Replicas may start together: an advisory lock lets one migrate while the others wait and then find nothing to do. A
file that was applied must not change afterwards; its digest is kept and compared.

A file that begins with `-- concurrently` is for indexes of big tables: CREATE INDEX CONCURRENTLY locks nobody out and
cannot run in a transaction. Its statements run one by one and must bear being run again (IF [NOT] EXISTS): when it
stops half-way the next run drops the index that was not finished and goes on.

What SQL alone cannot do is a Python file with `async def apply(connection, environ)`, which runs in the transaction.
"""

import asyncio
import hashlib
import importlib.util
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from chassis import logs

log = logs.get(__name__)

# Any constant that nothing else uses; "hailwire" in ASCII, cut to 63 bits.
_LOCK = int.from_bytes(b"hailwire", "big") >> 1

# How often a replica that waits for another's migrations looks again. It does not wait inside a statement: an index
# that is built concurrently waits for every statement that began before it.
_LOOK_SECONDS = 0.1

# What an interrupted CREATE INDEX CONCURRENTLY leaves behind: an index that costs and answers nothing.
_UNFINISHED = """
SELECT format('%I.%I', namespace.nspname, index.relname)
FROM pg_index
JOIN pg_class AS index ON index.oid = pg_index.indexrelid
JOIN pg_namespace AS namespace ON namespace.oid = index.relnamespace
WHERE NOT pg_index.indisvalid AND namespace.nspname = $1
"""

_FILE = re.compile(r"^(\d{4})_([a-z0-9_]+)\.(sql|py)$")

_PREPARE = """
CREATE SCHEMA IF NOT EXISTS chassis;
CREATE TABLE IF NOT EXISTS chassis.migration (
    room       text NOT NULL,
    number     integer NOT NULL,
    name       text NOT NULL,
    digest     text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (room, number)
);
"""


class MigrationError(Exception):
    """A migration was edited after it was applied, a number is missing, or the files are misnamed."""


@dataclass(frozen=True)
class Room:
    """A schema and the folder with its files."""

    schema: str
    folder: Path


@dataclass(frozen=True)
class Migration:
    """One file."""

    room: str
    number: int
    name: str
    # What the file says.
    text: str
    path: Path

    @property
    def digest(self) -> str:
        """Of the file's text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def concurrent(self) -> bool:
        """Whether it runs outside of a transaction."""
        return self.text.startswith("-- concurrently")


def discover(root: Path) -> list[Room]:
    """The rooms of a checkout: the chassis first, then every service that has migrations."""
    services = sorted((root / "services").glob("*/migrations"))
    return [Room("chassis", root / "chassis" / "sql")] + [Room(folder.parent.name, folder) for folder in services]


def read(room: Room) -> list[Migration]:
    """The files of a room in order; raises MigrationError when numbers are missing or double."""
    found = []
    for path in sorted((*room.folder.glob("*.sql"), *room.folder.glob("*.py"))):
        match = _FILE.match(path.name)
        if match is None:
            raise MigrationError(f"{path.name} in {room.schema}: name it NNNN_name.sql or NNNN_name.py")
        found.append(Migration(room.schema, int(match[1]), match[2], path.read_text(encoding="utf-8"), path))
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise MigrationError(f"{room.schema}: migrations must be numbered 0001, 0002, ... without gaps")
    return found


async def pending(connection: asyncpg.Connection, rooms: Sequence[Room]) -> list[Migration]:
    """What is not applied yet; raises MigrationError when an applied file was edited. Changes nothing."""
    applied = {}
    if await connection.fetchval("SELECT to_regclass('chassis.migration') IS NOT NULL"):
        rows = await connection.fetch("SELECT room, number, digest FROM chassis.migration")
        applied = {(row["room"], row["number"]): row["digest"] for row in rows}
    missing = []
    for room in rooms:
        for migration in read(room):
            digest = applied.get((migration.room, migration.number))
            if digest is None:
                missing.append(migration)
            elif digest != migration.digest:
                raise MigrationError(f"{migration.room} {migration.number:04} was edited after it was applied")
    return missing


async def migrate(dsn: str, rooms: Sequence[Room], environ: Mapping[str, str] = os.environ) -> list[Migration]:
    """Apply what is missing and return it. Safe to run from many processes at once."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)
        await connection.execute(_PREPARE)
        missing = await pending(connection, rooms)
        for migration in missing:
            await _apply(connection, migration, environ)
            log.info("migration applied", room=migration.room, number=migration.number, name=migration.name)
        return missing
    finally:
        await connection.close()


async def _apply(connection: asyncpg.Connection, migration: Migration, environ: Mapping[str, str]) -> None:
    if migration.concurrent:
        for row in await connection.fetch(_UNFINISHED, migration.room):
            await connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {row[0]}")
        for statement in filter(str.strip, migration.text.split(";\n")):
            await connection.execute(statement)
        await _record(connection, migration)
        return
    async with connection.transaction():
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {migration.room}")
        if migration.path.suffix == ".py":
            await _module(migration.path).apply(connection, environ)
        else:
            await connection.execute(migration.text)
        await _record(connection, migration)


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"migration_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise MigrationError(f"{path.name} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def _record(connection: asyncpg.Connection, migration: Migration) -> None:
    await connection.execute(
        "INSERT INTO chassis.migration (room, number, name, digest) VALUES ($1, $2, $3, $4)",
        migration.room,
        migration.number,
        migration.name,
        migration.digest,
    )
