"""What `hailwire doctor` looks at. Each check answers with what it found and, if that is wrong, what to do."""

import importlib
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from chassis import migrations
from chassis.settings import SettingsError, declarations, load
from launcher import catalogue, databases, embedded, port_owner, probe
from launcher.failure import CommandError
from launcher.settings import UpSettings

_OLDEST_SERVER = 15
_LEAST_FREE_MB = 200  # a new cluster, its first WAL segments, and some to spare


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    fine: bool
    what: str
    advice: str = ""


def python() -> Finding:
    """The interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(sys.version_info >= (3, 11), f"Python {version}", "Hailwire needs 3.11 or newer: make PYTHON=...")


def binaries() -> Finding:
    """The embedded PostgreSQL."""
    try:
        return Finding((embedded.binaries() / "postgres").exists(), "embedded PostgreSQL is installed", "make setup")
    except CommandError as error:
        return Finding(fine=False, what="embedded PostgreSQL is missing", advice=str(error))


def settings(service: str, environ: Mapping[str, str]) -> Finding:
    """Whether a service would start with this environment."""
    problems = []
    for cls in catalogue.classes(service):
        try:
            load(cls, environ)
        except SettingsError as error:
            problems += error.problems
    return Finding(not problems, f"settings of {service}", "\n".join(dict.fromkeys(problems)))


async def database(dsn: str) -> list[Finding]:
    """The server: reachable, new enough, durable, and its schema up to date."""
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except (OSError, TimeoutError) as error:
        advice = databases.out_of_reach(dsn, error)
        return [Finding(fine=False, what="the database cannot be reached", advice=advice)]
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        advice = databases.refused(dsn, error)
        return [Finding(fine=False, what="the database does not let us in", advice=advice)]
    try:
        version = connection.get_server_version()
        findings = [
            Finding(
                version.major >= _OLDEST_SERVER,
                f"PostgreSQL {version.major}.{version.minor}",
                f"use PostgreSQL {_OLDEST_SERVER} or newer",
            )
        ]
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            value = await connection.fetchval("SELECT current_setting($1)", name)
            advice = f"set {name} = on: without it a message that was answered 200 can be lost"
            findings.append(Finding(value != "off", f"{name} is {value}", advice))
    finally:
        await connection.close()
    try:
        missing = await databases.missing(dsn)
    except (asyncpg.PostgresError, migrations.MigrationError) as error:
        return [*findings, Finding(fine=False, what="the migrations cannot be compared", advice=str(error))]
    if not missing:
        return [*findings, Finding(fine=True, what="every migration is applied")]
    plural = "migration is" if len(missing) == 1 else "migrations are"
    return [*findings, Finding(fine=False, what=f"{len(missing)} {plural} missing", advice="hailwire migrate")]


def home(folder: Path) -> Finding:
    """The folder for what this machine keeps: ours to write in, with room for a database."""
    parent = next(place for place in (folder, *folder.parents) if place.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        advice = f"{parent} is not yours to change: give HAILWIRE_HOME a folder of your own"
        return Finding(fine=False, what=f"HAILWIRE_HOME {folder} cannot be written", advice=advice)
    free = shutil.disk_usage(parent).free // 2**20
    advice = "free some, or give HAILWIRE_HOME a folder on another disk"
    return Finding(free >= _LEAST_FREE_MB, f"HAILWIRE_HOME {folder} has {free} MB of room", advice)


async def ports(environ: Mapping[str, str]) -> list[Finding]:
    """Each port is free, or something of ours answers on it."""
    given = load(UpSettings, environ)
    gateway = await probe.http_status(given.gateway_http_port, "/readyz")
    if gateway == 200:
        return [Finding(fine=True, what=f"the gateway on port {given.gateway_http_port} is ready")]
    found = []
    for field, declared in declarations(UpSettings):
        port = getattr(given, field)
        if declared.env.endswith("_PORT") and port and await probe.listens(port):
            by = f" by {owner}" if (owner := port_owner.worded(port)) else ""
            advice = f"stop what listens there, or set {declared.env} to another number"
            found.append(Finding(fine=False, what=f"port {port} is taken{by}", advice=advice))
    return found or [Finding(fine=True, what="every port is free")]


async def dead_letters(dsn: str) -> list[Finding]:
    """How many wait for an operator: worth knowing, and not wrong."""
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError):
        return []  # told by `database`
    try:
        waiting = await connection.fetchval("SELECT count(*) FROM gateway.dead_letter WHERE resolution IS NULL")
    except asyncpg.PostgresError:
        return []  # not migrated yet, told by `database`
    finally:
        await connection.close()
    words = {0: "no dead letter is open", 1: "1 dead letter is open: hailwire dlq list"}
    return [Finding(fine=True, what=words.get(waiting, f"{waiting} dead letters are open: hailwire dlq list"))]


def importable(service: str) -> Finding:
    """The service's own code and what it needs."""
    try:
        importlib.import_module(f"{catalogue.PACKAGES[service]}.app")
    except ImportError as error:
        return Finding(fine=False, what=f"{service} cannot be imported", advice=f"make setup ({error})")
    return Finding(fine=True, what=f"{service} can be imported")
