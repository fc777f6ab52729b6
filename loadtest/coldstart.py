"""How much processor time each service needs from its exec until it serves, bytecode warm.

The service tells it itself (`hailwire_cold_start_cpu_ms`): at the moment when its health first says SERVING it reads
the clock of its process, which began to count with the exec. What the warmup does comes after that and is not in it.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from hailwire.ops.v1 import ops_pb2, ops_pb2_grpc
from launcher import databases, embedded, ports
from loadtest.processes import BenchmarkError, Started, deadline

TARGET_MS = 500.0
SERVICES = ("gateway", "profile", "trips", "metrics")
# The smallest of these counts: whatever else the machine does only adds.
STARTS = 7
_DATABASE = "hailwire_coldstart"
_METRIC = "hailwire_cold_start_cpu_ms"


@dataclass(frozen=True, slots=True)
class ColdStart:
    """The starts of one service, in ms of processor time."""

    service: str
    milliseconds: list[float]

    @property
    def least(self) -> float:
        """What it takes when nothing disturbs it."""
        return min(self.milliseconds)

    def suite(self) -> dict[str, Any]:
        """As the results file keeps it."""
        return {"name": f"cold start, {self.service}", "cpu_ms": [round(one, 1) for one in self.milliseconds]}


async def measure(dsn: str, folder: Path, say: Callable[[str], None], *, starts: int = STARTS) -> list[ColdStart]:
    """Start each service alone over this migrated database, several times."""
    found = []
    for service in SERVICES:
        # The first one may have to compile what it imports.
        times = [await _once(service, dsn, folder) for _ in range(starts + 1)][1:]
        found.append(ColdStart(service, times))
        say(f"  cold start, {service}: {min(times):.0f} ms of CPU time, at most {max(times):.0f}")
    return found


async def _once(service: str, dsn: str, folder: Path) -> float:
    port = ports.choose(1)[0]
    environ = {
        "HAILWIRE_ENV": "development",
        "DATABASE_URL": dsn,
        "HAILWIRE_HOME": str(folder / "home"),
        "LOG_FORMAT": "json",
        **_ports(service, port),
    }
    process = Started(service, ["-m", "launcher", service], environ, folder / f"{service}.log")
    try:
        return await _told(process, port)
    finally:
        process.ask_to_stop()
        process.gone()


def _ports(service: str, port: int) -> Mapping[str, str]:
    """A port of its own for what is asked, any other one for the rest."""
    upper = service.upper()
    *others, nobody, nobody_either = ports.choose(4)
    return {
        # Not whoever listens on the usual ports: a gateway would take the events of a mesh that runs there.
        "PROFILE_TARGET": f"127.0.0.1:{nobody}",
        "TRIPS_TARGET": f"127.0.0.1:{nobody_either}",
        f"{upper}_GRPC_PORT": str(port),
        f"{upper}_PROMETHEUS_PORT": str(others[0]),
        **({f"{upper}_HTTP_PORT": str(others[1])} if service in {"gateway", "metrics"} else {}),
    }


async def _told(process: Started, port: int) -> float:
    until = deadline()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = ops_pb2_grpc.PerformanceServiceStub(channel)
        while time.monotonic() < until:
            process.check()
            try:
                answer = await stub.GetPerformance(ops_pb2.GetPerformanceRequest(), wait_for_ready=True, timeout=10)
            except grpc.aio.AioRpcError:
                continue
            for sample in answer.samples:
                if sample.name == _METRIC:
                    return float(sample.value)
            # Rarely: each question costs the process time that is no part of its start.
            await asyncio.sleep(0.2)
    raise BenchmarkError(f"{process.name} does not serve")


async def over(
    cluster: embedded.Cluster, folder: Path, say: Callable[[str], None], starts: int = STARTS
) -> list[ColdStart]:
    """The same over a database of its own."""
    await databases.create(cluster.dsn("postgres"), _DATABASE)
    try:
        await databases.migrate(cluster.dsn(_DATABASE))
        return await measure(cluster.dsn(_DATABASE), folder, say, starts=starts)
    finally:
        await databases.drop(cluster.dsn("postgres"), _DATABASE)
