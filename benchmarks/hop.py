"""One hop between two processes: what our interceptors add to a bare call, and what coalescing saves under load.

`python -m benchmarks.hop PORT bare` and `... PORT ours` serve the same answers, once with grpc.aio alone and once
as our services do.
"""

import asyncio
import contextlib
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from benchmarks.figures import Figure, ratio
from chassis import process
from chassis.channels import open_channel
from chassis.server import serve_grpc
from chassis.settings import load
from chassis.telemetry import TelemetrySettings, open_telemetry
from hailwire.profile.v1 import profile_pb2 as pb
from hailwire.profile.v1 import profile_pb2_grpc
from launcher import ports
from launcher.probe import listens
from loadtest.processes import Started, until
from services.gateway.clients.profile import Profile

BARE, OURS = "bare", "ours"
_IN_FLIGHT = 128
_LATENCY_TARGET, _THROUGHPUT_TARGET = 1.5, 5.0

Ask = Callable[[int], Awaitable[object]]


@dataclass(frozen=True)
class HopSize:
    """How many rounds, calls one after the other in each, and calls in all with many in flight."""

    rounds: int
    alone: int
    crowd: int


class _People(profile_pb2_grpc.ProfileServiceServicer):
    """Answers at once, so that the hop is all there is."""

    async def BatchGetPeople(  # noqa: N802 - the contract's name
        self,
        request: pb.BatchGetPeopleRequest,
        context: object,  # noqa: ARG002
    ) -> pb.BatchGetPeopleResponse:
        """The same person under every id."""
        return pb.BatchGetPeopleResponse(
            results=[
                pb.PersonResult(person=pb.Person(person_id=one, name="Rider", language="en"))
                for one in request.person_ids
            ]
        )


def _register(server: grpc.aio.Server) -> None:
    people = _People()  # type: ignore[abstract] # nobody calls the other methods
    profile_pb2_grpc.add_ProfileServiceServicer_to_server(people, server)


async def _serve(environ: Mapping[str, str]) -> None:
    address, kind = f"127.0.0.1:{sys.argv[1]}", sys.argv[2]
    if kind == BARE:
        server = grpc.aio.server()
        _register(server)
        server.add_insecure_port(address)
        await server.start()
        await process.stopped()
        await server.stop(1)
        return
    async with (
        open_telemetry("hop", load(TelemetrySettings, environ)) as telemetry,
        serve_grpc(
            address,
            register=[_register],
            services=[],
            probe=_well,
            telemetry=telemetry,
        ),
    ):
        await process.stopped()


async def _well() -> None:
    """Nothing can be amiss."""


async def measure(size: HopSize, folder: Path, tell: Callable[[str], None]) -> tuple[dict[str, Any], list[Figure]]:
    """The suite for the results file, and what is judged."""
    async with (
        _served(BARE, folder) as bare_port,
        _served(OURS, folder) as our_port,
        open_telemetry("caller", load(TelemetrySettings, {})) as telemetry,
        grpc.aio.insecure_channel(f"127.0.0.1:{bare_port}") as bare,
        open_channel(f"127.0.0.1:{our_port}", telemetry) as ours,
    ):
        one_by_one = {BARE: _single(bare), OURS: _single(ours)}
        people = Profile(ours)
        crowds = {"one by one": one_by_one[OURS], "coalesced": people.get}
        latencies: dict[str, list[float]] = {name: [] for name in one_by_one}
        speeds: dict[str, list[float]] = {name: [] for name in crowds}
        for _ in range(size.rounds):
            for name, ask in one_by_one.items():
                latencies[name].append(await _alone(ask, size.alone))
            for name, ask in crowds.items():
                speeds[name].append(await _crowded(ask, size.crowd))
    latency = {name: statistics.median(found) for name, found in latencies.items()}
    speed = {name: statistics.median(found) for name, found in speeds.items()}
    tell(
        f"  one hop            {latency[OURS] * 1e6:.0f} us, bare {latency[BARE] * 1e6:.0f} us; {_IN_FLIGHT} in flight "
        f"{speed['coalesced']:.0f}/s coalesced, {speed['one by one']:.0f}/s one by one"
    )
    suite = {
        "name": "one hop",
        "latency_us": {name: round(found * 1e6, 1) for name, found in latency.items()},
        "calls_per_second": {name: round(found) for name, found in speed.items()},
    }
    return suite, [
        ratio(
            "one hop, 1 in flight: latency, ours / bare grpc.aio",
            latencies[OURS],
            latencies[BARE],
            _LATENCY_TARGET,
            at_most=True,
        ),
        ratio(
            f"one hop, {_IN_FLIGHT} in flight: calls per second, coalesced / one by one",
            speeds["coalesced"],
            speeds["one by one"],
            _THROUGHPUT_TARGET,
        ),
    ]


def _single(channel: grpc.aio.Channel) -> Ask:
    stub = profile_pb2_grpc.ProfileServiceStub(channel)

    async def ask(person_id: int) -> object:
        return await stub.BatchGetPeople(pb.BatchGetPeopleRequest(person_ids=[person_id]))

    return ask


async def _alone(ask: Ask, calls: int) -> float:
    """The median of seconds for a call, one after the other; the first tenth is not counted."""
    seconds = []
    for number in range(1, calls + 1):
        started = time.perf_counter()
        await ask(number)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[calls // 10 :])


async def _crowded(ask: Ask, calls: int) -> float:
    """Calls a second with many in flight."""
    left = iter(range(1, calls + 1))

    async def caller() -> None:
        for number in left:
            await ask(number)

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(_IN_FLIGHT)))
    return calls / (time.perf_counter() - started)


@contextlib.asynccontextmanager
async def _served(kind: str, folder: Path) -> AsyncIterator[int]:
    (port,) = ports.choose(1)
    started = Started(f"hop-{kind}", ["-m", "benchmarks.hop", str(port), kind], {}, folder / f"hop-{kind}.log")
    try:
        await until(lambda: listens(port), started)
        yield port
    finally:
        started.ask_to_stop()
        started.gone()


if __name__ == "__main__":
    sys.exit(process.run(_serve, {}))
