"""A collector for traces, and a mesh in the test's own process that exports to it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.chassis.collector import Collector
from tests.gateway.mesh import Mesh
from tests.gateway.opening import open_mesh


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Collector]:
    """A real OTLP/HTTP receiver; whoever exports does so soon."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    # A busy machine exports late; what does not fit into the queue would be missing.
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "50000")
    async with Collector().open() as collector:
        yield collector


@pytest.fixture
async def mesh(fresh_database_url: str, tmp_path: Path, collector: Collector) -> AsyncIterator[Mesh]:
    """Gateway, profile, trips and simulator; all but the simulator are traced."""
    environ: Any = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        # A status that overtakes our own record of the sending would hang below the turn instead.
        "SIMULATOR_STATUS_DELAY_MS": "500",
        # Nor is a turn run twice because the machine is busy.
        "GATEWAY_LEASE_SECONDS": "30",
    }
    async with open_mesh(fresh_database_url, tmp_path, **environ) as mesh:
        yield mesh
