"""Pools and statements for tests of the database."""

import contextlib
from collections.abc import AsyncIterator

from prometheus_client import generate_latest

from chassis import errors
from chassis.database import Database, DatabaseSettings, Statement, open_database
from chassis.settings import load
from chassis.telemetry import Telemetry

ONE = Statement("test.one", "SELECT 1")
PID = Statement("test.pid", "SELECT pg_backend_pid()")
SLEEP = Statement("test.sleep", "SELECT pg_sleep($1)")
KILL = Statement("test.kill", "SELECT pg_terminate_backend($1)")
KILL_OTHERS = Statement(
    "test.kill_others",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
)
PUT = Statement("test.put", "INSERT INTO shelf VALUES ($1, 0)")
ADD = Statement("test.add", "UPDATE shelf SET total = total + 1 WHERE id = $1")
COUNT = Statement("test.count", "SELECT count(*) FROM shelf")


@contextlib.asynccontextmanager
async def pool(url: str, telemetry: Telemetry, most: int = 1, least: int = 0) -> AsyncIterator[Database]:
    environ = {"DATABASE_URL": url, "DATABASE_POOL_MAX": str(most), "DATABASE_POOL_MIN": str(least)}
    settings = load(DatabaseSettings, environ)
    async with open_database(settings, application="test", telemetry=telemetry) as database:
        yield database


def page(telemetry: Telemetry) -> str:
    return generate_latest(telemetry.registry).decode()


async def together(database: Database, connections: int) -> set[int]:
    """Use so many connections at the same time; the backends behind them."""
    async with contextlib.AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(database.session()) for _ in range(connections)]
        return {await session.fetchval(PID) for session in sessions}


async def answers(database: Database) -> bool:
    try:
        return bool(await database.fetchval(ONE) == 1)
    except errors.Unavailable:
        return False
