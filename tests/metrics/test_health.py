"""Healthy, degraded, unhealthy: for a reason, and only for one."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import grpc
import pytest

from chassis import errors
from chassis.channels import open_channel
from hailwire.ops.v1 import ops_pb2, ops_pb2_grpc
from services.metrics import health, percentiles, work
from services.metrics.health import Seat, Ward
from services.metrics.totals import Totals
from tests.chassis import tiny
from tests.metrics.conftest import Api, Process, opened, process

SEAT = Seat("here:1", reason="", silent_seconds=0, ever_answered=True, serving=True, age_seconds=1000)


async def test_fresh_and_idle(api: Api) -> None:
    """A fresh process that nobody has asked for anything is healthy, and so is the whole."""
    told = await api.ask("health")
    assert told["status"] == "healthy"
    assert told["reasons"] == []
    assert told["services"]["gateway"]["work"] == []


async def test_health_and_the_page_look_at_now(api: Api, gateway: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither adds up all that was ever counted, by processes of long ago too, to show what waits now."""
    gateway.telemetry.gauge("queue_items", "what waits", lambda: [(3.0, {"queue": "inbox"})], shared=True)
    gateway.telemetry.gauge("queue_oldest_seconds", "age", lambda: [(31.0, {"queue": "inbox"})], shared=True)
    monkeypatch.setattr(Totals, "ever", None)
    told = await api.ask("live")
    assert told["queues"] == [{"queue": "inbox", "items": 3.0, "oldest_seconds": 31.0}]
    assert (await api.ask("health"))["status"] == told["status"] == "degraded"


async def test_a_process_that_is_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that does not serve yet is no news; one that goes on not serving is."""

    async def ill() -> None:
        raise errors.Unavailable("no database", reason="DATABASE_UNAVAILABLE")

    async with process("gateway", probe=ill) as replica, opened(f"gateway={replica.address}") as api:
        told = await api.ask("health")
        assert told["status"] == "healthy"
        assert told["services"]["gateway"]["replicas"][0]["state"] == "not serving"
        monkeypatch.setattr(health, "_STARTING_SECONDS", 0.0)
        told = await api.ask("health")
        assert told["status"] == "unhealthy"
        assert told["reasons"] == [f"gateway: {replica.address} answers, and says that it cannot serve"]


@pytest.fixture
def calls(gateway: Process, however_slow: None) -> Callable[..., Awaitable[None]]:
    """Makes calls to a method of the gateway's own that ends as told, all at once."""

    async def make(count: int, error: Exception | None) -> None:
        async def handler(request: bytes, context: Any) -> bytes:
            if error is not None:
                raise error
            return b""

        async with (
            tiny.served(handler, gateway.telemetry) as server,
            open_channel(f"127.0.0.1:{server.port}", gateway.telemetry) as channel,
        ):
            await asyncio.gather(*(tiny.ask(channel) for _ in range(count)), return_exceptions=True)

    return make


async def test_mistakes_of_callers(api: Api, calls: Callable[..., Awaitable[None]]) -> None:
    """However many ask for what is not there or not allowed, we are healthy."""
    for error in (
        errors.NotFound("no such person", reason="PERSON_NOT_FOUND"),
        errors.InvalidArgument("a mistake", reason="MISTAKE"),
        errors.Refused("not now", reason="TRIP_TAKEN"),
        errors.Conflict("busy", reason="ROW_BUSY"),
    ):
        await calls(10, error)
    told = await api.ask("health")
    assert told["status"] == "healthy"
    (rpcs,) = told["services"]["gateway"]["work"]
    assert (rpcs["kind"], rpcs["total"], rpcs["failed"]) == ("rpc", 40, 0)


async def test_calls_that_fail(api: Api, calls: Callable[..., Awaitable[None]]) -> None:
    """Calls that fail by our fault degrade us, and many of them make us unhealthy; the reason says how many."""
    await calls(93, None)
    await calls(7, RuntimeError("a bug"))
    told = await api.ask("health")
    assert told["status"] == told["services"]["gateway"]["status"] == "degraded"
    assert told["reasons"] == ["gateway: 7% of 100 RPCs failed"]
    await calls(10, errors.DeadlineExceeded("slow", reason="DATABASE_SLOW"))
    told = await api.ask("health")
    assert told["status"] == "unhealthy"
    assert told["reasons"] == ["gateway: 15% of 110 RPCs failed"]


async def test_watching_is_no_work(api: Api, gateway: Process, calls: Callable[..., Awaitable[None]]) -> None:
    """Those who watch us do not thin out the failures of those who use us."""
    async with grpc.aio.insecure_channel(gateway.address) as channel:
        stub = ops_pb2_grpc.PerformanceServiceStub(channel)
        for _ in range(50):
            await stub.GetPerformance(ops_pb2.GetPerformanceRequest())
    await calls(10, RuntimeError("a bug"))
    assert (await api.ask("health"))["reasons"] == ["gateway: 100% of 10 RPCs failed"]


@pytest.mark.parametrize(
    ("status", "grade"),
    [("200", "healthy"), ("403", "healthy"), ("413", "healthy"), ("500", "unhealthy"), ("503", "unhealthy")],
)
async def test_statuses(api: Api, gateway: Process, status: str, grade: str) -> None:
    """Refusals are no failures of ours, 5xx are."""
    requests = gateway.telemetry.counter("http_server_requests", "requests")
    requests.add(20, route="/webhooks/whatsapp", method="POST", status=status)
    requests.add(100, route="other", method="GET", status="404")
    assert (await api.ask("health"))["status"] == grade


