"""What coalescing does under rising load: batch size, latency and calls a second, over real gRPC and PostgreSQL.

The caller is what the gateway is, a process with a coalescer in front of a channel; the other end is the profile
service with its caches off, so that each batch is one RPC and one statement. Callers wait for their answer and ask
again (a closed loop of so many), or come at a rate, whether or not anybody was answered (latency from when due).
"""

import asyncio
import contextlib
import math
import random
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, ratio
from chassis.channels import open_channel
from chassis.coalesce import Coalescer
from chassis.settings import load
from chassis.telemetry import TelemetrySettings, open_telemetry
from hailwire.profile.v1 import profile_pb2 as pb
from hailwire.profile.v1 import profile_pb2_grpc
from launcher import databases, ports
from launcher.embedded import Cluster
from loadtest import schedule
from loadtest.histogram import Histogram
from loadtest.processes import BenchmarkError, Started, until
from services.gateway.clients.batching import Peer
from services.gateway.clients.profile import SERVICE

CROWDS = (1, 4, 16, 64, 256)
# Of what the largest crowd reaches.
SHARES = (0.1, 0.25, 0.5, 0.8)
# Batches under way at once; two is what the services use.
IN_FLIGHT = (1, 2, 4, 8)
_USUAL = 2
_JUDGED = 64
_PEOPLE = 500
_DATABASE = "benchmark_coalescing"
_ONE_BY_ONE = "one by one"

Ask = Callable[[int], Awaitable[object]]


@dataclass(frozen=True)
class CoalescingSize:
    """How many rounds, and seconds for each load in each of them."""

    rounds: int
    seconds: float


@dataclass
class Seen:
    """One load, all rounds together; sizes of batches and how often each was seen."""

    name: str
    per_second: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    latency: Histogram = field(default_factory=Histogram)
    sizes: Counter[int] = field(default_factory=Counter)

    def told(self) -> dict[str, Any]:
        """As the results file keeps it."""
        return {
            "load": self.name,
            "per_second": round(statistics.median(self.per_second)),
            "batch_mean": round(sum(size * count for size, count in self.sizes.items()) / self.sizes.total(), 2),
            "batch_p99": _quantile(self.sizes, 0.99),
            "p50_ms": _ms(self.latency, 0.5),
            "p99_ms": _ms(self.latency, 0.99),
        }


class _Caller:
    """Asks the profile service for one person at a time, and notes how they travel."""

    def __init__(self, peer: Peer, stub: Any, person_ids: Sequence[int]) -> None:
        self._peer = peer
        self._stub = stub
        self._person_ids = person_ids
        self._sizes: Counter[int] = Counter()

    async def closed(self, seen: Seen, ask: Ask, crowd: int, seconds: float) -> None:
        """So many callers, each of whom waits for an answer and asks again."""
        started = time.perf_counter()
        answered, latency = 0, Histogram()

        async def caller(number: int) -> None:
            nonlocal answered
            chance = random.Random(number)  # noqa: S311 - the same people every time
            while (began := time.perf_counter()) < started + seconds:
                await ask(chance.choice(self._person_ids))
                took = time.perf_counter() - began
                latency.record(took)
                seen.latency.record(took)
                answered += 1

        await asyncio.gather(*map(caller, range(crowd)))
        self._note(seen, answered / (time.perf_counter() - started), latency)

    async def open(self, seen: Seen, ask: Ask, rate: float, seconds: float) -> None:
        """Callers at a rate, who know nothing of each other."""
        chance = random.Random(7)  # noqa: S311 - the same people at the same moments every time
        moments = schedule.moments(rate, seconds, 0, chance)
        latency = Histogram()
        began = time.perf_counter() + 0.05

        async def caller(due: float, person_id: int) -> None:
            await ask(person_id)
            took = time.perf_counter() - due
            latency.record(took)
            seen.latency.record(took)

        async with asyncio.TaskGroup() as group:
            for at in moments:
                await asyncio.sleep(max(0.0, began + at - time.perf_counter()))
                group.create_task(caller(began + at, chance.choice(self._person_ids)))
        self._note(seen, len(moments) / (time.perf_counter() - began), latency)

    def coalesced(self, in_flight: int = _USUAL) -> Ask:
        """As the gateway asks."""
        return Coalescer("person", self._run, in_flight=in_flight)

    async def alone(self, person_id: int) -> object:
        """An RPC for each."""
        return await self._run([person_id])

    async def _run(self, person_ids: list[int]) -> Sequence[pb.Person]:
        self._sizes[len(person_ids)] += 1
        answer = await self._peer.call(self._stub.BatchGetPeople(pb.BatchGetPeopleRequest(person_ids=person_ids)))
        if any(result.HasField("error") for result in answer.results):
            raise BenchmarkError("somebody who is known was not found")
        return [result.person for result in answer.results]

    def _note(self, seen: Seen, per_second: float, latency: Histogram) -> None:
        seen.per_second.append(per_second)
        seen.p50_ms.append(_ms(latency, 0.5))
        seen.sizes += self._sizes
        self._sizes.clear()


