"""What a run did, counted where it counts: committed rows and what the provider accepted, never answers alone."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any, Self

import asyncpg

from benchmarks.contender import Scenario
from loadtest.processes import BenchmarkError

_COUNT = {
    "stored": "SELECT count(*) FROM gateway.inbox",
    "pending": "SELECT count(*) FROM gateway.pending",
    "replied": "SELECT count(*) FROM gateway.outbox",
    "accepted": "SELECT count(*) FROM gateway.outbox WHERE state = 'accepted'",
    "dead": "SELECT count(*) FROM gateway.dead_letter",
}
# Reading a sequence costs nothing, counting rows does: rows are counted only once there may be enough of them.
_NUMBERS_GIVEN = "SELECT last_value FROM gateway.{table}_{table}_id_seq"
_LOOK_SECONDS = 0.02
_LEAVE_SECONDS = 10.0

# How durable the server is, and which of it a session or database could have been talked out of.
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_OVERRIDES = """
SELECT count(*) FROM pg_db_role_setting, unnest(setconfig) AS one WHERE one ~ '^(fsync|synchronous_commit)='
"""
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_WAL_SYNCS = "SELECT coalesce(sum(fsyncs), 0)::bigint FROM pg_stat_io WHERE object = 'wal'"


class Effects:
    """A look into the database of a run."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: Any = None

    async def __aenter__(self) -> Self:
        self._connection = await asyncpg.connect(self._dsn)
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._connection.close()

    async def counts(self) -> dict[str, int]:
        """Rows of each sort."""
        return {name: await self._connection.fetchval(sql) for name, sql in _COUNT.items()}

    async def reach(self, scenario: Scenario, wanted: int, seconds: float) -> None:
        """Return when the database holds `wanted` effects of this scenario; raise when that takes too long."""
        table, effect = ("outbox", "replied") if scenario.turns else ("inbox", "stored")
        if scenario.sends:
            effect = "accepted"
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            given = await self._connection.fetchval(_NUMBERS_GIVEN.format(table=table))
            if given >= wanted:
                found = await self._connection.fetchval(_COUNT[effect])
                if found >= wanted:
                    return
                # Counting is work for the server: the more is missing, the longer we leave it alone.
                await asyncio.sleep(min(0.25, (wanted - found) / 10_000))
            await asyncio.sleep(_LOOK_SECONDS)
        raise BenchmarkError(f"after {seconds:.0f} s there are only {await self.counts()}, {wanted} are wanted")

    async def check_durable(self) -> None:
        """Raise unless every commit is synced to the disk."""
        for name, wanted in _DURABLE.items():
            found = await self._connection.fetchval("SELECT current_setting($1)", name)
            if found != wanted:
                raise BenchmarkError(f"{name} is {found}: nothing that is not durable is measured here")
        if await self._connection.fetchval(_OVERRIDES):
            raise BenchmarkError("a role or database has its own idea of durability")

    async def wal_syncs(self) -> int:
        """How often the write-ahead log was synced so far; waits for the others' sessions to end.

        A session tells its counts when it ends, and before that only now and then.
        """
        for _ in range(int(_LEAVE_SECONDS / _LOOK_SECONDS)):
            if not await self._connection.fetchval(_OTHERS):
                break
            await asyncio.sleep(_LOOK_SECONDS)
        await self._connection.execute("SELECT pg_stat_force_next_flush()")
        return int(await self._connection.fetchval(_WAL_SYNCS))


@contextlib.asynccontextmanager
async def copied(admin_dsn: str, dsn_of: Any, template: str, name: str) -> AsyncIterator[str]:
    """A database of its own for a run, as the template is; every page is on the disk before the run begins."""
    connection = await asyncpg.connect(admin_dsn)
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        await connection.execute("CHECKPOINT")
        yield dsn_of(name)
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()