async def test_what_was_before_we_looked() -> None:
    """Failures of long ago, counted before we came, are not held against a process."""
    async with process("gateway") as replica:
        sends = replica.telemetry.counter("sends", "sends")
        sends.add(1000, provider="whatsapp", result="unknown")
        async with opened(f"gateway={replica.address}") as api:
            assert (await api.ask("health"))["status"] == "healthy"
            sends.add(10, provider="whatsapp", result="accepted")
            assert (await api.ask("health"))["status"] == "healthy"
            sends.add(10, provider="whatsapp", result="stop")
            assert (await api.ask("health"))["reasons"] == ["gateway: 50% of 20 sends to providers failed"]


async def test_replicas_that_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of two replicas gone for long is degraded, both gone is unhealthy; each is named."""
    monkeypatch.setattr(health, "_STARTING_SECONDS", 0.0)
    monkeypatch.setattr(health, "_SILENT_SECONDS", 0.0)
    async with contextlib.AsyncExitStack() as stack:
        lives = [await stack.enter_async_context(contextlib.AsyncExitStack()) for _ in range(2)]
        replicas = [await life.enter_async_context(process("gateway")) for life in lives]
        api = await stack.enter_async_context(opened("gateway=" + "|".join(one.address for one in replicas)))
        assert (await api.ask("health"))["status"] == "healthy"
        for gone, grade in ((1, "degraded"), (2, "unhealthy")):
            await lives[gone - 1].aclose()
            told = await api.ask("health")
            assert told["status"] == grade
            silent = [reason for reason in told["reasons"] if "has not answered for" in reason]
            assert [reason.split()[1] for reason in silent] == [one.address for one in replicas[:gone]]


SILENT = Seat("here:2", reason="UNAVAILABLE", silent_seconds=0, ever_answered=True, serving=False, age_seconds=1000)


@pytest.mark.parametrize(
    ("seconds", "beside", "grade"),
    [
        (0.0, [SEAT], "healthy"),
        (14.9, [SEAT], "healthy"),
        (15.0, [SEAT], "degraded"),
        (0.0, [], "healthy"),
        (2.4, [], "healthy"),
        (2.5, [], "unhealthy"),
    ],
)
def test_an_update_and_a_late_answer_are_no_news(seconds: float, beside: list[Seat], grade: str) -> None:
    """A silent replica counts after 15 s while another works, and when none does, after more than one late answer."""
    verdict = health.judge(Ward("gateway", [replace(SILENT, silent_seconds=seconds), *beside], []))
    assert verdict.status == grade
    assert bool(verdict.reasons) == (grade != "healthy")


def _work(kind: str, total: float, failed: float, mean: float) -> work.Work:
    (found,) = [one for one in work.KINDS if one.name == kind]
    return work.Work(found, total, failed, percentiles.Durations(total, total * mean, {}))


@pytest.mark.parametrize(
    ("failed", "mean", "grade"),
    [
        (0, 0.0, "healthy"),
        (50, 1.0, "healthy"),
        (51, 0.1, "degraded"),
        (100, 0.1, "degraded"),
        (101, 0.1, "unhealthy"),
        (0, 1.01, "degraded"),
        (0, 2.0, "degraded"),
        (0, 2.01, "unhealthy"),
        (51, 2.01, "unhealthy"),
    ],
)
def test_limits(failed: float, mean: float, grade: str) -> None:
    """Above 5 % or 1 s is degraded, above 10 % or 2 s unhealthy; exactly at a limit is still fine."""
    verdict = health.judge(Ward("gateway", [SEAT], [_work("turn", 1000, failed, mean)]))
    assert verdict.status == grade
    assert bool(verdict.reasons) == (grade != "healthy")


def test_a_handful_is_no_rate() -> None:
    """One failure among three calls says nothing yet."""
    assert health.judge(Ward("gateway", [SEAT], [_work("rpc", 3, 1, 5.0)])).status == "healthy"


@pytest.mark.parametrize(
    ("queue", "seconds", "grade"),
    [
        ("inbox", 29, "healthy"),
        ("inbox", 31, "degraded"),
        ("inbox", 121, "unhealthy"),
        ("events", 31, "degraded"),
        ("outbox", 5000, "healthy"),
        ("dead letters", 5000, "healthy"),
    ],
)
def test_queues_that_stand(queue: str, seconds: float, grade: str) -> None:
    """Messages that nobody works on are a reason; replies may wait for good ones."""
    assert health.judge(Ward("gateway", [SEAT], [], {queue: seconds})).status == grade


def test_the_whole_is_its_worst_part() -> None:
    """The whole has the worst status and every reason."""
    ill = health.judge(Ward("trips", [SEAT], [_work("rpc", 100, 50, 0.1)]))
    slow = health.judge(Ward("profile", [SEAT], [_work("rpc", 100, 0, 1.5)]))
    whole = health.overall([health.judge(Ward("gateway", [SEAT], [])), slow, ill])
    assert whole.status == "unhealthy"
    assert whole.reasons == [*slow.reasons, *ill.reasons]
