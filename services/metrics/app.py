"""Wires the metrics service: settings, telemetry, addresses, fleet, HTTP, gRPC."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from chassis import logs, process
from chassis.http import serve_http, serve_prometheus
from chassis.requests import Measured
from chassis.response_cache import ResponseCache
from chassis.server import serve_grpc
from chassis.settings import load
from chassis.telemetry import open_telemetry
from services.metrics import routes
from services.metrics.addresses import Addresses, Resolve, system_resolve
from services.metrics.fleet import open_fleet
from services.metrics.headers import Headers
from services.metrics.replica import connecting
from services.metrics.settings import MetricsSettings

log = logs.get(__name__)


@dataclass(frozen=True)
class Metrics:
    """A metrics service that is up, and where."""

    http_port: int
    grpc_port: int
    prometheus_port: int


@contextlib.asynccontextmanager
async def open_service(settings: MetricsSettings, resolve: Resolve = system_resolve) -> AsyncIterator[Metrics]:
    """The service, until the block ends."""
    async with contextlib.AsyncExitStack() as stack:
        telemetry = await stack.enter_async_context(open_telemetry("metrics", settings))
        fleet = await stack.enter_async_context(
            open_fleet(
                Addresses(settings.targets, resolve),
                interval_seconds=settings.interval_seconds,
                resolve_seconds=settings.resolve_seconds,
                connect=connecting(
                    credentials=settings.channel_credentials(), token=settings.grpc_caller_token.reveal()
                ),
            )
        )
        prometheus_port = await stack.enter_async_context(
            serve_prometheus(
                telemetry,
                host=settings.prometheus_host,
                port=settings.prometheus_port,
                setting="METRICS_PROMETHEUS_PORT",
            )
        )

        async def ready() -> None:
            """It needs nobody: showing who is silent is its work."""

        grpc_server = await stack.enter_async_context(
            serve_grpc(
                f"{settings.grpc_host}:{settings.grpc_port}",
                register=[],
                services=["hailwire.metrics"],
                probe=ready,
                telemetry=telemetry,
                development=settings.environment == "development",
                setting="METRICS_GRPC_PORT",
                security=settings,
            )
        )
        app = routes.application(fleet, settings.admin_token)
        kept = ResponseCache(
            app,
            telemetry,
            dict.fromkeys(routes.UNCHANGING, settings.response_cache_ttl_ms / 1000),
            entries=settings.response_cache_entries,
        )
        http_port = await stack.enter_async_context(
            serve_http(
                Measured(Headers(kept), telemetry, routes.paths(app)),
                host=settings.http_host,
                port=settings.http_port,
                setting="METRICS_HTTP_PORT",
            )
        )
        log.info("metrics up", http_port=http_port, grpc_port=grpc_server.port)
        yield Metrics(http_port, grpc_server.port, prometheus_port)


async def main(environ: Mapping[str, str]) -> None:
    """Serve until the process is asked to end."""
    settings = load(MetricsSettings, environ)
    logs.configure("metrics", settings.log_level)
    async with open_service(settings):
        await process.stopped()
