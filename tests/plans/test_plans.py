"""The plan of every named statement, on full tables: which indexes answer it, and that each index answers something.

The default run has twenty thousand rows in each table; `make drills`, or `pytest -m drill tests/plans`, fills in a
million, which takes minutes.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from launcher import explaining, statements
from tests.conftest import run_apart
from tests.plans.expected import EXPECTED, NO_STATEMENTS
from tests.plans.filling import fill

ROWS = 20_000
MANY_ROWS = 1_000_000
# Smaller tables (instances, the clock) are read as they are.
SMALL = 1000


async def _problems(connection: Any) -> list[str]:
    """What is wrong with plans: other indexes than wanted, a big table read from end to end, the clock at each row."""
    problems = []
    for name, statement in statements.every().items():
        found = await explaining.explain(connection, statement, run=False)
        scanned = [table for table, rows in found.scanned.items() if rows > SMALL]
        indexes = frozenset(index for index in found.indexes if not index.startswith("pg_"))
        if indexes not in EXPECTED.get(name, {indexes}):
            problems.append(f"{name}: {sorted(indexes)}")
        if scanned and not statement.scans:
            problems.append(f"{name} reads {', '.join(scanned)} from end to end")
        # The clock is a function with a table of its own: of a million rows it takes seconds, asked once it takes none.
        if scanned and re.search(r"Filter: .*chassis\.now\(\)", found.plan):
            problems.append(f"{name} asks for the time at each row; write (SELECT chassis.now())")
    return problems


@pytest.fixture(scope="module")
def filled(database_url: str) -> str:
    """A database with so many rows in each table."""
    run_apart(fill(database_url, ROWS))
    return database_url


@pytest.fixture
async def connection(filled: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(filled)
    yield connection
    await connection.close()


async def test_every_statement_is_answered_from_its_indexes(connection: Any) -> None:
    """The generic plan of each names the indexes that were made for it, and reads no big table from end to end."""
    problems = await _problems(connection)
    assert not problems, "\n".join(problems)


def test_every_statement_has_an_entry() -> None:
    """A new statement is looked at before it is in use, and an old one leaves nothing behind."""
    assert sorted(statements.every()) == sorted(EXPECTED)


async def test_every_index_belongs_to_a_statement(connection: Any) -> None:
    """No index that only costs: each is named by the plan of a statement, or here with what else it is for."""
    rows = await connection.fetch(
        "SELECT indexname FROM pg_indexes WHERE schemaname IN ('gateway', 'profile', 'trips')"
    )
    indexes = {row["indexname"] for row in rows}
    used = {index for several in EXPECTED.values() for one in several for index in one}
    assert indexes - used == set(NO_STATEMENTS)
    # Those that a row of the features is about: used, and therefore known.
    assert {"trip_open_of_passenger", "trip_open_of_driver", "trip_vehicle_state", "trip_created_at"} <= used
    assert {"presence_available", "identity_pkey", "person_language", "conversation_person"} <= used
    assert {"certificate_person_state", "certificate_state", "certificate_submitted"} <= used
    assert {"claim_person_state", "claim_state", "claim_submitted"} <= used
    assert {"entry_of_account", "audit_created_at", "audit_person", "audit_action"} <= used
    assert len(indexes & used) >= 20


@pytest.mark.drill
@pytest.mark.timeout(1800)
async def test_a_million_rows(fresh_database_url: str) -> None:
    """The same plans with a million rows in each table, and every read answers in less than 100 ms."""
    await fill(fresh_database_url, MANY_ROWS)
    connection = await asyncpg.connect(fresh_database_url)
    try:
        problems = await _problems(connection)
        assert not problems, "\n".join(problems)
        slow = {}
        for name, statement in statements.every().items():
            if statement.scans:
                continue
            times = [await _seconds(connection, statement) for _ in range(5)]
            if sorted(times)[2] > 0.1:
                slow[name] = times
        assert slow == {}
    finally:
        await connection.close()


async def _seconds(connection: Any, statement: Any) -> float:
    """How long a read takes; what changes anything is not run and takes no time."""
    started = asyncio.get_running_loop().time()
    found = await explaining.explain(connection, statement)
    return asyncio.get_running_loop().time() - started if found.run else 0.0
