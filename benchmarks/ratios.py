"""Figures that are ratios, laid beside those of an earlier run: what a change made slower shows on any machine.

A ratio is of two things that were measured in the same rounds on the same machine. Times are never compared: another
machine has others. How far a ratio may fall behind is what its rounds differed by when the baseline was taken.
"""

import statistics
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from benchmarks.figures import Figure
from loadtest.processes import BenchmarkError

BASELINE = Path(__file__).with_name("baseline.json")
SUITE = "ratios"
_UNIT = "times"
# Of the spread between the rounds: the median of three varies by about half of it from run to run, and a figure that is
# fine must not fail once in a hundred comparisons.
_SPREADS = 1.5
# Nothing repeats itself more exactly than this.
_LEAST = 0.05
# Whoever lost half has lost, however restless the figure.
_MOST = 0.5
# What one round differs from another is not known from one.
_ALONE = 0.25

Word = Literal["ok", "better", "WORSE", "MISSING", "new"]


@dataclass(frozen=True)
class Ratio:
    """One ratio of one part of the benchmark. `tolerance` is the share by which it may be worse."""

    part: str
    name: str
    value: float
    less_is_better: bool
    tolerance: float

    def told(self) -> dict[str, Any]:
        """As the files keep it."""
        return {
            "value": round(self.value, 4),
            "better": "less" if self.less_is_better else "more",
            "tolerance": round(self.tolerance, 4),
        }


@dataclass(frozen=True)
class Taken:
    """The ratios of one size, and on what each part was measured."""

    size: str
    ratios: Sequence[Ratio]
    on: Mapping[str, str]

    @property
    def parts(self) -> list[str]:
        """Those that have ratios."""
        return list(dict.fromkeys(one.part for one in self.ratios))


@dataclass(frozen=True)
class Comparison:
    """A ratio then and now."""

    name: str
    before: Ratio | None
    now: Ratio | None

    @property
    def change(self) -> float | None:
        """By which share it is better (above zero) or worse than before."""
        if self.before is None or self.now is None:
            return None
        if self.before.less_is_better:
            return self.before.value / self.now.value - 1
        return self.now.value / self.before.value - 1

    @property
    def word(self) -> Word:
        """How it went."""
        if self.before is None:
            return "new"
        if self.change is None:
            return "MISSING"
        if self.change < -self.before.tolerance:
            return "WORSE"
        return "better" if self.change > self.before.tolerance else "ok"

    @property
    def fails(self) -> bool:
        """Whether it is a reason to look at the change."""
        return self.word in {"WORSE", "MISSING"}


def suite(judged: Mapping[str, Sequence[Figure]]) -> dict[str, Any]:
    """What the results file keeps of the ratios among the figures of each part."""
    parts = {}
    for part, figures in judged.items():
        found = [one for one in figures if one.unit == _UNIT]
        allowed = tolerances([(one.value, one.rounds) for one in found])
        pairs = zip(found, allowed, strict=True)
        parts[part] = {one.name: Ratio(part, one.name, one.value, one.at_most, limit).told() for one, limit in pairs}
    return {"name": SUITE, "parts": {part: found for part, found in parts.items() if found}}


def tolerances(measured: Sequence[tuple[float, Sequence[float]]]) -> list[float]:
    """The share by which each of these may differ in another run, as far as their values and rounds tell.

    Three rounds may agree by chance: of figures that were taken together none counts as quieter than the median one.
    """
    spreads = [(max(rounds) - min(rounds)) / value if len(rounds) > 1 else None for value, rounds in measured]
    known = [spread for spread in spreads if spread is not None]
    usual = statistics.median(known) if known else 0.0
    return [_ALONE if spread is None else min(_MOST, max(_LEAST, _SPREADS * max(spread, usual))) for spread in spreads]


def compare(before: Taken, now: Taken, parts: Collection[str]) -> list[Comparison]:
    """Every ratio of these parts, those that only one of both has included."""
    then = {one.name: one for one in before.ratios if one.part in parts}
    found = {one.name: one for one in now.ratios if one.part in parts}
    return [Comparison(name, then.get(name), found.get(name)) for name in {**then, **found}]


def table(comparisons: Sequence[Comparison]) -> str:
    """For people."""
    width = max((len(one.name) for one in comparisons), default=0)
    lines = [f"{'':<9}{'':<{width}}  {'before':>8}  {'now':>8}  {'change':>8}  may be worse by"]
    for one in comparisons:
        change = "" if one.change is None else f"{one.change:+.1%}"
        allowed = "" if one.before is None else f"{one.before.tolerance:.0%}"
        lines.append(
            f"{one.word:<9}{one.name:<{width}}  {_value(one.before):>8}  {_value(one.now):>8}  {change:>8}  {allowed}"
        )
    return "\n".join(lines)


def of_file(path: Path, size: str = "") -> Taken:
    """The ratios of a results file, or of one size of a baseline; raises BenchmarkError when it is neither."""
    try:
        told = orjson.loads(path.read_bytes())
        return _of_results(told, size) if "suites" in told else _of_baseline(told, size)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchmarkError(f"{path} holds no ratios for this: {error!r}") from error


def keep(path: Path, now: Taken) -> None:
    """Write them into a baseline; other sizes, and parts that were not measured, stay as they are."""
    told = orjson.loads(path.read_bytes()) if path.exists() else {}
    if "suites" in told:
        raise BenchmarkError(f"{path} holds results and is no baseline")
    parts = told.setdefault(now.size, {})
    for part in now.parts:
        found = {one.name: one.told() for one in now.ratios if one.part == part}
        parts[part] = {"measured": now.on[part], "ratios": found}
    path.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")


def _of_results(told: Mapping[str, Any], size: str) -> Taken:
    on = told["machine"]
    if size and on["size"] != size:
        raise ValueError(f"it was taken with size {on['size']}, not {size}: such ratios are not the same")
    (kept,) = (one for one in told["suites"] if one["name"] == SUITE)
    where = f"{on['measured_at']}, {on['cores']} x {on['cpu']}, commit {told['versions']['commit']}"
    found = [one for part, ratios in kept["parts"].items() for one in _read(part, ratios)]
    return Taken(on["size"], found, dict.fromkeys(kept["parts"], where))


def _of_baseline(told: Mapping[str, Any], size: str) -> Taken:
    parts = told[size]
    found = [one for part, kept in parts.items() for one in _read(part, kept["ratios"])]
    return Taken(size, found, {part: kept["measured"] for part, kept in parts.items()})


def _read(part: str, ratios: Mapping[str, Any]) -> Iterator[Ratio]:
    for name, one in ratios.items():
        yield Ratio(part, name, float(one["value"]), one["better"] == "less", float(one["tolerance"]))


def _value(one: Ratio | None) -> str:
    return "" if one is None else f"{one.value:.3f}"
