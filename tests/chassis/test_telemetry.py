"""Traces that join up across processes, numbers that only grow, and nothing personal in either."""

import itertools
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from chassis import errors, tracing
from chassis.channels import open_channel
from chassis.database import DatabaseSettings, Statement, open_database
from chassis.instruments import Counter
from chassis.settings import load
from chassis.telemetry import Telemetry, TelemetrySettings, open_telemetry, traceparent
from tests.chassis import polling, tiny
from tests.chassis.collector import Collector

PERSONAL = "Amina +250788000111"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left has been exported when telemetry ends, however long a machine stands still."""
    monkeypatch.setattr(tracing, "_FLUSH_SECONDS", 60.0)


def samples(telemetry: Telemetry) -> dict[tuple[Any, ...], float]:
    page = generate_latest(telemetry.registry).decode()
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def test_one_trace_from_client_to_server_to_sql(database_url: str) -> None:
    """The statement's span hangs under the server's, that under the client's, that under the caller's."""
    async with Collector().open() as collector:
        async with (
            collector.telemetry("caller") as caller,
            collector.telemetry("callee") as callee,
            open_database(
                load(DatabaseSettings, {"DATABASE_URL": database_url, "DATABASE_POOL_MIN": "0"}),
                application="test",
                telemetry=callee,
            ) as database,
        ):

            async def handler(request: bytes, context: Any) -> bytes:
                return str(await database.fetchval(Statement("test.answer", "SELECT 42"))).encode()

            async with (
                tiny.served(handler, callee) as server,
                open_channel(f"127.0.0.1:{server.port}", caller) as channel,
            ):
                with caller.span("webhook"):
                    assert await tiny.ask(channel) == b"42"
        chain = [
            collector.named("caller", "webhook"),
            collector.named("caller", "test.Tiny/Call"),
            collector.named("callee", "test.Tiny/Call"),
            collector.named("callee", "test.answer"),
        ]
    assert len({span.trace_id for span in chain}) == 1
    assert not chain[0].parent_span_id
    for outer, inner in itertools.pairwise(chain):
        assert inner.parent_span_id == outer.span_id


async def test_no_text_of_an_exception_is_exported(database_url: str) -> None:
    """A failed span says that it failed and of what kind, never what the exception quotes."""
    async with Collector().open() as collector:
        async with (
            collector.telemetry("service") as telemetry,
            open_database(
                load(DatabaseSettings, {"DATABASE_URL": database_url, "DATABASE_POOL_MIN": "0"}),
                application="test",
                telemetry=telemetry,
            ) as database,
        ):
            for run in (
                database.fetchval(Statement("test.number", "SELECT $1::int"), PERSONAL),
                database.fetchval(Statement("test.cast", "SELECT $1::text::int"), PERSONAL),
            ):
                with pytest.raises(Exception, match="Amina"):
                    await run
            with pytest.raises(errors.Refused), telemetry.span("refused"):
                raise errors.Refused(PERSONAL, reason="TRIP_TAKEN")
        assert b"Amina" not in b"".join(collector.bodies)
        told = {span.name: (span.status.code, span.status.message) for span in collector.spans["service"]}
    assert told == {
        "test.number": (2, "DataError"),
        "test.cast": (2, "InvalidTextRepresentationError"),
        "refused": (2, "TRIP_TAKEN"),
    }


async def test_a_failed_call_is_a_failed_span(traced: Telemetry, spans: InMemorySpanExporter) -> None:
    """Both ends of a call that fails carry its code or reason."""

    async def handler(request: bytes, context: Any) -> bytes:
        raise errors.Conflict(PERSONAL, reason="ROW_BUSY")

    async with tiny.opened(handler, traced) as channel:
        with pytest.raises(errors.Conflict):
            await tiny.ask(channel)
    told = {span.kind.name: span.status.description for span in spans.get_finished_spans()}
    assert told == {"SERVER": "ROW_BUSY", "CLIENT": "ABORTED"}


async def test_sampling_is_decided_once_for_the_whole_trace() -> None:
    """With a ratio of 0 nothing goes out, not even what a callee does for an unsampled caller."""
    async with Collector().open() as collector:

        async def handler(request: bytes, context: Any) -> bytes:
            return b""

        async with (
            collector.telemetry("caller", OTEL_TRACES_SAMPLER_ARG="0") as caller,
            collector.telemetry("callee") as callee,
            tiny.served(handler, callee) as server,
            open_channel(f"127.0.0.1:{server.port}", caller) as channel,
        ):
            with caller.span("webhook"):
                await tiny.ask(channel)
    assert collector.spans == {}


async def test_a_collector_that_is_away_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last spans get their moment to go out, and no more than that."""
    monkeypatch.setattr(tracing, "_FLUSH_SECONDS", 0.2)
    async with Collector().open() as collector:
        collector.awake.clear()
        async with collector.telemetry("test") as telemetry:
            with telemetry.span("last"):
                pass
        # Whoever still waits for the collector was not waited for.
        assert "telemetry-shutdown" in {thread.name for thread in threading.enumerate()}
        assert collector.spans == {}
        collector.awake.set()
        await polling.until(lambda: "telemetry-shutdown" not in {thread.name for thread in threading.enumerate()})
        assert [span.name for span in collector.spans["test"]] == ["last"]


