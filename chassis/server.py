"""The gRPC server of a service: interceptors, health that tells the truth, reflection in development, drain."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from chassis import errors, logs
from chassis.interceptors import ServerInterceptor
from chassis.performance import PerformanceServicer
from chassis.security import AllowedCallers, SecuritySettings
from chassis.telemetry import Telemetry
from hailwire.ops.v1 import ops_pb2, ops_pb2_grpc

log = logs.get(__name__)

# How often a service asks whether it can still serve, and how long a sick one waits before asking again.
_PROBE_SECONDS = 1.0
# A service that starts may need this many looks before it serves; only then is it news.
_STARTING_PROBES = 3
# How long calls under way may take to finish after a stop was asked for.
_GRACE_SECONDS = 5.0
# The health of the process itself, for whoever restarts what hangs: no database that is away changes it.
ALIVE = "alive"

OPTIONS: list[tuple[str, int]] = [
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    # Without it two servers could share a port by accident and half of the calls would go astray.
    ("grpc.so_reuseport", 0),
    # Long-lived connections would pin a client to the replicas that it found at its start.
    ("grpc.max_connection_age_ms", 5 * 60_000),
    ("grpc.max_connection_age_grace_ms", 60_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
]

Probe = Callable[[], Awaitable[None]]
Register = Callable[[grpc.aio.Server], None]


@dataclass
class GrpcServer:
    """A server that is up; `port` is where, also when 0 was asked for."""

    port: int
    health: "health.aio.HealthServicer"
    telemetry: Telemetry
    serving: bool = False
    # Set when it first serves, or when that turns out to take long (a database that is away).
    settled: asyncio.Event = field(default_factory=asyncio.Event)


@contextlib.asynccontextmanager
async def serve_grpc(
    address: str,
    *,
    register: Sequence[Register],
    services: Sequence[str],
    probe: Probe,
    telemetry: Telemetry,
    development: bool = False,
    setting: str = "",
    security: SecuritySettings | None = None,
) -> AsyncIterator[GrpcServer]:
    """Serve on "host:port". `services` are full names for health; `probe` raises while we cannot serve.

    Raises PortInUse when it cannot listen there; `setting` names the variable that would help. Without `security`
    whoever reaches the port may call.

    Health is NOT_SERVING until the probe first succeeds and whenever it fails later; on the way out it says
    NOT_SERVING first, then calls under way get their grace. The name ALIVE is SERVING from
    the start to the drain.
    """
    callers = security.allowed_callers() if security is not None else {}
    credentials = security.server_credentials() if security is not None else None
    chain: list[grpc.aio.ServerInterceptor] = [ServerInterceptor(telemetry)]
    if callers:
        chain.append(AllowedCallers(callers))
    server = grpc.aio.server(interceptors=chain, options=OPTIONS)
    servicer = health.aio.HealthServicer()
    names = ["", *services, ops_pb2.DESCRIPTOR.services_by_name["PerformanceService"].full_name]
    for name in names:
        await servicer.set(name, health_pb2.HealthCheckResponse.NOT_SERVING)
    await servicer.set(ALIVE, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    ops_pb2_grpc.add_PerformanceServiceServicer_to_server(PerformanceServicer(telemetry), server)
    for add in register:
        add(server)
    if development:
        from grpc_reflection.v1alpha import reflection

        reflection.enable_server_reflection([*names[1:], health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    try:
        port = server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    except RuntimeError as error:  # all that grpc says
        hint = f"; set {setting} to another port" if setting else ""
        raise errors.PortInUse(f"cannot listen on {address}{hint}") from error
    await server.start()
    up = GrpcServer(port, servicer, telemetry)
    watch = asyncio.create_task(_watch(up, names, probe))
    guarded = {"tls": True} if credentials else {}
    log.info("grpc serving", port=port, **guarded, **({"callers": sorted(set(callers.values()))} if callers else {}))
    try:
        yield up
    finally:
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch
        telemetry.serving(False)
        await servicer.enter_graceful_shutdown()
        await server.stop(_GRACE_SECONDS)


async def _watch(up: GrpcServer, names: Sequence[str], probe: Probe) -> None:
    told = ""
    served = False
    failures = 0
    while True:
        try:
            async with asyncio.timeout(5):
                await probe()
            healthy = True
        except Exception as error:  # noqa: BLE001 - whatever it is, it means that we cannot serve
            healthy = False
            reason = error.reason if isinstance(error, errors.HailwireError) else type(error).__name__
            failures += 1
            if failures == _STARTING_PROBES:
                up.settled.set()
            if reason != told and (served or failures >= _STARTING_PROBES):
                told = reason
                log.warning("not serving", reason=reason)
        if healthy != up.serving:
            up.serving = healthy
            up.telemetry.serving(healthy)
            state = health_pb2.HealthCheckResponse.SERVING if healthy else health_pb2.HealthCheckResponse.NOT_SERVING
            for name in names:
                await up.health.set(name, state)
            if healthy:
                if told:
                    log.info("serving again" if served else "serving at last")
                told = ""
                served = True
                up.settled.set()
        await asyncio.sleep(_PROBE_SECONDS if up.serving else _PROBE_SECONDS / 5)
