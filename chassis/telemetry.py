"""Traces and metrics of one process: OpenTelemetry underneath, OTLP when configured, a Prometheus page always.

Counters and gauges are observable instruments of OpenTelemetry over plain numbers; durations have buckets of our own
(chassis/instruments.py), because every step of a message records some and OpenTelemetry's cost several times as much.
Everything is passed along, nothing is global, so that several services can live in one test process.
"""

import contextlib
import random
import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chassis import garbage, resources
from chassis.instruments import Counter, Histogram, Instrument, Kind, Read
from chassis.pools.statistics import Pools
from chassis.settings import setting

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from chassis.prometheus import Page

_PROPAGATOR = TraceContextTextMapPropagator()
# One for everybody: it keeps nothing, and a generator for each block would cost more than what most blocks do.
_NOT_RECORDED: contextlib.AbstractContextManager[trace.Span] = contextlib.nullcontext(trace.INVALID_SPAN)


@dataclass(frozen=True, kw_only=True)
class TelemetrySettings:
    """Where traces go and how many are kept; the variables are OpenTelemetry's own."""

    otlp_endpoint: str = setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT", default="", help="base URL of an OTLP/HTTP collector; empty: traces stay here"
    )
    sample_ratio: float = setting(
        "OTEL_TRACES_SAMPLER_ARG",
        default=1.0,
        minimum=0.0,
        maximum=1.0,
        help="share of traces that is exported; failed and slow ones always are",
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


@dataclass
class Telemetry:
    """What a process measures itself with. Instruments of one name are one instrument."""

    service: str
    instance_id: str
    tracer: trace.Tracer
    tracing: bool
    slow_seconds: float = 1.0
    started_at: float = field(default_factory=time.time)
    # Every counter and gauge, for whoever reads them all (chassis/performance.py).
    instruments: list[Instrument] = field(default_factory=list)
    _page: "Page | None" = None
    _cold_start_ms: float = 0.0
    _cold_start_cpu_ms: float = 0.0
    _serving: bool = False
    _counters: dict[str, Counter] = field(default_factory=dict)
    _histograms: dict[str, Histogram] = field(default_factory=dict)
    _readers: dict[str, list[Read]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Here, so that whoever opens a pool has it at hand.
        self.pools = Pools(self)

    def counter(self, name: str, help: str) -> Counter:  # noqa: A002 - the field's word
        """The counter of that name, exported as hailwire_<name>_total."""
        if name not in self._counters:
            counter = self._counters[name] = Counter()
            self.tally(name, help, counter.read)
        return self._counters[name]

    def tally(self, name: str, help: str, read: Read) -> None:  # noqa: A002
        """A number that only grows and that somebody else keeps, read when scraped; several readers as with `gauge`."""
        every = self._joined(name, read)
        if every is None:
            return
        self.instruments.append(Instrument(f"hailwire_{name}_total", Kind.COUNTER, help, every))

    def gauge(self, name: str, help: str, read: Read, *, shared: bool = False) -> None:  # noqa: A002
        """A number that goes up and down, read when somebody scrapes; several readers of one name add their labels.

        `shared`: nobody may add up what the replicas show, because all of them describe the same database, or because
        a sum means nothing (a moment, a flag); the largest stands for all.
        """
        every = self._joined(name, read)
        if every is None:
            return
        kind = Kind.SHARED_GAUGE if shared else Kind.GAUGE
        self.instruments.append(Instrument(f"hailwire_{name}", kind, help, every))

    def _joined(self, name: str, read: Read) -> Read | None:
        """What reads everybody who shows something under that name; None when the name has an instrument already."""
        if name in self._readers:
            self._readers[name].append(read)
            return None
        readers = self._readers[name] = [read]
        return lambda: [one for reader in readers for one in reader()]

    def histogram(self, name: str, help: str) -> Histogram:  # noqa: A002
        """Durations, exported as hailwire_<name>_seconds."""
        if name not in self._histograms:
            self._histograms[name] = Histogram(f"hailwire_{name}_seconds", help)
        return self._histograms[name]

    @property
    def histograms(self) -> list[Histogram]:
        """All of them."""
        return list(self._histograms.values())

    @property
    def registry(self) -> "CollectorRegistry":
        """What Prometheus scrapes, made when it is first wanted: a process serves sooner without."""
        if self._page is None:
            from chassis.prometheus import Page

            self._page = Page(self.resource, lambda: self.histograms)
        self._page.show(self.instruments)
        return self._page.registry

    @property
    def resource(self) -> dict[str, str]:
        """Who we are, in OpenTelemetry's words."""
        return {
            "service.namespace": "hailwire",
            "service.name": self.service,
            "service.instance.id": self.instance_id,
        }

    def make_page(self) -> None:
        """Make it before somebody scrapes."""
        _ = self.registry

    def close_page(self) -> None:
        """No more scrapes."""
        if self._page is not None:
            self._page.close()

    def serving(self, now: bool) -> None:  # noqa: FBT001 - reads as a sentence
        """Whether this process can do its work now; its first time ends the cold start."""
        if now and not self._cold_start_ms:
            age = resources.age_seconds()
            self._cold_start_ms = (time.time() - self.started_at if age is None else age) * 1000
            self._cold_start_cpu_ms = time.process_time() * 1000
        self._serving = now

    def watch_process(self) -> None:
        """What this process uses and whether it works."""
        self.gauge("serving", "1 while this process can do its work", lambda: [(float(self._serving), {})])
        self.gauge(
            "cold_start_duration_ms",
            "from the start of the process until it first served, in ms",
            lambda: [(self._cold_start_ms, {})] if self._cold_start_ms else [],
            shared=True,
        )
        self.gauge(
            "cold_start_cpu_ms",
            "processor time from the start of the process until it first served, in ms",
            lambda: [(self._cold_start_cpu_ms, {})] if self._cold_start_cpu_ms else [],
            shared=True,
        )
        self.gauge(
            "process_start_time_seconds", "when the process started", lambda: [(self.started_at, {})], shared=True
        )
        self.gauge("process_resident_bytes", "memory, shared pages included", _one(resources.resident_bytes))
        memory = resources.ProportionalMemory()
        self.gauge("process_proportional_bytes", "memory, with each shared page divided among its users", memory.read)
        self.tally("process_cpu_seconds", "processor time that the process has used", _one(time.process_time))
        self.tally("gc_collections", "looks for unreachable cycles, by generation", garbage.collections)
        self.gauge("gc_frozen_objects", "objects of the start that the collector does not look at", garbage.frozen)

    def span(
        self,
        name: str,
        *,
        kind: trace.SpanKind = trace.SpanKind.INTERNAL,
        parent: str = "",
        links: Iterable[str] = (),
        attributes: dict[str, str | int | float | bool] | None = None,
    ) -> contextlib.AbstractContextManager[trace.Span]:
        """A span around a block; `parent` and `links` are traceparent headers. Nothing happens unless traces go out."""
        return self._recorded(name, kind, parent, links, attributes) if self.tracing else _NOT_RECORDED

    @contextlib.contextmanager
    def _recorded(
        self,
        name: str,
        kind: trace.SpanKind,
        parent: str,
        links: Iterable[str],
        attributes: dict[str, str | int | float | bool] | None,
    ) -> Iterator[trace.Span]:
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
                failed(span, getattr(error, "reason", type(error).__name__))
                raise

    def batch_span(self, name: str, callers: Sequence[str]) -> contextlib.AbstractContextManager[trace.Span]:
        """A span around work that is shared: below a lone caller, beside several and linked to each of them."""
        different = tuple(dict.fromkeys(caller for caller in callers if caller))
        alone = len(different) == 1
        return self.span(
            name,
            parent=different[0] if alone else "",
            links=() if alone else different,
            attributes={"hailwire.items": len(callers)},
        )


def failed(span: trace.Span, reason: str) -> None:
    """Say of a span that it failed and why; `reason` comes from a fixed set."""
    span.set_status(trace.StatusCode.ERROR, reason)
    span.set_attribute("error.type", reason)


def _one(read: Callable[[], float]) -> Read:
    """A number without labels, as an instrument reads it."""
    return lambda: [(read(), {})]


def _links(parents: Iterable[str]) -> list[trace.Link]:
    spans = (trace.get_current_span(extract({"traceparent": parent})) for parent in parents if parent)
    contexts = (span.get_span_context() for span in spans)
    return [trace.Link(context) for context in contexts if context.is_valid]


def traceparent() -> str:
    """The current span as a W3C traceparent header; empty without one."""
    # Written here, because every call that may travel in a batch asks, and the propagator takes several times as long.
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return ""
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"


def follow(parent: str) -> None:
    """From here on, and for the rest of the task, spans lie below this traceparent."""
    otel_context.attach(extract({"traceparent": parent}))


def new_traceparent() -> str:
    """A trace of its own that no collector hears of: its id still tells what belongs together."""
    # An id must be unlikely to come twice, not hard to guess; the highest bit keeps it from being none.
    trace_id, span_id = random.getrandbits(128) | 1 << 127, random.getrandbits(64) | 1 << 63
    return f"00-{trace_id:032x}-{span_id:016x}-00"


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
    telemetry = Telemetry(
        service=service,
        instance_id=instance_id,
        tracer=trace.NoOpTracer(),
        tracing=bool(settings.otlp_endpoint),
        slow_seconds=settings.slow_request_ms / 1000,
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(telemetry.close_page)
        if settings.otlp_endpoint:
            # Imported here because most processes of a development machine never need it.
            from chassis.tracing import open_tracers

            tracers = await stack.enter_async_context(open_tracers(settings, telemetry.resource))
            telemetry.tracer = tracers.get_tracer("hailwire")
        telemetry.watch_process()
        yield telemetry
