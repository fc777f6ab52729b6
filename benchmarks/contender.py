"""What is measured: Hailwire's mesh, the peer in one or several processes, and the floor, on one machine."""

import asyncio
import contextlib
import itertools
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks import payloads
from benchmarks.load import Answers, Order, SteadyOrder
from launcher import ports
from launcher.probe import http_status, listens
from loadtest.processes import BenchmarkError, Started, deadline, until

MESH = "hailwire"
# With a gateway for each of two cores: replicas are how the mesh grows, and one gateway is one thread of Python.
TWICE = f"{MESH}, 2 gateways"
# In the order in which they are drained.
_SERVICES = ("gateway", "trips", "profile")
_GATEWAY_PORTS = ("GATEWAY_HTTP_PORT", "GATEWAY_GRPC_PORT", "GATEWAY_PROMETHEUS_PORT")


@dataclass(frozen=True)
class Scenario:
    """`turns`: each message is answered, not only stored. `sends`: the answer goes to the provider."""

    name: str
    turns: bool
    sends: bool


STORED = Scenario("durable ingest", turns=False, sends=False)
TURNED = Scenario("full turn", turns=True, sends=False)
ANSWERED = Scenario("full turn and sent", turns=True, sends=True)


@dataclass(frozen=True)
class Contender:
    """Who: the mesh with its replicas of the gateway, the peer in `processes`, or the floor, which only stores."""

    name: str
    processes: int
    gateways: int = 0

    @property
    def is_mesh(self) -> bool:
        """Whether it is ours."""
        return self.gateways > 0

    def takes_part(self, scenario: Scenario) -> bool:
        """Whether it does all that a message needs to be done there."""
        return self.name != FLOOR.name or scenario == STORED


FLOOR = Contender("floor", 1)
CONTENDERS = (
    Contender(MESH, len(_SERVICES), gateways=1),
    Contender(TWICE, len(_SERVICES) + 1, gateways=2),
    Contender("peer, 1 process", 1),
    Contender(f"peer, {len(_SERVICES)} processes", len(_SERVICES)),
    FLOOR,
)


@dataclass(frozen=True)
class Running:
    """A contender that serves webhooks at `ports`."""

    ports: Sequence[int]
    grpc_ports: Mapping[str, int]
    processes: Sequence[Started]

    @property
    def process_ids(self) -> list[int]:
        """Everything that serves; descendants belong to it."""
        return [process.process_id for process in self.processes]

    def check(self) -> None:
        """Raise when one has ended."""
        for process in self.processes:
            process.check()


@contextlib.asynccontextmanager
async def running(
    contender: Contender, scenario: Scenario, dsn: str, folder: Path, provider_port: int
) -> AsyncIterator[Running]:
    """The contender on this database, ready; stopped in order when the block ends."""
    start = _mesh if contender.is_mesh else _floor if contender == FLOOR else _peer
    started: list[Started] = []
    try:
        up = start(contender, scenario, dsn, folder, provider_port, started)
        end = deadline()
        for port in up.ports:
            while await http_status(port, "/readyz") != 200:
                up.check()
                if asyncio.get_running_loop().time() > end:
                    raise BenchmarkError(f"{contender.name} is not ready; see {folder}")
                await asyncio.sleep(0.05)
        yield up
    finally:
        for process in started:
            process.ask_to_stop()
            process.gone()


