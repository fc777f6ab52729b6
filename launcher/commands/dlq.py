"""Dead letters: messages and replies that failed for good, kept with their reasons until an operator decides."""

import argparse
import asyncio
import sys
from collections.abc import Mapping
from typing import Any

from chassis import errors
from chassis.settings import load
from launcher import databases
from launcher.arguments import LARGEST_ID, whole
from launcher.failure import CommandError, ExitCode
from launcher.settings import HomeSettings
from services.gateway import dead_letters

_COLUMNS = (
    "dead_letter_id",
    "kind",
    "reason",
    "item_kind",
    "provider",
    "attempts",
    "replays",
    "created_at",
    "resolution",
)
_MOST = 10_000  # letters on one page of the list
_PERSONAL = ("addresses", "raw")


def configure(parser: argparse.ArgumentParser) -> None:
    """list, show, replay and discard."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|replay|discard")
    listing = actions.add_parser(
        "list",
        help="those that wait for a decision, oldest first",
        epilog="example: hailwire dlq list --all --limit 20",
    )
    listing.add_argument("--all", action="store_true", help="also those that were replayed or discarded")
    listing.add_argument("--after", type=whole(0, LARGEST_ID), default=0, metavar="ID", help="go on after this one")
    listing.add_argument(
        "--limit", type=whole(1, _MOST), default=50, help=f"how many at most, to {_MOST} (default: %(default)s)"
    )
    showing = actions.add_parser("show", help="everything that is known of one", epilog="example: hailwire dlq show 7")
    showing.add_argument("--personal", action="store_true", help="also who wrote it and what; keep that to yourself")
    _add_ids(showing)
    for name, help_ in (
        ("replay", "process it again: in its sender's order, and what took effect before does not do so twice"),
        ("discard", "decide that nothing more is to be done"),
    ):
        _add_ids(actions.add_parser(name, help=help_, epilog=f"example: hailwire dlq {name} 7 8"))


def _add_ids(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", type=whole(1, LARGEST_ID), nargs="+", metavar="ID", help="as `list` shows it")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit code 1 when one of the ids is unknown or cannot be replayed; the others are done all the same."""
    dsn = load(HomeSettings, environ).dsn()
    if dsn is None:
        raise CommandError("set DATABASE_URL, or start `hailwire up`.")
    try:
        with databases.explained(dsn):
            return asyncio.run(_list(dsn, arguments) if arguments.action == "list" else _each(dsn, arguments))
    except errors.Unavailable as error:
        raise CommandError(databases.out_of_reach(dsn, error.__cause__), ExitCode.FAILED) from error


async def _list(dsn: str, arguments: argparse.Namespace) -> int:
    found = await dead_letters.list_open(dsn, everything=arguments.all, after=arguments.after, limit=arguments.limit)
    if not found:
        print("no dead letters")
        return ExitCode.DONE
    rows = [[_worded(letter[column]) for column in _COLUMNS] for letter in found]
    heading = [column.removeprefix("dead_letter_") for column in _COLUMNS]
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
    for row in (heading, *rows):
        print("  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip())
    if len(found) == arguments.limit:
        print(f"more: hailwire dlq list --after {found[-1]['dead_letter_id']}")
    return ExitCode.DONE


async def _each(dsn: str, arguments: argparse.Namespace) -> int:
    code = ExitCode.DONE
    for dead_letter_id in arguments.id:
        try:
            if arguments.action == "show":
                _print(await dead_letters.show(dsn, dead_letter_id), personal=arguments.personal)
            elif arguments.action == "replay":
                await dead_letters.replay(dsn, dead_letter_id)
                print(f"{dead_letter_id} will be processed again")
            else:
                await dead_letters.discard(dsn, dead_letter_id)
                print(f"{dead_letter_id} is discarded")
        except (errors.NotFound, errors.Refused) as error:
            print(f"{dead_letter_id}: {error.message}", file=sys.stderr)
            code = ExitCode.FAILED
    return code


def _print(letter: Mapping[str, Any], *, personal: bool) -> None:
    for name, value in letter.items():
        hidden = name in _PERSONAL and not personal
        text = value.hex() if name == "key" and isinstance(value, bytes) else _worded(value)
        print(f"{name:<16} {'(personal: --personal shows it)' if hidden else text}")


def _worded(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, list):
        return " ".join(map(str, value))
    return f"{value:%Y-%m-%d %H:%M:%S}" if hasattr(value, "strftime") else str(value)
