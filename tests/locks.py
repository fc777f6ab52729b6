"""Tables that answer nobody for a while, as when somebody else holds them."""

import contextlib
from collections.abc import AsyncIterator

import asyncpg


@contextlib.asynccontextmanager
async def locked(url: str, *tables: str) -> AsyncIterator[None]:
    """Nothing is read from these tables nor written to them until the block ends."""
    holder = await asyncpg.connect(url)
    try:
        while not await _held(holder, tables):
            pass
        yield
    finally:
        await holder.close()  # which ends its transaction


async def _held(holder: asyncpg.Connection, tables: tuple[str, ...]) -> bool:
    transaction = holder.transaction()
    await transaction.start()
    try:
        await holder.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
    except asyncpg.DeadlockDetectedError:  # a service was about to take the same ones in another order
        await transaction.rollback()
        return False
    return True
