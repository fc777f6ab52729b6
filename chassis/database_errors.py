"""What PostgreSQL and asyncpg raise, as typed errors of ours."""

import contextlib
from collections.abc import Iterator

import asyncpg

from chassis import errors

# What asyncpg raises of its own.
ASYNCPG = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn what asyncpg raises into typed errors; errors in the data stay asyncpg's, for whoever can bisect a batch."""
    try:
        yield
    except (*ASYNCPG, OSError) as error:  # TimeoutError is a kind of OSError
        if (known := typed(error)) is not None:
            raise known from error
        raise


def typed(error: Exception) -> errors.HailwireError | None:
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
