"""Connections to a real Redis: leased and bounded, never left with half an answer, gone when nobody needs them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis import errors
from chassis.redis_connections import RedisConnections, open_redis
from chassis.redis_settings import RedisSettings
from chassis.settings import SettingsError, load
from chassis.telemetry import Telemetry
from tests.chassis.polling import until, until_awaited
from tests.chassis.redis_server import RedisServer, slow_wire


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    async with RedisServer(tmp_path) as server:
        yield server


@contextlib.asynccontextmanager
async def opened(url: str, telemetry: Telemetry, **environ: str) -> AsyncIterator[RedisConnections]:
    async with open_redis(load(RedisSettings, {"REDIS_URL": url, **environ}), telemetry) as connections:
        yield connections


async def clients(redis: RedisServer) -> int:
    """How many connections the server has, apart from the one that asks."""
    listed: bytes = await redis.command("CLIENT", "LIST")
    return len(listed.splitlines()) - 1


async def test_answers_in_order(redis: RedisServer, telemetry: Telemetry) -> None:
    """Several commands travel together, and each has its own answer."""
    async with opened(redis.url, telemetry) as connections:
        answers = await connections.run(("SET", "a", b"\x00\xff"), ("GET", "a"), ("GET", "b"), ("MGET", "b", "a"))
        assert answers == [b"OK", b"\x00\xff", None, [None, b"\x00\xff"]]


async def test_no_more_than_are_allowed(redis: RedisServer, telemetry: Telemetry) -> None:
    """REDIS_POOL_MAX bounds the connections, and REDIS_ACQUIRE_TIMEOUT how long somebody waits for one of them."""
    async with (
        slow_wire(redis.port) as wire,
        opened(wire.url, telemetry, REDIS_POOL_MAX="2", REDIS_ACQUIRE_TIMEOUT="1000") as connections,
    ):
        await connections.run(("PING",))
        wire.seconds = None  # whoever has a connection keeps it until the others have been refused
        asking = [asyncio.create_task(connections.run(("PING",))) for _ in range(5)]
        await until(lambda: sum(one.done() for one in asking) == 3)
        wire.seconds = 0
        answers = await asyncio.gather(*asking, return_exceptions=True)
        refused = [one.reason for one in answers if isinstance(one, errors.Unavailable)]
        assert refused == ["REDIS_BUSY"] * 3
        assert telemetry.pools.statistics()["redis"].size == 2


async def test_what_nobody_uses_is_closed(
    redis: RedisServer, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After REDIS_POOL_IDLE_TIMEOUT there are REDIS_POOL_MIN connections left, and none at the end."""
    monkeypatch.setattr("chassis.redis_connections._TEND_SECONDS", 0.05)
    own = {"REDIS_POOL_MIN": "1", "REDIS_POOL_IDLE_TIMEOUT": "100"}
    async with slow_wire(redis.port) as wire, opened(wire.url, telemetry, **own) as connections:
        wire.seconds = None  # each keeps its connection until all have one
        asking = [asyncio.create_task(connections.run(("PING",))) for _ in range(4)]
        await until(lambda: telemetry.pools.statistics()["redis"].in_use == 4)
        assert telemetry.pools.statistics()["redis"].size == 4
        wire.seconds = 0
        await asyncio.gather(*asking)
        await until(lambda: telemetry.pools.statistics()["redis"].size == 1)
        assert telemetry.pools.statistics()["redis"].total_uses == 4

    async def gone() -> bool:
        return await clients(redis) == 0

    await until_awaited(gone)


async def test_who_gives_up_leaves_no_answer_behind(redis: RedisServer, telemetry: Telemetry) -> None:
    """An answer that comes after its asker has given up is never taken for the next one's."""
    async with slow_wire(redis.port) as wire, opened(wire.url, telemetry, REDIS_POOL_MAX="1") as connections:
        await connections.run(("SET", "a", "mine"), ("SET", "b", "yours"))
        for _ in range(20):
            wire.seconds = 0.02
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.005):
                    await connections.run(("GET", "a"))
            wire.seconds = 0
            assert await connections.run(("GET", "b")) == [b"yours"]


async def test_a_refusal_is_told_and_forgotten(redis: RedisServer, telemetry: Telemetry) -> None:
    """A command that the server refuses is Unavailable with its cause, and the next one is answered."""
    async with opened(redis.url, telemetry) as connections:
        await connections.run(("SET", "a", "text"))
        with pytest.raises(errors.Unavailable) as caught:
            await connections.run(("LPUSH", "a", "1"), ("GET", "a"))
        assert caught.value.reason == "REDIS_UNAVAILABLE"
        assert await connections.run(("GET", "a")) == [b"text"]


async def test_a_server_that_comes_back(redis: RedisServer, telemetry: Telemetry) -> None:
    """While it is gone whoever asks hears so; afterwards they are answered, without anybody's doing."""
    async with opened(redis.url, telemetry) as connections:
        await connections.run(("PING",))
        redis.kill()
        for _ in range(3):
            with pytest.raises(errors.Unavailable):
                await connections.run(("PING",))
        await redis.start()
        assert await connections.run(("PING",)) == [b"PONG"]


@pytest.mark.parametrize("url", ["localhost", "http://127.0.0.1:6379", "redis:/x:y:z", "//"])
async def test_no_address(url: str, telemetry: Telemetry) -> None:
    """What is no address of a Redis is a wrong setting, told without repeating it: it may hold a password."""
    with pytest.raises(SettingsError, match="REDIS_URL: must be an address") as caught:
        async with opened(url, telemetry):
            pass
    assert url not in str(caught.value).replace("redis://127.0.0.1:6379/0", "")
