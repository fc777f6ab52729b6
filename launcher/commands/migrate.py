"""Applies the migrations that are missing, or says which they are."""

import argparse
import asyncio
from collections.abc import Mapping

from chassis import migrations
from chassis.settings import load
from launcher import databases
from launcher.failure import CommandError, ExitCode
from launcher.settings import HomeSettings


def configure(parser: argparse.ArgumentParser) -> None:
    """--check only looks."""
    parser.add_argument("--check", action="store_true", help="apply nothing; exit 1 when something is missing")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit code 0 when the database is up to date afterwards."""
    dsn = load(HomeSettings, environ).dsn()
    if dsn is None:
        raise CommandError("set DATABASE_URL, or start `hailwire up`, which migrates its own database.")
    with databases.explained(dsn):
        return asyncio.run(_check(dsn) if arguments.check else _apply(dsn, environ))


async def _apply(dsn: str, environ: Mapping[str, str]) -> int:
    applied = await migrations.migrate(dsn, migrations.discover(databases.ROOT), environ)
    for migration in applied:
        print(f"applied {migration.room} {migration.number:04} {migration.name}")
    print("the database is up to date")
    return ExitCode.DONE


async def _check(dsn: str) -> int:
    missing = await databases.missing(dsn)
    for name in missing:
        print(f"missing {name}")
    print(f"{len(missing)} missing" if missing else "the database is up to date")
    return ExitCode.FAILED if missing else ExitCode.DONE
