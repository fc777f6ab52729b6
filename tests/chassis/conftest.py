"""Telemetry of a test's own, with and without traces, and a pool on the module's database."""

import dataclasses
from collections.abc import AsyncIterator

import pytest
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import connections
from chassis.database import Database, DatabaseSettings, Statement, open_database
from chassis.settings import load
from chassis.telemetry import Telemetry, TelemetrySettings, open_telemetry


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever stood still for some seconds has not met a busy database; a test of these limits sets its own."""
    for name in ("_ACQUIRE_SECONDS", "_CONNECT_SECONDS", "_STATEMENT_SECONDS"):
        monkeypatch.setattr(connections, name, 60.0)


@pytest.fixture
async def telemetry() -> AsyncIterator[Telemetry]:
    """Metrics without traces."""
    async with open_telemetry("test", load(TelemetrySettings, {})) as telemetry:
        yield telemetry


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """Where the spans of `traced` end up."""
    return InMemorySpanExporter()


@pytest.fixture
def traced(telemetry: Telemetry, spans: InMemorySpanExporter) -> Telemetry:
    """The same telemetry with traces that stay in memory."""
    provider = TracerProvider(span_limits=SpanLimits(max_links=1024))
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return dataclasses.replace(telemetry, tracer=provider.get_tracer("test"), tracing=True)


@pytest.fixture
async def database(database_url: str, telemetry: Telemetry) -> AsyncIterator[Database]:
    """A pool of at most four connections."""
    settings = load(DatabaseSettings, {"DATABASE_URL": database_url, "DATABASE_POOL_MAX": "4"})
    async with open_database(settings, application="test", telemetry=telemetry) as database:
        yield database


@pytest.fixture
async def shelf(database: Database) -> Database:
    """The pool with a table in its database."""
    for sql in (
        "DROP TABLE IF EXISTS shelf",
        "CREATE TABLE shelf (id int PRIMARY KEY, total int NOT NULL CHECK (total < 100))",
    ):
        await database.execute(Statement("test.prepare", sql))
    return database
