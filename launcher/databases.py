"""Databases of a server: made for `hailwire up` and for tests, filled with the migrations of every room."""

import contextlib
import os
import socket
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import asyncpg

from chassis import migrations
from launcher.failure import CommandError, ExitCode
from launcher.patience import waiting_for

ROOT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def explained(dsn: str, tell: Callable[[str], None] | None = None) -> Iterator[None]:
    """Turn what a database answers to an operator's command into a sentence; a long wait is told meanwhile."""
    try:
        with waiting_for(f"the database at {place(dsn)}", tell):
            yield
    except (OSError, TimeoutError) as error:
        raise CommandError(out_of_reach(dsn, error), ExitCode.FAILED) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise CommandError(refused(dsn, error), ExitCode.FAILED) from error
    except migrations.MigrationError as error:
        raise CommandError(str(error), ExitCode.FAILED) from error


def place(dsn: str) -> str:
    """Where we look, without the user and the password."""
    found = urllib.parse.urlsplit(dsn).netloc.rpartition("@")[2]
    if found and ":" not in found.rpartition("]")[2]:
        found += ":5432"
    return found or "the address in DATABASE_URL"


def out_of_reach(dsn: str, error: BaseException | None = None) -> str:
    """A sentence that says where we looked, why there is nobody, and what to do."""
    match error:
        case socket.gaierror():
            why = "no host has that name; correct DATABASE_URL"
        case TimeoutError():
            why = "no answer; is it running, and does a firewall let us through?"
        case _:
            why = "nothing answers there; start PostgreSQL or correct DATABASE_URL"
    return f"cannot reach the database at {place(dsn)}: {why}"


def refused(dsn: str, error: BaseException) -> str:
    """A sentence for what a server, or the reading of its address, objects to."""
    match error:
        case asyncpg.InvalidAuthorizationSpecificationError():  # a wrong password is one of them
            return f"PostgreSQL at {place(dsn)} does not accept the user and password in DATABASE_URL: correct them"
        case asyncpg.InvalidCatalogNameError():
            name = urllib.parse.urlsplit(dsn).path.lstrip("/")
            return f"PostgreSQL at {place(dsn)} has no database `{name}`: create it (createdb), or correct DATABASE_URL"
        case asyncpg.PostgresError():
            return f"the database did not let us: {error}"
    return f"DATABASE_URL cannot be used, write it as postgresql://user:password@host:port/database ({error})"


async def create(admin_dsn: str, name: str, template: str = "template1", *, copies_files: bool = False) -> bool:
    """Create a database from a template that nobody is connected to; False when it is there already.

    Copying files instead of logging their blocks is faster where checkpoints wait for no disk.
    """
    strategy = " STRATEGY file_copy" if copies_files else ""
    connection = await asyncpg.connect(admin_dsn, timeout=10)
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{strategy}')
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


async def migrate(dsn: str, environ: Mapping[str, str] = os.environ) -> int:
    """Bring a database up to date with this checkout; the number of migrations that were missing."""
    return len(await migrations.migrate(dsn, migrations.discover(ROOT), environ))


async def missing(dsn: str) -> list[str]:
    """The migrations that the database has not seen yet, worded for a person."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        found = await migrations.pending(connection, migrations.discover(ROOT))
    finally:
        await connection.close()
    return [f"{migration.room} {migration.number:04} {migration.name}" for migration in found]
