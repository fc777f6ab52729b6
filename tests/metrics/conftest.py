"""Metrics services of a test's own, and replicas for them to find: real gRPC servers with real numbers."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from chassis.server import serve_grpc
from chassis.settings import load
from chassis.telemetry import Telemetry, TelemetrySettings, open_telemetry
from services.metrics import fleet, health, replica
from services.metrics.addresses import Resolve, system_resolve
from services.metrics.app import Metrics, open_service
from services.metrics.replica import ASK_SECONDS
from services.metrics.settings import MetricsSettings

TOKEN = "dev-admin-token"


@dataclass
class Process:
    """A replica that the test plays."""

    telemetry: Telemetry
    address: str

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])


class Api:
    """The metrics service as a script sees it."""

    def __init__(self, session: aiohttp.ClientSession, metrics: Metrics) -> None:
        self.session = session
        self.url = f"http://127.0.0.1:{metrics.http_port}"
        self.grpc_port = metrics.grpc_port
        self.prometheus_port = metrics.prometheus_port

    async def get(self, path: str) -> Any:
        async with self.session.get(self.url + path) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def ask(self, question: str) -> Any:
        """The data of one of the performance routes."""
        answer = await self.get(f"/api/performance/{question}")
        assert answer["success"] is True
        return answer["data"]

    async def text(self, path: str) -> str:
        async with self.session.get(self.url + path) as response:
            assert response.status == 200
            return await response.text()

    async def families(self) -> dict[str, Metric]:
        """The Prometheus page, parsed."""
        page = await self.text("/metrics?format=prometheus")
        return {family.name: family for family in text_string_to_metric_families(page)}

    async def reset(self, token: str = TOKEN) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.post(self.url + "/api/performance/reset", headers=headers) as response:
            return response.status

    async def replicas(self, service: str) -> dict[str, dict[str, Any]]:
        """What is said of each address."""
        services = (await self.get("/metrics"))["services"]
        return {replica["address"]: replica for replica in services[service]["replicas"]}

    async def counted(self, service: str, metric: str, **labels: str) -> float:
        """A counter of all replicas together."""
        services = (await self.get("/metrics"))["services"]
        values = services[service]["together"].get(metric, {"values": []})["values"]
        return float(sum(one["value"] for one in values if labels.items() <= one["labels"].items()))


OpenApi = Callable[..., AbstractAsyncContextManager[Api]]


@pytest.fixture(autouse=True)
def always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test has just changed is seen at once, however busy the machine is."""
    monkeypatch.setattr(fleet, "_FRESH_SECONDS", 0.0)
    monkeypatch.setattr(replica, "ASK_SECONDS", 60.0)


@pytest.fixture
def as_impatient_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of how soon silence is noticed."""
    monkeypatch.setattr(replica, "ASK_SECONDS", ASK_SECONDS)


@pytest.fixture
def however_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that stood still for seconds makes nobody ill."""
    monkeypatch.setattr(health, "_MEAN_SECONDS", (60.0, 120.0))


async def well() -> None:
    """A probe that finds nothing wrong."""


@contextlib.asynccontextmanager
async def process(
    service: str, *, host: str = "127.0.0.1", port: int = 0, probe: Callable[[], Awaitable[None]] = well
) -> AsyncIterator[Process]:
    """A replica of a service, serving."""
    async with (
        open_telemetry(service, load(TelemetrySettings, {})) as telemetry,
        serving(telemetry, port, host=host, probe=probe) as address,
    ):
        yield Process(telemetry, address)


@contextlib.asynccontextmanager
async def serving(
    telemetry: Telemetry, port: int = 0, *, host: str = "127.0.0.1", probe: Callable[[], Awaitable[None]] = well
) -> AsyncIterator[str]:
    """Serve these numbers; gives the address."""
    async with serve_grpc(
        f"{host}:{port}", register=[], services=["hailwire.test"], probe=probe, telemetry=telemetry
    ) as server:
        yield f"{host}:{server.port}"


@contextlib.asynccontextmanager
async def opened(targets: str, resolve: Resolve = system_resolve, **environ: str) -> AsyncIterator[Api]:
    """A metrics service that watches these targets, and nobody else."""
    given = {
        "HAILWIRE_ENV": "development",
        "METRICS_HTTP_PORT": "0",
        "METRICS_GRPC_PORT": "0",
        "METRICS_PROMETHEUS_PORT": "0",
        "METRICS_TARGETS": targets,
        # Who looks while a reading of the background is under way is shown that one, which may be too old.
        "METRICS_INTERVAL_SECONDS": "60",
        **environ,
    }
    async with (
        open_service(load(MetricsSettings, given), resolve) as metrics,
        aiohttp.ClientSession() as session,
    ):
        api = Api(session, metrics)
        await api.get("/metrics")  # shares the first reading of the background, or comes after it
        yield api


@pytest.fixture
async def gateway() -> AsyncIterator[Process]:
    """One replica of the gateway."""
    async with process("gateway") as made:
        yield made


@pytest.fixture
async def api(gateway: Process) -> AsyncIterator[Api]:
    """A metrics service that watches it."""
    async with opened(f"gateway={gateway.address}") as api:
        yield api
