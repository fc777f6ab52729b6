"""How long a message takes at half of what the mesh can do: until its 200, and until the provider accepted its answer.

What it can do is found by a closed loop: so many messages as fast as they are answered. Then an open loop at half of
that, with latencies from the moment at which each message was due; for storing alone, and for the full turn and sent.
"""

import statistics
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from benchmarks import payloads, steady
from benchmarks.contender import ANSWERED, CONTENDERS, STORED, Posting, Running, Scenario, provider, run_name, running
from benchmarks.effects import Effects, copied
from benchmarks.endtoend import PATIENCE_SECONDS, TEMPLATE, Size, check, closed_loop, new_town, post
from benchmarks.figures import Figure
from benchmarks.load import Order, SteadyOrder
from benchmarks.steady import Steady
from launcher.embedded import Cluster
from loadtest.histogram import Histogram
from loadtest.processes import BenchmarkError

_ANSWER_TARGETS_MS = {0.5: 10.0, 0.99: 100.0}
_TURN_TARGETS_MS = {0.5: 50.0, 0.99: 250.0}
_WORDS = {0.5: "p50", 0.99: "p99"}
_SHARE = 0.5


@dataclass(frozen=True)
class LatencySize:
    """How much: the closed loop is as large as the other suites' (`load`), the open one lasts so many seconds."""

    load: Size
    seconds: float


@dataclass(frozen=True)
class Half:
    """One round. `turns` is empty where nothing is sent."""

    saturation: float
    seen: Steady
    turns: Histogram

    def told(self) -> dict[str, Any]:
        """As the results file keeps it."""
        turns = {} if not self.turns.count else {f"turn_{_WORDS[share]}_ms": self.turn_ms(share) for share in _WORDS}
        return {
            "saturation_per_second": round(self.saturation, 1),
            "offered_per_second": round(self.saturation * _SHARE, 1),
            "answer_p50_ms": self.seen.answer_p50_ms,
            "answer_p99_ms": self.seen.answer_p99_ms,
            **turns,
            "generator_late_p99_ms": self.seen.late_p99_ms,
            "load_generator_share_of_a_core": round(self.seen.cpu_seconds / self.seen.seconds, 3),
        }

    def answer_ms(self, share: float) -> float:
        """Milliseconds until the 200."""
        return self.seen.answer_p50_ms if share == 0.5 else self.seen.answer_p99_ms

    def turn_ms(self, share: float) -> float:
        """Milliseconds until the provider had accepted the answer."""
        return round((self.turns.quantile(share) or 0.0) * 1000, 2)


async def measure(
    size: LatencySize, cluster: Cluster, folder: Path, tell: Callable[[str], None]
) -> tuple[list[dict[str, Any]], list[Figure]]:
    """A suite for each scenario, and what is judged."""
    rounds: dict[Scenario, list[Half]] = {STORED: [], ANSWERED: []}
    for number in range(1, size.load.rounds + 1):
        await new_town(cluster, TEMPLATE, folder / f"latency-town-{number}", size.load.riders)
        for scenario, halves in rounds.items():
            place = folder / f"latency-{number}-{scenario.name.replace(' ', '-')}"
            async with copied(cluster.dsn("postgres"), cluster.dsn, TEMPLATE, "benchmark_half") as dsn:
                half = await _half(dsn, scenario, size, cluster, place, seed=number)
            halves.append(half)
            turn = f"; accepted p50 {half.turn_ms(0.5):.1f} p99 {half.turn_ms(0.99):.1f} ms" if half.turns.count else ""
            tell(
                f"  {scenario.name:<18} saturated at {half.saturation:.0f}/s; at half of it answer "
                f"p50 {half.seen.answer_p50_ms:.1f} p99 {half.seen.answer_p99_ms:.1f} ms{turn}"
            )
    suites = [
        {"name": f"{scenario.name} at half of saturation", "half_of_saturation": [half.told() for half in halves]}
        for scenario, halves in rounds.items()
    ]
    return suites, figures(rounds)


def figures(rounds: dict[Scenario, list[Half]]) -> list[Figure]:
    """Medians over the rounds."""
    judged = []
    for scenario, halves in rounds.items():
        for share, target in _ANSWER_TARGETS_MS.items():
            value = statistics.median(half.answer_ms(share) for half in halves)
            name = f"{scenario.name} at half of saturation: webhook answered, {_WORDS[share]}"
            judged.append(Figure(name, value, "ms", target, at_most=True))
        for share, target in _TURN_TARGETS_MS.items() if scenario.sends else ():
            value = statistics.median(half.turn_ms(share) for half in halves)
            name = f"{scenario.name} at half of saturation: received to accepted, {_WORDS[share]}"
            judged.append(Figure(name, value, "ms", target, at_most=True))
    return judged


async def _half(dsn: str, scenario: Scenario, size: LatencySize, cluster: Cluster, place: Path, seed: int) -> Half:
    load, this = size.load, run_name()
    async with provider(place) as provider_port, Effects(dsn) as effects:
        await effects.check_durable()
        before = await effects.counts()
        effect = before["accepted" if scenario.sends else "stored"]
        async with running(CONTENDERS[0], scenario, dsn, place, provider_port) as up:
            await post(up, Order(up.ports, load.connections, load.warm_up, load.riders, this), place)
            await effects.reach(scenario, effect + load.warm_up, PATIENCE_SECONDS)
            order = Order(up.ports, load.connections, load.messages, load.riders, this, first=load.warm_up)
            run = await closed_loop(CONTENDERS[0], scenario, order, effect, cluster, effects, up, place)
            rate, first = run.per_second * _SHARE, load.warm_up + load.messages
            order = Order(up.ports, 0, max(1, round(rate * size.seconds)), load.riders, this, first=first)
            half = SteadyOrder(order, rate, seed)
            await arrivals(provider_port)  # those of the closed loop
            seen = await _posted(half, up, place)
            await effects.reach(scenario, effect + first + order.messages, PATIENCE_SECONDS)
            await check(scenario, first + order.messages, before, effects, up)
        got = await arrivals(provider_port)
    return Half(run.per_second, seen, turns(half, seen.began, got) if scenario.sends else Histogram())


async def _posted(half: SteadyOrder, up: Running, place: Path) -> Steady:
    posting = Posting(half, place, "benchmarks.steady")
    try:
        await posting.prepared()
        seen = Steady(**await posting.told())
    except BaseException:
        posting.abandon()
        raise
    up.check()
    if seen.statuses != {"200": half.order.messages}:
        raise BenchmarkError(f"at half of saturation the mesh answered {seen.statuses}")
    return seen


async def arrivals(provider_port: int) -> list[tuple[str, float]]:
    """Who got something when, since somebody last asked."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{provider_port}/arrivals") as response,
    ):
        return [(number, at) for number, at in orjson.loads(await response.read())]


def turns(half: SteadyOrder, began: float, got: Iterable[tuple[str, float]]) -> Histogram:
    """From due to accepted: each message has one answer, and one person's come in the order of their messages."""
    waiting: dict[str, deque[float]] = defaultdict(deque)
    for number, due in enumerate(steady.moments(half), half.order.first):
        waiting[payloads.number(number % half.order.riders)].append(began + due)
    found = Histogram()
    for to, at in got:
        if not waiting[to]:
            raise BenchmarkError("somebody got an answer who had not asked")
        found.record(at - waiting[to].popleft())
    if found.count != half.order.messages:
        raise BenchmarkError(f"{found.count} of {half.order.messages} answers were accepted")
    return found
