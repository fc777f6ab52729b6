"""A whole run against a pretended mesh: what a load test must notice, it notices, and the exit code tells."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import page as performance
from benchmarks import under_load
from launcher.failure import CommandError
from loadtest import order, people, targets, town
from loadtest.run import run
from loadtest.settings import MeshSettings
from loadtest.webhooks import Webhooks
from tests.loadtest.world import World, serving

# What a small run of a second and a half says without being told otherwise.
_USUAL = {
    "RATE": "100",
    "DURATION": "1.5",
    "CONCURRENCY": "40",
    "WARM_UP": "0.2",
    "DRAIN": "1",
    "DUPLICATES": "0.2",
}


@pytest.fixture(autouse=True)
def _small_town(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "FEWEST_PEOPLE", 60)
    monkeypatch.setattr(town, "_CRUISING", 3)
    monkeypatch.setattr("loadtest.run.QUEUES_SECONDS", 0.0)  # this mesh has no queues


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with serving(World()) as served:
        yield served


class Ran:
    """The run and what it left behind."""

    def __init__(self, told: list[str], results: dict[str, Any], *, met: bool) -> None:
        self.told = told
        self.results = results
        self.met = met

    @property
    def missed(self) -> set[str]:
        return {target["name"] for target in self.results["targets"] if not target["met"]}


# What a machine that is busy with something else makes a run miss too: wall time.
OF_THE_MACHINE = {
    "webhook answered, p50",
    "webhook answered, p99",
    "generator late, p99",
    "generator late, most",
    "Meta: webhooks of messages, median",
    "Meta: webhooks of statuses, median",
    "Meta: webhooks of messages above 1 s",
    "Meta: webhooks of statuses above 1 s",
}


def _environ(mesh: MeshSettings, output: Path) -> dict[str, str]:
    return {
        "GATEWAY_URL": mesh.gateway_url,
        "SIMULATOR_URL": mesh.simulator_url,
        "METRICS_URL": mesh.metrics_url,
        "PUBLIC_BASE_URL": mesh.public_base_url,
        "PROFILE_TARGET": mesh.profile_target,
        "TRIPS_TARGET": mesh.trips_target,
        "LOAD_TEST_OUTPUT": str(output / "results.json"),
        **{f"LOAD_TEST_{name}": value for name, value in _USUAL.items()},
    }


async def loaded(world: World, output: Path, **settings: str) -> Ran:
    environ = _environ(world.mesh, output) | {f"LOAD_TEST_{name}": value for name, value in settings.items()}
    told: list[str] = []
    met = await run(order.read(environ), told.append)
    return Ran(told, json.loads((output / "results.json").read_bytes()), met=met)


async def test_a_good_mesh_meets_every_target(world: World, tmp_path: Path) -> None:
    """Everybody is answered once, rides are made, second deliveries have no effect: all targets met."""
    ran = await loaded(world, tmp_path)
    for _ in range(9):
        if not ran.missed or ran.missed - OF_THE_MACHINE:
            break
        ran = await loaded(world, tmp_path)  # something else kept the machine busy
    assert ran.missed == set()
    assert ran.met
    assert ran.results["met"]
    messages = ran.results["messages"]
    assert messages["scheduled"] == messages["sent"] == messages["success"] == 150
    assert messages["failed"] == messages["rate_limited"] == messages["lost"] == 0
    assert messages["sent_twice"] > 10
    assert ran.results["trips"] == {"asked_for": 3, "made_and_told": 3}
    assert world.forged == 0
    assert {"text", "interactive", "location", "sms"} <= world.kinds
    for name in ("min", "avg", "p50", "p95", "p99", "max"):
        assert ran.results["answer_accepted"][f"{name}_ms"] >= 0
    assert any("in flight" in line and "p99" in line for line in ran.told)
    assert not any("the generator itself" in line for line in ran.told)
    assert 0 < ran.results["generator"]["share_of_a_core"] < 0.9
    assert ran.told[-1] == f"all {len(ran.results['targets'])} targets met"
    section = under_load.table(ran.results)
    assert "**Profile `usual`**, 100 messages a second for 1.5 s" in section
    assert "150 messages sent, 150 answered, 0 failed, 0 refused, 0 lost. Every target is met." in section
    assert "| cache hit rate | 90 % | > 80 |" in section
    assert "| slowest statement, p99 (gateway.take) | 12 ms | < 100 |" in section
    page = performance.PAGE.read_text(encoding="utf-8")
    written = performance.replaced(page, section, under_load.BEGIN, under_load.END)
    assert section in written
    assert performance.replaced(written, section, under_load.BEGIN, under_load.END) == written


async def test_a_200_is_no_success(world: World, tmp_path: Path) -> None:
    """A gateway that answers everything with 200 and does nothing fails the run."""
    world.answers = 0
    ran = await loaded(world, tmp_path, WARM_UP="0")
    assert not ran.met
    assert ran.results["messages"]["success"] == 0
    assert ran.results["messages"]["lost"] == 150
    assert {"answered at the far end", "taken with 200, never answered", "answer accepted, p95"} <= ran.missed
    assert ran.results["webhook_answered"]["p50_ms"] < 1000  # as quick as it is useless


async def test_trips_are_counted_where_they_are_made(world: World, tmp_path: Path) -> None:
    """Whoever was answered and has no trip, or whose driver never heard of it, got no ride."""
    world.makes_trips = False
    assert "trips made and told" in (await loaded(world, tmp_path)).missed
    world.makes_trips, world.tells_drivers = True, False
    ran = await loaded(world, tmp_path)
    assert ran.missed - OF_THE_MACHINE == {"trips made and told"}
    assert not ran.met


@pytest.mark.parametrize(("status", "counted"), [(503, "rate_limited"), (429, "rate_limited"), (500, "failed")])
async def test_what_is_refused_is_told_apart(world: World, tmp_path: Path, status: int, counted: str) -> None:
    """Too much and failed are two counts; neither is a success."""
    world.status = status
    ran = await loaded(world, tmp_path)
    assert ran.results["messages"][counted] == 150
    assert ran.results["messages"]["lost"] == ran.results["messages"]["success"] == 0
    assert "answered at the far end" in ran.missed


async def test_a_mesh_that_forgets(world: World, tmp_path: Path) -> None:
    """A second delivery with a second effect fails the run."""
    world.remembers = False
    ran = await loaded(world, tmp_path)
    assert ran.missed - OF_THE_MACHINE == {"second deliveries known, no effect"}


async def test_answers_that_take_too_long(world: World, tmp_path: Path) -> None:
    """Latency is that of the provider's acceptance, not of the quick 200."""
    world.accepted_late_seconds = 11
    ran = await loaded(world, tmp_path)
    assert ran.missed - OF_THE_MACHINE == {"answer accepted, average", "answer accepted, p95"}


