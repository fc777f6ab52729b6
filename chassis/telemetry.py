"""Traces and metrics of one process: OpenTelemetry underneath, OTLP when configured, a Prometheus page always.

Counting must cost next to nothing, so a `Counter` here is a dictionary of plain numbers that an observable instrument
reads when somebody scrapes; only durations go through OpenTelemetry's histograms. Everything is passed along, nothing
is global, so that several services can live in one test process.
"""

import asyncio
import contextlib
import secrets
import socket
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field

from opentelemetry import context as otel_context
from opentelemetry import metrics, trace
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import CollectorRegistry

from chassis import resources
from chassis.settings import setting

Labels = tuple[tuple[str, str], ...]
Reading = tuple[float, dict[str, str]]

# Seconds, from a cached answer to a call that somebody gave up on.
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

# How many sets of labels one metric may have: a label that turns out to be unbounded must not fill the memory of
# everybody who scrapes. What comes after them is counted together.
_MOST_LABEL_SETS = 1000
_OVERFLOW: Labels = (("overflow", "true"),)

# How long the end of a process waits for its last spans to be taken.
_FLUSH_SECONDS = 3.0

_PROPAGATOR = TraceContextTextMapPropagator()


@dataclass(frozen=True, kw_only=True)
class TelemetrySettings:
    """Where traces go and how many are kept; the variables are OpenTelemetry's own."""

    otlp_endpoint: str = setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT", default="", help="base URL of an OTLP/HTTP collector; empty: traces stay here"
    )
    sample_ratio: float = setting(
        "OTEL_TRACES_SAMPLER_ARG", default=1.0, minimum=0.0, maximum=1.0, help="share of traces that is exported"
    )
    log_level: str = setting(
        "LOG_LEVEL",
        default="INFO",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
        help="least level that is logged; DEBUG tells what became of each message, and is what `hailwire up` chooses",
    )
    slow_request_ms: int = setting(
        "SLOW_REQUEST_MS", default=1000, minimum=1, help="requests and RPCs that take longer are logged, in ms"
    )


def _key(labels: dict[str, str]) -> Labels:
    """The same for the same labels in any order."""
    return tuple(labels.items()) if len(labels) < 2 else tuple(sorted(labels.items()))


class Counter:
    """A number that only grows, by labels. `add` is a dictionary update."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: dict[Labels, float] = {}

    def add(self, amount: float = 1, **labels: str) -> None:
        """Count; label values come from small fixed sets. Raises ValueError for less than nothing."""
        if amount < 0:
            raise ValueError("a counter only grows")
        key = _key(labels)
        known = self._values.get(key)
        if known is None:
            key = key if len(self._values) < _MOST_LABEL_SETS else _OVERFLOW
            known = self._values.get(key, 0)
        self._values[key] = known + amount

    def value(self, **labels: str) -> float:
        """What was counted under exactly these labels."""
        return self._values.get(_key(labels), 0)

    def read(self) -> Iterator[Reading]:
        """Every (value, labels)."""
        for key, value in list(self._values.items()):
            yield value, dict(key)


@dataclass
class Histogram:
    """Durations in seconds by labels."""

    instrument: metrics.Histogram
    _seen: set[Labels] = field(default_factory=set)

    def record(self, seconds: float, **labels: str) -> None:
        """One duration."""
        key = _key(labels)
        if key not in self._seen:
            if len(self._seen) >= _MOST_LABEL_SETS:
                labels = dict(_OVERFLOW)
            else:
                self._seen.add(key)
        self.instrument.record(seconds, labels)

    @contextlib.contextmanager
    def time(self, **labels: str) -> Iterator[None]:
        """The duration of a block, whatever its end."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.record(time.perf_counter() - started, **labels)


