"""The databases that other tests are given."""

import asyncpg


async def test_migrated(fresh_database_url: str) -> None:
    """A fresh database has the shifted clock that every service uses."""
    connection = await asyncpg.connect(fresh_database_url)
    assert await connection.fetchval("SELECT abs(extract(epoch FROM chassis.now() - now())) < 60")
    await connection.close()


async def test_empty(empty_database_url: str) -> None:
    """An empty database has no schema of ours."""
    connection = await asyncpg.connect(empty_database_url)
    assert await connection.fetchval("SELECT to_regnamespace('chassis') IS NULL")
    await connection.close()


async def test_shared(database_url: str) -> None:
    """A module's database is migrated as well."""
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT count(*) FROM chassis.migration") > 0
    await connection.close()
