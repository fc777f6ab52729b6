"""What services hold: memory and connections as Linux counts them, judged at the end and for growth."""

import os
import socket
from pathlib import Path

import pytest

from benchmarks import held, memory
from benchmarks.memory import MemorySize
from launcher import embedded


@pytest.mark.drill
@pytest.mark.timeout(400)
async def test_a_mesh_is_weighed_halfway_and_at_the_end(reachable_folder: Path) -> None:
    """All four services are weighed twice, and the connections of those with a database hold the one that LISTENs."""
    told: list[str] = []
    with embedded.cluster(reachable_folder) as cluster:
        size = MemorySize(messages=200, riders=50, connections=8)
        measured, judged = await memory.measure(size, cluster, reachable_folder, told.append)
    assert measured["messages"] == [100, 200]
    for weighed in measured["proportional_mb"]:
        assert set(weighed) == {"gateway", "profile", "trips", "metrics"}
        assert all(20 < megabytes < 200 for megabytes in weighed.values())
    assert set(measured["database_connections"]) == {"gateway", "profile", "trips"}
    assert all(2 <= most < 10 for most in measured["database_connections"].values())
    assert len(judged) == 2 * 4 + 3
    assert len(told) == 2


def test_memory_growth_and_connections_are_judged() -> None:
    """At most 128 MB, at most 2 % more than halfway, fewer than ten connections; each service on its own."""
    megabyte = 2**20
    halfway = {"gateway": 100 * megabyte, "trips": 100 * megabyte}
    at_end = {"gateway": 101 * megabyte, "trips": 129 * megabyte}
    judged = memory.figures(1000, halfway, at_end, {"gateway": 9, "trips": 10})
    assert {figure.name: figure.met for figure in judged} == {
        "memory of gateway after 1000 messages": True,
        "memory of gateway, growth from 500 to 1000 messages": True,
        "memory of trips after 1000 messages": False,
        "memory of trips, growth from 500 to 1000 messages": False,
        "database connections of gateway, LISTEN included": True,
        "database connections of trips, LISTEN included": False,
    }
    assert [figure.value for figure in judged[:2]] == pytest.approx([101, 1])


def test_a_process_holds_what_it_holds() -> None:
    """Memory grows by what is kept; a connection counts while it is there, for the port that it leads to alone."""
    before = held.proportional_bytes(os.getpid())
    kept = os.urandom(32 * 2**20)
    assert held.proportional_bytes(os.getpid()) - before > 0.8 * len(kept)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert held.connections(os.getpid(), port) == 0
        with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
            assert held.connections(os.getpid(), port) == 2
            assert held.connections(os.getpid(), 1) == 0
        assert held.connections(os.getpid(), port) == 0
