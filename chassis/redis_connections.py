"""Connections to Redis in a pool of leases. Imported when there is one: redis-py is slow to import.

Not redis-py's own pool and client: they wait for nobody in order, retry behind our back, and show no statistics.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeAlias

from redis.asyncio.connection import AbstractConnection, Connection, parse_url
from redis.exceptions import RedisError

from chassis import errors
from chassis.periodic import repeating
from chassis.pools.leasing import LeasePool
from chassis.redis_settings import RedisSettings
from chassis.settings import SettingsError
from chassis.telemetry import Telemetry

Command: TypeAlias = Sequence[str | bytes | int]

_CONNECT_SECONDS = 2.0
_TEND_SECONDS = 5.0


class RedisConnections:
    """Commands over leased connections. Raises Unavailable for whatever goes wrong."""

    def __init__(self, pool: LeasePool[AbstractConnection]) -> None:
        self._pool = pool

    async def run(self, *commands: Command) -> list[Any]:
        """The answers, in order; the commands travel together. Whoever gives up leaves no half-read answer behind."""
        try:
            async with self._pool.lease() as connection:
                return await _run(connection, commands)
        except (RedisError, OSError) as error:
            raise errors.Unavailable("Redis does not answer", reason="REDIS_UNAVAILABLE") from error


async def _run(connection: AbstractConnection, commands: Sequence[Command]) -> list[Any]:
    if not connection.is_connected:
        raise ConnectionError("the connection has ended")  # redis-py would open it again, uncounted
    try:
        await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
        return [await connection.read_response() for _ in commands]
    except BaseException:
        # What is left of the answers would be taken for those to the next question.
        await connection.disconnect(nowait=True)
        raise


@contextlib.asynccontextmanager
async def open_redis(settings: RedisSettings, telemetry: Telemetry) -> AsyncIterator[RedisConnections]:
    """A pool that need not reach its Redis, now or later. Raises SettingsError for what is no address of one."""
    options = _options(settings.redis_url)
    kind = options.pop("connection_class", Connection)

    async def connect() -> AbstractConnection:
        connection: AbstractConnection = kind(
            **options,
            # Our own deadlines bound each question; RESP2 needs no greeting.
            socket_timeout=None,
            socket_connect_timeout=_CONNECT_SECONDS,
            protocol=2,
            driver_info=None,
        )
        await connection.connect()  # type: ignore[no-untyped-call] # redis-py has types for most of it
        return connection

    async def check(connection: AbstractConnection) -> None:
        await _run(connection, [("PING",)])

    pool: LeasePool[AbstractConnection] = LeasePool(
        open_client=connect,
        close_client=lambda connection: connection.disconnect(nowait=True),
        check=check,
        alive=lambda connection: connection.is_connected,
        busy=lambda: errors.Unavailable("every connection to Redis is taken", reason="REDIS_BUSY"),
        most=settings.redis_pool_max,
        least=min(settings.redis_pool_min, settings.redis_pool_max),
        idle_seconds=settings.redis_pool_idle_ms / 1000,
        patience_seconds=settings.redis_acquire_ms / 1000,
    )
    telemetry.pools.add("redis", pool.statistics)
    try:
        async with repeating("tending connections to Redis", _TEND_SECONDS, pool.tend):
            yield RedisConnections(pool)
    finally:
        async with asyncio.timeout(_CONNECT_SECONDS):
            await pool.close(0.5)


def _options(url: str) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        options: dict[str, Any] = dict(parse_url(url))
        if "host" in options or "path" in options:
            return options
    # Without the address: it may hold a password.
    raise SettingsError(["REDIS_URL: must be an address such as redis://127.0.0.1:6379/0"])