async def test_without_a_collector_spans_cost_nothing(telemetry: Telemetry) -> None:
    """No span is made, and nothing is sent along with calls."""
    with telemetry.span("nothing") as span:
        assert span is trace.INVALID_SPAN
        assert traceparent() == ""


async def test_the_trace_of_a_caller_is_a_header(traced: Telemetry, spans: InMemorySpanExporter) -> None:
    """A stored traceparent is a parent later; one that is garbage is none, and no error."""
    with traced.span("first"):
        header = traceparent()
    with traced.span("later", parent=header, links=[header, "garbage", ""]):
        pass
    with traced.span("lost", parent="garbage"):
        pass
    first, later, lost = spans.get_finished_spans()
    assert later.parent is not None
    assert later.parent.span_id == first.context.span_id
    assert [link.context.span_id for link in later.links] == [first.context.span_id]
    assert lost.parent is None


@given(st.lists(st.floats(0, 1e6) | st.integers(0, 100), max_size=20))
def test_counters_never_go_down(amounts: list[float]) -> None:
    """Whatever is added, the number after it is no less than before; less than nothing is refused."""
    counter = Counter()
    for amount in amounts:
        before = counter.value(kind="x")
        counter.add(amount, kind="x")
        assert counter.value(kind="x") >= before
    before = counter.value(kind="x")
    with pytest.raises(ValueError, match="only grows"):
        counter.add(-1, kind="x")
    assert counter.value(kind="x") == before


async def test_the_page_shows_what_was_counted(telemetry: Telemetry) -> None:
    """Totals by labels in whatever order they were given, durations in seconds, gauges as they are at that moment."""
    counter = telemetry.counter("rides", "rides")
    counter.add(2, city="Kigali", kind="moto")
    counter.add(3, kind="moto", city="Kigali")
    assert telemetry.counter("rides", "again") is counter
    assert counter.value(kind="moto", city="Kigali") == 5
    cars = 1
    telemetry.gauge("cars", "cars", lambda: [(cars, {"state": "idle"})])
    telemetry.gauge("cars", "cars", lambda: [(7, {"state": "busy"})])
    with pytest.raises(KeyError), telemetry.histogram("drive", "drives").time(kind="moto"):
        raise KeyError
    shown = samples(telemetry)
    assert shown["hailwire_rides_total", ("city", "Kigali"), ("kind", "moto")] == 5
    assert shown["hailwire_cars", ("state", "idle")] == 1
    assert shown["hailwire_cars", ("state", "busy")] == 7
    assert shown["hailwire_drive_seconds_count", ("kind", "moto")] == 1
    assert shown["hailwire_drive_seconds_bucket", ("kind", "moto"), ("le", "0.0005")] <= 1
    cars = 0
    counter.add(1, city="Kigali", kind="moto")
    again = samples(telemetry)
    assert again["hailwire_cars", ("state", "idle")] == 0
    assert again["hailwire_rides_total", ("city", "Kigali"), ("kind", "moto")] == 6


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a\nb", 'a\\"\n\\n', "é {x=1} #", ""])
async def test_labels_are_escaped_on_the_page(value: str, telemetry: Telemetry) -> None:
    """Whatever a label holds, a scraper reads the same."""
    telemetry.counter("odd", "odd").add(1, label=value)
    telemetry.histogram("odd", "odd").record(0.1, label=value)
    shown = samples(telemetry)
    assert shown["hailwire_odd_total", ("label", value)] == 1
    assert shown["hailwire_odd_seconds_count", ("label", value)] == 1


async def test_several_telemetries_do_not_clash() -> None:
    """Services in one process have numbers of their own under the same names, and end without each other."""
    settings = load(TelemetrySettings, {})
    async with open_telemetry("a", settings) as a:
        a.counter("rides", "rides").add(1)
        async with open_telemetry("b", settings) as b:
            b.counter("rides", "rides").add(2)
            b.histogram("drive", "drives").record(1)
            assert samples(b)["hailwire_rides_total",] == 2
            assert a.instance_id != b.instance_id
        a.counter("rides", "rides").add(1)
        shown = samples(a)
    assert shown["hailwire_rides_total",] == 2
    assert not [key for key in shown if "drive" in key[0]]
