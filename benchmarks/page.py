"""Writes the figures of the last `make bench` into docs/performance.md: `python -m benchmarks.page`."""

import sys
from typing import Any

import orjson

from benchmarks.figures import RESULTS
from launcher.environment import ROOT

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by `python -m benchmarks.page` -->", "<!-- end of figures -->"
_VERSIONS = ("python", "postgresql", "grpcio", "asyncpg", "uvicorn", "uvloop", "fastapi")


def figures(results: dict[str, Any]) -> str:
    """The section as Markdown: on what it was measured, whole messages, what is judged, single steps."""
    on, versions = results["machine"], results["versions"]
    whole = [suite for suite in results["suites"] if "contenders" in suite]
    steps = [suite for suite in results["suites"] if "p50_us" in suite]
    missed = [figure["name"] for figure in results["figures"] if figure["met"] is False]
    measured = (
        f"Measured at {on['measured_at']} (size `{on['size']}`) on {on['cores']} cores of {on['cpu']}, "
        f"{on['memory_gb']} GB, Linux {on['kernel']}; one sync of 8 kB to the disk takes {on['sync_us']} us. Commit "
        f"{versions['commit']}; {', '.join(f'{name} {versions[name]}' for name in _VERSIONS)}."
    )
    parts = [measured, f"Missed: {', '.join(missed)}." if missed else "Every target is met."]
    for suite in whole:
        rounds = len(suite["contenders"][0]["runs"])
        parts.append(
            f"**{suite['name'].capitalize()}**, medians of {rounds} x {suite['messages']} messages over "
            f"{suite['connections']} connections:"
        )
        parts.append("\n".join(_contenders(suite)))
    if judged := [figure for figure in results["figures"] if figure["unit"] in {"times", "ms"}]:
        rows = [f"| {figure['name']} | {_value(figure)} | {figure['target'] or ''} |" for figure in judged]
        parts.append("\n".join(["| figure | value | target |", "| --- | ---: | ---: |", *rows]))
    if steps:
        rows = [
            f"| {step['name']} | {step['p50_us']:g} | {step['p99_us']:g} | {step['ops_per_second']} |" for step in steps
        ]
        parts.append("\n".join(["| step | p50 us | p99 us | a second |", "| --- | ---: | ---: | ---: |", *rows]))
    return "\n\n".join(parts)


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


def replaced(page: str, section: str) -> str:
    """The page with another section of figures."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE} has lost the marks around its figures")
    return f"{before}{BEGIN}\n\n{section}\n\n{END}{after}"


if __name__ == "__main__":
    if not RESULTS.exists():
        sys.exit("run `make bench` first")
    written = replaced(PAGE.read_text(encoding="utf-8"), figures(orjson.loads(RESULTS.read_bytes())))
    PAGE.write_text(written, encoding="utf-8")
