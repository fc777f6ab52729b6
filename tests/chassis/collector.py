"""A collector of traces as OpenTelemetry's protocol describes it, in the test's own loop."""

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from chassis.settings import load
from chassis.telemetry import Telemetry, TelemetrySettings, open_telemetry


class Collector:
    """What was exported to it."""

    def __init__(self) -> None:
        self.url = ""
        self.awake = asyncio.Event()  # it answers nobody while this is not set
        self.awake.set()
        self.bodies: list[bytes] = []
        self.spans: dict[str, list[Span]] = {}  # by the name of the service that sent them

    def named(self, service: str, name: str) -> Span:
        """The only span of that name."""
        (span,) = (span for span in self.spans[service] if span.name == name)
        return span

    def telemetry(self, service: str, **environ: str) -> contextlib.AbstractAsyncContextManager[Telemetry]:
        """Telemetry that exports to this collector."""
        return open_telemetry(service, load(TelemetrySettings, {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, **environ}))

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        await self.awake.wait()
        if request.headers.get("Content-Encoding") == "gzip" and body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            attributes = {item.key: item.value.string_value for item in resource.resource.attributes}
            spans = self.spans.setdefault(attributes["service.name"], [])
            spans += [span for scope in resource.scope_spans for span in scope.spans]
        body = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=body, content_type="application/x-protobuf")

    @contextlib.asynccontextmanager
    async def open(self, port: int = 0) -> AsyncIterator["Collector"]:
        """Listen on this port; 0: on a free one."""
        app = web.Application()
        app.router.add_post("/v1/traces", self._take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        try:
            yield self
        finally:
            await runner.cleanup()
