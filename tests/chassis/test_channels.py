"""Channels to several replicas: every one gets its share, and losing one costs nobody a call."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from chassis import errors
from chassis import server as servers
from chassis.channels import open_channel
from chassis.telemetry import Telemetry
from hailwire import client
from launcher import ports
from tests.chassis import polling, tiny


def replying(name: bytes) -> tiny.Handler:
    async def handler(request: bytes, context: Any) -> bytes:
        return name

    return handler


@contextlib.asynccontextmanager
async def replicas(telemetry: Telemetry, *names: bytes) -> AsyncIterator[tuple[str, list[contextlib.AsyncExitStack]]]:
    """Servers that answer with their names; the target of all, and the stack that ends each."""
    async with contextlib.AsyncExitStack() as stack:
        ports, ends = [], []
        for name in names:
            end = await stack.enter_async_context(contextlib.AsyncExitStack())
            ports.append((await end.enter_async_context(tiny.served(replying(name), telemetry))).port)
            ends.append(end)
        yield "ipv4:" + ",".join(f"127.0.0.1:{port}" for port in ports), ends


async def test_calls_go_round_robin(telemetry: Telemetry) -> None:
    """Both replicas get half of the calls once both are connected."""
    async with replicas(telemetry, b"a", b"b") as (target, _), open_channel(target, telemetry) as channel:
        met: set[bytes] = set()
        while len(met) < 2:
            met.add(await tiny.ask(channel))
        shares = Counter([await tiny.ask(channel) for _ in range(20)])
    assert shares == {b"a": 10, b"b": 10}


async def test_a_replica_that_dies_costs_no_call(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls go on with the others while one goes away without grace."""
    monkeypatch.setattr(servers, "_GRACE_SECONDS", 0)
    async with replicas(telemetry, b"a", b"b") as (target, ends), open_channel(target, telemetry) as channel:
        met: set[bytes] = set()
        while len(met) < 2:
            met.add(await tiny.ask(channel))
        answers: list[bytes] = []
        enough = asyncio.Event()

        async def caller() -> None:
            while not enough.is_set():
                answers.append(await tiny.ask(channel))

        callers = [asyncio.create_task(caller()) for _ in range(4)]
        await polling.until(lambda: len(answers) > 50)
        await ends[0].aclose()
        at_death = len(answers)
        await polling.until(lambda: len(answers) > at_death + 100)
        enough.set()
        await asyncio.gather(*callers)
    assert set(answers[-50:]) == {b"b"}


async def test_a_replica_that_comes_back_is_found(telemetry: Telemetry) -> None:
    """After a restart on the same port the same channel works again, soon."""
    # Not one of those that outgoing connections are given: somebody might have it by then.
    (port,) = ports.choose(1)
    async with contextlib.AsyncExitStack() as stack:
        async with tiny.served(replying(b"before"), telemetry, port=port):
            channel = await stack.enter_async_context(open_channel(f"127.0.0.1:{port}", telemetry))
            assert await tiny.ask(channel) == b"before"
        with pytest.raises(errors.Unavailable):
            await tiny.ask(channel)
        async with tiny.served(replying(b"after"), telemetry, port=port):

            async def is_back() -> bool:
                try:
                    return await tiny.ask(channel) == b"after"
                except errors.Unavailable:
                    return False

            await polling.until_awaited(is_back)


@pytest.mark.parametrize(
    ("raised", "tries"),
    [(errors.Unavailable(), 3), (errors.Conflict(), 1), (errors.Overloaded(), 1), (errors.Internal(), 1)],
)
async def test_only_unavailable_is_tried_again(raised: errors.HailwireError, tries: int, telemetry: Telemetry) -> None:
    """A server that did not answer is asked again without its caller's doing; what was answered is final."""
    tried = 0

    async def handler(request: bytes, context: Any) -> bytes:
        nonlocal tried
        tried += 1
        if tried < 3:
            raise raised
        return b"at last"

    async with tiny.opened(handler, telemetry) as channel:
        if tries == 3:
            assert await tiny.ask(channel) == b"at last"
        else:
            with pytest.raises(type(raised)):
                await tiny.ask(channel)
    assert tried == tries


async def test_calls_are_measured_as_their_caller_saw_them(telemetry: Telemetry) -> None:
    """A retried call is one call; one that its caller gave up is counted as such."""
    forever = asyncio.Event()
    begun = asyncio.Event()

    async def handler(request: bytes, context: Any) -> bytes:
        begun.set()
        await forever.wait()
        return b""

    async with tiny.opened(handler, telemetry) as channel:
        asking = asyncio.create_task(tiny.ask(channel))
        await begun.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        with pytest.raises(errors.DeadlineExceeded):
            await tiny.ask(channel, timeout=0.1)

    def counted(code: str) -> float | None:
        labels = {"method": tiny.METHOD, "code": code}
        return telemetry.registry.get_sample_value("hailwire_rpc_client_seconds_count", labels)

    await polling.until(lambda: counted("CANCELLED") == 1)
    assert counted("DEADLINE_EXCEEDED") == 1
    assert counted("OK") is None


async def test_the_client_package_works_alone(telemetry: Telemetry) -> None:
    """What internal clients install balances, retries and sets deadlines without the chassis, over TLS too."""
    left: list[float] = []
    tried = 0

    async def handler(request: bytes, context: Any) -> bytes:
        nonlocal tried
        tried += 1
        left.append(context.time_remaining())
        if tried == 1:
            await context.abort(grpc.StatusCode.UNAVAILABLE)
        return request

    server = grpc.aio.server()
    tiny.register(handler)(server)
    port = server.add_secure_port("127.0.0.1:0", grpc.local_server_credentials())
    await server.start()
    target = f"127.0.0.1:{port}"
    async with client.open_channel(target, credentials=grpc.local_channel_credentials()) as channel:
        assert await tiny.multicallable(channel)(b"hello") == b"hello"
        assert await tiny.multicallable(channel)(b"hello", timeout=60) == b"hello"
    await server.stop(0)
    assert tried == 3
    assert all(0 < seconds <= client.DEFAULT_SECONDS + 0.01 for seconds in left[:2])  # grpc rounds up
    assert left[2] > client.DEFAULT_SECONDS


@pytest.mark.parametrize("grace", [None, 0.1])
async def test_a_channel_that_is_closed_under_a_call(grace: float | None, telemetry: Telemetry) -> None:
    """The call is Unavailable; its task is not mistaken for a cancelled one."""
    begun = asyncio.Event()

    async def handler(request: bytes, context: Any) -> bytes:
        begun.set()
        await asyncio.Event().wait()
        return b""

    async with (
        tiny.served(handler, telemetry) as server,
        open_channel(f"127.0.0.1:{server.port}", telemetry) as channel,
    ):
        asking = asyncio.create_task(tiny.ask(channel))
        await begun.wait()
        await channel.close(grace)
        with pytest.raises(errors.Unavailable):
            await asking
