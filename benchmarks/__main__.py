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

from benchmarks import coldstart, endtoend, figures, filled, hop, nearest
from benchmarks.contender import ANSWERED, STORED, TURNED
from benchmarks.endtoend import Size
from benchmarks.filled import History
from benchmarks.hop import HopSize
from benchmarks.machine import machine, versions
from benchmarks.micro import suite
from benchmarks.nearest import NearestSize
from benchmarks.processes import BenchmarkError
from launcher import embedded
from launcher.failure import ExitCode

SIZES = {
    "quick": Size(rounds=1, messages=1500, warm_up=300, riders=500, connections=64),
    "usual": Size(rounds=3, messages=10_000, warm_up=1500, riders=2000, connections=64),
    "full": Size(rounds=5, messages=20_000, warm_up=2000, riders=2000, connections=64),
}
_HOPS = {
    "quick": HopSize(rounds=1, alone=100, crowd=1000),
    "usual": HopSize(rounds=3, alone=1000, crowd=10_000),
    "full": HopSize(rounds=5, alone=2000, crowd=20_000),
}
_NEAREST = {
    "quick": NearestSize(drivers=20_000, seconds=2),
    "usual": NearestSize(drivers=1_000_000, seconds=15),
    "full": NearestSize(drivers=1_000_000, seconds=60),
}
_HISTORIES = {
    "quick": History(keys=20_000, people=2000, trips=2000),
    "usual": History(keys=10_000_000, people=1_000_000, trips=1_000_000),
    "full": History(keys=10_000_000, people=1_000_000, trips=1_000_000),
}
_STEP_SECONDS = {"quick": 0.05, "usual": 0.5, "full": 2.0}
SCENARIOS = {"ingest": STORED, "turn": TURNED, "sent": ANSWERED}
_PARTS = ["micro", "coldstart", "hop", "nearest", "history", *SCENARIOS]
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
    made.add_argument("--size", choices=list(SIZES), default="usual", help="how much is measured (default: usual)")
    made.add_argument("--only", choices=_PARTS, action="append", help="measure only this (may be repeated)")
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
    wanted = set(given.only or _PARTS)
    on = {**machine(folder), "measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "size": given.size}
    known = versions(await _postgresql(cluster.dsn("postgres")))
    _say(f"{on['cores']} x {on['cpu']}, one sync {on['sync_us']} us, load {on['load_before']}")
    suites: list[dict[str, Any]] = []
    judged: list[figures.Figure] = []
    scenarios = [scenario for name, scenario in SCENARIOS.items() if name in wanted]
    if scenarios:
        outcomes = await endtoend.measure(scenarios, SIZES[given.size], cluster, folder, _say)
        suites += [outcome.suite() for outcome in outcomes]
        judged += [figure for outcome in outcomes for figure in figures.of_outcome(outcome)]
    if "hop" in wanted:
        measured, found = await hop.measure(_HOPS[given.size], folder, _say)
        suites.append(measured)
        judged += found
    if "nearest" in wanted:
        measured, found = await nearest.measure(_NEAREST[given.size], cluster, folder, _say)
        suites.append(measured)
        judged += found
    if "history" in wanted:
        measured, found = await filled.measure(SIZES[given.size], _HISTORIES[given.size], cluster, folder, _say)
        suites.append(measured)
        judged += found
    if "coldstart" in wanted:
        started = await coldstart.over(cluster, folder, _say)
        suites += [one.suite() for one in started]
        judged += map(figures.of_start, started)
    if "micro" in wanted:
        _say("steps, median of one operation")
        timings = await suite.measure(_STEP_SECONDS[given.size], _say)
        before = suite.baseline()
        suites += [timing.suite(before.get(timing.step.name)) for timing in timings]
        judged += figures.of_steps(timings)
        if given.keep_baseline:
            suite.keep(timings, on)
    figures.write(given.output, on, known, suites, judged)
    return judged


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
