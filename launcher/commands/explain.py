"""Who was looked at for a trip and why each was asked or not, by ids: nobody's number or name is shown."""

import argparse
import asyncio
from collections.abc import Mapping

import asyncpg

from chassis.settings import load
from launcher import databases
from launcher.arguments import LARGEST_ID, whole
from launcher.failure import CommandError, ExitCode
from launcher.settings import HomeSettings
from services.trips import matches
from services.trips.match import Candidate, Match, Reason

_WORDS = {
    Reason.OFFERED: "asked: one of the nearest",
    Reason.ASKED_BY_PASSENGER: "asked: named by the passenger",
    Reason.NOT_AMONG_NEAREST: "not asked: others were nearer, and enough",
    Reason.STALE: "not asked: the location was too old",
    Reason.TOO_FAR: "not asked: outside of the radius",
    Reason.BUSY: "not asked: on a trip, or waiting for a ride",
    Reason.OFFLINE: "not asked: not online",
    Reason.OTHER_VEHICLE: "not asked: online with another vehicle",
    Reason.SELF: "not asked: the passenger themselves",
    Reason.QUIET: "not asked: within their quiet hours",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """The trip's id."""
    parser.add_argument("trip", type=whole(1, LARGEST_ID), metavar="TRIP_ID", help="as logs and trips name it")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print everyone who was looked at, nearest first; exit code 1 when nothing is known of the trip."""
    dsn = load(HomeSettings, environ).dsn()
    if dsn is None:
        raise CommandError("set DATABASE_URL, or start `hailwire up`.")
    with databases.explained(dsn):
        found = asyncio.run(_matches(dsn, arguments.trip))
    if not found:
        raise CommandError(
            f"nothing is known of trip {arguments.trip}: it never was, or it is older than MATCH_RETENTION_DAYS.",
            ExitCode.FAILED,
        )
    for match in found:
        print(f"trip {match.trip_id}, {match.vehicle.name.lower()}, {match.made_at:%Y-%m-%d %H:%M:%S}")
        for candidate in match.candidates:
            print(_line(candidate))
    return ExitCode.DONE


async def _matches(dsn: str, trip_id: int) -> list[Match]:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        return matches.of_rows(await connection.fetch(matches.MATCH.sql, trip_id))
    finally:
        await connection.close()


def _line(candidate: Candidate) -> str:
    away = "-" if candidate.meters is None else f"{candidate.meters:.0f} m"
    seen = "-" if candidate.age_seconds is None else f"seen {candidate.age_seconds / 60:.0f} min before"
    return f"  person {candidate.person_id:<8} {away:>9}  {seen:<20}  {_WORDS[candidate.reason]}"
