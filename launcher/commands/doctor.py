"""Looks at everything that has to be right before a service can serve, and says what to do about what is not."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Mapping

from chassis.settings import load
from launcher import checks, credentials, databases
from launcher.checks import Finding
from launcher.failure import ExitCode
from launcher.patience import waiting_for
from launcher.settings import HomeSettings


def configure(parser: argparse.ArgumentParser) -> None:
    """By default it judges what `hailwire up` would do; in production name the service."""
    parser.add_argument(
        "--service",
        choices=["gateway", "profile", "trips"],
        action="append",
        help="judge this service with exactly these settings (may be repeated); default: a mesh on this machine",
    )


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Exit code 0 when all is well."""
    wrong = asyncio.run(_report(_examine(arguments.service, environ)))
    print(f"{wrong} wrong" if wrong else "all is well")
    return ExitCode.FAILED if wrong else ExitCode.DONE


async def _report(findings: AsyncIterator[Finding]) -> int:
    """Print each as soon as it is known; answers how many are wrong."""
    wrong = 0
    async for finding in findings:
        print(f"{'ok     ' if finding.fine else 'WRONG  '}{finding.what}", flush=True)
        if not finding.fine:
            wrong += 1
            print("".join(f"         {line}\n" for line in finding.advice.splitlines()), end="", flush=True)
    return wrong


async def _examine(services: list[str] | None, environ: Mapping[str, str]) -> AsyncIterator[Finding]:
    home = load(HomeSettings, environ)
    dsn = home.dsn()
    yield checks.python()
    if services is None:
        yield checks.binaries()
        yield checks.home(home.folder)
        for finding in await checks.ports(environ):
            yield finding
        if half := credentials.problems(environ):
            yield Finding(fine=False, what="credentials of the providers", advice="\n".join(half))
        development = {"HAILWIRE_ENV": "development", "DATABASE_URL": dsn or "later"}
        environ = {**credentials.DEVELOPMENT_SECRETS, **development, **environ}
    for service in services or ("gateway", "profile", "trips", "metrics", "simulator"):
        yield checks.importable(service)
        yield checks.settings(service, environ)
    if dsn is not None:
        with waiting_for(f"the database at {databases.place(dsn)}"):
            found = [*await checks.database(dsn), *await checks.dead_letters(dsn)]
        for finding in found:
            yield finding
    elif services is not None:
        yield Finding(fine=False, what="no database", advice="set DATABASE_URL")
    else:
        yield Finding(fine=True, what="no database runs: `hailwire up` starts one, unless DATABASE_URL names yours")
