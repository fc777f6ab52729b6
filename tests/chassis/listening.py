"""What a test does to the connections over which replicas listen, and how long a change takes to get around."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

import asyncpg

# The promise is 100 ms, asserted of the median: a machine that is shared stands still now and then. A change that was
# missed is seen no sooner than its entry expires, which takes longer than this.
PROMISED_SECONDS = 0.1
GENEROUS_SECONDS = 30.0

_LISTENERS = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'hailwire-listener'"


async def cut(connection: asyncpg.Connection, least: int = 1) -> None:
    """End every session that listens, once there are that many."""
    async with asyncio.timeout(60):
        while await connection.fetchval(f"SELECT count(*) {_LISTENERS}") < least:
            await asyncio.sleep(0.01)
    await connection.execute(f"SELECT pg_terminate_backend(pid) {_LISTENERS}")


async def seconds_until(seen: Callable[[], Awaitable[bool]]) -> float:
    """How long it took; TimeoutError beyond what is generous."""
    started = time.perf_counter()
    async with asyncio.timeout(GENEROUS_SECONDS):
        while not await seen():
            pass
    return time.perf_counter() - started


def tell(what: str, took: list[float]) -> None:
    """Print what was measured beside the promise, which the median must keep."""
    median, most = statistics.median(took) * 1000, max(took) * 1000
    promised = PROMISED_SECONDS * 1000
    assert median < promised, f"{what}: median {median:.1f} ms, {promised:.0f} promised"
    print(f"{what}: median {median:.1f} ms, at most {most:.1f} ms of {len(took)}; {promised:.0f} promised")  # noqa: T201
