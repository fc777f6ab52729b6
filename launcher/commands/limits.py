"""Rate limits of a sender: how much is counted, until when messages are refused, and a fresh start."""

import argparse
import asyncio
import re
import sys
from collections.abc import Mapping

from chassis import errors
from chassis.settings import load
from launcher import databases
from launcher.arguments import LARGEST_ID
from launcher.failure import CommandError, ExitCode
from launcher.settings import HomeSettings
from services.gateway import limits, senders
from services.gateway.limits import Count, Limit, LimitSettings
from services.gateway.senders import Counted


def configure(parser: argparse.ArgumentParser) -> None:
    """The actions show and reset."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="show|reset")
    for name, help_ in (
        ("show", "how much each limit counts of a sender, and until when it refuses"),
        ("reset", "count nothing of what a sender has written so far"),
    ):
        action = actions.add_parser(name, help=help_, epilog=f"example: hailwire limits {name} +250788000001")
        action.add_argument("who", type=_who, nargs="+", metavar="WHO", help="+250..., or the id of a conversation")


def _who(text: str) -> str:
    if re.fullmatch(r"\+[0-9]{5,15}", text) or (re.fullmatch(r"[0-9]{1,19}", text) and 1 <= int(text) <= LARGEST_ID):
        return text
    raise argparse.ArgumentTypeError("must be a number that begins with +, or the id of a conversation")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit code 1 when one of them is unknown; the others are done all the same."""
    dsn = load(HomeSettings, environ).dsn()
    if dsn is None:
        raise CommandError("set DATABASE_URL, or start `hailwire up`.")
    settings = load(LimitSettings, environ)
    try:
        with databases.explained(dsn):
            return asyncio.run(_each(dsn, arguments, settings))
    except errors.Unavailable as error:
        raise CommandError(databases.out_of_reach(dsn, error.__cause__), ExitCode.FAILED) from error


async def _each(dsn: str, arguments: argparse.Namespace, settings: LimitSettings) -> int:
    code = ExitCode.DONE
    for position, who in enumerate(arguments.who, 1):
        try:
            for conversation_id in await senders.find(dsn, who):
                if arguments.action == "show":
                    _print(await senders.show(dsn, conversation_id), settings)
                else:
                    print(f"conversation {await senders.reset(dsn, conversation_id)} counts nothing any more")
        except errors.NotFound as error:
            # Not the number itself: what is printed here ends in logs.
            print(f"argument {position}: {error.message}", file=sys.stderr)
            code = ExitCode.FAILED
    return code


def _print(counted: Counted, settings: LimitSettings) -> None:
    print(f"conversation {counted.conversation_id}")
    _print_one("ordinary", limits.ordinary(settings), counted.counts.ordinary, counted)
    _print_one("expensive", limits.expensive(settings), counted.counts.expensive, counted)


def _print_one(name: str, limit: Limit | None, count: Count, counted: Counted) -> None:
    if limit is None:
        print(f"  {name:<10} no limit")
        return
    until = limit.refused_until(count, counted.now)
    ending = "open" if until is None else f"refused until {until:%Y-%m-%d %H:%M:%S} UTC"
    print(f"  {name:<10} {limit.used(count, counted.now)} of {limit.burst} used, {ending}")
