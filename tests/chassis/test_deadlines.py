"""How much time a call has, from hop to hop."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from chassis import channels, deadlines, errors
from chassis.telemetry import Telemetry
from tests.chassis import polling, tiny


class Hops:
    """Three servers in a row: each calls the next one, the last one does what the test says."""

    def __init__(self) -> None:
        self.left: list[float] = []  # what each had when it was called, first to last
        self.ended: list[type[BaseException] | None] = []  # how each ended, last to first
        self.inner_timeout: float | None = None  # what each asks for the next one
        self.last = asyncio.Event()  # the last one answers when it is set
        self.port = 0

    @contextlib.asynccontextmanager
    async def open(self, telemetry: Telemetry) -> AsyncIterator[grpc.aio.Channel]:
        """A channel to the first."""
        async with contextlib.AsyncExitStack() as stack:
            inner: grpc.aio.Channel | None = None
            for _ in range(3):
                inner = await stack.enter_async_context(tiny.opened(self._handler(inner), telemetry))
            assert inner is not None
            yield inner

    def _handler(self, inner: grpc.aio.Channel | None) -> tiny.Handler:
        async def handler(request: bytes, context: Any) -> bytes:
            self.left.append(deadlines.remaining(1000) + deadlines.HOP_SECONDS)
            try:
                if inner is None:
                    await self.last.wait()
                    answer = b"done"
                else:
                    answer = await tiny.ask(inner, timeout=self.inner_timeout)
            except BaseException as error:
                self.ended.append(type(error))
                raise
            self.ended.append(None)
            return answer

        return handler


@pytest.mark.parametrize("inner_timeout", [None, 60.0])
async def test_the_deadline_shrinks_per_hop(inner_timeout: float | None, telemetry: Telemetry) -> None:
    """Each hop has at least one hop's reserve less than the one before, however much it asks for."""
    hops = Hops()
    hops.inner_timeout = inner_timeout
    hops.last.set()
    async with hops.open(telemetry) as channel:
        assert await tiny.ask(channel, timeout=4) == b"done"
    assert len(hops.left) == 3
    budget = 4.0
    for left in hops.left:
        assert 0 < left <= budget + 0.012  # grpc rounds seconds up to hundredths
        budget = left - deadlines.HOP_SECONDS


async def test_a_hop_may_ask_for_less(telemetry: Telemetry) -> None:
    """A timeout that is shorter than what is left counts."""
    hops = Hops()
    hops.inner_timeout = 9.0
    hops.last.set()
    async with hops.open(telemetry) as channel:
        await tiny.ask(channel, timeout=60)
    assert hops.left[1] <= 9.012


async def _given_up(telemetry: Telemetry, timeout: float) -> Hops:
    """Hops of which the last one hangs until the caller's time is over; whoever was called is over, too."""
    hops = Hops()
    async with hops.open(telemetry) as channel:
        with pytest.raises(errors.DeadlineExceeded):
            await tiny.ask(channel, timeout=timeout)
        await polling.until(lambda: len(hops.ended) == len(hops.left))
    # It was the caller's time, and no longer one of their own; grpc rounds up.
    assert all(left <= timeout + 0.11 for left in hops.left)
    return hops


async def test_no_call_outlives_its_caller(telemetry: Telemetry) -> None:
    """When the last one hangs, all three are over when the caller's time is, and the caller hears why."""
    hops = await _given_up(telemetry, 0.3)
    for longer in (3, 30):
        if len(hops.left) < 3:  # that was over before the last one was called
            hops = await _given_up(telemetry, longer)
    assert len(hops.ended) == 3
    assert None not in hops.ended


async def test_a_caller_that_goes_away_ends_the_inner_calls(telemetry: Telemetry) -> None:
    """Cancelling the first caller cancels the last servicer at once, not at its deadline."""
    hops = Hops()
    async with hops.open(telemetry) as channel:
        caller = asyncio.create_task(tiny.ask(channel, timeout=300))
        await polling.until(lambda: len(hops.left) == 3)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await polling.until(lambda: len(hops.ended) == 3)
    assert hops.ended == [asyncio.CancelledError] * 3


async def test_a_caller_without_a_deadline_gets_the_default(telemetry: Telemetry) -> None:
    """Neither a bare gRPC client nor one of ours can make a call that waits for ever."""
    left: list[float] = []

    async def handler(request: bytes, context: Any) -> bytes:
        left.append(deadlines.remaining(1000))
        return b""

    async with tiny.served(handler, telemetry) as server:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            await tiny.multicallable(channel)(b"")
        async with channels.open_channel(f"127.0.0.1:{server.port}", telemetry) as channel:
            await tiny.ask(channel, timeout=None)
    assert all(0 < seconds <= deadlines.DEFAULT_SECONDS for seconds in left)
    assert len(left) == 2


def test_an_inner_limit_cannot_extend_an_outer_one() -> None:
    """Limits only tighten, and end with their block; work for several callers may replace them."""
    assert deadlines.current() is None
    assert deadlines.remaining() == deadlines.DEFAULT_SECONDS
    with deadlines.within(200):
        outer = deadlines.current()
        with deadlines.within(5000):
            assert deadlines.current() == outer
        with deadlines.within(None):
            assert deadlines.current() == outer
        with deadlines.within(100):
            assert 50 < deadlines.remaining(1000) < 100
        with deadlines.until(time.monotonic() + 5000):
            assert deadlines.remaining(10_000) > 4000
        with deadlines.until(None):
            assert deadlines.current() is None
        assert deadlines.current() == outer
    assert deadlines.current() is None


def test_no_time_left_is_zero() -> None:
    """What is over is over; a call never gets a negative timeout."""
    with deadlines.within(-1):
        assert deadlines.remaining() == 0.0
    with deadlines.within(deadlines.HOP_SECONDS / 2):
        assert deadlines.remaining() == 0.0
