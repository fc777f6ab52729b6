"""The nearest drivers among a million: searches at a given rate through the trips service, and the statement alone.

Latency counts from the moment at which a search was due, so that a queue shows. The CPU time that PostgreSQL spends on
a search is compared with what it spends when pgbench runs the same statement, prepared and one search at a time.
"""

import asyncio
import contextlib
import math
import os
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks import cpu
from benchmarks.figures import Figure
from chassis.channels import open_channel
from chassis.connections import PLANNING
from chassis.settings import load
from chassis.telemetry import TelemetrySettings, open_telemetry
from hailwire.trips.v1 import trips_pb2
from launcher import databases, embedded, ports
from loadtest.processes import BenchmarkError, Started, until
from services.gateway.clients.trips import Trips
from services.trips.geo import Location, windows
from services.trips.search import NEAREST_DRIVERS, first_candidates

_LIMIT = 10
_PER_SECOND = 500
_RADIUS_METERS = 10_000.0
_P99_TARGET_MS, _CPU_TARGET = 10.0, 1.3
# A country the size of Rwanda.
_SOUTH, _NORTH, _WEST, _EAST = -2.8, -1.1, 28.9, 30.8
_NAME = "benchmark_nearest"
_NOTED_SECONDS = 0.5
_WARM_SECONDS = 6.0

_FILL = """
INSERT INTO trips.presence (person_id, online, vehicle, latitude, longitude, located_at)
SELECT n, true, 1 + n % 5, $2 + random() * ($3 - $2::float8), $4 + random() * ($5 - $4::float8),
       chassis.now()
FROM generate_series(1, $1::bigint) AS n
"""


@dataclass(frozen=True)
class NearestSize:
    """How many drivers are online, and how long is searched."""

    drivers: int
    seconds: float


async def measure(
    size: NearestSize, cluster: embedded.Cluster, folder: Path, tell: Callable[[str], None]
) -> tuple[dict[str, Any], list[Figure]]:
    """The suite for the results file, and what is judged."""
    if cluster.process_id is None:
        raise BenchmarkError("PostgreSQL is gone")
    dsn = cluster.dsn(_NAME)
    tell(f"  nearest drivers: {size.drivers} drivers go online")
    await databases.drop(cluster.dsn("postgres"), _NAME)
    await databases.create(cluster.dsn("postgres"), _NAME)
    try:
        await databases.migrate(dsn)
        await _fill(dsn, size.drivers)
        async with _searching(dsn, folder) as trips:
            # What a service does once after its start is over then, and each of its connections has been used.
            await _searched(trips, _WARM_SECONDS)
            before = cpu.seconds([cluster.process_id])
            latencies = await _searched(trips, size.seconds)
            ours_us = (cpu.seconds([cluster.process_id]) - before) / len(latencies) * 1e6
        pgbench_us = await _pgbench(dsn, cluster.process_id, size.seconds, folder)
    finally:
        await databases.drop(cluster.dsn("postgres"), _NAME)
    p50, p99 = _quantile(latencies, 0.5) * 1e3, _quantile(latencies, 0.99) * 1e3
    tell(
        f"  nearest drivers    {len(latencies) / size.seconds:.0f}/s, p50 {p50:.1f} p99 {p99:.1f} ms; PostgreSQL "
        f"{ours_us:.0f} us a search, {pgbench_us:.0f} us under pgbench"
    )
    suite = {
        "name": "nearest drivers",
        "drivers": size.drivers,
        "per_second": _PER_SECOND,
        "p50_ms": round(p50, 2),
        "p99_ms": round(p99, 2),
        "postgres_us": round(ours_us, 1),
        "pgbench_postgres_us": round(pgbench_us, 1),
    }
    many = f"{size.drivers / 1e6:g} M" if size.drivers >= 1e6 else str(size.drivers)
    return suite, [
        Figure(
            f"nearest {_LIMIT} of {many} drivers at {_PER_SECOND}/s through gRPC: p99",
            p99,
            "ms",
            _P99_TARGET_MS,
            at_most=True,
        ),
        Figure(
            f"nearest {_LIMIT} of {many} drivers: PostgreSQL's CPU time, hailwire / pgbench",
            ours_us / pgbench_us,
            "times",
            _CPU_TARGET,
            at_most=True,
        ),
    ]


async def _fill(dsn: str, drivers: int) -> None:
    """Everybody is put down at once, and the index built over them: it takes a tenth of the time."""
    connection = await asyncpg.connect(dsn)
    try:
        index = await connection.fetchval("SELECT pg_get_indexdef('trips.presence_available'::regclass)")
        await connection.execute("DROP INDEX trips.presence_available")
        await connection.execute(_FILL, drivers, _SOUTH, _NORTH, _WEST, _EAST)
        await connection.execute(index)
        await connection.execute("VACUUM ANALYZE trips.presence")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


def _spot(chance: random.Random) -> Location:
    return Location(chance.uniform(_SOUTH, _NORTH), chance.uniform(_WEST, _EAST))


