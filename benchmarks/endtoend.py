"""Whole runs, ours and the peer's in turn: how many messages a second take effect, and what each costs in CPU time."""

import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks import cpu, town
from benchmarks.contender import CONTENDERS, Contender, Posting, Running, Scenario, provider, run_name, running
from benchmarks.effects import Effects, copied
from benchmarks.load import Answers, Order
from launcher import databases
from launcher.embedded import Cluster
from loadtest.processes import BenchmarkError

Tell = Callable[[str], None]
# What goes on beside a measured load, such as a profiler.
Watch = Callable[[Running, Scenario], contextlib.AbstractAsyncContextManager[None]]

# Until the last effect of a run must be there.
PATIENCE_SECONDS = 180.0
TEMPLATE = "benchmark_town"


@contextlib.asynccontextmanager
async def _unwatched(_up: Running, _scenario: Scenario) -> AsyncIterator[None]:
    yield


@dataclass(frozen=True)
class Size:
    """How much is measured. Riders take turns, so that a few messages of each are never in each other's way."""

    rounds: int
    messages: int
    warm_up: int
    riders: int
    connections: int

    def of_one_round(self) -> "Size":
        """The same once."""
        return replace(self, rounds=1)


@dataclass(frozen=True)
class Run:
    """One contender under one load."""

    contender: Contender
    seconds: float
    per_second: float
    service_us: float
    postgres_us: float
    answers: Answers
    load_share: float
    wal_syncs: int = 0  # with the warm-up, from the start of the processes to their end

    @property
    def cpu_us(self) -> float:
        """CPU time for each message, in all."""
        return self.service_us + self.postgres_us

    def told(self) -> dict[str, Any]:
        """As the results file keeps it."""
        return {
            "per_second": round(self.per_second, 1),
            "cpu_us": round(self.cpu_us, 1),
            "service_us": round(self.service_us, 1),
            "postgres_us": round(self.postgres_us, 1),
            "answer_p50_ms": self.answers.p50_ms,
            "answer_p99_ms": self.answers.p99_ms,
            "load_generator_share_of_a_core": round(self.load_share, 3),
            "wal_syncs": self.wal_syncs,
        }


@dataclass
class Outcome:
    """Every run of one scenario, by contender."""

    scenario: Scenario
    size: Size
    runs: dict[str, list[Run]] = field(default_factory=dict)

    def median(self, contender: str, measure: Callable[[Run], float]) -> float:
        """Of one contender's runs."""
        return statistics.median(self.of_rounds(contender, measure))

    def of_rounds(self, contender: str, measure: Callable[[Run], float]) -> list[float]:
        """Of one contender's runs, round by round."""
        return [measure(run) for run in self.runs[contender]]

    def suite(self) -> dict[str, Any]:
        """As the results file keeps it."""
        return {
            "name": self.scenario.name,
            "messages": self.size.messages,
            "connections": self.size.connections,
            "riders": self.size.riders,
            "contenders": [
                {
                    "name": name,
                    "per_second": round(self.median(name, lambda run: run.per_second), 1),
                    "cpu_us_per_message": round(self.median(name, lambda run: run.cpu_us), 1),
                    "runs": [run.told() for run in runs],
                }
                for name, runs in self.runs.items()
            ],
        }


async def measure(
    scenarios: Sequence[Scenario],
    size: Size,
    cluster: Cluster,
    folder: Path,
    tell: Tell,
    *,
    contenders: Sequence[Contender] = CONTENDERS,
    watch: Watch = _unwatched,
) -> list[Outcome]:
    """Every scenario with every contender, interleaved, so that a slow minute of the machine hits all of them."""
    outcomes = [Outcome(scenario, size) for scenario in scenarios]
    for number in range(1, size.rounds + 1):
        # A town of its own for each round: drivers' places and open questions lapse.
        tell(f"round {number} of {size.rounds}: {size.riders} riders and {town.DRIVERS} drivers move in")
        await new_town(cluster, TEMPLATE, folder / f"town-{number}", size.riders)
        for outcome in outcomes:
            place = folder / f"{number}-{outcome.scenario.name}"
            taking_part = [one for one in contenders if one.takes_part(outcome.scenario)]
            for contender in _in_turn(taking_part, number):
                run = await _run(contender, outcome.scenario, size, cluster, place, watch)
                outcome.runs.setdefault(contender.name, []).append(run)
                tell(
                    f"  {outcome.scenario.name:<18} {contender.name:<17} {run.per_second:6.0f}/s "
                    f"{run.cpu_us:5.0f} us CPU ({run.service_us:.0f} + {run.postgres_us:.0f} PostgreSQL), "
                    f"answer p50 {run.answers.p50_ms:.1f} p99 {run.answers.p99_ms:.1f} ms, "
                    f"generator {run.load_share:.0%} of a core"
                )
    for outcome in outcomes:  # in the usual order, whoever came first
        took_part = [contender.name for contender in contenders if contender.takes_part(outcome.scenario)]
        outcome.runs = {name: outcome.runs[name] for name in took_part}
    return outcomes


