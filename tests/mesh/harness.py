"""Any number of gateways, profiles and trips services plus one simulator, as processes on free ports.

    async with open_mesh(dsn, folder, gateways=2, profiles=2, trips=2) as mesh:
        mesh.gateways[0].kill()
        await mesh.gateways[0].restart()

Everything has ended when the block ends, also when the test run itself is killed. When the block raises, the end of
every log is printed, which pytest shows beside the failure.
"""

import asyncio
import contextlib
import urllib.parse
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher import ports
from tests.mesh.processes import Process, grpc_probe, http_probe

# The address that providers were told. Nobody resolves it: each post goes to a replica of the poster's choice.
PUBLIC_URL = "http://hailwire.example"

# The public development values.
APP_SECRET = "dev-app-secret"
AUTH_TOKEN = "dev-auth-token"
ACCOUNT_SID = "AC" + "0" * 32
BUSINESS_NUMBER = "+15550783881"
PHONE_NUMBER_ID = "106540352242922"

POSTGRES = "postgres"
SIMULATOR = "simulator"
# (who, whom, the port where whom listens) -> the port at which who reaches them: there may be a wire in between.
Between = Callable[[str, str, int], int]


@dataclass(frozen=True)
class Mesh:
    """The processes, and where to reach them."""

    simulator: Process
    profiles: tuple[Process, ...]
    trips: tuple[Process, ...]
    gateways: tuple[Process, ...]
    simulator_url: str
    gateway_urls: tuple[str, ...]
    dsn: str

    @property
    def processes(self) -> tuple[Process, ...]:
        """All of them, in the order in which they are drained."""
        return (*self.gateways, self.simulator, *self.trips, *self.profiles)

    @property
    def services(self) -> tuple[Process, ...]:
        """All but the simulator, which stands for somebody else's machines."""
        return (*self.gateways, *self.trips, *self.profiles)

    async def ready(self, seconds: float = 60) -> None:
        """Wait until all that run serve."""
        await asyncio.gather(*(one.ready(seconds) for one in self.processes if one.process_id is not None))


@contextlib.asynccontextmanager
async def open_mesh(
    dsn: str,
    folder: Path,
    *,
    gateways: int = 1,
    profiles: int = 1,
    trips: int = 1,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Mesh]:
    """A mesh that serves, on a migrated database; `settings` go to every process, `folder` gets homes and logs."""
    async with started(planned(dsn, folder, gateways, profiles, trips, settings or {})) as mesh:
        with _shown_when_it_fails(mesh):
            yield mesh
            await _drain(mesh)


@contextlib.asynccontextmanager
async def started(mesh: Mesh) -> AsyncIterator[Mesh]:
    """Start what was planned and wait until it serves; at the end it is killed."""
    try:
        for process in reversed(mesh.processes):
            process.start()
        with _shown_when_it_fails(mesh):
            await mesh.ready()
        yield mesh
    finally:
        for process in mesh.processes:
            process.kill()


async def _drain(mesh: Mesh) -> None:
    """Whoever takes work from outside goes first, whoever is asked goes last, as `hailwire up` does it."""
    for group in (mesh.gateways, (mesh.simulator,), mesh.trips, mesh.profiles):
        running = [process for process in group if process.process_id is not None]
        for process in running:
            process.ask_to_stop()
        codes = await asyncio.gather(*(process.stopped() for process in running))
        assert not any(codes), {process.name: code for process, code in zip(running, codes, strict=True)}


@contextlib.contextmanager
def _shown_when_it_fails(mesh: Mesh) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for process in mesh.processes:
            print(f"===== {process.name} ({process.log})\n{process.log_end()}")  # noqa: T201 - pytest shows it
        raise


def _directly(who: str, whom: str, port: int) -> int:
    return port


def ports_needed(gateways: int, profiles: int, trips: int) -> int:
    return 3 * gateways + 2 * (profiles + trips) + 1


def planned(
    dsn: str,
    folder: Path,
    gateways: int,
    profiles: int,
    trips: int,
    settings: Mapping[str, str],
    between: Between = _directly,
    numbers: Sequence[int] = (),
) -> Mesh:
    """A mesh that has its ports, `numbers` if given, and does not run yet."""
    free = iter(numbers or ports.choose(ports_needed(gateways, profiles, trips)))
    simulator_port = next(free)
    grpc_ports = {
        service: {f"{service}-{number}": next(free) for number in range(1, count + 1)}
        for service, count in (("profile", profiles), ("trips", trips))
    }
    http_ports = {f"gateway-{number}": next(free) for number in range(1, gateways + 1)}

    def process(name: str, service: str, own: Mapping[str, str], probe: str, port: int) -> Process:
        home = folder / name
        home.mkdir(parents=True, exist_ok=True)
        simulator_url = f"http://127.0.0.1:{between(name, SIMULATOR, simulator_port)}"
        given = {
            "HAILWIRE_ENV": "development",
            "DATABASE_URL": _through(dsn, lambda database_port: between(name, POSTGRES, database_port)),
            "PUBLIC_BASE_URL": PUBLIC_URL,
            "PROFILE_TARGET": _target(between(name, one, at) for one, at in grpc_ports["profile"].items()),
            "TRIPS_TARGET": _target(between(name, one, at) for one, at in grpc_ports["trips"].items()),
            "WA_GRAPH_URL": f"{simulator_url}/graph/v25.0",
            "TWILIO_API_URL": f"{simulator_url}/twilio",
            "SIMULATOR_GATEWAY_URL": ",".join(_url(between(name, one, at)) for one, at in http_ports.items()),
            "SIMULATOR_PAIR_BURST": "0",
            "SIMULATOR_THROUGHPUT": "0",
            "HAILWIRE_HOME": str(home),
        }
        return Process(
            name,
            service,
            {**given, **own, **settings},
            folder / f"{name}.log",
            http_probe(port, probe) if probe else grpc_probe(port),
        )

    def served_by_grpc(service: str) -> tuple[Process, ...]:
        prefix = service.upper()
        return tuple(
            process(
                name,
                service,
                {f"{prefix}_GRPC_PORT": str(port), f"{prefix}_PROMETHEUS_PORT": str(next(free))},
                "",
                port,
            )
            for name, port in grpc_ports[service].items()
        )

    return Mesh(
        simulator=process(
            SIMULATOR, SIMULATOR, {"SIMULATOR_HTTP_PORT": str(simulator_port)}, "/healthz", simulator_port
        ),
        profiles=served_by_grpc("profile"),
        trips=served_by_grpc("trips"),
        gateways=tuple(
            process(
                name,
                "gateway",
                {
                    "GATEWAY_HTTP_PORT": str(port),
                    "GATEWAY_GRPC_PORT": str(next(free)),
                    "GATEWAY_PROMETHEUS_PORT": str(next(free)),
                },
                "/readyz",
                port,
            )
            for name, port in http_ports.items()
        ),
        simulator_url=_url(simulator_port),
        gateway_urls=tuple(map(_url, http_ports.values())),
        dsn=dsn,
    )


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _through(dsn: str, port_of: Callable[[int], int]) -> str:
    """The same database by another port."""
    parts = urllib.parse.urlsplit(dsn)
    if parts.port is None:
        return dsn
    port = port_of(parts.port)
    return parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}").geturl()


def _target(numbers: Iterable[int]) -> str:
    """All replicas, each call to the next."""
    return "ipv4:" + ",".join(f"127.0.0.1:{port}" for port in numbers)
