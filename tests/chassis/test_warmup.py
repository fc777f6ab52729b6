"""A process prepares itself in time, says how far it is, and calls nothing a success that was none."""

import asyncio
import threading
from typing import Any

import pytest

from chassis import errors
from chassis.telemetry import Telemetry
from chassis.warmup import State, Warmup, WarmupSettings, warming
from tests.chassis import polling
from tests.chassis.pools import page


async def fine() -> None:
    """A step."""


async def test_steps_run_side_by_side_and_are_told_apart(caplog: pytest.LogCaptureFixture) -> None:
    """What succeeded and what failed is known with its time; the failure is logged once and stops nobody."""
    met = asyncio.Barrier(2)

    async def meet() -> None:
        await met.wait()

    async def refused() -> None:
        raise errors.Unavailable(reason="DATABASE_UNAVAILABLE")

    async def broken() -> None:
        raise KeyError("words")

    warmup = Warmup({"one": meet, "other": meet, "refused": refused, "broken": broken}, timeout_seconds=30)
    states = [warmup.state]
    running = asyncio.create_task(warmup.run())
    await asyncio.sleep(0)
    states.append(warmup.state)
    await running
    assert states == [State.NOT_STARTED, State.WARMING]
    assert warmup.state is State.PARTLY
    reasons = {name: result.reason for name, result in warmup.results.items()}
    assert reasons == {"one": "", "other": "", "refused": "DATABASE_UNAVAILABLE", "broken": "KeyError"}
    (record,) = [record for record in caplog.records if record.name == "chassis.warmup"]
    told = record.__dict__["fields"]
    assert told["failed"] == {"refused": "DATABASE_UNAVAILABLE", "broken": "KeyError"}


async def test_everything_fine_is_warmed() -> None:
    """A process is warmed once every step has succeeded, and so is one that has nothing to do."""
    for steps in ({"one": fine, "other": fine}, {}):
        warmup = Warmup(steps, timeout_seconds=30)
        await warmup.run()
        assert warmup.state is State.WARMED


async def test_the_time_is_limited() -> None:
    """Whoever hangs is given up, also one that does not listen; what was done by then counts, what comes later not."""
    go_on = threading.Event()
    ended = asyncio.Event()

    async def deaf() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
        ended.set()

    async def in_a_thread() -> None:
        await asyncio.to_thread(go_on.wait)

    warmup = Warmup({"fine": fine, "deaf": deaf, "thread": in_a_thread}, timeout_seconds=0.05)
    async with asyncio.timeout(30):
        await warmup.run()
        await ended.wait()
    go_on.set()
    reasons = {name: result.reason for name, result in warmup.results.items()}
    assert reasons == {"fine": "", "deaf": "timed out", "thread": "timed out"}
    assert warmup.state is State.PARTLY


async def test_it_begins_when_it_is_told_to(telemetry: Telemetry) -> None:
    """Not before; its state and each step are metrics."""
    serving = asyncio.Event()
    async with warming({"one": fine}, WarmupSettings(warmup_timeout_ms=5000), telemetry, after=serving) as warmup:
        await asyncio.sleep(0)
        assert "hailwire_warmup_state 0.0" in page(telemetry)
        assert 'hailwire_warmup_step_ok{result="not run",step="one"} 0.0' in page(telemetry)
        serving.set()
        await polling.until(lambda: warmup.state is State.WARMED)
        assert "hailwire_warmup_state 2.0" in page(telemetry)
        assert 'hailwire_warmup_step_ok{result="ok",step="one"} 1.0' in page(telemetry)


async def test_it_can_be_switched_off(telemetry: Telemetry) -> None:
    """WARMUP_TIMEOUT=0: no step is run."""
    ran: list[Any] = []

    async def step() -> None:
        ran.append(1)

    serving = asyncio.Event()
    serving.set()
    async with warming({"one": step}, WarmupSettings(warmup_timeout_ms=0), telemetry, after=serving) as warmup:
        await polling.until(lambda: warmup.state is State.WARMED)
    assert not ran
