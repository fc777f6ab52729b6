"""Where replicas lay copies for each other: Redis, as far as it answers within milliseconds."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chassis import errors
from chassis.breaker import Breaker
from chassis.later import in_a_thread
from chassis.redis_settings import RedisSettings
from chassis.telemetry import Telemetry

if TYPE_CHECKING:
    from chassis.redis_connections import RedisConnections

# What is lent waits for nobody: beyond so many batches on their way it is not lent at all.
_MOST_LENDING = 32
_LEND_SECONDS = 0.25


class Shelf:
    """Nothing here ever fails, it only finds less."""

    def __init__(
        self,
        telemetry: Telemetry,
        connections: "RedisConnections | None" = None,
        *,
        seconds: float = 0.01,
        ttl_seconds: float = 300.0,
        breaker: Breaker | None = None,
    ) -> None:
        self.ttl_seconds = ttl_seconds
        self._connections = connections
        self._seconds = seconds
        self._breaker = breaker or Breaker()
        self._lending: set[asyncio.Task[None]] = set()
        self.lookups = telemetry.counter(
            "second_level_lookups", "what became of looking for copies in Redis, by cache and result"
        )
        self._time = telemetry.histogram("second_level_get", "time that Redis took to be looked at")
        self._failed = telemetry.counter("second_level_errors", "questions to Redis that brought no answer, by reason")
        telemetry.gauge("second_level_open", "1 while Redis is not asked, because it did not answer", self._is_open)

    @property
    def there(self) -> bool:
        """Whether there is a Redis at all."""
        return self._connections is not None

    async def get(self, names: Sequence[str]) -> list[bytes | None] | None:
        """What lies under these names; None when Redis does not tell."""
        started = time.perf_counter()
        answers = await self._ask(self._seconds, [("MGET", *names)])
        self._time.record(time.perf_counter() - started)
        found: list[bytes | None] | None = None if answers is None else answers[0]
        return found

    def put(self, copies: Mapping[str, bytes], ttl_seconds: float) -> None:
        """Lay these down soon, or never."""
        if not copies or len(self._lending) >= _MOST_LENDING:
            return
        commands = [("SET", name, copy, "PX", round(ttl_seconds * 1000)) for name, copy in copies.items()]
        task = asyncio.create_task(self._lend(commands))
        self._lending.add(task)
        task.add_done_callback(self._lending.discard)

    async def close(self) -> None:
        """Give up what is on its way."""
        for task in self._lending:
            task.cancel()
        await asyncio.gather(*self._lending, return_exceptions=True)

    async def _lend(self, commands: Sequence[Sequence[str | bytes | int]]) -> None:
        await self._ask(_LEND_SECONDS, commands)

    async def _ask(self, seconds: float, commands: Sequence[Sequence[str | bytes | int]]) -> list[Any] | None:
        if self._connections is None or not self._breaker.may():
            return None
        try:
            async with asyncio.timeout(seconds):
                answers = await self._connections.run(*commands)
        except (TimeoutError, errors.Unavailable) as error:
            self._breaker.failed()
            self._failed.add(1, reason=error.reason if isinstance(error, errors.HailwireError) else "TIMEOUT")
            return None
        self._breaker.succeeded()
        return answers

    def _is_open(self) -> list[tuple[float, dict[str, str]]]:
        return [(float(self._breaker.open), {})] if self.there else []


@contextlib.asynccontextmanager
async def open_shelf(settings: RedisSettings, telemetry: Telemetry) -> AsyncIterator[Shelf]:
    """Redis when REDIS_URL names one, an empty shelf otherwise."""
    if not settings.redis_url:
        yield Shelf(telemetry)
        return

    def load() -> Any:
        from chassis.redis_connections import open_redis

        return open_redis

    opener = await in_a_thread(load)
    async with opener(settings, telemetry) as connections:
        shelf = Shelf(
            telemetry,
            connections,
            seconds=settings.redis_timeout_ms / 1000,
            ttl_seconds=settings.redis_ttl_ms / 1000,
        )
        try:
            yield shelf
        finally:
            await shelf.close()
