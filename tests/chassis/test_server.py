"""The gRPC server: health that tells the truth, a drain that loses nothing, numbers over gRPC."""

import asyncio
import contextlib
import itertools
import socket
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from chassis import errors
from chassis import server as servers
from chassis.channels import open_channel
from chassis.telemetry import Telemetry
from hailwire.ops.v1 import ops_pb2, ops_pb2_grpc
from tests.chassis import polling, tiny

State = health_pb2.HealthCheckResponse


class Patient:
    """Something to probe, and a method that takes as long as the test wants."""

    def __init__(self) -> None:
        self.ill: Exception | None = None
        self.begun = asyncio.Event()
        self.end = asyncio.Event()

    async def probe(self) -> None:
        if self.ill is not None:
            raise self.ill

    async def handler(self, request: bytes, context: Any) -> bytes:
        self.begun.set()
        await self.end.wait()
        return b"done"


async def state(port: int, service: str = tiny.NAME) -> Any:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        return (await stub.Check(health_pb2.HealthCheckRequest(service=service))).status


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Patient:
    """A healthy one, asked often."""
    monkeypatch.setattr(servers, "_PROBE_SECONDS", 0.02)
    return Patient()


async def test_a_sick_process_is_alive(patient: Patient, telemetry: Telemetry) -> None:
    """The name for liveness is SERVING while the probe fails, so that nobody restarts a process for its database."""
    patient.ill = errors.Unavailable("no database", reason="DATABASE_UNAVAILABLE")
    async with tiny.served(patient.handler, telemetry, probe=patient.probe) as server:
        assert await state(server.port, servers.ALIVE) == State.SERVING
        assert await state(server.port) == State.NOT_SERVING


async def test_health_follows_the_probe(patient: Patient, telemetry: Telemetry) -> None:
    """NOT_SERVING until the probe first succeeds, whenever it fails later, for each service and the whole."""
    patient.ill = errors.Unavailable("no database", reason="DATABASE_UNAVAILABLE")
    async with tiny.served(patient.handler, telemetry, probe=patient.probe) as server:
        assert await state(server.port) == State.NOT_SERVING
        for ill, expected in ((None, State.SERVING), (ValueError("?"), State.NOT_SERVING), (None, State.SERVING)):
            patient.ill = ill
            await polling.until(lambda: server.serving is (patient.ill is None))
            for name in ("", tiny.NAME, "hailwire.ops.v1.PerformanceService"):
                assert await state(server.port, name) == expected