async def measure(
    size: CoalescingSize, cluster: Cluster, folder: Path, tell: Callable[[str], None]
) -> tuple[dict[str, Any], list[Figure]]:
    """The suite for the results file, and its ratios."""
    loads: dict[str, Seen] = {}
    tuning: dict[str, Seen] = {}
    async with _calling(cluster, folder) as caller:
        await caller.closed(Seen("warm-up"), caller.coalesced(), _JUDGED, size.seconds / 2)
        for _ in range(size.rounds):
            for crowd in (1, _JUDGED):
                seen = _of(loads, f"{crowd} in flight, {_ONE_BY_ONE}")
                await caller.closed(seen, caller.alone, crowd, size.seconds)
            for crowd in CROWDS:
                await caller.closed(_of(loads, f"{crowd} in flight"), caller.coalesced(), crowd, size.seconds)
            most = statistics.median(loads[f"{CROWDS[-1]} in flight"].per_second)
            for share in SHARES:
                seen = _of(loads, f"{share:.0%} of the most, at a rate")
                await caller.open(seen, caller.coalesced(), most * share, size.seconds)
            for batches in IN_FLIGHT:
                for crowd in (_JUDGED, CROWDS[-1]):
                    seen = _of(tuning, f"{crowd} in flight, {batches} batches at once")
                    await caller.closed(seen, caller.coalesced(batches), crowd, size.seconds)
    suite = {
        "name": "coalescing",
        "loads": [seen.told() for seen in loads.values()],
        "tuning": [seen.told() for seen in tuning.values()],
    }
    for seen in (*loads.values(), *tuning.values()):
        told = seen.told()
        tell(
            f"  {told['load']:<32} {told['per_second']:6}/s, batches of {told['batch_mean']:5.1f}, "
            f"p50 {told['p50_ms']:.2f} p99 {told['p99_ms']:.2f} ms"
        )
    return suite, figures(loads)


def figures(loads: dict[str, Seen]) -> list[Figure]:
    """What coalescing brings to many, and costs somebody who is alone."""
    alone, many = "1 in flight", f"{_JUDGED} in flight"
    return [
        ratio(
            f"coalescing, {many}: calls per second, coalesced / {_ONE_BY_ONE}",
            loads[many].per_second,
            loads[f"{many}, {_ONE_BY_ONE}"].per_second,
        ),
        ratio(
            f"coalescing, {alone}: latency, coalesced / {_ONE_BY_ONE}",
            loads[alone].p50_ms,
            loads[f"{alone}, {_ONE_BY_ONE}"].p50_ms,
            at_most=True,
        ),
    ]


@contextlib.asynccontextmanager
async def _calling(cluster: Cluster, folder: Path) -> AsyncIterator[_Caller]:
    """A profile service of its own over a new database, and who asks it."""
    await databases.drop(cluster.dsn("postgres"), _DATABASE)
    await databases.create(cluster.dsn("postgres"), _DATABASE)
    await databases.migrate(cluster.dsn(_DATABASE))
    grpc_port, prometheus_port = ports.choose(2)
    environ = {
        "HAILWIRE_ENV": "development",
        "LOG_LEVEL": "INFO",
        "DATABASE_URL": cluster.dsn(_DATABASE),
        "PROFILE_GRPC_PORT": str(grpc_port),
        "PROFILE_PROMETHEUS_PORT": str(prometheus_port),
        "AIOCACHE_DISABLE": "1",  # each person is read from the table
    }
    started = Started("profile", ["-m", "launcher", "profile"], environ, folder / "coalescing-profile.log")
    try:
        async with (
            open_telemetry("caller", load(TelemetrySettings, {})) as telemetry,
            open_channel(f"127.0.0.1:{grpc_port}", telemetry) as channel,
        ):
            peer = Peer("profile", channel, SERVICE)
            await until(peer.serving, started)
            stub: Any = profile_pb2_grpc.ProfileServiceStub(channel)
            request = pb.BatchResolvePeopleRequest()
            for number in range(_PEOPLE):
                value = f"+25078{number:07}"
                identity = pb.Identity(kind=pb.IDENTITY_KIND_WHATSAPP_NUMBER, value=value)
                request.requests.add(identities=[identity], name=f"Rider {number}")
            answer = await peer.call(stub.BatchResolvePeople(request))
            yield _Caller(peer, stub, [result.person.person_id for result in answer.results])
    finally:
        started.ask_to_stop()
        started.gone()
        await databases.drop(cluster.dsn("postgres"), _DATABASE)


def _of(kept: dict[str, Seen], name: str) -> Seen:
    return kept.setdefault(name, Seen(name))


def _quantile(sizes: Counter[int], share: float) -> int:
    """The size that `share` of the batches do not exceed."""
    wanted = math.ceil(share * sizes.total())
    seen = 0
    for size in sorted(sizes):
        seen += sizes[size]
        if seen >= wanted:
            return size
    return 0


def _ms(histogram: Histogram, share: float) -> float:
    return round((histogram.quantile(share) or 0.0) * 1000, 3)
