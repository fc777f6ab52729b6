"""A mesh one of whose services goes away and comes back."""

import contextlib
from collections.abc import AsyncIterator

from chassis.settings import load
from launcher import ports
from services.profile.app import open_service as open_profile
from services.profile.settings import ProfileSettings
from services.trips.app import open_service as open_trips
from services.trips.settings import TripsSettings
from tests.gateway.conftest import Open
from tests.gateway.mesh import Mesh, until


class Service:
    """The one that goes away: profile or trips, always at the same address."""

    def __init__(self, name: str, database_url: str) -> None:
        self.name = name
        port, metrics = ports.choose(2)
        self.target = f"127.0.0.1:{port}"
        upper = name.upper()
        self._environ = {
            "HAILWIRE_ENV": "development",
            "DATABASE_URL": database_url,
            f"{upper}_GRPC_PORT": str(port),
            f"{upper}_PROMETHEUS_PORT": str(metrics),
        }
        self._serving = contextlib.AsyncExitStack()

    async def come(self) -> None:
        """Serve."""
        if self.name == "profile":
            await self._serving.enter_async_context(open_profile(load(ProfileSettings, self._environ)))
        else:
            await self._serving.enter_async_context(open_trips(load(TripsSettings, self._environ)))

    async def go(self) -> None:
        """End."""
        await self._serving.aclose()


@contextlib.asynccontextmanager
async def open_with(
    service: str, open_here: Open, database_url: str, **environ: str
) -> AsyncIterator[tuple[Mesh, Service]]:
    """A mesh with that service under the test's hand, serving at first."""
    away = Service(service, database_url)
    await away.come()
    try:
        async with open_here(**{f"{service.upper()}_TARGET": away.target}, **environ) as mesh:
            yield mesh, away
    finally:
        await away.go()


async def put_off(mesh: Mesh, times: int = 1) -> None:
    """Wait until turns were put off so many times more."""
    before = await mesh.metric("hailwire_turns_total", ending="postponed")

    async def enough() -> bool:
        return await mesh.metric("hailwire_turns_total", ending="postponed") >= before + times

    await until(enough, "a postponed turn")
