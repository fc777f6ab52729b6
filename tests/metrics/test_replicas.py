"""Who is there, who is not, and what all of them say together."""

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest

from hailwire.ops.v1 import ops_pb2_grpc
from launcher import ports
from services.gateway.attempts import Attempts
from services.gateway.conversations import routing
from services.gateway.messages import Provider
from services.metrics.replica import Replica
from tests.chassis.polling import until_awaited
from tests.metrics.conftest import Api, Process, opened, process


@contextlib.contextmanager
def mute() -> Iterator[str]:
    """The address of something that takes connections and never says a word, as a paused process does."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # the kernel takes connections, nobody accepts them
        yield f"127.0.0.1:{listening.getsockname()[1]}"


async def soon(api: Api) -> dict[str, dict[str, Any]]:
    """The replicas, told within a second; on a machine that others use too, in one of twenty attempts."""
    took = []
    for _ in range(20):
        began = time.monotonic()
        seen = await api.replicas("gateway")
        took.append(time.monotonic() - began)
        if took[-1] < 1:
            return seen
    raise AssertionError(took)


class Stuck(ops_pb2_grpc.PerformanceServiceServicer):
    """Takes calls and answers none."""

    async def GetPerformance(self, request: Any, context: Any) -> Any:  # noqa: N802
        await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def stuck() -> AsyncIterator[str]:
    """The address of a server that takes calls and answers none."""
    server = grpc.aio.server()
    ops_pb2_grpc.add_PerformanceServiceServicer_to_server(Stuck(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(0)


def count_in(replica: Process, number: int) -> None:
    """Give a replica one number of each kind."""
    replica.telemetry.counter("turns", "turns").add(number, kind="message")
    replica.telemetry.gauge("lanes_held", "lanes", lambda: [(number, {})])
    replica.telemetry.gauge("queue_items", "what waits", lambda: [(number, {"queue": "inbox"})], shared=True)


async def test_together_and_each() -> None:
    """Counters and gauges of two replicas are added up, what both see in the database is not, and each is shown."""
    async with process("gateway") as one, process("gateway") as two:
        count_in(one, 3)
        count_in(two, 4)
        async with opened(f"gateway={one.address}|{two.address}") as api:
            gateway = (await api.get("/metrics"))["services"]["gateway"]
    together = {name: metric["values"] for name, metric in gateway["together"].items()}
    assert together["hailwire_turns_total"] == [{"labels": {"kind": "message"}, "value": 7.0}]
    assert together["hailwire_lanes_held"] == [{"labels": {}, "value": 7.0}]
    assert together["hailwire_queue_items"] == [{"labels": {"queue": "inbox"}, "value": 4.0}]
    each = {
        instance_id: metrics["hailwire_turns_total"]["values"][0]["value"]
        for instance_id, metrics in gateway["per_replica"].items()
    }
    assert each == {one.telemetry.instance_id: 3.0, two.telemetry.instance_id: 4.0}
    assert {replica["instance_id"] for replica in gateway["replicas"]} == set(each)


async def test_the_largest_where_a_sum_means_nothing() -> None:
    """Moments and flags are not added up: when a process started, whether a handler is loaded or sending paused."""
    nobody: Any = None
    await next(iter(routing.EVENTS.values())).load()
    async with contextlib.AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(process("gateway")) for _ in range(2)]
        for replica in replicas:
            routing.watch(replica.telemetry)
            attempts = Attempts(
                nobody, replica.telemetry, instance=nobody, providers=nobody, codes=nobody, costs=nobody
            )
            attempts._paused_until[Provider.TWILIO] = time.monotonic() + 600
        api = await stack.enter_async_context(opened("gateway=" + "|".join(one.address for one in replicas)))

        async def served() -> bool:
            shown = (await api.get("/metrics"))["services"]["gateway"]["per_replica"]
            return len(shown) == 2 and all("hailwire_cold_start_duration_ms" in one for one in shown.values())

        await until_awaited(served)
        gateway = (await api.get("/metrics"))["services"]["gateway"]
    for metric in (
        "hailwire_cold_start_duration_ms",
        "hailwire_process_start_time_seconds",
        "hailwire_handler_load_ms",
        "hailwire_handler_loaded",
        "hailwire_provider_paused",
    ):
        shown = [one for metrics in gateway["per_replica"].values() for one in metrics[metric]["values"]]
        assert any(one["value"] > 0 for one in shown)
        for together in gateway["together"][metric]["values"]:
            largest = max(one["value"] for one in shown if one["labels"] == together["labels"])
            assert together["value"] == largest, metric


async def test_two_addresses_of_one_process() -> None:
    """A process that is listed twice counts once."""
    async with process("gateway") as one:
        one.telemetry.counter("turns", "turns").add(3)
        async with opened(f"gateway={one.address}|localhost:{one.port}") as api:
            assert len(await api.replicas("gateway")) == 2
            assert await api.counted("gateway", "hailwire_turns_total") == 3


@pytest.mark.usefixtures("as_impatient_as_ever")
async def test_the_silent_hide_nobody() -> None:
    """Those that refuse, hang or are others are shown as such within a second, with a reason, beside the well."""
    refusing = f"127.0.0.1:{ports.choose(1)[0]}"
    with mute() as silent:
        async with process("gateway") as well, process("trips") as foreign, stuck() as hanging:
            well.telemetry.counter("turns", "turns").add(3)
            targets = f"gateway={well.address}|{refusing}|{silent}|{hanging}|{foreign.address}"
            async with opened(targets) as api:

                async def told() -> bool:  # who is well answers late, too, when the machine stands still
                    seen = await soon(api)
                    return {address: (one["state"], one["reason"]) for address, one in seen.items()} == {
                        well.address: ("up", ""),
                        refusing: ("down", "UNAVAILABLE"),
                        silent: ("down", "UNAVAILABLE"),
                        hanging: ("down", "DEADLINE_EXCEEDED"),
                        foreign.address: ("down", "WRONG_SERVICE"),
                    }

                await until_awaited(told)
                assert await api.counted("gateway", "hailwire_turns_total") == 3

                async def exposed() -> bool:
                    up = (await api.families())["hailwire_replica_up"]
                    return {sample.labels["address"]: sample.value for sample in up.samples} == {
                        well.address: 1,
                        refusing: 0,
                        silent: 0,
                        hanging: 0,
                        foreign.address: 0,
                    }

                await until_awaited(exposed)


@pytest.mark.usefixtures("as_impatient_as_ever")
async def test_a_replica_that_stops_and_comes_back() -> None:
    """It is down within a second and up again by itself; what the old process counted is not lost."""
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(contextlib.AsyncExitStack())
        old = await first.enter_async_context(process("gateway"))
        old.telemetry.counter("turns", "turns").add(3)
        api = await stack.enter_async_context(opened(f"gateway={old.address}"))

        async def known() -> bool:
            return await api.counted("gateway", "hailwire_turns_total") == 3

        await until_awaited(known)
        await first.aclose()
        assert (await soon(api))[old.address]["state"] == "down"
        assert await api.counted("gateway", "hailwire_turns_total") == 3
        new = await stack.enter_async_context(process("gateway", port=old.port))
        new.telemetry.counter("turns", "turns").add(2)

        async def back() -> bool:
            return bool((await api.replicas("gateway"))[old.address]["state"] == "up")

        await until_awaited(back)
        assert (await api.replicas("gateway"))[old.address]["instance_id"] == new.telemetry.instance_id
        assert await api.counted("gateway", "hailwire_turns_total") == 5  # its first answer said so


class Names:
    """A name server that the test plays."""

    def __init__(self, *addresses: str) -> None:
        self.addresses: list[str] | None = list(addresses)
        self.asked = 0

    async def resolve(self, host: str) -> list[str]:
        assert host == "gateway.example"
        self.asked += 1
        if self.addresses is None:
            raise OSError("no such name")
        return self.addresses

    async def ask_twice_more(self) -> None:
        """Return when an answer of now has been taken."""
        enough = self.asked + 2

        async def often() -> bool:
            return self.asked >= enough

        await until_awaited(often)


async def addresses(api: Api) -> list[str]:
    return list(await api.replicas("gateway"))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has 127.0.0.2 without being asked")
async def test_every_address_of_a_name() -> None:
    """Each address of a name is a replica; one that is added is found and one that is gone is forgotten."""
    names = Names("127.0.0.1", "127.0.0.2")
    async with process("gateway") as one, process("gateway", host="127.0.0.2", port=one.port) as two:
        for replica in (one, two):
            replica.telemetry.counter("turns", "turns").add(3)
        target = f"gateway=dns:///gateway.example:{one.port}"
        async with opened(target, names.resolve, METRICS_RESOLVE_SECONDS="0.1") as api:
            assert await addresses(api) == [one.address, two.address]
            assert await api.counted("gateway", "hailwire_turns_total") == 6
            names.addresses = ["127.0.0.2", "127.0.0.3"]
            await names.ask_twice_more()
            assert await addresses(api) == [two.address, f"127.0.0.3:{one.port}"]
            # What the one that is gone had counted stays counted.
            assert await api.counted("gateway", "hailwire_turns_total") == 6
            names.addresses = None
            await names.ask_twice_more()
            assert await addresses(api) == [two.address, f"127.0.0.3:{one.port}"]


async def test_a_name_that_leads_nowhere() -> None:
    """A service whose name nobody knows is shown without replicas, with the reason."""
    names = Names()
    names.addresses = None
    async with opened("gateway=dns:///gateway.example:50050", names.resolve) as api:
        health = await api.ask("health")
    assert health["status"] == "unhealthy"
    assert health["reasons"] == ["gateway: its name leads nowhere (NAME_UNKNOWN)"]
    assert health["services"]["gateway"]["replicas"] == []


async def test_many_lookers_ask_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty who look at once cost each replica one question or two."""

    async def asked() -> float:
        method = "/hailwire.ops.v1.PerformanceService/GetPerformance"
        return await api.counted("gateway", "hailwire_rpc_server_requests_total", method=method)

    ask = Replica.ask

    async def slowly(one: Replica) -> None:  # so that all of them look meanwhile, however late
        await asyncio.sleep(0.5)
        await ask(one)

    before = await asked()
    monkeypatch.setattr(Replica, "ask", slowly)
    await asyncio.gather(*(api.ask("stats") for _ in range(20)))
    assert await asked() - before <= 6
