"""Every statement of the profile service finds its rows by an index, and every index is wanted: shown by plans."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg
import pytest

from services.profile import statements

PLANS = [
    (statements.FIND, [[5]], {"person_pkey", "identity_person_id", "person_merged_into"}),
    (statements.FIND_BY_IDENTITY, [[1], ["+5"]], {"identity_pkey", "person_pkey"}),
    (statements.LIST, [5, 50], {"person_pkey"}),
    (statements.LOCK_PEOPLE, [[5]], {"person_pkey"}),
    (statements.MOVE_IDENTITIES, [[5], [4]], {"identity_person_id"}),
]


async def _fill(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        """
        INSERT INTO profile.person (person_id, merged_into, created_at, updated_at)
        SELECT n, CASE WHEN n % 100 = 0 THEN n - 1 END, now(), now() FROM generate_series(1, 20000) n;
        INSERT INTO profile.identity (kind, value, person_id)
        SELECT 1 + n % 3, '+' || n, n FROM generate_series(1, 20000) n;
        ANALYZE;
        """
    )
    await connection.close()


@pytest.fixture(scope="module")
def filled(database_url: str) -> str:
    """A database with twenty thousand people."""
    with ThreadPoolExecutor(1) as thread:  # a loop of its own, because the tests' loops are younger than the module
        thread.submit(asyncio.run, _fill(database_url)).result()
    return database_url


@pytest.fixture
async def connection(filled: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(filled)
    yield connection
    await connection.close()


@pytest.mark.parametrize(("statement", "arguments", "indexes"), PLANS, ids=[plan[0].name for plan in PLANS])
async def test_a_statement_is_answered_from_its_indexes(
    connection: Any, statement: Any, arguments: list[Any], indexes: set[str]
) -> None:
    """The plan names the indexes that were made for it and reads no table from end to end."""
    plan = "\n".join(row[0] for row in await connection.fetch("EXPLAIN " + statement.sql, *arguments))
    assert [index for index in indexes if index not in plan] == [], plan
    assert "Seq Scan on" not in plan, plan


async def test_every_index_is_wanted_by_a_statement(connection: Any) -> None:
    """No index that only costs."""
    wanted = set().union(*(indexes for _, _, indexes in PLANS))
    rows = await connection.fetch("SELECT indexname FROM pg_indexes WHERE schemaname = 'profile'")
    assert {row["indexname"] for row in rows} - wanted == {"request_pkey", "request_created_at"}
