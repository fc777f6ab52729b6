"""The benchmark measures what it says: real effects, durable ones, and all the CPU time that they cost."""

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from benchmarks import __main__ as command
from benchmarks import cpu, endtoend, figures, filled, hop, nearest, page, profiling, sizes
from benchmarks.coalescing import CoalescingSize
from benchmarks.contender import ANSWERED, CONTENDERS, FLOOR, MESH, STORED, TURNED, TWICE, provider
from benchmarks.effects import Effects
from benchmarks.endtoend import Size
from benchmarks.figures import Figure
from benchmarks.filled import History
from benchmarks.hop import HopSize
from benchmarks.latency import LatencySize
from benchmarks.memory import MemorySize
from benchmarks.micro import suite
from benchmarks.micro.timing import Step, Timing, timed
from benchmarks.nearest import NearestSize
from launcher import embedded
from launcher.environment import ROOT
from loadtest.processes import BenchmarkError

TINY = Size(rounds=1, messages=60, warm_up=20, riders=30, connections=4)


@pytest.mark.drill
@pytest.mark.timeout(600)
async def test_everybody_does_the_same_work(reachable_folder: Path) -> None:
    """Ours and both peers store, answer and send each message once, synced to the disk, and every figure is there."""
    told: list[str] = []
    with embedded.cluster(reachable_folder) as cluster:
        outcome, ingest = await endtoend.measure([ANSWERED, STORED], TINY, cluster, reachable_folder, told.append)
    assert (outcome.scenario, ingest.scenario) == (ANSWERED, STORED)
    assert list(ingest.runs) == [contender.name for contender in CONTENDERS]
    assert list(outcome.runs) == [contender.name for contender in CONTENDERS if contender != FLOOR]
    runs = [run for (run,) in (*outcome.runs.values(), *ingest.runs.values())]
    for run in runs:
        assert run.answers.statuses == {"200": TINY.messages}
        assert run.wal_syncs > 0
    # Of one contender so few messages may be less than the hundredth of a second in which Linux counts.
    assert sum(run.service_us for run in runs) > 0
    assert sum(run.postgres_us for run in runs) > 0
    judged = figures.of_outcome(outcome)
    assert judged[0].name.startswith(f"{ANSWERED.name}: CPU time of a message")
    assert all(figure.value >= 0 for figure in judged)
    assert [figure.target for figure in figures.of_outcome(ingest) if figure.target] == [4.0, 4.0, 0.6]
    turned = figures.of_outcome(replace(outcome, scenario=TURNED))
    assert [figure.target for figure in turned if figure.target] == [2.0, 3.0]
    assert len(told) == 2 * len(CONTENDERS)


async def test_steps_are_the_real_code(tmp_path: Path) -> None:
    """Every step of the list runs and gets a figure with a target, in the shape that scripts rely on."""
    timings = await suite.measure(0.002, lambda _line: None)
    names = [timing.step.name for timing in timings]
    wanted = ["cache set", "cache get, hit", "cache get, miss and load", "JSON decode", "JSON encode", "UUID"]
    wanted += [
        "HMAC verify",
        "split a webhook",
        "render a reply",
        "coalescer, a lone call",
        "find a loaded route",
        "build a query",
    ]
    assert set(wanted) <= set(names)
    results = tmp_path / "coverage" / "results.json"
    suites = [timing.suite(timing.p50) for timing in timings]
    figures.write(results, {"cores": 2}, {"python": "3"}, suites, figures.of_steps(timings))
    written = json.loads(results.read_bytes())
    assert list(written) == ["machine", "versions", "suites", "figures"]
    for one in written["suites"]:
        assert one["min_us"] <= one["p50_us"] <= one["p90_us"] <= one["p99_us"] <= one["max_us"]
        assert one["ops_per_second"] > 0
        assert one["p50_to_baseline"] == 1
    (hit,) = [one for one in written["figures"] if one["name"].startswith("get, hit: ")]
    assert (hit["unit"], hit["target"]) == ("times", 1.5)
    assert {tuple(one) for one in written["figures"]} == {("name", "value", "unit", "target", "met")}


async def test_a_hop_is_measured_between_processes(tmp_path: Path) -> None:
    """A bare call and ours, one by one and coalesced, go to servers of their own, and both ratios have a target."""
    told: list[str] = []
    measured, judged = await hop.measure(HopSize(rounds=1, alone=10, crowd=300), tmp_path, told.append)
    assert min(*measured["latency_us"].values(), *measured["calls_per_second"].values()) > 0
    assert [(figure.target, figure.at_most) for figure in judged] == [(1.5, True), (5.0, False)]
    assert "128 in flight" in told[0]


