"""A pool of PostgreSQL connections with named statements, measured and with typed errors.

Every statement has a name: it is the metric's label, the span's name and what an operator asks `analyze` about.
asyncpg prepares each statement once per connection and keeps it.
"""

import contextlib
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import asyncpg
from opentelemetry.trace import SpanKind

from chassis import coalesce, errors
from chassis.connections import Connection, connection_pool
from chassis.database_errors import ASYNCPG, translated, typed
from chassis.periodic import repeating
from chassis.pools.leasing import LeasePool
from chassis.pools.settings import PoolSettings
from chassis.settings import setting
from chassis.telemetry import Telemetry

# Between looks for connections that nobody uses, or that were not heard of for a while.
_TEND_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings(PoolSettings):
    """How a service reaches PostgreSQL."""

    database_url: str = setting("DATABASE_URL", help="postgresql://user:password@host:port/database")
    database_direct_url: str = setting(
        "DATABASE_DIRECT_URL",
        default="",
        help="the same database past any pooler, for LISTEN and migrations; empty: DATABASE_URL",
    )
    database_pool_min: int = setting(
        "DATABASE_POOL_MIN", default=2, minimum=0, maximum=100, help="connections that a service opens at start"
    )
    database_pool_max: int = setting(
        "DATABASE_POOL_MAX",
        default=8,
        minimum=0,
        maximum=100,
        help="connections that a service opens at most; 0: as POOL_MAX_CLIENTS",
    )

    @property
    def direct_url(self) -> str:
        """Where LISTEN works."""
        return self.database_direct_url or self.database_url

    @property
    def most_connections(self) -> int:
        """What the pool may open."""
        return self.database_pool_max or self.pool_max_clients

    @property
    def least_connections(self) -> int:
        """What the pool keeps open."""
        return min(self.database_pool_min, self.most_connections)


@dataclass(frozen=True)
class Statement:
    """SQL with a name such as "trips.nearest_drivers".

    One that may read a big table from end to end says in `scans` why that is right; `hailwire analyze` and the tests of
    the plans take any other one for a missing index. `example` are arguments to try it with, as PostgreSQL writes
    literals, where any values of their types would say little.
    """

    name: str
    sql: str
    scans: str = ""
    example: tuple[str, ...] = ()


@contextlib.asynccontextmanager
async def _block(connection: Connection) -> AsyncIterator[None]:
    """BEGIN or SAVEPOINT around a block; only what asyncpg raised in there is translated, the rest passes as it is."""
    transaction = connection.transaction()
    with translated():
        await transaction.start()
    try:
        yield
    except BaseException as error:
        # A connection that is gone has rolled back by itself. What ended the block is what counts: were a cancellation
        # replaced by a failed ROLLBACK, whoever waits for the task to end would wait for ever.
        with contextlib.suppress(*ASYNCPG, OSError):
            await transaction.rollback()
        if isinstance(error, ASYNCPG) and (known := typed(error)) is not None:
            raise known from error
        raise
    with translated():
        await transaction.commit()


def statements_in(*modules: ModuleType) -> list[Statement]:
    """Every statement that these modules declare."""
    return [one for module in modules for one in vars(module).values() if isinstance(one, Statement)]


