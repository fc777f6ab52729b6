"""A pool of PostgreSQL connections with named statements, measured and with typed errors.

Every statement has a name: it is the metric's label, the span's name and what an operator asks `analyze` about.
asyncpg prepares each statement once per connection and keeps it.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
from opentelemetry.trace import SpanKind

from chassis import coalesce, errors, logs
from chassis.settings import setting
from chassis.telemetry import Telemetry

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Connection = Pool = Any

log = logs.get(__name__)

# How long a call waits for a connection of the pool before it is told that the database is busy.
_ACQUIRE_SECONDS = 5.0
# How long the server may take for one statement; longer than any healthy one, shorter than a caller's patience.
_STATEMENT_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
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
        "DATABASE_POOL_MAX", default=8, minimum=1, maximum=100, help="connections that a service opens at most"
    )

    @property
    def direct_url(self) -> str:
        """Where LISTEN works."""
        return self.database_direct_url or self.database_url


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


_ASYNCPG = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn what asyncpg raises into typed errors; errors in the data stay asyncpg's, for whoever can bisect a batch."""
    try:
        yield
    except (*_ASYNCPG, OSError) as error:  # TimeoutError is a kind of OSError
        if (typed := _typed(error)) is not None:
            raise typed from error
        raise


def _typed(error: Exception) -> errors.HailwireError | None:
    """The typed error behind asyncpg's, None when it is about the data."""
    match error:
        case TimeoutError():
            return errors.Unavailable("the database is busy", reason="DATABASE_BUSY")
        case asyncpg.QueryCanceledError():
            return errors.DeadlineExceeded("the database took too long", reason="DATABASE_SLOW")
        case (
            OSError()
            | asyncpg.PostgresConnectionError()
            | asyncpg.OperatorInterventionError()  # shutdown, crash, "the database system is starting up"
            | asyncpg.InsufficientResourcesError()
            | asyncpg.InternalClientError()
            | asyncpg.ReadOnlySQLTransactionError()  # a standby, for a moment after a failover
        ):
            return errors.Unavailable("the database is out of reach", reason="DATABASE_UNAVAILABLE")
        case asyncpg.InterfaceError() if not isinstance(error, ValueError | TypeError):
            # asyncpg's word for a connection that was closed under us, and for an argument that no column takes.
            return errors.Unavailable("the database connection was lost", reason="DATABASE_UNAVAILABLE")
        case (
            asyncpg.TransactionRollbackError()  # serialization failure, deadlock
            | asyncpg.InvalidCachedStatementError()  # a migration changed a table between two uses of a statement
        ):
            return errors.Conflict("the transaction was rolled back", reason="TRANSACTION_CONFLICT")
        case asyncpg.LockNotAvailableError():
            return errors.Conflict("the row is busy", reason="ROW_BUSY")
    return None


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
        with contextlib.suppress(*_ASYNCPG, OSError):
            await transaction.rollback()
        if isinstance(error, _ASYNCPG) and (typed := _typed(error)) is not None:
            raise typed from error
        raise
    with translated():
        await transaction.commit()


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

    def __init__(self, pool: Pool, telemetry: Telemetry) -> None:
        self.pool = pool
        self.telemetry = telemetry
        self.waiting = 0
        self.acquired = 0
        self.waited_seconds = 0.0

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A connection without a transaction."""
        self.waiting += 1
        started = time.perf_counter()
        try:
            with translated():
                connection = await self.pool.acquire(timeout=_ACQUIRE_SECONDS)
        except asyncpg.PostgresError as error:  # turned away at the door: no such database, a wrong password
            raise errors.Unavailable("the database turns us away", reason="DATABASE_REFUSED") from error
        finally:
            self.waiting -= 1
            self.waited_seconds += time.perf_counter() - started
        self.acquired += 1
        try:
            yield Session(connection, self.telemetry)
        finally:
            # A connection that broke raises here again; the pool has dropped it by then.
            with contextlib.suppress(
                asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError
            ):
                await self.pool.release(connection, timeout=_ACQUIRE_SECONDS)

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

    async def warm(self, connections: int) -> None:
        """Open that many connections now instead of at the first requests; without a database, later."""
        with contextlib.suppress(errors.HailwireError):
            async with contextlib.AsyncExitStack() as stack:
                for _ in range(connections):
                    session = await stack.enter_async_context(self.session())
                    await session.fetchval(_PING)


async def _keep(_connection: Connection) -> None:
    """Leave a connection as it is."""


_PING = Statement("database.ping", "SELECT 1")


@contextlib.asynccontextmanager
async def open_database(
    settings: DatabaseSettings, *, application: str, telemetry: Telemetry
) -> AsyncIterator[Database]:
    """A pool that need not reach its database yet: a service starts without it and says NOT_SERVING meanwhile."""
    pool = asyncpg.create_pool(
        settings.database_url,
        min_size=0,
        max_size=settings.database_pool_max,
        timeout=5,
        command_timeout=_STATEMENT_SECONDS + 1,
        max_inactive_connection_lifetime=0,
        # Nothing here changes a connection beyond its transaction: there is nothing to reset between two uses, and
        # asyncpg's own reset is a round trip for each.
        reset=_keep,
        server_settings={
            "application_name": f"hailwire-{application}",
            "statement_timeout": str(int(_STATEMENT_SECONDS * 1000)),
            # A process that was paused in the middle of a transaction must not keep its rows from everybody else.
            "idle_in_transaction_session_timeout": "5000",
            "timezone": "UTC",
            # JIT compiles for longer than our statements run.
            "jit": "off",
        },
    )
    await pool
    database = Database(pool, telemetry)
    telemetry.gauge(
        "database_connections",
        "connections of the pool by what they do",
        lambda: [
            (pool.get_idle_size(), {"state": "idle"}),
            (pool.get_size() - pool.get_idle_size(), {"state": "in_use"}),
            (database.waiting, {"state": "waiting"}),
        ],
    )
    telemetry.gauge(
        "database_connections_max", "connections that the pool may open", lambda: [(pool.get_max_size(), {})]
    )
    telemetry.tally("database_acquires", "connections taken from the pool", lambda: [(database.acquired, {})])
    telemetry.tally(
        "database_acquire_seconds", "time spent waiting for connections", lambda: [(database.waited_seconds, {})]
    )
    warming = asyncio.create_task(database.warm(min(settings.database_pool_min, settings.database_pool_max)))
    try:
        yield database
    finally:
        warming.cancel()
        await asyncio.wait([warming])
        try:
            async with asyncio.timeout(5):
                await pool.close()
        except TimeoutError:
            pool.terminate()
