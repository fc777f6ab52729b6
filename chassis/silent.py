"""Takes locks away from processes that fell silent in the middle of a statement.

A paused process that has begun a transaction would keep its rows from everybody else. PostgreSQL ends it by
`idle_in_transaction_session_timeout`, but not between the parse and the bind of a statement that a connection uses for
the first time: there the session counts as active, waits for its client, and holds off every cancellation,
`statement_timeout` included. So whoever is alive looks for such sessions of the same role and ends them.
"""

import contextlib
from collections.abc import AsyncIterator

from chassis import logs
from chassis.database import Database, Statement
from chassis.periodic import repeating

log = logs.get(__name__)

# No healthy client is silent for so long in the middle of a statement; it is as long as an idle transaction may last.
_SILENT_SECONDS = 5.0
_EVERY_SECONDS = 2.5

_END = Statement(
    "database.end_silent",
    """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND application_name LIKE 'hailwire-%'
      AND state = 'active' AND wait_event = 'ClientRead' AND xact_start IS NOT NULL
      AND state_change < clock_timestamp() - make_interval(secs => $1)
    """,
)


@contextlib.asynccontextmanager
async def ending_silent_sessions(
    database: Database, *, after_seconds: float = _SILENT_SECONDS, every_seconds: float = _EVERY_SECONDS
) -> AsyncIterator[None]:
    """End such sessions for as long as the block lasts."""

    async def look() -> int:
        ended = int(await database.fetchval(_END, after_seconds))
        if ended:
            log.warning("sessions of a silent process ended", sessions=ended)
        return 0

    async with repeating("silent sessions", every_seconds, look):
        yield
