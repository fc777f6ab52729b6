"""What the kubelet and Docker ask is asked here too, of the real services with the settings of the manifests."""

import asyncio
import contextlib
import importlib.machinery
import importlib.util
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp
import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from launcher import ports
from services.gateway.app import open_gateway
from services.metrics.app import open_service as open_metrics
from services.profile.app import open_service as open_profile
from services.trips.app import open_service as open_trips
from simulator.app import simulator
from tests.chassis.polling import until_awaited
from tests.deploy import deployed, tools
from tests.deploy.manifests import Manifests
from tests.hailwire import authority

# Nothing listens there.
NO_DATABASE = "postgresql://nobody:nothing@127.0.0.1:1/nowhere"
OPENED = {
    "gateway": open_gateway,
    "profile": open_profile,
    "trips": open_trips,
    "metrics": open_metrics,
    "simulator": simulator,
}


@contextlib.asynccontextmanager
async def opened(manifests: Manifests, name: str, home: Path, **changes: str) -> AsyncIterator[dict[int, int]]:
    """A service as its container starts it, on free ports of this machine: the port there by the port here."""
    container = manifests.main(name)
    environ = deployed.read(manifests, manifests.pod(name), container)
    asked = {one["name"]: one["containerPort"] for one in container["ports"]}
    taken = dict(zip(asked, ports.choose(len(asked)), strict=True))
    for kind, port in taken.items():
        prefix = f"{name}_{kind}".upper()
        environ |= {f"{prefix}_PORT": str(port), f"{prefix}_HOST": "127.0.0.1"}
    environ |= {"HAILWIRE_HOME": str(home), "METRICS_TARGETS": "metrics=127.0.0.1:1", **changes}
    opener: Any = OPENED[name]
    async with opener(deployed.settings(name, environ)):
        yield {asked[kind]: taken[kind] for kind in asked}


async def answers(manifests: Manifests, name: str, probe: dict[str, Any], here: dict[int, int]) -> bool:
    """Whether a probe of the container succeeds."""
    if "grpc" in probe:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{here[probe['grpc']['port']]}") as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            asked = health_pb2.HealthCheckRequest(service=probe["grpc"].get("service", ""))
            return bool((await stub.Check(asked)).status == health_pb2.HealthCheckResponse.SERVING)
    named = {one["name"]: one["containerPort"] for one in manifests.main(name)["ports"]}
    address = f"http://127.0.0.1:{here[named[probe['httpGet']['port']]]}{probe['httpGet']['path']}"
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        assert response.status in {200, 503}
        return response.status == 200


@pytest.mark.parametrize("name", ["gateway", "profile", "trips", "metrics"])
async def test_without_a_database(production_manifests: Manifests, name: str, tmp_path: Path) -> None:
    """A service whose database is away is alive, so that nobody restarts it; who needs one to begin is not ready."""
    changes = {"DATABASE_URL": NO_DATABASE, "DATABASE_DIRECT_URL": ""} if name != "metrics" else {}
    container = production_manifests.main(name)
    async with opened(production_manifests, name, tmp_path, **changes) as here:
        assert await answers(production_manifests, name, container["livenessProbe"], here)
        first: dict[str, Any] = container.get("startupProbe") or container["readinessProbe"]
        if name == "metrics":

            async def ready() -> bool:
                return await answers(production_manifests, name, first, here)

            await until_awaited(ready)
        else:
            assert not await answers(production_manifests, name, first, here)


@pytest.mark.parametrize("name", ["profile", "trips"])
async def test_with_a_database(
    production_manifests: Manifests, name: str, tmp_path: Path, fresh_database_url: str
) -> None:
    """A service that has what it needs becomes ready."""
    container = production_manifests.main(name)
    changes = {"DATABASE_URL": fresh_database_url, "DATABASE_DIRECT_URL": ""}
    async with opened(production_manifests, name, tmp_path, **changes) as here:

        async def ready() -> bool:
            return await answers(production_manifests, name, container["readinessProbe"], here)

        await until_awaited(ready)


async def test_a_gateway_stays_behind_the_ingress(production_manifests: Manifests, tmp_path: Path) -> None:
    """A gateway that has begun gets webhooks while its database is away: it answers 503 and keeps them in its spool."""
    probe = production_manifests.main("gateway")["readinessProbe"]
    async with opened(
        production_manifests, "gateway", tmp_path, DATABASE_URL=NO_DATABASE, DATABASE_DIRECT_URL=""
    ) as here:
        assert await answers(production_manifests, "gateway", probe, here)


@pytest.fixture
def health() -> ModuleType:
    """The image's own health command."""
    path = tools.ROOT / "deploy" / "image" / "hailwire-health"
    loader = importlib.machinery.SourceFileLoader("hailwire_health", str(path))
    spec = importlib.util.spec_from_loader("hailwire_health", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["gateway", "profile", "trips", "metrics", "simulator"])
async def test_healthcheck(
    health: ModuleType, dev_text: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HEALTHCHECK finds each service at its port, and says so when it is gone."""
    manifests = Manifests(dev_text)
    monkeypatch.setattr(health, "command", lambda: name)
    changes = {} if name in {"metrics", "simulator"} else {"DATABASE_URL": NO_DATABASE, "DATABASE_DIRECT_URL": ""}
    async with opened(manifests, name, tmp_path, **changes) as here:
        for one in manifests.main(name)["ports"]:
            monkeypatch.setenv(f"{name.upper()}_{one['name'].upper()}_PORT", str(here[one["containerPort"]]))
        monkeypatch.setattr(health, "SECONDS", 60.0)  # both sides share a machine that may stand still
        assert await asyncio.to_thread(health.main) == 0
    monkeypatch.setattr(health, "SECONDS", 0.2)
    assert await asyncio.to_thread(health.main) == 1


async def test_healthcheck_over_tls(
    health: ModuleType, dev_text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that speaks TLS only is found with the settings of its file; a stranger's certificate is refused."""
    manifests = Manifests(dev_text)
    monkeypatch.setattr(health, "command", lambda: "profile")
    made = authority.make(tmp_path / "tls", "profile")
    changes = {"DATABASE_URL": NO_DATABASE, "DATABASE_DIRECT_URL": "", **made.environ}
    file = tmp_path / "settings.env"
    monkeypatch.setenv("HAILWIRE_ENV_FILE", str(file))
    async with opened(manifests, "profile", tmp_path, **changes) as here:
        (port,) = (one["containerPort"] for one in manifests.main("profile")["ports"] if one["name"] == "grpc")
        settings = {"PROFILE_GRPC_PORT": str(here[port]), **made.environ}
        file.write_text("\n".join(f"{name}={value}" for name, value in settings.items()))
        monkeypatch.setattr(health, "SECONDS", 60.0)
        assert await asyncio.to_thread(health.main) == 0
        monkeypatch.setattr(health, "SECONDS", 0.5)
        another = authority.make(tmp_path / "another", "profile")
        monkeypatch.setenv("GRPC_TLS_CA_FILE", str(another.ca))
        assert await asyncio.to_thread(health.main) == 1
