"""Every named statement of the gateway is one that PostgreSQL accepts, under a name of its own."""

import asyncpg

from chassis.database import Statement
from services.gateway import (
    aliases,
    attempts,
    backlog,
    claims,
    commit,
    ending,
    inbox,
    instance,
    known_senders,
    lanes,
    queueing,
    reconciling,
    retention,
    settling,
    statuses,
    turns,
    waiting,
)

MODULES = (
    aliases,
    attempts,
    backlog,
    claims,
    commit,
    ending,
    inbox,
    instance,
    known_senders,
    lanes,
    queueing,
    reconciling,
    retention,
    settling,
    statuses,
    turns,
    waiting,
)


def statements() -> list[Statement]:
    found = []
    for module in MODULES:
        for value in vars(module).values():
            candidates = value if isinstance(value, tuple) else (value,)
            found += [one for one in candidates if isinstance(one, Statement)]
    return found


async def test_every_statement_can_be_prepared(database_url: str) -> None:
    """PostgreSQL prepares each statement against the migrated schema."""
    connection = await asyncpg.connect(database_url)
    try:
        refused = {}
        for statement in statements():
            try:
                await connection.prepare(statement.sql)
            except asyncpg.PostgresError as error:
                refused[statement.name] = str(error)
        assert not refused
    finally:
        await connection.close()


def test_names_are_unique() -> None:
    """No two statements of the gateway share a name."""
    names = [statement.name for statement in statements()]
    assert len(names) > 40
    assert len(names) == len(set(names))