def _mesh(
    contender: Contender, scenario: Scenario, dsn: str, folder: Path, provider_port: int, started: list[Started]
) -> Running:
    names = [f"{service.upper()}_{kind}_PORT" for service in _SERVICES for kind in ("GRPC", "PROMETHEUS")]
    numbers = dict(zip([*names, "GATEWAY_HTTP_PORT"], ports.choose(len(names) + 1), strict=True))
    # As `hailwire up` sets a machine up, but with the log level of production. What a scenario leaves out is left out
    # by the settings that operators have for it.
    environ = {
        "HAILWIRE_ENV": "development",
        "LOG_LEVEL": "INFO",
        "HAILWIRE_HOME": str(folder),
        "DATABASE_URL": dsn,
        "PROFILE_TARGET": f"127.0.0.1:{numbers['PROFILE_GRPC_PORT']}",
        "TRIPS_TARGET": f"127.0.0.1:{numbers['TRIPS_GRPC_PORT']}",
        "WA_GRAPH_URL": f"http://127.0.0.1:{provider_port}/graph/v25.0",
        "TWILIO_API_URL": f"http://127.0.0.1:{provider_port}/twilio",
        **{name: str(port) for name, port in numbers.items()},
    }
    if not scenario.turns:
        environ["GATEWAY_MAX_TURNS"] = "0"
    if not scenario.sends:
        environ["GATEWAY_SENDING_STOPPED"] = "true"
    for service in _SERVICES:  # one by one, so that whatever has started is stopped when the next one cannot be
        process = Started(service, ["-m", "launcher", service], environ, folder / f"{service}.log")
        started.append(process)
    web = [numbers["GATEWAY_HTTP_PORT"]]
    for replica in range(2, contender.gateways + 1):
        own = dict(zip(_GATEWAY_PORTS, ports.choose(len(_GATEWAY_PORTS)), strict=True))
        theirs = {**environ, **{name: str(port) for name, port in own.items()}}
        started.append(Started("gateway", ["-m", "launcher", "gateway"], theirs, folder / f"gateway-{replica}.log"))
        web.append(own["GATEWAY_HTTP_PORT"])
    grpc_ports = {service: numbers[f"{service.upper()}_GRPC_PORT"] for service in _SERVICES}
    return Running(web, grpc_ports, started)


def _peer(
    contender: Contender, scenario: Scenario, dsn: str, folder: Path, provider_port: int, started: list[Started]
) -> Running:
    (port,) = ports.choose(1)
    environ = {
        "DATABASE_URL": dsn,
        "WA_APP_SECRET": payloads.APP_SECRET,
        "WA_PHONE_NUMBER_ID": payloads.PHONE_NUMBER_ID,
        "PEER_TURNS": "yes" if scenario.turns else "no",
        "PEER_GRAPH_URL": f"http://127.0.0.1:{provider_port}/graph/v25.0" if scenario.sends else "",
    }
    command = ["-m", "benchmarks.peer", str(port), str(contender.processes)]
    started.append(Started("peer", command, environ, folder / "peer.log"))
    return Running([port], {}, started)


def _floor(
    _contender: Contender, _scenario: Scenario, dsn: str, folder: Path, _provider_port: int, started: list[Started]
) -> Running:
    (port,) = ports.choose(1)
    environ = {"DATABASE_URL": dsn, "WA_APP_SECRET": payloads.APP_SECRET}
    started.append(Started("floor", ["-m", "benchmarks.floor", str(port)], environ, folder / "floor.log"))
    return Running([port], {}, started)


@contextlib.asynccontextmanager
async def provider(folder: Path) -> AsyncIterator[int]:
    """The stand-in for Meta, whose time is nobody's here; gives its port."""
    (port,) = ports.choose(1)
    process = Started("provider", ["-m", "benchmarks.provider", str(port)], {}, folder / "provider.log")
    try:
        await until(lambda: listens(port), process)
        yield port
    finally:
        process.ask_to_stop()
        process.gone()


class Posting:
    """An order of a load generator, which is the program of that module: prepared, then posted."""

    def __init__(self, order: Order | SteadyOrder, folder: Path, module: str = "benchmarks.load") -> None:
        words = orjson.dumps(asdict(order)).decode()
        self._process = Started("load", ["-m", module, words], {}, folder / "load.log")

    async def prepared(self) -> None:
        """Every request is written and signed, every connection open."""
        if await self._line() != "ready":
            self._process.check()
            raise BenchmarkError("the load generator did not get ready")

    async def posted(self) -> Answers:
        """Post everything and answer what came back."""
        return Answers(**await self.told())

    async def told(self) -> Any:
        """Post everything; what the generator says of it."""
        pipe = self._process.process.stdin
        if pipe is None:
            raise BenchmarkError("the load generator has no input")
        pipe.write("go\n")
        pipe.flush()
        line = await self._line()
        if not line:
            self._process.check()
            raise BenchmarkError("the load generator said nothing")
        self._process.gone()
        return orjson.loads(line)

    def abandon(self) -> None:
        """End it, whatever it does."""
        self._process.process.kill()
        self._process.gone()

    async def _line(self) -> str:
        pipe = self._process.process.stdout
        return (await asyncio.to_thread(pipe.readline)).strip() if pipe is not None else ""


_runs = itertools.count(1)


def run_name() -> str:
    """A name that makes the ids of a run's messages its own."""
    return f"{secrets.token_hex(4)}-{next(_runs)}"
