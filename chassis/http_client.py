"""The HTTP client to other companies: shared by all callers, with the statistics of a pool. Slow to import."""

import contextlib
import time
import weakref
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver

from chassis.pools.statistics import Statistics
from chassis.telemetry import Telemetry

_MOST_CONNECTIONS = 256
# Idle connections are closed before the provider's side is likely to: a request written to a connection that the other
# end has just closed has an unknown result, and unknown results cost extra sends.
_IDLE_SECONDS = 3.0


class _Counted(aiohttp.TCPConnector):
    """Counts what aiohttp keeps to itself, at the two places where a connector may be extended."""

    def __init__(self, *, limit: int, resolver: AbstractResolver | None) -> None:
        super().__init__(limit=limit, keepalive_timeout=_IDLE_SECONDS, resolver=resolver)
        # Both forget by themselves what aiohttp has dropped.
        self._born: weakref.WeakKeyDictionary[Any, float] = weakref.WeakKeyDictionary()
        self._lent: weakref.WeakSet[Any] = weakref.WeakSet()
        self._waiting = 0
        self._uses = 0

    async def connect(self, *arguments: Any, **named: Any) -> Any:
        """A connection for one request, kept or new."""
        self._waiting += 1
        try:
            lent = await super().connect(*arguments, **named)
        finally:
            self._waiting -= 1
        self._uses += 1
        self._lent.add(lent)
        return lent

    async def _create_connection(self, *arguments: Any, **named: Any) -> Any:
        made = await super()._create_connection(*arguments, **named)
        self._born[made] = time.monotonic()
        return made

    def statistics(self) -> Statistics:
        """The connections now; aiohttp drops one that broke at once, so all that are open are healthy."""
        born = [moment for made, moment in self._born.items() if made.is_connected()]
        return Statistics(
            size=len(born),
            healthy=len(born),
            in_use=sum(not lent.closed for lent in self._lent),
            waiting=self._waiting,
            max=self.limit,
            total_uses=self._uses,
            oldest_client_age=time.monotonic() - min(born) if born else 0.0,
        )


@contextlib.asynccontextmanager
async def open_http_client(
    name: str,
    telemetry: Telemetry,
    *,
    most: int = _MOST_CONNECTIONS,
    resolver: AbstractResolver | None = None,
    decompress: bool = True,
) -> AsyncIterator[aiohttp.ClientSession]:
    """A session that keeps connections for a moment; `name` is that of its pool.

    `resolver` looks names up instead of aiohttp's own; it is closed with the session.
    """
    connector = _Counted(limit=most, resolver=resolver)
    telemetry.pools.add(name, connector.statistics)
    try:
        async with aiohttp.ClientSession(connector=connector, auto_decompress=decompress, trust_env=False) as session:
            yield session
    finally:
        if resolver is not None:
            await resolver.close()
