"""Connections to PostgreSQL in a pool of leases.

Not asyncpg's own pool: that one lets newcomers overtake who waits, never asks whether an idle connection still works,
accepts a connection back twice, and starts two tasks for each use.
"""

from typing import TYPE_CHECKING, Any

import asyncpg

from chassis import errors
from chassis.database_errors import ASYNCPG, translated
from chassis.pools.leasing import LeasePool

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = Any

# How long a call waits for a connection of the pool before it is told that the database is busy.
_ACQUIRE_SECONDS = 5.0
_CONNECT_SECONDS = 5.0
# How long a connection may take to say goodbye.
_CLOSE_SECONDS = 1.0
# How long the server may take for one statement; longer than any healthy one, shorter than a caller's patience.
_STATEMENT_SECONDS = 15.0
# What the data, or somebody else's lock, made of a statement: the connection is as good as before.
_NO_FAULT = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
)
# More than any service has: each stays prepared for as long as its connection lives.
_PREPARED_STATEMENTS = 400

# How PostgreSQL plans for us; `hailwire analyze` asks for the same.
PLANNING = {
    # JIT compiles for longer than our statements run.
    "jit": "off",
    # Left to itself it plans a statement that takes arrays anew at each call, as it expects ten items where one or two
    # come; and the plan that was looked at (tests/plans) is the one that runs.
    "plan_cache_mode": "force_generic_plan",
    # A plan made while its table was nearly empty reads it from end to end, and goes on doing so until somebody counts
    # the rows anew. Every statement has its index; whatever has none is read from end to end all the same.
    "enable_seqscan": "off",
}


def connection_pool(url: str, *, application: str, most: int, least: int, idle_seconds: float) -> LeasePool[Connection]:
    """A pool that has not opened anything yet. What opening raises is typed."""
    options = {
        "application_name": f"hailwire-{application}",
        "statement_timeout": str(int(_STATEMENT_SECONDS * 1000)),
        # A process that was paused in the middle of a transaction must not keep its rows from everybody else.
        "idle_in_transaction_session_timeout": "5000",
        "timezone": "UTC",
        **PLANNING,
    }

    async def connect() -> Connection:
        try:
            with translated():
                return await asyncpg.connect(
                    url,
                    timeout=_CONNECT_SECONDS,
                    command_timeout=_STATEMENT_SECONDS + 1,
                    statement_cache_size=_PREPARED_STATEMENTS,
                    max_cached_statement_lifetime=0,
                    server_settings=options,
                )
        except asyncpg.PostgresError as error:  # turned away at the door: no such database, a wrong password
            raise errors.Unavailable("the database turns us away", reason="DATABASE_REFUSED") from error

    return LeasePool(
        open_client=connect,
        close_client=lambda connection: connection.close(timeout=_CLOSE_SECONDS),
        # Nothing here changes a connection beyond its transaction, so there is nothing to reset between two uses: a
        # reset is a round trip, and is for connections that may have failed somebody.
        check=lambda connection: connection.reset(),
        alive=lambda connection: not connection.is_closed(),
        doubts=_doubtful,
        busy=lambda: errors.Unavailable("the database is busy", reason="DATABASE_BUSY"),
        most=most,
        least=least,
        # Behind each connection is a process with plans and pages of its own: two that are warm serve better than
        # eight by turns, and what a burst has opened is closed again. Each is asked once a minute, used or not.
        warm_first=True,
        idle_seconds=idle_seconds,
        patience_seconds=_ACQUIRE_SECONDS,
    )


def _doubtful(connection: Connection, error: BaseException | None) -> bool:
    """Whether to ask a connection before its next use; errors in the data and refusals of ours are no reason.

    A BEGIN that the server refused is one: asyncpg would take the next one for a savepoint of it.
    """
    if connection.is_closed():
        return False  # no doubt at all: the pool sees it
    if connection.is_in_transaction():
        return True
    cause = error.__cause__ if isinstance(error, errors.HailwireError) else error
    cancelled = error is not None and not isinstance(error, Exception)
    return cancelled or (isinstance(cause, (*ASYNCPG, OSError)) and not isinstance(cause, _NO_FAULT))
