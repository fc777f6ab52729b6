"""What is judged: each figure with its target, CPU time first, and the file that keeps them all."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks.contender import CONTENDERS, FLOOR, MESH, STORED, TURNED, TWICE
from benchmarks.endtoend import Outcome, Run
from benchmarks.micro import caches
from benchmarks.micro.timing import Timing
from launcher.environment import ROOT
from loadtest.coldstart import TARGET_MS, ColdStart

RESULTS = ROOT / "coverage" / "benchmark-results.json"

_ONE, _MANY = (one.name for one in CONTENDERS if one.name.startswith("peer"))
# How many times better than the peer in one process; what has no target is reported only.
_CPU_TARGETS = {STORED.name: 4.0, TURNED.name: 2.0}
_THROUGHPUT_TARGETS = {STORED.name: 4.0, TURNED.name: 3.0}
# All that we do beside storing may cost two fifths of what storing allows.
_FLOOR_TARGET = 0.6


@dataclass(frozen=True)
class Figure:
    """A number and what it has to be; without a target nothing is judged.

    `at_most` says that less is better, with a target or without. `rounds` is what each round alone would have given.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    at_most: bool = False
    rounds: tuple[float, ...] = ()

    @property
    def met(self) -> bool | None:
        """None when there is no target."""
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target

    def told(self) -> dict[str, Any]:
        """As the results file keeps it."""
        return {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "target": self.target,
            "met": self.met,
        }


def of_outcome(outcome: Outcome) -> list[Figure]:
    """CPU time of a message first, then how many a second."""
    name = outcome.scenario.name
    cost = outcome.median(MESH, _cpu_us)
    speed = outcome.median(MESH, _per_second)
    figures = [Figure(f"{name}: CPU time of a message, services and PostgreSQL", cost, "us")]
    for peer, target in ((_ONE, _CPU_TARGETS.get(name)), (_MANY, None)):
        told = f"{name}: CPU time, {peer} / {MESH}"
        figures.append(ratio(told, outcome.of_rounds(peer, _cpu_us), outcome.of_rounds(MESH, _cpu_us), target))
    figures.append(Figure(f"{name}: messages", speed, "per second"))
    pairs = [
        (MESH, _ONE, None),
        (MESH, _MANY, None),
        (TWICE, _ONE, _THROUGHPUT_TARGETS.get(name)),
        (TWICE, _MANY, None),
    ]
    if FLOOR.name in outcome.runs:
        pairs.append((MESH, FLOOR.name, _FLOOR_TARGET))
    for ours, theirs, target in pairs:
        speeds = outcome.of_rounds(ours, _per_second), outcome.of_rounds(theirs, _per_second)
        figures.append(ratio(f"{name}: messages per second, {ours} / {theirs}", *speeds, target))
    return figures


def ratio(
    name: str, upper: Sequence[float], lower: Sequence[float], target: float | None = None, *, at_most: bool = False
) -> Figure:
    """Median through median of what was measured in the same rounds."""
    rounds = tuple(one / other for one, other in zip(upper, lower, strict=True))
    value = statistics.median(upper) / statistics.median(lower)
    return Figure(name, value, "times", target, at_most=at_most, rounds=rounds)


def _per_second(run: Run) -> float:
    return run.per_second


def _cpu_us(run: Run) -> float:
    return run.cpu_us


def of_timing(timing: Timing) -> Figure:
    """The median of a step."""
    step = timing.step
    return Figure(f"{step.name}: median", timing.p50, "us", step.target_us, at_most=True)


def of_steps(timings: Sequence[Timing]) -> list[Figure]:
    """Each step, then what our cache costs beside the one that aiocache brings."""
    medians = {timing.step.name: timing.p50 for timing in timings}
    figures = [of_timing(timing) for timing in timings]
    for done, target in caches.TARGETS.items():
        ours, theirs = (medians.get(name(done)) for name in (caches.ours, caches.theirs))
        if ours is not None and theirs:
            name = f"{done}: bounded memory / aiocache's own"
            figures.append(Figure(name, ours / theirs, "times", target, at_most=True))
    return figures


def of_start(start: ColdStart) -> Figure:
    """The processor time of a start."""
    return Figure(f"cold start, {start.service}", start.least, "ms", TARGET_MS, at_most=True)


def write(
    path: Path, machine: dict[str, Any], versions: dict[str, str], suites: Sequence[Any], figures: Sequence[Figure]
) -> None:
    """The results file, in the shape that scripts rely on."""
    results = {
        "machine": machine,
        "versions": versions,
        "suites": suites,
        "figures": [figure.told() for figure in figures],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(orjson.dumps(results, option=orjson.OPT_INDENT_2) + b"\n")
    unfinished.replace(path)


def table(figures: Sequence[Figure]) -> str:
    """For people."""
    width = max(len(figure.name) for figure in figures)
    return "\n".join(f"{_word(one):<7}{one.name:<{width}}  {one.value:10.2f} {_unit(one)}" for one in figures)


def _word(figure: Figure) -> str:
    return {None: "", True: "ok", False: "MISSED"}[figure.met]


def _unit(figure: Figure) -> str:
    if figure.target is None:
        return figure.unit
    return f"{figure.unit} (at {'most' if figure.at_most else 'least'} {figure.target:g})"
