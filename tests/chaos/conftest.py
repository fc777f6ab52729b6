"""A clean run without faults that the tests of the checker plant faults into: played once, its database kept."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.chaos import plan
from tests.chaos.drill import choose_ports, play
from tests.chaos.snapshot import Snapshot


@dataclass(frozen=True)
class Clean:
    """What a run without faults left, and where."""

    snapshot: Snapshot
    dsn: str


@pytest.fixture(scope="module")
def clean(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Clean:
    """A few seconds of rides in which nothing goes wrong but a provider that repeats itself."""
    drawn = plan.drawn(seed=1, seconds=5, people=12)
    # Nor is a gateway taken for dead because the machine stood still.
    settings = {**drawn.settings, "GATEWAY_LEASE_SECONDS": "30"}
    misbehaviour = {"duplicate": "0.2", "forged": "0.2", "status_backwards": "0.2"}
    quiet = replace(drawn, faults=(), settings=settings, misbehaviour=misbehaviour)
    folder: Path = tmp_path_factory.mktemp("clean")
    snapshot, _ = asyncio.run(play(quiet, folder, database_url, None, choose_ports()))
    return Clean(snapshot, database_url)
