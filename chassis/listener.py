"""LISTEN on PostgreSQL channels over a connection of its own that comes back by itself.

A notification is a hint. Whoever keeps copies must know when hints may have been missed: `on_lost` is called when the
connection goes and `on_restored` when it listens again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import asyncpg

from chassis import logs

log = logs.get(__name__)

# Between attempts to reconnect; short, because caches are distrusted meanwhile.
_RETRY_SECONDS = 0.5
# What operators see in pg_stat_activity.
_NAMED = {"application_name": "hailwire-listener"}
# Between questions whether the server is still there, and how long the answer may take: together the time for which a
# network that swallows everything can hide changes from whoever keeps copies.
_ASK_SECONDS = 1.0
_ANSWER_SECONDS = 2.0


class Listener:
    """Calls a function with each notification's payload; `connected` tells whether hints arrive now."""

    def __init__(
        self,
        dsn: str,
        channels: Mapping[str, Callable[[str], None]],
        on_lost: Callable[[], None] = lambda: None,
        on_restored: Callable[[], None] = lambda: None,
    ) -> None:
        self.connected = False
        self._dsn = dsn
        self._channels = channels
        self._on_lost = on_lost
        self._on_restored = on_restored

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            closed = asyncio.Event()
            connection = None
            try:
                connection = await asyncpg.connect(self._dsn, timeout=5, server_settings=_NAMED)
                connection.add_termination_listener(lambda _: closed.set())  # noqa: B023 - called before the next round
                for channel, receive in self._channels.items():
                    await connection.add_listener(channel, _adapted(receive))
                self.connected = True
                self._on_restored()
                await self._watch(connection, closed)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("listener cannot reach the database", error=type(error).__name__)
            except Exception as error:
                # Whatever it was: who listens must go on listening.
                log.exception("listener failed", error)
            finally:
                if self.connected:
                    self.connected = False
                    self._on_lost()
                if connection is not None:
                    connection.terminate()
            await asyncio.sleep(_RETRY_SECONDS)

    @staticmethod
    async def _watch(connection: Any, closed: asyncio.Event) -> None:
        # A peer that vanished without a word is noticed by asking now and then.
        while not closed.is_set():
            # Not wait_for, which in Python 3.11 may swallow a cancellation that comes together with the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ASK_SECONDS):
                    await closed.wait()
                return
            async with asyncio.timeout(_ANSWER_SECONDS):
                await connection.execute("SELECT 1")


def _adapted(receive: Callable[[str], None]) -> Callable[[Any, int, str, object], None]:
    def callback(_connection: Any, _pid: int, _channel: str, payload: object) -> None:
        receive(str(payload))

    return callback


@contextlib.asynccontextmanager
async def open_listener(
    dsn: str,
    channels: Mapping[str, Callable[[str], None]],
    on_lost: Callable[[], None] = lambda: None,
    on_restored: Callable[[], None] = lambda: None,
) -> AsyncIterator[Listener]:
    """A listener that runs in the background."""
    listener = Listener(dsn, channels, on_lost, on_restored)
    task = asyncio.create_task(listener.run())
    try:
        yield listener
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
