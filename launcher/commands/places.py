"""The gazetteer, for operators: bring in the places of a file."""

import argparse
import asyncio
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from chassis import errors
from chassis.settings import load
from launcher import databases
from launcher.failure import CommandError, ExitCode
from launcher.settings import HomeSettings
from services.profile.places import reading
from services.profile.places.loading import Loaded, open_loader

# More would hide what is at the beginning, which is usually the reason for all the others.
_MOST_TOLD = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """The one action: load."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="load")
    loading = actions.add_parser(
        "load",
        help="add the places of a CSV (name, latitude, longitude, names, id) or of a GeoNames table, or change them",
        epilog="example: hailwire places load RW.txt --source geonames",
    )
    loading.add_argument("file", type=Path, metavar="FILE", help="UTF-8; a CSV names its columns in the first line")
    loading.add_argument(
        "--source",
        type=_source,
        help="what the file is called in the gazetteer, so that loading it again changes what it brought "
        "(default: its name)",
    )


def _source(text: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9._-]{1,40}", text) or text == "hailwire":
        raise argparse.ArgumentTypeError("must have 1 to 40 letters, digits, dots or dashes, and not be `hailwire`")
    return text


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit code 1 when a line was no place; all others are in the gazetteer then."""
    dsn = load(HomeSettings, environ).dsn()
    if dsn is None:
        raise CommandError("set DATABASE_URL, or start `hailwire up`.")
    source = arguments.source or "file-" + re.sub(r"[^a-zA-Z0-9._-]", "-", arguments.file.name)[:35]
    try:
        # What is not UTF-8 spoils its own line.
        opened = arguments.file.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    except OSError as error:
        raise CommandError(f"{arguments.file} cannot be read: {error.strerror}") from error
    try:
        with opened as lines, databases.explained(dsn):
            done = asyncio.run(_load(dsn, arguments.file.name, lines, source))
    except errors.Unavailable as error:
        raise CommandError(databases.out_of_reach(dsn, error.__cause__), ExitCode.FAILED) from error
    except reading.FileUnreadable as error:
        raise CommandError(f"{arguments.file}: {error}") from error
    print(f"{done.new} new places, {done.changed} known ones, {done.bad_lines} bad lines")
    return ExitCode.FAILED if done.bad_lines else ExitCode.DONE


async def _load(dsn: str, name: str, lines: Iterable[str], source: str) -> Loaded:
    done = Loaded()
    told = 0
    async with open_loader(dsn) as loader:
        async for done in loader.load(source, reading.read(lines)):
            for bad in done.bad[: _MOST_TOLD - told]:
                print(f"{name}:{bad.number}: {bad.why}", file=sys.stderr)
            told = min(done.bad_lines, _MOST_TOLD)
            print(f"{done.read} lines read", file=sys.stderr)
    if done.bad_lines > _MOST_TOLD:
        print(f"and {done.bad_lines - _MOST_TOLD} more bad lines", file=sys.stderr)
    return done
