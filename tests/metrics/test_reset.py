"""The reset: for whoever holds the token, and only for what people are shown."""

import contextlib
from functools import partial

import pytest

from chassis.settings import load
from chassis.telemetry import TelemetrySettings, open_telemetry
from launcher import ports
from tests.chassis.polling import until_awaited
from tests.metrics.conftest import TOKEN, Api, Process, opened, process, serving


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Bearer é"},
    ],
    ids=["none", "wrong", "bare", "basic", "empty", "longer", "not ascii"],
)
@pytest.mark.parametrize("prefix", ["/api/performance", "/api/sms/performance"])
async def test_not_without_the_token(api: Api, gateway: Process, prefix: str, headers: dict[str, str]) -> None:
    """Without the right bearer token the answer is 401 and nothing changes."""
    gateway.telemetry.counter("turns", "turns").add(3)
    async with api.session.post(f"{api.url}{prefix}/reset", headers=headers) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert (await response.json())["success"] is False

    async def told() -> bool:  # the reading may be a moment old
        return await api.counted("gateway", "hailwire_turns_total") == 3

    await until_awaited(told)


async def test_only_by_post(api: Api) -> None:
    """A link cannot reset anything."""
    async with api.session.get(api.url + "/api/performance/reset", headers={"Authorization": TOKEN}) as response:
        assert response.status == 405


async def test_what_is_shown_starts_anew(api: Api, gateway: Process) -> None:
    """After a reset JSON counts from zero, durations too; gauges and the Prometheus page know nothing of it."""
    turns = gateway.telemetry.counter("turns", "turns")
    seconds = gateway.telemetry.histogram("turn", "time of a turn")
    gateway.telemetry.gauge("lanes_held", "lanes", lambda: [(5, {})])
    turns.add(3)
    seconds.record(0.3)
    assert await api.counted("gateway", "hailwire_turns_total") == 3
    assert await api.reset() == 200
    assert await api.counted("gateway", "hailwire_turns_total") == 0
    turns.add(2)
    seconds.record(0.002)
    answer = await api.get("/metrics")
    together = answer["services"]["gateway"]["together"]
    own = answer["services"]["gateway"]["per_replica"][gateway.telemetry.instance_id]
    for shown in (together, own):
        assert shown["hailwire_turns_total"]["values"][0]["value"] == 2
        (durations,) = shown["hailwire_turn_seconds"]["values"]
        assert durations["count"] == 1
        assert durations["mean_ms"] == 2
        assert shown["hailwire_lanes_held"]["values"][0]["value"] == 5
    assert answer["since"] is not None
    families = await api.families()
    assert families["hailwire_turns"].samples[0].value == 5
    counts = [sample for sample in families["hailwire_turn_seconds"].samples if sample.name.endswith("_count")]
    assert counts[0].value == 2


async def test_a_restart_after_a_reset() -> None:
    """A process that starts after the reset counts in full, though its counters are below the old one's."""
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(contextlib.AsyncExitStack())
        old = await first.enter_async_context(process("gateway"))
        turns = old.telemetry.counter("turns", "turns")
        turns.add(100)
        api = await stack.enter_async_context(opened(f"gateway={old.address}"))
        assert await api.reset() == 200
        turns.add(1)
        assert await api.counted("gateway", "hailwire_turns_total") == 1
        await first.aclose()
        new = await stack.enter_async_context(process("gateway", port=old.port))
        new.telemetry.counter("turns", "turns").add(4)

        async def counted() -> bool:
            return await api.counted("gateway", "hailwire_turns_total") == 5

        await until_awaited(counted)


async def test_who_was_away_during_the_reset() -> None:
    """What a replica had counted before a reset that it missed is not shown after it."""
    port = ports.choose(1)[0]
    async with (
        opened(f"gateway=127.0.0.1:{port}") as api,
        open_telemetry("gateway", load(TelemetrySettings, {})) as telemetry,
    ):
        turns = telemetry.counter("turns", "turns")
        turns.add(100)
        assert await api.reset() == 200
        async with serving(telemetry, port):
            await until_awaited(partial(up, api, f"127.0.0.1:{port}"))
            turns.add(2)
            assert await api.counted("gateway", "hailwire_turns_total") == 2


async def up(api: Api, address: str) -> bool:
    return bool((await api.replicas("gateway"))[address]["state"] == "up")
