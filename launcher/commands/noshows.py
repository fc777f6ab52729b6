"""Who did not come to rides, as passengers and as drivers, by ids: nobody's number or name is shown."""

import argparse
import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg

from chassis.settings import load
from launcher import databases
from launcher.arguments import LARGEST_ID, whole
from launcher.failure import CommandError, ExitCode
from launcher.settings import HomeSettings
from services.trips import no_shows


def configure(parser: argparse.ArgumentParser) -> None:
    """One person, or those who were waited for in vain most often lately."""
    parser.add_argument(
        "--person", type=whole(1, LARGEST_ID), metavar="ID", help="this person (default: those with the most)"
    )
    parser.add_argument("--days", type=whole(1, 365), default=7, help="what counts as lately (default: %(default)s)")
    parser.add_argument("--limit", type=whole(1, 1000), default=50, help="how many at most (default: %(default)s)")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print a line for each person and role."""
    dsn = load(HomeSettings, environ).dsn()
    if dsn is None:
        raise CommandError("set DATABASE_URL, or start `hailwire up`.")
    with databases.explained(dsn):
        rows = asyncio.run(_rows(dsn, arguments))
    if not rows:
        print("nobody was waited for in vain")
    for row in rows:
        print(_line(row, arguments.days, alone=arguments.person is not None))
    return ExitCode.DONE


async def _rows(dsn: str, arguments: argparse.Namespace) -> list[Any]:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        if arguments.person is None:
            return list(await connection.fetch(no_shows.COUNT.sql, arguments.days, arguments.limit))
        return list(await connection.fetch(no_shows.COUNT_OF_PERSON.sql, arguments.person, arguments.days))
    finally:
        await connection.close()


def _line(row: Any, days: int, *, alone: bool) -> str:
    role = "driver" if row["as_driver"] else "passenger"
    said = f"person {row['person_id']:<8} as {role:<9}  {row['lately']} in {days} days"
    if alone:
        said += f", {row['noted']} in all, latest trips {', '.join(map(str, row['trip_ids']))}"
    return f"{said}, last {row['last_at']:%Y-%m-%d %H:%M:%S}"