class Session:
    """One connection, usually inside a transaction. Not for concurrent use."""

    __slots__ = ("_errors", "_seconds", "_telemetry", "connection")

    def __init__(self, connection: Connection, telemetry: Telemetry) -> None:
        self.connection = connection
        self._telemetry = telemetry
        self._seconds = telemetry.histogram("database_statement", "time of named SQL statements")
        self._errors = telemetry.counter("database_statement_errors", "named SQL statements that failed, by reason")

    async def fetch(self, statement: Statement, *args: Any) -> list[asyncpg.Record]:
        """Every row."""
        with self._measured(statement):
            return await self.connection.fetch(statement.sql, *args)

    async def fetchrow(self, statement: Statement, *args: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        with self._measured(statement):
            return await self.connection.fetchrow(statement.sql, *args)

    async def fetchval(self, statement: Statement, *args: Any) -> Any:
        """The first column of the first row, or None."""
        with self._measured(statement):
            return await self.connection.fetchval(statement.sql, *args)

    async def execute(self, statement: Statement, *args: Any) -> int:
        """Run it and give the number of rows that it touched."""
        with self._measured(statement):
            tag = await self.connection.execute(statement.sql, *args)
        count = tag.rsplit(" ", 1)[-1]
        return int(count) if count.isdigit() else 0

    async def prepare(self, statements: Sequence[Statement]) -> None:
        """Let this connection learn the statements before somebody waits for them; none is executed."""
        with translated():
            for statement in statements:
                await self.connection.executemany(statement.sql, [])
            # asyncpg does not end the transaction in which the server described them: it would stay open, with locks on
            # their tables, until somebody uses this connection.
            await self.connection.fetchval(_PING.sql)

    def end(self) -> None:
        """The connection is somebody else's from now on: whoever goes on would speak within their transaction."""
        del self.connection

    @contextlib.asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A block whose failure undoes only itself."""
        async with _block(self.connection):
            yield

    @contextlib.contextmanager
    def _measured(self, statement: Statement) -> Iterator[None]:
        started = time.perf_counter()
        try:
            with (
                self._telemetry.span(
                    statement.name,
                    kind=SpanKind.CLIENT,
                    links=coalesce.callers.get(),
                    attributes={"db.system.name": "postgresql", "db.query.summary": statement.name},
                ),
                translated(),
            ):
                yield
        except Exception as error:
            reason = error.reason if isinstance(error, errors.HailwireError) else type(error).__name__
            self._errors.add(1, statement=statement.name, reason=reason)
            raise
        finally:
            self._seconds.record(time.perf_counter() - started, statement=statement.name)


class Database:
    """The pool. Statements outside `transaction()` run alone on whichever connection is free."""

    def __init__(self, pool: LeasePool[Connection], telemetry: Telemetry, *, least: int = 0) -> None:
        self.pool = pool
        self.telemetry = telemetry
        self._least = least

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A connection without a transaction."""
        async with self.pool.lease() as connection:
            session = Session(connection, self.telemetry)
            try:
                yield session
            finally:
                session.end()

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        async with self.session() as session, _block(session.connection):
            yield session

    async def fetch(self, statement: Statement, *args: Any) -> list[asyncpg.Record]:
        """Every row."""
        async with self.session() as session:
            return await session.fetch(statement, *args)

    async def fetchrow(self, statement: Statement, *args: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        async with self.session() as session:
            return await session.fetchrow(statement, *args)

    async def fetchval(self, statement: Statement, *args: Any) -> Any:
        """The first column of the first row, or None."""
        async with self.session() as session:
            return await session.fetchval(statement, *args)

    async def execute(self, statement: Statement, *args: Any) -> int:
        """Run it and give the number of rows that it touched."""
        async with self.session() as session:
            return await session.execute(statement, *args)

    async def ping(self) -> None:
        """Raise errors.Unavailable unless the database answers."""
        await self.fetchval(_PING)

    async def warm(self, statements: Sequence[Statement] = ()) -> None:
        """Open the connections that stay, and prepare these statements on each; raises what a statement raises."""
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(self._least):
                session = await stack.enter_async_context(self.session())
                await session.prepare(statements)


_PING = Statement("database.ping", "SELECT 1")


@contextlib.asynccontextmanager
async def open_database(
    settings: DatabaseSettings, *, application: str, telemetry: Telemetry
) -> AsyncIterator[Database]:
    """A pool that need not reach its database yet: a service starts without it and says NOT_SERVING meanwhile."""
    pool = connection_pool(
        settings.database_url,
        application=application,
        most=settings.most_connections,
        least=settings.least_connections,
        idle_seconds=settings.pool_idle_timeout_ms / 1000,
    )
    _show(pool, telemetry)
    telemetry.pools.add("database", pool.statistics)
    try:
        async with repeating("tending database connections", _TEND_SECONDS, pool.tend):
            yield Database(pool, telemetry, least=settings.least_connections)
    finally:
        await pool.close()


def _show(pool: LeasePool[Connection], telemetry: Telemetry) -> None:
    """The words of PostgreSQL for what every pool tells (chassis/pools/statistics.py)."""

    def states() -> list[tuple[float, dict[str, str]]]:
        now = pool.statistics()
        return [
            (now.size - now.in_use, {"state": "idle"}),
            (now.in_use, {"state": "in_use"}),
            (now.waiting, {"state": "waiting"}),
        ]

    telemetry.gauge("database_connections", "connections of the pool by what they do", states)
    telemetry.gauge(
        "database_connections_max", "connections that the pool may open", lambda: [(pool.statistics().max, {})]
    )
    telemetry.tally(
        "database_acquires", "connections taken from the pool", lambda: [(pool.statistics().total_uses, {})]
    )
    telemetry.tally(
        "database_acquire_seconds", "time spent waiting for connections", lambda: [(pool.waited_seconds, {})]
    )