async def new_town(cluster: Cluster, database: str, folder: Path, riders: int) -> None:
    """Fill a database with a town, in place of the one that was there."""
    await databases.drop(cluster.dsn("postgres"), database)
    await databases.create(cluster.dsn("postgres"), database)
    await databases.migrate(cluster.dsn(database))
    async with provider(folder) as port:
        await town.settle(cluster.dsn(database), folder, port, riders)


def _in_turn(contenders: Sequence[Contender], number: int) -> Iterator[Contender]:
    """Nobody is always first."""
    shift = (number - 1) % len(contenders)
    yield from (*contenders[shift:], *contenders[:shift])


async def _run(
    contender: Contender, scenario: Scenario, size: Size, cluster: Cluster, folder: Path, watch: Watch
) -> Run:
    place = folder / contender.name.replace(", ", "-").replace(" ", "-")
    async with copied(cluster.dsn("postgres"), cluster.dsn, TEMPLATE, "benchmark_run") as dsn:
        return await run_on(dsn, contender, scenario, size, cluster, place, watch)


async def run_on(
    dsn: str,
    contender: Contender,
    scenario: Scenario,
    size: Size,
    cluster: Cluster,
    place: Path,
    watch: Watch = _unwatched,
) -> Run:
    """One run on this database; `place` is a folder for what the processes write."""
    async with provider(place) as provider_port, Effects(dsn) as effects:
        await effects.check_durable()
        before = await effects.counts()
        syncs = await effects.wal_syncs()
        effect = "accepted" if scenario.sends else "replied" if scenario.turns else "stored"
        this = run_name()
        async with running(contender, scenario, dsn, place, provider_port) as up:
            await post(up, Order(up.ports, size.connections, size.warm_up, size.riders, this), place)
            await effects.reach(scenario, before[effect] + size.warm_up, PATIENCE_SECONDS)
            order = Order(up.ports, size.connections, size.messages, size.riders, this, first=size.warm_up)
            async with watch(up, scenario):
                run = await closed_loop(contender, scenario, order, before[effect], cluster, effects, up, place)
            await check(scenario, size.warm_up + size.messages, before, effects, up)
        return replace(run, wal_syncs=await effects.wal_syncs() - syncs)


async def post(up: Running, order: Order, place: Path) -> None:
    """Post an order from beginning to end."""
    posting = Posting(order, place)
    try:
        await posting.prepared()
        await posting.posted()
    except BaseException:
        posting.abandon()
        raise
    up.check()


async def closed_loop(
    contender: Contender,
    scenario: Scenario,
    order: Order,
    before: int,
    cluster: Cluster,
    effects: Effects,
    up: Running,
    place: Path,
) -> Run:
    """An order posted as fast as it is answered, until its last effect; `before` is how many effects there were."""
    if cluster.process_id is None:
        raise BenchmarkError("PostgreSQL is gone")
    posting = Posting(order, place)
    try:
        await posting.prepared()
        services, postgres = cpu.seconds(up.process_ids), cpu.seconds([cluster.process_id])
        started = time.perf_counter()
        answers = await posting.posted()
        await effects.reach(scenario, before + order.first + order.messages, PATIENCE_SECONDS)
        seconds = time.perf_counter() - started
        services = cpu.seconds(up.process_ids) - services
        postgres = cpu.seconds([cluster.process_id]) - postgres
    except BaseException:
        posting.abandon()
        raise
    if answers.statuses != {"200": order.messages}:
        raise BenchmarkError(f"{contender.name} answered {answers.statuses}")
    return Run(
        contender,
        seconds,
        order.messages / seconds,
        services / order.messages * 1e6,
        postgres / order.messages * 1e6,
        answers,
        answers.cpu_seconds / answers.seconds,
    )


async def check(scenario: Scenario, posted: int, before: dict[str, int], effects: Effects, up: Running) -> None:
    """Each message had its effect once and nothing was given up; raises otherwise."""
    up.check()
    after = await effects.counts()
    wanted = {"stored": posted, "dead": 0}
    if scenario.turns:
        wanted |= {"replied": posted, "pending": 0}
    else:
        wanted |= {"replied": 0, "pending": posted}
    if scenario.sends:
        wanted["accepted"] = posted
    found = {name: after[name] - before[name] for name in wanted}
    if found != wanted:
        raise BenchmarkError(f"the database holds {found}, wanted was {wanted}")