async def test_the_loop_is_open(world: World, tmp_path: Path) -> None:
    """Nobody waits for anybody: while nothing is answered all is sent in time, and the waiting is in the latency."""
    world.slow_seconds = 2.5
    ran = await loaded(world, tmp_path, WARM_UP="0", DRAIN="5")
    for _ in range(9):
        if ran.results["generator_late"]["p99_ms"] < 500:
            break
        ran = await loaded(world, tmp_path, WARM_UP="0", DRAIN="5")  # the machine stood still
    assert ran.results["messages"]["success"] == 150
    # A loop that waited for answers would be late by as long as they take.
    assert ran.results["generator_late"]["p99_ms"] < 1000
    assert ran.results["webhook_answered"]["min_ms"] >= 2500
    open_at_once = next(one for one in ran.results["targets"] if one["name"] == "webhooks open at once")
    assert open_at_once["value"] >= 150
    assert {"webhook answered, p50", "webhook answered, p99"} <= ran.missed


async def test_a_late_generator_is_no_open_loop(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator that cannot keep up says so and fails the run, although everybody was answered."""
    quick = Webhooks.of

    def slow(self: Webhooks, *given: Any) -> bytes:
        end = time.monotonic() + 0.02
        while time.monotonic() < end:
            pass
        return quick(self, *given)

    monkeypatch.setattr(Webhooks, "of", slow)
    ran = await loaded(world, tmp_path, WARM_UP="0", DRAIN="10")
    assert ran.results["messages"]["success"] == 150
    assert "generator late, p99" in ran.missed
    assert not ran.met
    assert any(line.startswith("the generator itself bounded this run (generator late, p99") for line in ran.told)


def test_a_busy_generator_is_told() -> None:
    """Whose one thread is full, or who needs ever more memory, bounds the run, and the sentence names which it was."""
    busy = targets.Target("generator, share of a core", 97, 90, "%")
    well = targets.Target("generator late, p99", 2, 100, "ms")
    assert targets.bottleneck([busy, well]).startswith("the generator itself bounded this run (generator, share")
    assert targets.bottleneck([well, targets.Target("dead letters", 7, 0)]) == ""


async def test_zero_requests_fail(world: World, tmp_path: Path) -> None:
    """A run that sends nothing meets nothing."""
    ran = await loaded(world, tmp_path, RATE="0.1", DURATION="1", WARM_UP="0")
    assert not ran.met
    assert ran.results["messages"]["sent"] == 0
    assert {
        "messages sent",
        "answered at the far end",
        "answer accepted, average",
        "webhook answered, p50",
    } <= ran.missed


async def test_metas_standard(world: World, tmp_path: Path) -> None:
    """With the profile of Meta statuses are posted besides, and median, tail and losses are judged for both."""
    ran = await loaded(world, tmp_path, PROFILE="meta", STATUS_RATE="300", STATUS_BATCH="3")
    assert ran.missed - OF_THE_MACHINE == {"statuses settled"}  # nobody settles them here
    assert ran.results["statuses"] == {"posted": 450, "taken": 450}
    assert "100 messages and 300 statuses (3 to a webhook) a second" in under_load.table(ran.results)
    judged = [target["name"] for target in ran.results["targets"]]
    assert sum(name.startswith("Meta: ") for name in judged) == 6
    world.status = 503
    worse = await loaded(world, tmp_path, PROFILE="meta", STATUS_RATE="300", WARM_UP="1")
    assert {"Meta: messages not taken", "Meta: webhooks of messages, median"} <= worse.missed


async def test_what_is_not_there(world: World, tmp_path: Path) -> None:
    """Without a metrics service, a simulator or the right admin token there is one sentence and no figure."""
    mesh = world.mesh
    missing = {"METRICS_URL": "no metrics service", "SIMULATOR_URL": "no simulator"}
    for name, sentence in missing.items():
        with pytest.raises(CommandError, match=sentence):
            await run(order.read(_environ(mesh, tmp_path) | {name: "http://127.0.0.1:1"}), lambda _line: None)
    with pytest.raises(CommandError, match="another ADMIN_TOKEN"):
        await run(order.read(_environ(mesh, tmp_path) | {"ADMIN_TOKEN": "other"}), lambda _line: None)
    assert not (tmp_path / "results.json").exists()


async def test_a_mesh_that_falls_silent(world: World, tmp_path: Path) -> None:
    """When the far end is gone in the middle of a run there is one sentence and no figure."""
    world.hangs_up = True
    with pytest.raises(CommandError, match="does not answer any more"):
        await loaded(world, tmp_path)
    assert not (tmp_path / "results.json").exists()