@dataclass
class Telemetry:
    """What a process measures itself with. Instruments of one name are one instrument."""

    service: str
    instance_id: str
    tracer: trace.Tracer
    meter: metrics.Meter
    registry: CollectorRegistry
    tracing: bool
    slow_seconds: float = 1.0
    started_at: float = field(default_factory=time.time)
    # Gauges of which every replica shows the same.
    shared: set[str] = field(default_factory=set)
    _cold_start_ms: float = 0.0
    _serving: bool = False
    _counters: dict[str, Counter] = field(default_factory=dict)
    _histograms: dict[str, Histogram] = field(default_factory=dict)
    _gauges: dict[str, list[Callable[[], Iterable[Reading]]]] = field(default_factory=dict)

    def counter(self, name: str, help: str) -> Counter:  # noqa: A002 - the field's word
        """The counter of that name, exported as hailwire_<name>_total."""
        if name not in self._counters:
            counter = self._counters[name] = Counter()

            def observe(_: metrics.CallbackOptions) -> Iterable[metrics.Observation]:
                return [metrics.Observation(value, labels) for value, labels in counter.read()]

            self.meter.create_observable_counter(f"hailwire_{name}", [observe], description=help)
        return self._counters[name]

    def tally(self, name: str, help: str, read: Callable[[], Iterable[Reading]]) -> None:  # noqa: A002
        """A number that only grows and that somebody else keeps, read when somebody scrapes."""

        def observe(_: metrics.CallbackOptions) -> Iterable[metrics.Observation]:
            return [metrics.Observation(value, labels) for value, labels in read()]

        self.meter.create_observable_counter(f"hailwire_{name}", [observe], description=help)

    def gauge(
        self,
        name: str,
        help: str,  # noqa: A002
        read: Callable[[], Iterable[Reading]],
        *,
        shared: bool = False,
    ) -> None:
        """A number that goes up and down, read when somebody scrapes; several readers of one name add their labels.

        `shared`: it describes the database, so that every replica shows the same and nobody may add them up.
        """
        if shared:
            self.shared.add(f"hailwire_{name}")
        if name in self._gauges:
            self._gauges[name].append(read)
            return
        readers = self._gauges[name] = [read]

        def observe(_: metrics.CallbackOptions) -> Iterable[metrics.Observation]:
            return [metrics.Observation(value, labels) for reader in readers for value, labels in reader()]

        self.meter.create_observable_gauge(f"hailwire_{name}", [observe], description=help)

    def histogram(self, name: str, help: str) -> Histogram:  # noqa: A002
        """Durations, exported as hailwire_<name>_seconds."""
        if name not in self._histograms:
            instrument = self.meter.create_histogram(f"hailwire_{name}", unit="s", description=help)
            self._histograms[name] = Histogram(instrument)
        return self._histograms[name]

    def serving(self, now: bool) -> None:  # noqa: FBT001 - reads as a sentence
        """Whether this process can do its work now; its first time ends the cold start."""
        if now and not self._cold_start_ms:
            age = resources.age_seconds()
            self._cold_start_ms = (time.time() - self.started_at if age is None else age) * 1000
        self._serving = now

    def watch_process(self) -> None:
        """What this process uses and whether it works."""
        self.gauge("serving", "1 while this process can do its work", lambda: [(float(self._serving), {})])
        self.gauge(
            "cold_start_duration_ms",
            "from the start of the process until it first served, in ms",
            lambda: [(self._cold_start_ms, {})] if self._cold_start_ms else [],
        )
        self.gauge("process_start_time_seconds", "when the process started", lambda: [(self.started_at, {})])
        self.gauge("process_resident_bytes", "memory, shared pages included", _one(resources.resident_bytes))
        memory = resources.ProportionalMemory()
        self.gauge("process_proportional_bytes", "memory, with each shared page divided among its users", memory.read)
        self.tally("process_cpu_seconds", "processor time that the process has used", _one(time.process_time))

    @contextlib.contextmanager
    def span(
        self,
        name: str,
        *,
        kind: trace.SpanKind = trace.SpanKind.INTERNAL,
        parent: str = "",
        links: Iterable[str] = (),
        attributes: dict[str, str | int | float | bool] | None = None,
    ) -> Iterator[trace.Span]:
        """A span around a block; `parent` and `links` are traceparent headers. Nothing happens unless traces go out."""
        if not self.tracing:
            yield trace.INVALID_SPAN
            return
        context = extract({"traceparent": parent}) if parent else None
        with self.tracer.start_as_current_span(
            name,
            context=context,
            kind=kind,
            links=_links(links),
            attributes=attributes,
            # Both would put the text of an exception, which may quote what a person wrote, into the span.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except Exception as error:
                span.set_status(trace.StatusCode.ERROR, getattr(error, "reason", type(error).__name__))
                raise


def _one(read: Callable[[], float]) -> Callable[[], list[Reading]]:
    """A number without labels, as an instrument reads it."""
    return lambda: [(read(), {})]


def _links(parents: Iterable[str]) -> list[trace.Link]:
    spans = (trace.get_current_span(extract({"traceparent": parent})) for parent in parents if parent)
    contexts = (span.get_span_context() for span in spans)
    return [trace.Link(context) for context in contexts if context.is_valid]


def traceparent() -> str:
    """The current span as a W3C traceparent header; empty without one."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent", "")


def new_traceparent() -> str:
    """A trace of its own that no collector hears of: its id still tells what belongs together."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"


def trace_of(parent: str) -> dict[str, str]:
    """The trace id in a traceparent header, as the field of a log line outside its span; nothing without one."""
    return {"trace_id": parent[3:35]} if len(parent) == 55 else {}


def extract(carrier: dict[str, str]) -> otel_context.Context:
    """The context that a caller sent along."""
    return _PROPAGATOR.extract(carrier)


@contextlib.asynccontextmanager
async def open_telemetry(service: str, settings: TelemetrySettings) -> AsyncIterator[Telemetry]:
    """Providers for one process; what is still to be exported is flushed on the way out."""
    instance_id = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
    resource = Resource.create(
        {"service.namespace": "hailwire", "service.name": service, "service.instance.id": instance_id}
    )
    registry = CollectorRegistry()
    reader = PrometheusMetricReader(disable_target_info=True, scope_info_enabled=False, registry=registry)
    buckets = View(instrument_unit="s", aggregation=ExplicitBucketHistogramAggregation(_BUCKETS))
    meters = MeterProvider([reader], resource=resource, views=[buckets])
    tracers = TracerProvider(
        resource=resource,
        sampler=ParentBasedTraceIdRatio(settings.sample_ratio),
        # A batch span links to each of its callers; the default of 128 would forget some.
        span_limits=SpanLimits(max_links=1024),
    )
    if settings.otlp_endpoint:
        # Imported here because most processes of a development machine never need it.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = OTLPSpanExporter(endpoint=settings.otlp_endpoint.rstrip("/") + "/v1/traces")
        tracers.add_span_processor(BatchSpanProcessor(exporter))
    telemetry = Telemetry(
        service=service,
        instance_id=instance_id,
        tracer=tracers.get_tracer("hailwire"),
        meter=meters.get_meter("hailwire"),
        registry=registry,
        tracing=bool(settings.otlp_endpoint),
        slow_seconds=settings.slow_request_ms / 1000,
    )
    telemetry.watch_process()
    try:
        yield telemetry
    finally:
        await _shut_down(tracers)
        meters.shutdown()


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
