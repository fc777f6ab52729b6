"""The audit log: who changed what about people, money and consent, newest first."""

import argparse
import asyncio
import datetime
import re
from collections.abc import Mapping

import asyncpg

from chassis import errors
from chassis.pages import Created, Paging
from chassis.settings import load
from launcher import databases
from launcher.arguments import LARGEST_ID, whole
from launcher.failure import CommandError, ExitCode
from launcher.settings import HomeSettings
from services.profile import audit_listing
from services.profile.audit_listing import Wanted

_COLUMNS = ("created_at", "person_id", "action", "actor", "detail")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_AGO = re.compile(r"([0-9]{1,5})([mhd])", re.ASCII)


def configure(parser: argparse.ArgumentParser) -> None:
    """The one action, list."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list")
    listing = actions.add_parser(
        "list", help="entries, newest first", epilog="example: hailwire audit list --person 42 --since 7d"
    )
    listing.add_argument("--person", type=whole(1, LARGEST_ID), metavar="ID", help="about this person")
    listing.add_argument("--action", dest="done", default="", help="with this action, such as consent.withdrawn")
    listing.add_argument(
        "--since", type=moment, help="from this moment on: 2026-01-31, 2026-01-31T08:00+02:00, or 30m, 12h, 7d ago"
    )
    listing.add_argument("--after", default="", metavar="TOKEN", help="the page behind the one that said so")
    listing.add_argument("--limit", type=whole(1, 1000), default=50, help="how many at most (default: %(default)s)")


def moment(text: str) -> datetime.datetime | datetime.timedelta:
    """An argparse type: a moment, in UTC unless it names a zone, or how long ago."""
    if ago := _AGO.fullmatch(text):
        return datetime.timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("must be a moment such as 2026-01-31T08:00, or 30m, 12h or 7d") from error
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print a page, and how to get the next one."""
    dsn = load(HomeSettings, environ).dsn()
    if dsn is None:
        raise CommandError("set DATABASE_URL, or start `hailwire up`.")
    try:
        with databases.explained(dsn):
            return asyncio.run(_list(dsn, arguments))
    except errors.InvalidArgument as error:
        raise CommandError(error.message) from error


async def _list(dsn: str, arguments: argparse.Namespace) -> int:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        since = arguments.since
        if isinstance(since, datetime.timedelta):
            since = await connection.fetchval("SELECT chassis.now()") - since
        wanted = Wanted(
            person_id=arguments.person, action=arguments.done, created=Created(since=since) if since else None
        )
        query = Paging(size=arguments.limit, token=arguments.after).of(audit_listing.query(wanted))
        asked = query.prepared()
        rows = await connection.fetch(asked.statement.sql, *asked.arguments)
    finally:
        await connection.close()
    if not rows:
        print("no entries")
        return ExitCode.DONE
    shown = rows[: arguments.limit]
    table = [
        ["created", "person", "action", "actor", "detail"],
        *([f"{row['created_at']:%Y-%m-%d %H:%M:%S}", *(str(row[name]) for name in _COLUMNS[1:])] for row in shown),
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        print("  ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip())
    if len(rows) > len(shown):
        print(f"more: the same with --after {query.token(shown[-1])}")
    return ExitCode.DONE
