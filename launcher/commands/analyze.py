"""Shows how PostgreSQL answers a named statement: plan, times, buffers, rows, and the index that it may lack."""

import argparse
import asyncio
import difflib
from collections.abc import Mapping

import asyncpg

from chassis.database import Statement
from chassis.settings import load
from launcher import databases, explaining, statements
from launcher.arguments import whole
from launcher.failure import CommandError, ExitCode
from launcher.settings import HomeSettings

_MOST_SECONDS = 600


def configure(parser: argparse.ArgumentParser) -> None:
    """A name, or the list of them."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="of a statement; with --list what names begin with")
    parser.add_argument("--list", action="store_true", help="the names that there are (also without a NAME)")
    parser.add_argument(
        "--arguments",
        nargs="+",
        metavar="VALUE",
        help="as PostgreSQL writes literals: 42, '{1,2}', 2026-01-31, null; not given: an example",
    )
    parser.add_argument(
        "--seconds",
        type=whole(1, _MOST_SECONDS),
        default=30,
        help=f"how long a read may run, to {_MOST_SECONDS} (default: %(default)s); what changes anything is never run",
    )


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit code 1 when a big table is read from end to end, unless the statement says why."""
    known = statements.every()
    if arguments.list or arguments.name is None:
        return _list(known, arguments.name or "")
    if arguments.name not in known:
        raise CommandError(_unknown(arguments.name, known))
    dsn = load(HomeSettings, environ).dsn()
    if dsn is None:
        raise CommandError("set DATABASE_URL, or start `hailwire up`.")
    statement = known[arguments.name]
    with databases.explained(dsn):
        try:
            found = asyncio.run(_explain(dsn, statement, arguments))
        except explaining.ArgumentsWrong as error:
            raise CommandError(f"{statement.name}: {error}") from error
        except asyncpg.DataError as error:
            raise CommandError(f"{statement.name}: PostgreSQL does not take an argument: {error}") from error
    return _show(statement, found)


async def _explain(dsn: str, statement: Statement, arguments: argparse.Namespace) -> explaining.Explanation:
    connection = await asyncpg.connect(dsn, timeout=10, server_settings={"application_name": "hailwire-analyze"})
    try:
        return await explaining.explain(connection, statement, arguments.arguments, seconds=arguments.seconds)
    finally:
        await connection.close()


def _list(known: Mapping[str, Statement], beginning: str) -> int:
    names = [name for name in known if name.startswith(beginning)]
    if not names:
        raise CommandError(_unknown(beginning, known))
    print("\n".join(names))
    return ExitCode.DONE


def _unknown(name: str, known: Mapping[str, Statement]) -> str:
    meant = difflib.get_close_matches(name, known, 1)
    guess = f"did you mean `{meant[0]}`?" if meant else "see `hailwire analyze --list`."
    return f"there is no statement `{name}`; {guess}"


def _show(statement: Statement, found: explaining.Explanation) -> int:
    done = "was run and undone" if found.run else "changes or locks something and was not run: this is only its plan"
    print(f"{statement.name} {done}\n")
    print(statement.sql.strip("\n"))
    if found.arguments:
        print("\nwith " + ", ".join(f"${number} = {value}" for number, value in enumerate(found.arguments, 1)))
    print(f"\n{found.plan}\n")
    for table, rows in found.missing.items():
        if statement.scans:
            print(f"{table} ({rows:,} rows) is read from end to end on purpose: {statement.scans}")
        else:
            print(f"missing index: {table} ({rows:,} rows) is read from end to end")
    return ExitCode.FAILED if found.missing and not statement.scans else ExitCode.DONE
