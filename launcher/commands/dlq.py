"""Dead letters: messages that failed for good, with their reasons, kept until an operator decides."""

import argparse
import asyncio
from collections.abc import Mapping

from chassis.settings import load
from launcher.failure import CommandError
from launcher.settings import HomeSettings


def configure(parser: argparse.ArgumentParser) -> None:
    """list, show, replay and discard."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|replay|discard")
    listing = actions.add_parser("list", help="the newest first")
    listing.add_argument("--limit", type=int, default=50, help="how many at most (default: %(default)s)")
    listing.add_argument("--reason", help="only those that failed for this reason")
    for name, help_ in (
        ("show", "one dead letter with its error"),
        ("replay", "process it again, in its sender's order"),
        ("discard", "it will not be processed again"),
    ):
        actions.add_parser(name, help=help_).add_argument("id", type=int, nargs="+", help="as `list` shows it")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit code 1 when an id is unknown."""
    dsn = load(HomeSettings, environ).dsn()
    if dsn is None:
        raise CommandError("set DATABASE_URL, or start `hailwire up`.")
    return asyncio.run(_act(arguments, dsn))
