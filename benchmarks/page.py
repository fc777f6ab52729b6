"""Writes the figures of the last `make bench` into docs/performance.md: `python -m benchmarks.page`.

Parts that were measured one after the other come from several files: `python -m benchmarks.page FILE...`.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from benchmarks.figures import RESULTS
from launcher.environment import ROOT

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by `python -m benchmarks.page` -->", "<!-- end of figures -->"
_UNITS = {"times", "ms", "MB", "%", "connections"}
_VERSIONS = ("python", "postgresql", "grpcio", "asyncpg", "uvicorn", "uvloop", "fastapi")


def figures(*taken: dict[str, Any]) -> str:
    """The section as Markdown: on what it was measured, whole messages, what is judged, single steps."""
    suites = [suite for results in taken for suite in results["suites"]]
    found = [figure for results in taken for figure in results["figures"]]
    whole = [suite for suite in suites if "contenders" in suite]
    steps = [suite for suite in suites if "p50_us" in suite]
    missed = [figure["name"] for figure in found if figure["met"] is False]
    parts = [_measured(results, alone=len(taken) == 1) for results in taken]
    parts.append(f"Missed: {', '.join(missed)}." if missed else "Every target is met.")
    for suite in whole:
        rounds = len(suite["contenders"][0]["runs"])
        parts.append(
            f"**{suite['name'].capitalize()}**, medians of {rounds} x {suite['messages']} messages over "
            f"{suite['connections']} connections:"
        )
        parts.append("\n".join(_contenders(suite)))
    for suite in suites:
        if "half_of_saturation" in suite:
            parts += [f"**{suite['name'].capitalize()}**, each round:", "\n".join(_half(suite["half_of_saturation"]))]
        if suite["name"] == "coalescing":
            parts += ["**Coalescing** against load:", "\n".join(_coalescing(suite["loads"]))]
            parts += ["with other numbers of batches at once:", "\n".join(_coalescing(suite["tuning"]))]
    if judged := [figure for figure in found if figure["unit"] in _UNITS]:
        rows = [f"| {figure['name']} | {_value(figure)} | {figure['target'] or ''} |" for figure in judged]
        parts.append("\n".join(["| figure | value | target |", "| --- | ---: | ---: |", *rows]))
    if steps:
        rows = [
            f"| {step['name']} | {step['p50_us']:g} | {step['p99_us']:g} | {step['ops_per_second']} |" for step in steps
        ]
        parts.append("\n".join(["| step | p50 us | p99 us | a second |", "| --- | ---: | ---: | ---: |", *rows]))
    return "\n\n".join(parts)


def _measured(results: dict[str, Any], *, alone: bool) -> str:
    on, versions = results["machine"], results["versions"]
    what = "Measured" if alone else f"{', '.join(on['parts']).capitalize()}: measured"
    return (
        f"{what} at {on['measured_at']} (size `{on['size']}`) on {on['cores']} cores of {on['cpu']}, "
        f"{on['memory_gb']} GB, Linux {on['kernel']}; one sync of 8 kB to the disk takes {on['sync_us']} us. Commit "
        f"{versions['commit']}; {', '.join(f'{name} {versions[name]}' for name in _VERSIONS)}."
    )


def _half(rounds: Sequence[dict[str, float]]) -> list[str]:
    rows = [
        "| saturated at | offered | webhook answered p50 / p99 ms | accepted p50 / p99 ms | generator late, p99 ms |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    for one in rounds:
        turn = f"{one['turn_p50_ms']:.1f} / {one['turn_p99_ms']:.1f}" if "turn_p50_ms" in one else ""
        rows.append(
            f"| {one['saturation_per_second']:.0f}/s | {one['offered_per_second']:.0f}/s "
            f"| {one['answer_p50_ms']:.1f} / {one['answer_p99_ms']:.1f} | {turn} | {one['generator_late_p99_ms']:.1f} |"
        )
    return rows


def _coalescing(loads: Sequence[dict[str, Any]]) -> list[str]:
    rows = [
        "| load | calls a second | batch mean / p99 | latency p50 / p99 ms |",
        "| --- | ---: | ---: | ---: |",
    ]
    rows += [
        f"| {one['load']} | {one['per_second']} | {one['batch_mean']:.1f} / {one['batch_p99']} "
        f"| {one['p50_ms']:.2f} / {one['p99_ms']:.2f} |"
        for one in loads
    ]
    return rows


def _value(figure: dict[str, Any]) -> str:
    """Ratios as they are, times with their unit."""
    return f"{figure['value']:.2f}" if figure["unit"] == "times" else f"{figure['value']:.1f} {figure['unit']}"


def _contenders(suite: dict[str, Any]) -> list[str]:
    rows = [
        "| | CPU us a message | of it PostgreSQL | messages a second | answer p50 / p99 ms | load generator |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for one in suite["contenders"]:
        runs = one["runs"]

        def median(name: str, runs: list[dict[str, float]] = runs) -> float:
            return sorted(run[name] for run in runs)[len(runs) // 2]

        rows.append(
            f"| {one['name']} | {one['cpu_us_per_message']:.0f} | {median('postgres_us'):.0f} "
            f"| {one['per_second']:.0f} | {median('answer_p50_ms'):.1f} / {median('answer_p99_ms'):.1f} "
            f"| {median('load_generator_share_of_a_core'):.0%} of a core |"
        )
    return rows


def replaced(page: str, section: str, begin: str = BEGIN, end: str = END) -> str:
    """The page with another section between two of its marks."""
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise SystemExit(f"{PAGE} has lost the marks around its figures")
    inside = f"{begin}\n\n{section}\n\n{end}" if section else f"{begin}\n{end}"
    return f"{before}{inside}{after}"


def main(paths: Sequence[str]) -> None:
    """Write the page from these results, or from those of the last run."""
    taken = [Path(path) for path in paths] or [RESULTS]
    if missing := [str(path) for path in taken if not path.exists()]:
        sys.exit(f"run `make bench` first: there is no {', '.join(missing)}")
    section = figures(*(orjson.loads(path.read_bytes()) for path in taken))
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), section), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