@pytest.mark.drill
@pytest.mark.timeout(300)
async def test_searches_are_measured_against_pgbench(reachable_folder: Path) -> None:
    """Searches at a rate find drivers; PostgreSQL's time for them is laid beside pgbench's of the same statement."""
    told: list[str] = []
    with embedded.cluster(reachable_folder) as cluster:
        size = NearestSize(drivers=3000, seconds=3)
        measured, judged = await nearest.measure(size, cluster, reachable_folder, told.append)
    assert 0 < measured["p50_ms"] <= measured["p99_ms"]
    assert [(figure.unit, figure.target, figure.at_most) for figure in judged] == [
        ("ms", 10.0, True),
        ("times", 1.3, True),
    ]
    assert judged[1].value > 0


@pytest.mark.drill
@pytest.mark.timeout(300)
async def test_a_town_with_history_is_measured_beside_a_new_one(reachable_folder: Path) -> None:
    """Millions of rows, here thousands, lie behind one of two towns, which answer the same load in turn."""
    told: list[str] = []
    with embedded.cluster(reachable_folder) as cluster:
        history = History(keys=3000, people=300, trips=300)
        measured, (judged,) = await filled.measure(TINY, history, cluster, reachable_folder, told.append)
    assert {which: len(done) for which, done in measured["runs"].items()} == {"new town": 1, "old town": 1}
    assert (judged.target, judged.at_most) == (0.9, False)
    assert judged.value > 0


@pytest.mark.drill
@pytest.mark.timeout(500)
def test_the_command_measures_what_it_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts that were asked for, and no others, are measured, judged and written so that the page can be made."""
    monkeypatch.setitem(sizes.COALESCING, "quick", CoalescingSize(rounds=1, seconds=0.1))
    monkeypatch.setitem(sizes.LATENCIES, "quick", LatencySize(TINY, seconds=1))
    monkeypatch.setitem(sizes.MEMORIES, "quick", MemorySize(messages=100, riders=30, connections=4))
    output = tmp_path / "results.json"
    parts = ["coalescing", "latency", "memory"]
    only = [word for part in parts for word in ("--only", part)]
    assert command.main(["--size", "quick", *only, "--output", str(output)]) in {0, 1}  # as busy as it is
    told = json.loads(output.read_bytes())
    assert told["machine"]["parts"] == parts
    names = [suite["name"] for suite in told["suites"]]
    assert names == [
        "durable ingest at half of saturation",
        "full turn and sent at half of saturation",
        "memory",
        "coalescing",
        "ratios",
    ]
    assert set(told["suites"][-1]["parts"]) == {"coalescing"}  # nothing else here is a ratio
    section = page.figures(told)
    assert section.count("| saturated at |") == 2
    assert "| 256 in flight, 8 batches at once |" in section
    assert "| memory of gateway after 100 messages |" in section
    assert "| database connections of trips, LISTEN included |" in section


async def test_a_step_is_timed_by_the_operation() -> None:
    """A call that does ten operations of a millisecond takes a millisecond for each."""
    step = Step("nap", lambda: asyncio.sleep(0.01), 1, awaited=True, per_call=10)
    fastest = min([(await timed(step, 0.1)).p50 for _ in range(3)])  # a machine that stands still makes one long
    assert 0.9e3 <= fastest <= 20e3


@pytest.mark.parametrize(("seconds", "code"), [(1e-6, 0), (1.0, 1)])
def test_a_missed_target_fails(
    seconds: float, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 1 when a figure misses its target and 0 when all are met, and the table says which."""

    async def measured(*_args: object) -> list[Timing]:
        return [Timing(Step("step", lambda: None, 10), [seconds])]

    monkeypatch.setattr(suite, "measure", measured)
    output = tmp_path / "results.json"
    assert command.main(["--size", "quick", "--only", "micro", "--output", str(output)]) == code
    (figure,) = json.loads(output.read_bytes())["figures"]
    assert figure == {"name": "step: median", "value": seconds * 1e6, "unit": "us", "target": 10, "met": code == 0}
    assert ("MISSED" in capsys.readouterr().out) == bool(code)


def test_a_figure_without_a_target_is_not_judged() -> None:
    """What has no target is reported and neither met nor missed."""
    assert Figure("a", 1, "us").told()["met"] is None
    assert Figure("a", 3, "times", 3.0).met
    assert not Figure("a", 2.9, "times", 3.0).met
    assert Figure("a", 2.9, "us", 3.0, at_most=True).met


def test_the_help_shows_an_example() -> None:
    """`python -m benchmarks --help` ends with a command that can be copied."""
    shown = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert "example: python -m benchmarks --size" in shown.stdout


async def test_nothing_is_measured_that_is_not_durable(private_cluster: embedded.Cluster) -> None:
    """A database that has been talked out of waiting for the disk is refused."""
    dsn = private_cluster.dsn("hailwire")
    async with Effects(dsn) as effects:
        await effects.check_durable()
    connection = await asyncpg.connect(dsn)
    await connection.execute("ALTER DATABASE hailwire SET synchronous_commit = off")
    await connection.close()
    async with Effects(dsn) as effects:
        with pytest.raises(BenchmarkError, match="synchronous_commit is off"):
            await effects.check_durable()