async def test_why_it_does_not_serve_is_logged_once(
    patient: Patient, telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    """A service that never comes up says why, and does not repeat itself."""
    asked = 0

    async def probe() -> None:
        nonlocal asked
        asked += 1
        raise errors.Unavailable("wrong password", reason="DATABASE_REFUSED")

    async with tiny.served(patient.handler, telemetry, probe=probe):
        await polling.until(lambda: asked > 3)
    told = [record.__dict__["fields"] for record in caplog.records if record.getMessage() == "not serving"]
    assert told == [{"reason": "DATABASE_REFUSED"}]


async def test_the_drain_says_so_first_and_lets_calls_finish(
    patient: Patient, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watcher hears NOT_SERVING while a call is running; new calls are turned away, that one gets its answer."""
    monkeypatch.setattr(servers, "_GRACE_SECONDS", 60)  # until the test has looked at everything
    stopping = asyncio.Event()

    async def life() -> None:
        async with tiny.served(patient.handler, telemetry, probe=patient.probe) as server:
            up.set_result(server)
            await stopping.wait()

    up: asyncio.Future[servers.GrpcServer] = asyncio.get_running_loop().create_future()
    living = asyncio.create_task(life())
    server = await up
    target = f"127.0.0.1:{server.port}"
    async with grpc.aio.insecure_channel(target) as watcher, open_channel(target, telemetry) as channel:
        health: Any = health_pb2_grpc.HealthStub(watcher)
        watch = health.Watch(health_pb2.HealthCheckRequest(service=tiny.NAME))
        while (await watch.read()).status != State.SERVING:
            pass
        running = asyncio.create_task(tiny.ask(channel, timeout=120))
        await patient.begun.wait()
        stopping.set()
        assert (await watch.read()).status == State.NOT_SERVING
        watch.cancel()
        assert not running.done()
        async with grpc.aio.insecure_channel(target) as late:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await tiny.multicallable(late)(b"", timeout=60)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert not living.done()
        patient.end.set()
        assert await running == b"done"
        await living


async def test_the_drain_does_not_wait_for_ever(
    patient: Patient, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that outlasts the grace is ended, and its caller hears that it may try elsewhere."""
    monkeypatch.setattr(servers, "_GRACE_SECONDS", 0.1)
    async with contextlib.AsyncExitStack() as stack:
        async with tiny.served(patient.handler, telemetry) as server:
            channel = await stack.enter_async_context(open_channel(f"127.0.0.1:{server.port}", telemetry))
            running = asyncio.create_task(tiny.ask(channel, timeout=120))
            await patient.begun.wait()
        with pytest.raises(errors.Unavailable):
            await running


@pytest.mark.parametrize("development", [True, False])
async def test_reflection_is_for_development(*, development: bool, patient: Patient, telemetry: Telemetry) -> None:
    """Who asks for the list of services gets it in development only."""

    async def requests() -> AsyncIterator[Any]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")

    async with (
        tiny.served(patient.handler, telemetry, development=development) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        make_stub: Any = reflection_pb2_grpc.ServerReflectionStub
        stub = make_stub(channel)
        call = stub.ServerReflectionInfo(requests())
        if development:
            names = {service.name for service in (await call.read()).list_services_response.service}
            assert {tiny.NAME, "hailwire.ops.v1.PerformanceService", "grpc.health.v1.Health"} <= names
        else:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call.read()
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_the_numbers_are_those_of_the_prometheus_page(patient: Patient, telemetry: Telemetry) -> None:
    """Every sample of the page, with the same labels and value, and who they are from."""
    telemetry.counter("rides", "rides").add(3, city='Kigali "K"\\\n')
    telemetry.histogram("drive", "drives").record(0.02)
    telemetry.gauge("cars", "cars", lambda: [(2, {"state": "idle"}), (5, {"state": "busy"})])
    patient.end.set()
    async with (
        tiny.served(patient.handler, telemetry) as server,
        open_channel(f"127.0.0.1:{server.port}", telemetry) as channel,
    ):
        await tiny.ask(channel)
        stub = ops_pb2_grpc.PerformanceServiceStub(channel)
        page = generate_latest(telemetry.registry).decode()
        answer = await stub.GetPerformance(ops_pb2.GetPerformanceRequest())
    shown = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }
    told = {(sample.name, *sorted(sample.labels.items())): sample.value for sample in answer.samples}
    bounds = {metric.name: [*map(str, metric.bounds), "+Inf"] for metric in answer.metrics}
    for one in answer.histograms:
        labels = sorted(one.labels.items())
        for bound, upto in zip(bounds[one.name], itertools.accumulate(one.counts), strict=True):
            told[f"{one.name}_bucket", *sorted([*labels, ("le", bound)])] = upto
        told[f"{one.name}_count", *labels] = sum(one.counts)
        told[f"{one.name}_sum", *labels] = one.seconds
    # The call itself is being served while it reads, and costs something.
    in_flight = ("hailwire_rpc_server_in_flight", ("method", "/hailwire.ops.v1.PerformanceService/GetPerformance"))
    assert told.pop(in_flight) == 1
    shown.pop(in_flight, None)
    for numbers in (told, shown):
        for key in [key for key in numbers if str(key[0]).startswith("hailwire_pool_")]:
            del numbers[key]  # the channel of the call itself
        assert numbers.pop(("hailwire_process_cpu_seconds_total",)) > 0
        for generation in ("0", "1", "2"):  # it may look at any moment
            assert numbers.pop(("hailwire_gc_collections_total", ("generation", generation))) >= 0
        assert numbers.pop(("hailwire_process_resident_bytes",)) > 1e6
    assert told == shown
    named = {sample.name for sample in answer.samples} | {histogram.name for histogram in answer.histograms}
    assert named <= {metric.name for metric in answer.metrics}
    kinds = {metric.name: metric.kind for metric in answer.metrics}
    assert kinds["hailwire_rides_total"] == ops_pb2.METRIC_KIND_COUNTER
    assert kinds["hailwire_cars"] == ops_pb2.METRIC_KIND_GAUGE
    assert kinds["hailwire_rpc_server_seconds"] == ops_pb2.METRIC_KIND_HISTOGRAM
    assert told["hailwire_rides_total", ("city", 'Kigali "K"\\\n')] == 3
    assert told["hailwire_cars", ("state", "busy")] == 5
    assert told["hailwire_rpc_server_requests_total", ("code", "OK"), ("method", tiny.METHOD)] == 1
    assert (answer.service, answer.instance_id) == (telemetry.service, telemetry.instance_id)
    assert answer.start_time.seconds == int(telemetry.started_at)
    assert [sample.name for sample in answer.samples] == sorted(sample.name for sample in answer.samples)


async def test_a_port_that_is_taken(patient: Patient, telemetry: Telemetry) -> None:
    """Two servers never share a port by accident; the error names the setting that helps."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(errors.PortInUse, match="set TINY_GRPC_PORT to another port") as caught:
            async with tiny.served(patient.handler, telemetry, port=port, setting="TINY_GRPC_PORT"):
                raise AssertionError
    assert f"127.0.0.1:{port}" in caught.value.message
    async with tiny.served(patient.handler, telemetry, port=port) as server:
        assert server.port == port
        with pytest.raises(errors.PortInUse):
            async with tiny.served(patient.handler, telemetry, port=port):
                raise AssertionError
