"""Databases of a server: made for `hailwire up` and for tests, filled with the migrations of every room."""

import contextlib
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from chassis import migrations
from launcher.failure import CommandError, ExitCode

ROOT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def explained(dsn: str) -> Iterator[None]:
    """Turn what a database answers to an operator's command into a sentence."""
    try:
        yield
    except (OSError, TimeoutError) as error:
        raise CommandError(out_of_reach(dsn), ExitCode.FAILED) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise CommandError(f"the database did not let us: {error}", ExitCode.FAILED) from error
    except migrations.MigrationError as error:
        raise CommandError(str(error), ExitCode.FAILED) from error


def out_of_reach(dsn: str) -> str:
    """A sentence that says where we looked, without the user and the password."""
    place = urllib.parse.urlsplit(dsn).netloc.rpartition("@")[2]
    if place and ":" not in place.rpartition("]")[2]:
        place += ":5432"
    return f"cannot reach the database at {place or 'the address in DATABASE_URL'}"


async def create(admin_dsn: str, name: str, template: str = "template1") -> bool:
    """Create a database from a template that nobody is connected to; False when it is there already."""
    connection = await asyncpg.connect(admin_dsn, timeout=10)
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    except asyncpg.DuplicateDatabaseError:
        return False
    finally:
        await connection.close()
    return True


async def drop(admin_dsn: str, name: str) -> None:
    """Drop a database and end the sessions that still use it."""
    connection = await asyncpg.connect(admin_dsn, timeout=10)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


async def migrate(dsn: str) -> int:
    """Bring a database up to date with this checkout; the number of migrations that were missing."""
    return len(await migrations.migrate(dsn, migrations.discover(ROOT)))


async def missing(dsn: str) -> list[str]:
    """The migrations that the database has not seen yet, worded for a person."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        found = await migrations.pending(connection, migrations.discover(ROOT))
    finally:
        await connection.close()
    return [f"{migration.room} {migration.number:04} {migration.name}" for migration in found]