async def test_effects_that_do_not_come_are_no_figure(fresh_database_url: str) -> None:
    """A run whose messages have no effect ends with what there is instead of a figure."""
    async with Effects(fresh_database_url) as effects:
        for scenario in (STORED, TURNED, ANSWERED):
            with pytest.raises(BenchmarkError, match="5 are wanted"):
                await effects.reach(scenario, 5, 0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="CPU time is read from /proc")
def test_the_time_of_dead_children_counts() -> None:
    """What a process had done by children that are gone by now is part of its CPU time, and sleeping is not."""
    burn = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    script = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {burn!r}]); print(); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-u", "-c", script], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            assert cpu.seconds([process.pid]) >= 0.3
            assert cpu.seconds([os.getpid()]) >= cpu.seconds([process.pid])
        finally:
            process.kill()
    assert cpu.seconds([process.pid]) == 0


async def test_a_second_copy_is_not_a_second_message(tmp_path: Path) -> None:
    """The stand-in for the provider counts different messages, however often one is sent."""
    async with provider(tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for outbox_id in (7, 7, 8):
            body = b'{"biz_opaque_callback_data":"%d","type":"text"}' % outbox_id
            writer.write(b"POST /messages HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        seen, end = b"", time.monotonic() + 20
        while b'{"accepted":2,"posts":3}' not in seen:
            assert time.monotonic() < end, seen
            seen += await asyncio.wait_for(reader.read(4096), 20)
        writer.close()


def test_every_scenario_has_its_peer() -> None:
    """The mesh is measured against one process and as many as it has itself, storing against the floor too."""
    mesh, twice, one, many, floor = CONTENDERS
    assert (mesh.name, one.processes, many.processes) == (MESH, 1, mesh.processes)
    assert (twice.name, mesh.gateways, twice.gateways) == (TWICE, 1, 2)
    assert [floor.takes_part(scenario) for scenario in (STORED, TURNED, ANSWERED)] == [True, False, False]


def test_the_page_shows_the_results() -> None:
    """The figures of a run are written between the marks of docs/performance.md, misses and all, and again the same."""
    run = {
        "per_second": 900.0,
        "cpu_us": 1000.0,
        "service_us": 800.0,
        "postgres_us": 200.0,
        "answer_p50_ms": 3.0,
        "answer_p99_ms": 9.0,
        "load_generator_share_of_a_core": 0.1,
        "wal_syncs": 5,
    }
    contender = {"name": MESH, "per_second": 900.0, "cpu_us_per_message": 1000.0, "runs": [run]}
    whole = {"name": "full turn", "messages": 10, "connections": 2, "riders": 3, "contenders": [contender]}
    ratio = Figure("full turn: messages per second", 1.5, "times", 2.0)
    results: dict[str, Any] = {
        "machine": {
            "cpu": "CPU",
            "cores": 2,
            "memory_gb": 4,
            "kernel": "6",
            "sync_us": 90,
            "measured_at": "T",
            "size": "full",
            "parts": ["micro", "turn"],
        },
        "versions": dict.fromkeys(("commit", *page._VERSIONS), "1"),
        "suites": [whole, Timing(Step("step", lambda: None, 10), [1e-6]).suite(None)],
        "figures": [ratio.told()],
    }
    section = page.figures(results)
    assert "Missed: full turn: messages per second." in section
    assert f"| {MESH} | 1000 | 200 | 900 | 3.0 / 9.0 | 10% of a core |" in section
    assert "| full turn: messages per second | 1.50 | 2.0 |" in section
    assert "| step | 1 | 1 | 1000000 |" in section
    two = page.figures({**results, "machine": {**results["machine"], "parts": ["turn"]}}, {**results, "suites": []})
    assert "Turn: measured at T" in two
    written = page.replaced(page.PAGE.read_text(encoding="utf-8"), section)
    assert section in written
    assert page.replaced(written, section) == written


def test_a_profile_tells_who_was_busy() -> None:
    """Stacks of the main thread are added up by function, whatever the line; other threads do not count."""
    stacks = (
        "main (a.py:1);work (a.py:5);sort (b.py:7) 30\nmain (a.py:1);work (a.py:6) 10\nmain (a.py:2);idle (c.py:1) 60\n"
    )
    told = profiling.top(stacks + "Thread._bootstrap (threading.py:1);run (t.py:1) 900")
    assert told.splitlines()[0] == "100 samples of the main thread"
    assert " 40.0%  10.0%  work (a.py)" in told
    assert " 30.0%  30.0%  sort (b.py)" in told
    assert "main (a.py)" not in told
    assert "t.py" not in told
