"""Whether the gateway says the truth about itself."""

import contextlib
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.settings import load
from launcher import ports
from services.profile.app import open_service as open_profile
from services.profile.settings import ProfileSettings
from tests.gateway.conftest import Open
from tests.gateway.mesh import Mesh, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def ready(mesh: Mesh) -> tuple[int, dict[str, Any]]:
    async with mesh.session.get(mesh.url + "/readyz") as response:
        return response.status, await response.json()


async def test_a_service_that_never_was_there(open_here: Open, fresh_database_url: str) -> None:
    """A gateway whose profile service has never served is alive, not ready, says what is missing, and gets ready."""
    port, metrics = ports.choose(2)
    environ = {
        "HAILWIRE_ENV": "development",
        "DATABASE_URL": fresh_database_url,
        "PROFILE_GRPC_PORT": str(port),
        "PROFILE_PROMETHEUS_PORT": str(metrics),
    }
    async with contextlib.AsyncExitStack() as stack:
        mesh = await stack.enter_async_context(open_here(PROFILE_TARGET=f"127.0.0.1:{port}", wait_until_ready=False))
        async with mesh.session.get(mesh.url + "/healthz") as response:
            assert response.status == 200

        async def all_but_profile() -> bool:
            status, told = await ready(mesh)
            assert (status, told["ready"]) == (503, False)
            missing = {name for name, one in told["dependencies"].items() if not one["ok"]}
            return missing == {"profile", "profile now"}

        await until(all_but_profile, "everything but the profile service")
        await stack.enter_async_context(open_profile(load(ProfileSettings, environ)))

        async def got_ready() -> bool:
            return (await ready(mesh))[0] == 200

        await until(got_ready, "readiness")


async def test_health_by_grpc(shared: Mesh) -> None:
    """The gateway's own gRPC port answers the standard health question."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{shared.grpc_port}") as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)

        async def serving() -> bool:
            answer = await stub.Check(health_pb2.HealthCheckRequest())
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

        await until(serving, "SERVING")
