"""A gateway prepares itself: with everybody there completely, and without the others as far as it can."""

import re
import time
from pathlib import Path
from typing import Any

import grpc

from chassis.database import statements_in
from hailwire.ops.v1 import ops_pb2, ops_pb2_grpc
from services.gateway import preparing
from services.gateway.conversations import routing
from tests.gateway.mesh import payload, text, until
from tests.gateway.opening import open_mesh

_STEPS = {"database", "profile", "trips", "handlers", "words", "providers", "routes", "metrics page"}
# How the names of statements begin that are run for a message, and for nothing else.
_WALK = ("alias_", "claim_", "commit_", "conversation_", "inbox_", "lane_", "outbox_", "status_")


async def numbers(port: int) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Every sample of the process by its name."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        answer: Any = await ops_pb2_grpc.PerformanceServiceStub(channel).GetPerformance(ops_pb2.GetPerformanceRequest())
    for sample in answer.samples:
        found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return found


async def warmed(port: int) -> dict[str, str]:
    """The result of each step once the warmup is over; for the state 2 or 3."""

    async def over() -> bool:
        return (await numbers(port))["hailwire_warmup_state"][0][1] >= 2

    await until(over, "the end of the warmup")
    return {labels["step"]: labels["result"] for labels, _ in (await numbers(port))["hailwire_warmup_step_ok"]}


async def test_everything_is_prepared(fresh_database_url: str, tmp_path: Path) -> None:
    """Connections with their statements, channels, handlers, words, providers' clients: before anybody writes."""
    async with open_mesh(fresh_database_url, tmp_path) as mesh:
        assert await warmed(mesh.grpc_port) == dict.fromkeys(_STEPS, "ok")
        now = await numbers(mesh.grpc_port)
        assert now["hailwire_warmup_state"] == [({}, 2.0)]
        pools = {labels["pool"]: value for labels, value in now["hailwire_pool_size"]}
        assert pools.keys() == {"database", "profile", "trips", "providers"}
        assert pools["database"] >= 2
        assert all(one.loaded for one in routing.stats().values())
        prepared = await mesh.database.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hailwire-gateway'"
        )
        assert prepared >= 2
        assert all(value > 0 for _, value in now["hailwire_cold_start_cpu_ms"])


async def test_what_every_message_needs_is_prepared(fresh_database_url: str, tmp_path: Path, phone: str) -> None:
    """No statement that a newcomer's message and the next one pass is prepared while they wait."""
    async with open_mesh(fresh_database_url, tmp_path) as mesh:
        await warmed(mesh.grpc_port)
        for count in (1, 2):
            await mesh.taken(payload(text(phone, "hello")))
            await mesh.answered(f"+{phone}", count)
        await mesh.settled()
        page = await mesh.prometheus("gateway")
    used = re.findall(r'hailwire_database_statement_seconds_count{statement="([^"]+)"}', page)
    walked = {name for name in used if name.partition(".")[2].startswith(_WALK)}
    assert {"gateway.inbox_store", "gateway.commit_end", "gateway.outbox_settle"} <= walked
    assert walked <= {statement.name for statement in statements_in(*preparing._HOT)}


async def test_who_is_away_is_told_and_waited_for_no_longer(fresh_database_url: str, tmp_path: Path) -> None:
    """A service that cannot be reached costs its step and the time of the warmup, never the start or the truth."""
    began = time.monotonic()
    # Enough for all the others on a machine that stands still for a while.
    async with open_mesh(
        fresh_database_url, tmp_path, wait_until_ready=False, PROFILE_TARGET="127.0.0.1:1", WARMUP_TIMEOUT="12000"
    ) as mesh:
        results = await warmed(mesh.grpc_port)
        assert results.pop("profile") == "timed out"
        assert set(results.values()) == {"ok"}
        assert (await numbers(mesh.grpc_port))["hailwire_warmup_state"] == [({}, 3.0)]

        async def serving() -> bool:
            return (await numbers(mesh.grpc_port))["hailwire_serving"] == [({}, 1.0)]

        await until(serving, "that it serves all the same")
    assert time.monotonic() - began > 12
