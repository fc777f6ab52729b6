"""What each service holds after many messages, and whether it still grows: full turns, sent, as fast as they go.

The four services of a machine run with one database. Memory is the proportional size (PSS), read halfway and at the
end, each time when all is done and the generator has gone, with whom pages were shared. Connections to PostgreSQL are
counted every half second meanwhile, in /proc: those of the pool and the one that LISTENs.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import held
from benchmarks.contender import ANSWERED, CONTENDERS, Running, provider, run_name, running
from benchmarks.effects import Effects
from benchmarks.endtoend import check, new_town, post
from benchmarks.figures import Figure
from benchmarks.load import Order
from launcher import databases, ports
from launcher.embedded import Cluster
from launcher.probe import http_status
from loadtest.processes import Started, until

_MEMORY_TARGET_MB, _GROWTH_TARGET_PERCENT, _CONNECTIONS_TARGET = 128.0, 2.0, 9.0
_MEGABYTE = 2**20
_DATABASE = "benchmark_memory"
# For half of the messages on a machine ten times slower than ours.
_PATIENCE_SECONDS = 900.0
_LOOK_SECONDS = 0.5
# What is done at intervals, and what outlives its message, is over by then.
_QUIET_SECONDS = 3.0
# Reading what is held takes hold of nothing, but a task may just be running: the least of some readings counts.
_READINGS = 5


@dataclass(frozen=True)
class MemorySize:
    """Messages in all, and by how many people: more than any cache keeps, so that the caches are full halfway."""

    messages: int
    riders: int
    connections: int = 64


async def measure(
    size: MemorySize, cluster: Cluster, folder: Path, tell: Callable[[str], None]
) -> tuple[dict[str, Any], list[Figure]]:
    """The suite for the results file, and what is judged."""
    await new_town(cluster, _DATABASE, folder / "memory-town", size.riders)
    try:
        halfway, at_end, most = await _driven(size, cluster, folder / "memory", tell)
    finally:
        await databases.drop(cluster.dsn("postgres"), _DATABASE)
    suite = {
        "name": "memory",
        "messages": [size.messages // 2, size.messages],
        "riders": size.riders,
        "proportional_mb": [
            {name: round(value / _MEGABYTE, 2) for name, value in one.items()} for one in (halfway, at_end)
        ],
        "database_connections": dict(most),
    }
    return suite, figures(size.messages, halfway, at_end, most)


def figures(
    messages: int, halfway: Mapping[str, int], at_end: Mapping[str, int], connections: Mapping[str, int]
) -> list[Figure]:
    """Of each service, in bytes and connections as they were read."""
    judged = []
    for name, bytes_held in at_end.items():
        growth = (bytes_held / halfway[name] - 1) * 100
        judged += [
            Figure(
                f"memory of {name} after {messages} messages",
                bytes_held / _MEGABYTE,
                "MB",
                _MEMORY_TARGET_MB,
                at_most=True,
            ),
            Figure(
                f"memory of {name}, growth from {messages // 2} to {messages} messages",
                growth,
                "%",
                _GROWTH_TARGET_PERCENT,
                at_most=True,
            ),
        ]
    judged += [
        Figure(
            f"database connections of {name}, LISTEN included", most, "connections", _CONNECTIONS_TARGET, at_most=True
        )
        for name, most in connections.items()
    ]
    return judged


async def _driven(
    size: MemorySize, cluster: Cluster, place: Path, tell: Callable[[str], None]
) -> tuple[dict[str, int], dict[str, int], Counter[str]]:
    """What each service held halfway and at the end, and the most connections of each at any look."""
    dsn, this, most = cluster.dsn(_DATABASE), run_name(), Counter[str]()
    halves: list[dict[str, int]] = []
    async with provider(place) as provider_port, Effects(dsn) as effects:
        await effects.check_durable()
        before = await effects.counts()
        async with (
            running(CONTENDERS[0], ANSWERED, dsn, place, provider_port) as up,
            _metrics(up, place) as metrics,
            _watched(up.processes, cluster.port, most),
        ):
            half = size.messages // 2
            for first in (0, half):
                await post(up, Order(up.ports, size.connections, half, size.riders, this, first=first), place)
                await effects.reach(ANSWERED, before["accepted"] + first + half, _PATIENCE_SECONDS)
                await asyncio.sleep(_QUIET_SECONDS)
                halves.append(await _read([*up.processes, metrics]))
                held_now = ", ".join(f"{name} {value / _MEGABYTE:.1f} MB" for name, value in halves[-1].items())
                tell(f"  memory after {first + half} messages: {held_now}")
            await check(ANSWERED, 2 * half, before, effects, up)
    halfway, at_end = halves
    return halfway, at_end, most


def _megabytes(weighed: Mapping[str, int]) -> dict[str, float]:
    return {name: round(value / _MEGABYTE, 2) for name, value in weighed.items()}


async def _read(processes: Sequence[Started]) -> dict[str, int]:
    found: dict[str, int] = {}
    for _ in range(_READINGS):
        for process in processes:
            now = held.proportional_bytes(process.process_id)
            found[process.name] = min(found.get(process.name, now), now)
        await asyncio.sleep(_LOOK_SECONDS / _READINGS)
    return found


@contextlib.asynccontextmanager
async def _watched(processes: Sequence[Started], port: int, most: Counter[str]) -> AsyncIterator[None]:
    """Look at the connections until the block ends."""

    async def look() -> None:
        while True:
            for process in processes:
                now = held.connections(process.process_id, port)
                most[process.name] = max(most[process.name], now)
            await asyncio.sleep(_LOOK_SECONDS)

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


@contextlib.asynccontextmanager
async def _metrics(up: Running, place: Path) -> AsyncIterator[Started]:
    """The metrics service of this mesh, which asks every service at its usual interval."""
    http_port, grpc_port, prometheus_port = ports.choose(3)
    targets = {**up.grpc_ports, "metrics": grpc_port}
    environ = {
        "HAILWIRE_ENV": "development",
        "LOG_LEVEL": "INFO",
        "METRICS_HTTP_PORT": str(http_port),
        "METRICS_GRPC_PORT": str(grpc_port),
        "METRICS_PROMETHEUS_PORT": str(prometheus_port),
        "METRICS_TARGETS": ",".join(f"{name}=127.0.0.1:{port}" for name, port in targets.items()),
    }

    async def serves() -> bool:
        return await http_status(http_port, "/healthz") == 200

    started = Started("metrics", ["-m", "launcher", "metrics"], environ, place / "metrics.log")
    try:
        await until(serves, started)
        yield started
    finally:
        started.ask_to_stop()
        started.gone()
