"""With a share of 0 only what failed or took long is exported, whole, and what waits for that verdict is bounded."""

from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from chassis import telemetry as telemetries
from chassis.sampling import AtTheEnd, AtTheRoot
from chassis.settings import load
from chassis.telemetry import TelemetrySettings, open_telemetry
from tests.chassis.collector import Collector
from tests.gateway.mesh import payload, text
from tests.gateway.opening import open_mesh
from tests.telemetry.collecting import arrived


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def provider(
    spans: InMemorySpanExporter, *, ratio: float = 0.0, slow_seconds: float = 60.0, most: int = 100
) -> TracerProvider:
    made = TracerProvider(sampler=AtTheRoot(ratio))
    made.add_span_processor(AtTheEnd(SimpleSpanProcessor(spans), slow_seconds, most))
    return made


def names(spans: InMemorySpanExporter) -> list[str]:
    return [span.name for span in spans.get_finished_spans()]


def test_a_failure_takes_its_whole_trace_along(spans: InMemorySpanExporter) -> None:
    """What ended before the failure and what ends after it is exported; the trace beside it is not."""
    tracer = provider(spans).get_tracer("test")
    with tracer.start_as_current_span("turn"):
        with tracer.start_as_current_span("before"):
            pass
        with tracer.start_as_current_span("failing") as span:
            span.set_status(StatusCode.ERROR)
        with tracer.start_as_current_span("after"):
            pass
    with tracer.start_as_current_span("another"):
        pass
    assert names(spans) == ["before", "failing", "after", "turn"]
    assert all(span.context.trace_flags.sampled for span in spans.get_finished_spans())


def test_a_slow_turn_is_kept_and_a_slow_long_poll_is_not(spans: InMemorySpanExporter) -> None:
    """Slow is judged where somebody waits, and long polls are meant to take long."""
    tracer = provider(spans, slow_seconds=0.0).get_tracer("test")
    for name, kind in (
        ("turn", SpanKind.CONSUMER),
        ("gateway.backlog", SpanKind.CLIENT),
        ("hailwire.trips.v1.EventsService/TakeEvents", SpanKind.SERVER),
    ):
        with tracer.start_as_current_span(name, kind=kind):
            pass
    assert names(spans) == ["turn"]


async def test_the_batches_of_a_failed_turn_are_kept(spans: InMemorySpanExporter) -> None:
    """Spans that are linked to a trace that is kept, or that it is linked to, are exported too."""
    async with open_telemetry("test", load(TelemetrySettings, {})) as telemetry:
        telemetry.tracer = provider(spans).get_tracer("test")
        telemetry.tracing = True
        callers = []
        for name in ("good", "bad"):
            span = telemetry.tracer.start_span(name)
            context = span.get_span_context()
            callers.append((span, f"00-{context.trace_id:032x}-{context.span_id:016x}-00"))
        with telemetry.span("inside", parent=callers[1][1]):
            pass
        with telemetry.batch_span("batch", [header for _, header in callers]):
            pass
        (good, _), (bad, _) = callers
        telemetries.failed(bad, "TEST")
        good.end()
        bad.end()
    assert set(names(spans)) == {"inside", "batch", "bad"}


def test_what_waits_is_bounded(spans: InMemorySpanExporter) -> None:
    """The oldest traces are forgotten when too many spans wait."""
    made = TracerProvider(sampler=AtTheRoot(0.0))
    tail = AtTheEnd(SimpleSpanProcessor(spans), 60.0, 10)
    made.add_span_processor(tail)
    tracer = made.get_tracer("test")
    for _ in range(50):
        with tracer.start_as_current_span("turn"):
            pass
    assert tail.held == 10
    assert names(spans) == []


def test_the_oldest_trace_fails_when_nothing_more_fits(spans: InMemorySpanExporter) -> None:
    """A trace that was forgotten in part can still fail: its last span is exported, and nothing is raised."""
    tracer = provider(spans, most=2).get_tracer("test")
    oldest = tracer.start_span("oldest")
    with trace.use_span(oldest), tracer.start_as_current_span("child"):
        pass
    tracer.start_span("another").end()
    oldest.set_status(StatusCode.ERROR)
    oldest.end()
    assert names(spans) == ["oldest"]


def test_nobody_asked_for_a_sweep(spans: InMemorySpanExporter) -> None:
    """A statement outside of any trace, or a probe, is exported only when it fails, even when everything is sampled."""
    tracer = provider(spans, ratio=1.0).get_tracer("test")
    for fails in (False, True):
        with tracer.start_as_current_span("gateway.claim_take", kind=SpanKind.CLIENT) as span:
            if fails:
                span.set_status(StatusCode.ERROR)
    with tracer.start_as_current_span("grpc.health.v1.Health/Check", kind=SpanKind.SERVER):
        pass
    assert names(spans) == ["gateway.claim_take"]


async def test_a_mesh_that_samples_nothing_exports_what_failed(
    fresh_database_url: str, tmp_path_factory: pytest.TempPathFactory, collector: Collector
) -> None:
    """Of two messages the one whose reply was refused is seen, from its webhook on."""
    environ: Any = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_TRACES_SAMPLER_ARG": "0",
        "SLOW_REQUEST_MS": "60000",
        "GATEWAY_LEASE_SECONDS": "30",  # as for the others: no turn is run twice
    }
    async with open_mesh(fresh_database_url, tmp_path_factory.mktemp("home"), **environ) as mesh:
        await mesh.whatsapp(payload(text("250788000001", "hello")))
        await mesh.answered("+250788000001")
        mesh.goes_wrong("whatsapp", "131026", to="+250788000002")
        answer = await mesh.whatsapp(payload(text("250788000002", "hello")))
        graph = await arrived(
            collector,
            lambda graph: graph.way(graph.one("send")) == ["POST /webhooks/whatsapp", "turn", "send"],
            "a send",
        )
    assert graph.one("send").span.trace_id.hex() == answer.headers["traceresponse"][3:35]
    assert len(graph.named("POST /webhooks/whatsapp")) == 1
