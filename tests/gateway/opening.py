"""A whole mesh in the test's own process: gateway, profile, trips and simulator on free ports over a real database."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import asyncpg

from chassis.settings import load
from launcher import ports
from services.gateway.app import open_gateway
from services.gateway.settings import GatewaySettings
from services.profile.app import open_service as open_profile
from services.profile.settings import ProfileSettings
from services.trips.app import open_service as open_trips
from services.trips.settings import TripsSettings
from simulator.app import simulator
from simulator.settings import SimulatorSettings
from tests.gateway.mesh import PUBLIC, Mesh, until

LEASE_SECONDS = 1.0
# Everything shares one loop of a machine that runs other tests: only what fails takes that long.
WARMUP_SECONDS = 30


@contextlib.asynccontextmanager
async def open_mesh(
    database_url: str, home: Path, *, wait_until_ready: bool = True, **environ: str
) -> AsyncIterator[Mesh]:
    """A mesh over a migrated database; settings of any of its processes are given by name."""
    http_port = ports.choose(1)[0]
    common = {"HAILWIRE_ENV": "development", "DATABASE_URL": database_url, "PUBLIC_BASE_URL": PUBLIC}
    async with contextlib.AsyncExitStack() as stack:
        # Shorter than the server keeps idle connections: one that it has just closed would fail the next post.
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=2)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        # Straight to the server, whatever lies between it and the services.
        direct = environ.pop("TEST_DATABASE_URL", database_url)
        database = await stack.enter_async_context(asyncpg.create_pool(direct, min_size=1, max_size=3))
        mesh = Mesh(f"http://127.0.0.1:{http_port}", direct, session, database)
        mesh.home = home
        mesh._simulator = await stack.enter_async_context(
            simulator(
                load(
                    SimulatorSettings,
                    {
                        **common,
                        "SIMULATOR_HTTP_PORT": "0",
                        "SIMULATOR_STATUS_DELAY_MS": "5",
                        "SIMULATOR_THROUGHPUT": "0",
                        "SIMULATOR_GATEWAY_URL": mesh.url,
                        **environ,
                    },
                )
            )
        )
        profile_port, trips_port = ports.choose(2)
        mesh.prometheus_ports = {"profile": profile_port, "trips": trips_port}
        targets: dict[str, str] = {
            name: environ[name] for name in ("PROFILE_TARGET", "TRIPS_TARGET") if name in environ
        }
        # A service whose target is given is run by the test itself.
        if "PROFILE_TARGET" not in targets:
            own = {"PROFILE_GRPC_PORT": "0", "PROFILE_PROMETHEUS_PORT": str(profile_port)}
            profile = await stack.enter_async_context(open_profile(load(ProfileSettings, {**common, **own, **environ})))
            targets["PROFILE_TARGET"] = f"127.0.0.1:{profile.port}"
        if "TRIPS_TARGET" not in targets:
            own = {"TRIPS_GRPC_PORT": "0", "TRIPS_PROMETHEUS_PORT": str(trips_port)}
            trips = await stack.enter_async_context(open_trips(load(TripsSettings, {**common, **own, **environ})))
            targets["TRIPS_TARGET"] = f"127.0.0.1:{trips.port}"
        gateway = await stack.enter_async_context(
            open_gateway(
                load(
                    GatewaySettings,
                    {
                        **common,
                        "HAILWIRE_HOME": str(home),
                        "GATEWAY_HTTP_PORT": str(http_port),
                        "GATEWAY_GRPC_PORT": "0",
                        "GATEWAY_PROMETHEUS_PORT": "0",
                        "GATEWAY_LEASE_SECONDS": str(LEASE_SECONDS),
                        "WARMUP_TIMEOUT": str(WARMUP_SECONDS * 1000),
                        **targets,
                        "WA_GRAPH_URL": f"{mesh.simulator.url}/graph/v25.0",
                        "TWILIO_API_URL": f"{mesh.simulator.url}/twilio",
                        **environ,
                    },
                )
            )
        )
        mesh.prometheus_ports["gateway"] = gateway.prometheus_port
        mesh.grpc_port = gateway.grpc_port

        async def ready() -> bool:
            async with session.get(mesh.url + "/readyz") as response:
                return response.status == 200

        if wait_until_ready:
            await until(ready, "readiness")
        yield mesh
