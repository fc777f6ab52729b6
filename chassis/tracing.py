"""Where spans go when a collector is configured; imported only then."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from chassis.sampling import AtTheEnd, AtTheRoot

if TYPE_CHECKING:
    from chassis.telemetry import TelemetrySettings

# How long the end of a process waits for its last spans to be taken.
_FLUSH_SECONDS = 3.0


@contextlib.asynccontextmanager
async def open_tracers(settings: "TelemetrySettings", resource: Mapping[str, str]) -> AsyncIterator[TracerProvider]:
    """Spans of one process, sent to the collector of the settings; what is left is sent on the way out."""
    tracers = TracerProvider(
        resource=Resource.create(resource),
        sampler=AtTheRoot(settings.sample_ratio),
        # A batch span links to each of its callers; the default of 128 would forget some.
        span_limits=SpanLimits(max_links=1024),
    )
    exporter = OTLPSpanExporter(endpoint=settings.otlp_endpoint.rstrip("/") + "/v1/traces")
    tracers.add_span_processor(AtTheEnd(BatchSpanProcessor(exporter), settings.slow_request_ms / 1000))
    try:
        yield tracers
    finally:
        await _shut_down(tracers)


async def _shut_down(tracers: TracerProvider) -> None:
    """Export what is left, beside the loop and not for ever: a collector that is away must not hold up the end."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def work() -> None:
        tracers.shutdown()
        with contextlib.suppress(RuntimeError):  # the loop is closed by now
            loop.call_soon_threadsafe(done.set)

    # A daemon, because threads of an executor would be waited for when the process ends.
    threading.Thread(target=work, name="telemetry-shutdown", daemon=True).start()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_FLUSH_SECONDS):
            await done.wait()
