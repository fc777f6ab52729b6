"""`make bench`: measures, prints what it measures while it does, and judges."""

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks import coalescing, endtoend, figures, filled, hop, latency, memory, nearest, ratios, sizes
from benchmarks.contender import ANSWERED, STORED, TURNED
from benchmarks.machine import machine, versions
from benchmarks.micro import suite as steps
from launcher import embedded
from launcher.failure import ExitCode
from loadtest import coldstart
from loadtest.processes import BenchmarkError

SCENARIOS = {"ingest": STORED, "turn": TURNED, "sent": ANSWERED}
PARTS = ["micro", "coldstart", "hop", "coalescing", "nearest", "history", "latency", "memory", *SCENARIOS]
_EPILOG = """\
Exit code 1 when a figure misses its target, or when a run did not do what it should. Results: %s.
example: python -m benchmarks --size usual --only ingest --only turn
"""


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures the steps of a message and whole messages, beside a conventional peer. Linux only.",
        epilog=_EPILOG % figures.RESULTS.relative_to(Path(embedded.__file__).parents[1]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--size", choices=list(sizes.SIZES), default="usual", help="how much is measured (default: usual)"
    )
    made.add_argument("--only", choices=PARTS, action="append", help="measure only this (may be repeated)")
    made.add_argument("--output", type=Path, default=figures.RESULTS, help="where the results go, as JSON")
    made.add_argument("--keep-baseline", action="store_true", help="keep the medians of the steps for later runs")
    return made


def main(arguments: list[str]) -> int:
    """The exit code."""
    given = parser().parse_args(arguments)
    if sys.platform != "linux":
        _say("the CPU time of processes is read from /proc: Linux only")
        return ExitCode.USAGE
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ExitCode.FAILED))
    folder = Path(tempfile.mkdtemp(prefix="hailwire-benchmark-"))
    folder.chmod(0o711)  # the database runs as another user
    try:
        with embedded.cluster(folder) as cluster:
            judged = asyncio.run(_measured(given, cluster, folder))
    except BenchmarkError as error:
        _say(f"no figures: {error}")
        return ExitCode.FAILED
    except KeyboardInterrupt:
        return ExitCode.FAILED
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _say(f"\n{figures.table(judged)}\n\nwritten to {given.output}")
    return ExitCode.FAILED if any(figure.met is False for figure in judged) else ExitCode.DONE


async def _measured(given: argparse.Namespace, cluster: embedded.Cluster, folder: Path) -> list[figures.Figure]:
    wanted = set(given.only or PARTS)
    on = {
        **machine(folder),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "size": given.size,
        "parts": sorted(wanted),
    }
    known = versions(await _postgresql(cluster.dsn("postgres")))
    _say(f"{on['cores']} x {on['cpu']}, one sync {on['sync_us']} us, load {on['load_before']}")
    suites: list[dict[str, Any]] = []
    judged: dict[str, list[figures.Figure]] = {}
    scenarios = {name: scenario for name, scenario in SCENARIOS.items() if name in wanted}
    if scenarios:
        outcomes = await endtoend.measure(list(scenarios.values()), sizes.SIZES[given.size], cluster, folder, _say)
        suites += [outcome.suite() for outcome in outcomes]
        judged |= {name: figures.of_outcome(one) for name, one in zip(scenarios, outcomes, strict=True)}
    if "latency" in wanted:
        measured, judged["latency"] = await latency.measure(sizes.LATENCIES[given.size], cluster, folder, _say)
        suites += measured
    if "memory" in wanted:
        suite, judged["memory"] = await memory.measure(sizes.MEMORIES[given.size], cluster, folder, _say)
        suites.append(suite)
    if "hop" in wanted:
        suite, judged["hop"] = await hop.measure(sizes.HOPS[given.size], folder, _say)
        suites.append(suite)
    if "coalescing" in wanted:
        suite, judged["coalescing"] = await coalescing.measure(sizes.COALESCING[given.size], cluster, folder, _say)
        suites.append(suite)
    if "nearest" in wanted:
        suite, judged["nearest"] = await nearest.measure(sizes.NEAREST[given.size], cluster, folder, _say)
        suites.append(suite)
    if "history" in wanted:
        suite, judged["history"] = await filled.measure(
            sizes.SIZES[given.size], sizes.HISTORIES[given.size], cluster, folder, _say
        )
        suites.append(suite)
    if "coldstart" in wanted:
        started = await coldstart.over(cluster, folder, _say)
        suites += [one.suite() for one in started]
        judged["coldstart"] = list(map(figures.of_start, started))
    if "micro" in wanted:
        _say("steps, median of one operation")
        timings = await steps.measure(sizes.STEP_SECONDS[given.size], _say)
        before = steps.baseline()
        suites += [timing.suite(before.get(timing.step.name)) for timing in timings]
        judged["micro"] = figures.of_steps(timings)
        if given.keep_baseline:
            steps.keep(timings, on)
    suites.append(ratios.suite(judged))
    found = [figure for part in judged.values() for figure in part]
    figures.write(given.output, on, known, suites, found)
    return found


async def _postgresql(dsn: str) -> str:
    connection = await asyncpg.connect(dsn)
    try:
        return str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
