"""A collector for traces, and a mesh in the test's own process that exports to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chassis.collector import Collector
from tests.gateway.mesh import Mesh
from tests.gateway.opening import open_mesh


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Collector]:
    """A real OTLP/HTTP receiver; whoever exports does so soon."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    async with Collector().open() as collector:
        yield collector


@pytest.fixture
async def mesh(fresh_database_url: str, tmp_path: Path, collector: Collector) -> AsyncIterator[Mesh]:
    """Gateway, profile, trips and simulator; all but the simulator are traced."""
    async with open_mesh(fresh_database_url, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as mesh:
        yield mesh
