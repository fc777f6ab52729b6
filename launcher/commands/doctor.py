"""Looks at everything that has to be right before a service can serve, and says what to do about what is not."""

import argparse
import asyncio
from collections.abc import Mapping

from chassis.settings import load
from launcher import checks, plan
from launcher.checks import Finding
from launcher.failure import ExitCode
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
    findings = asyncio.run(_examine(arguments.service, environ))
    for finding in findings:
        print(f"{'ok     ' if finding.fine else 'WRONG  '}{finding.what}")
        if not finding.fine:
            print("".join(f"         {line}\n" for line in finding.advice.splitlines()), end="")
    wrong = sum(not finding.fine for finding in findings)
    print(f"{wrong} wrong" if wrong else "all is well")
    return ExitCode.FAILED if wrong else ExitCode.DONE


async def _examine(services: list[str] | None, environ: Mapping[str, str]) -> list[Finding]:
    dsn = load(HomeSettings, environ).dsn()
    findings = [checks.python()]
    if services is None:
        findings.append(checks.binaries())
        findings += await checks.ports(environ)
        environ = {**plan.DEVELOPMENT_SECRETS, "HAILWIRE_ENV": "development", "DATABASE_URL": dsn or "later", **environ}
    for service in services or ("gateway", "profile", "trips", "simulator"):
        findings += [checks.importable(service), checks.settings(service, environ)]
    if dsn is not None:
        findings += [*await checks.database(dsn), *await checks.dead_letters(dsn)]
    elif services is not None:
        findings.append(Finding(fine=False, what="no database", advice="set DATABASE_URL"))
    return findings