async def _searched(trips: Trips, seconds: float) -> list[float]:
    """Seconds from when each search was due to its answer."""
    chance = random.Random(7)  # noqa: S311 - the same places every time
    latencies: list[float] = []
    lonely: list[Location] = []
    began = time.perf_counter() + 0.05

    async def search(due: float, spot: Location) -> None:
        found = await trips.search_drivers(
            trips_pb2.SearchDriversRequest(
                vehicle=trips_pb2.VEHICLE_MOTO,
                pickup=trips_pb2.Location(latitude=spot.latitude, longitude=spot.longitude),
                limit=_LIMIT,
            )
        )
        latencies.append(time.perf_counter() - due)
        lonely.extend([] if found else [spot])

    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * _PER_SECOND)):
            due = began + number / _PER_SECOND
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            group.create_task(search(due, _spot(chance)))
    if len(lonely) * 2 > len(latencies):
        raise BenchmarkError(f"{len(lonely)} of {len(latencies)} searches found nobody")
    return latencies


async def _pgbench(dsn: str, postgres_id: int, seconds: float, folder: Path) -> float:
    """Microseconds of PostgreSQL's CPU time for each search that pgbench makes at the same rate."""
    script = folder / "nearest.sql"
    script.write_text(_script(), encoding="utf-8")
    transactions = int(seconds * _PER_SECOND)
    command = [str(embedded.binaries() / "pgbench"), "--no-vacuum", "--protocol", "prepared", "--file", str(script)]
    command += ["--rate", str(_PER_SECOND), "--transactions", str(transactions), dsn]
    # As our own connections do (chassis/connections.py): planning each search anew would make pgbench dearer.
    environ = {**os.environ, "PGOPTIONS": " ".join(f"-c {name}={value}" for name, value in PLANNING.items())}
    before = cpu.seconds([postgres_id])
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environ
    )
    told, complaint = await process.communicate()
    if process.returncode or f"{transactions}/{transactions}".encode() not in told:
        raise BenchmarkError(f"pgbench failed: {complaint.decode()[-500:]}")
    # The server has the time of pgbench's own process only once it has taken note of its end.
    await asyncio.sleep(_NOTED_SECONDS)
    if (spent := cpu.seconds([postgres_id]) - before) <= 0:
        raise BenchmarkError(f"{transactions} searches are too few to be measured")
    return spent / transactions * 1e6


def _script() -> str:
    """The service's statement for one search, from another place each time, as the searches of the service are."""
    (low,), (high,), (middle,) = (
        windows(Location(latitude, longitude), _RADIUS_METERS)
        for latitude, longitude in (
            (_SOUTH, _WEST),
            (_NORTH, _EAST),
            ((_SOUTH + _NORTH) / 2, (_WEST + _EAST) / 2),
        )
    )
    # So near the equator a circle is as wide on the map everywhere, to a thousandth.
    across, up = middle.east - middle.x, middle.north - middle.y
    lines = [
        f"\\set x random({low.x * 1e6:.0f}, {high.x * 1e6:.0f}) / 1000000.0",
        f"\\set y random({low.y * 1e6:.0f}, {high.y * 1e6:.0f}) / 1000000.0",
        *(f"\\set {edge} :{centre} {sign} {half:.9f}" for edge, centre, sign, half in (
            ("west", "x", "-", across), ("south", "y", "-", up), ("east", "x", "+", across), ("north", "y", "+", up)
        )),
    ]  # fmt: skip
    values: list[tuple[str, Any]] = [("int", 0), ("bigint", 0), ("smallint", int(trips_pb2.VEHICLE_MOTO))]
    values += [("float8", f":{name}") for name in ("x", "y", "west", "south", "east", "north")]
    values += [("int", first_candidates(_LIMIT))]
    sql = NEAREST_DRIVERS.sql.replace("$11::interval", "interval '30 minutes'")
    sql = sql.replace("$12::text", "'Africa/Kigali'::text")
    for number, (kind, value) in reversed(list(enumerate(values, 1))):
        sql = sql.replace(f"${number}::{kind}[]", f"ARRAY[{value}]::{kind}[]")
    return "\n".join([*lines, sql.strip().replace("\n", " ") + ";\n"])


@contextlib.asynccontextmanager
async def _searching(dsn: str, folder: Path) -> AsyncIterator[Trips]:
    """The gateway's client of a trips service of its own."""
    grpc_port, prometheus_port = ports.choose(2)
    environ = {
        "HAILWIRE_ENV": "development",
        "LOG_LEVEL": "INFO",
        "DATABASE_URL": dsn,
        "TRIPS_GRPC_PORT": str(grpc_port),
        "TRIPS_PROMETHEUS_PORT": str(prometheus_port),
    }
    started = Started("trips", ["-m", "launcher", "trips"], environ, folder / "nearest-trips.log")
    try:
        async with (
            open_telemetry("caller", load(TelemetrySettings, {})) as telemetry,
            open_channel(f"127.0.0.1:{grpc_port}", telemetry) as channel,
        ):
            trips = Trips(channel)
            await until(trips.peer.serving, started)
            yield trips
    finally:
        started.ask_to_stop()
        started.gone()


def _quantile(seconds: list[float], share: float) -> float:
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]
