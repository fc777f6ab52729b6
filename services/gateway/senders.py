"""What is counted of a sender, for operators: look at it, and give the whole allowance back."""

from datetime import datetime
from typing import Any

import asyncpg

from chassis import errors
from chassis.database import Statement
from chassis.records import record
from services.gateway.limits import Count, Counts
from services.gateway.queueing import NOTIFY_CHANNEL

# A number is known by one name for each way in which it can be written from.
_PREFIXES = ("wa", "sms", "twa")

_BY_NUMBER = Statement(
    "gateway.limits_by_number",
    """
    SELECT DISTINCT conversation_id FROM gateway.alias WHERE address = ANY($1::text[]) ORDER BY conversation_id
    """,
)

_SHOW = Statement(
    "gateway.limits_show",
    """
    SELECT survivor.conversation_id, survivor.ordinary_at, survivor.ordinary_until, survivor.expensive_at,
           survivor.expensive_until, chassis.now() AS now
    FROM gateway.conversation AS asked
    JOIN gateway.conversation AS survivor
      ON survivor.conversation_id = coalesce(asked.merged_into, asked.conversation_id)
    WHERE asked.conversation_id = $1
    """,
)

# Whoever works on the conversation counts from what was before: they are fenced off and the message is run again, as
# when a number moves (moving.py).
_RESET = Statement(
    "gateway.limits_reset",
    """
    UPDATE gateway.conversation
    SET ordinary_at = NULL, ordinary_until = NULL, expensive_at = NULL, expensive_until = NULL,
        epoch = epoch + CASE WHEN instance_id IS NULL THEN 0 ELSE 1 END,
        due_at = CASE WHEN instance_id IS NULL THEN due_at ELSE chassis.now() END,
        instance_id = NULL
    WHERE conversation_id = $1
    """,
)

_UNCLAIM = Statement(
    "gateway.limits_unclaim",
    """
    UPDATE gateway.pending SET instance_id = NULL, attempts = attempts - 1
    WHERE conversation_id = $1 AND instance_id IS NOT NULL
    """,
)


@record
class Counted:
    """A conversation's counts at a moment of the database's clock."""

    conversation_id: int
    counts: Counts
    now: datetime


async def find(dsn: str, who: str) -> list[int]:
    """The conversations of a number ("+" and digits), or the one of an id; NotFound when there is none."""
    if not who.startswith("+"):
        return [int(who)]
    connection = await _connected(dsn)
    try:
        rows = await connection.fetch(_BY_NUMBER.sql, [f"{prefix}:{who}" for prefix in _PREFIXES])
    finally:
        await connection.close()
    if not rows:
        raise errors.NotFound("nobody has written from that number", reason="CONVERSATION_UNKNOWN")
    return [row["conversation_id"] for row in rows]


async def show(dsn: str, conversation_id: int) -> Counted:
    """What is counted now; NotFound without such a conversation."""
    connection = await _connected(dsn)
    try:
        return await _read(connection, conversation_id)
    finally:
        await connection.close()


async def reset(dsn: str, conversation_id: int) -> int:
    """Nothing is counted of this sender any more; answers the conversation, which another may have been merged into."""
    connection = await _connected(dsn)
    try:
        async with connection.transaction():
            survivor = (await _read(connection, conversation_id)).conversation_id
            await connection.execute(_RESET.sql, survivor)
            await connection.execute(_UNCLAIM.sql, survivor)
            await connection.execute(f"NOTIFY {NOTIFY_CHANNEL}")
    finally:
        await connection.close()
    return survivor


async def _read(connection: Any, conversation_id: int) -> Counted:
    row = await connection.fetchrow(_SHOW.sql, conversation_id)
    if row is None:
        raise errors.NotFound("there is no such conversation", reason="CONVERSATION_UNKNOWN")
    ordinary = Count(row["ordinary_at"], row["ordinary_until"])
    expensive = Count(row["expensive_at"], row["expensive_until"])
    return Counted(row["conversation_id"], Counts(ordinary, expensive), row["now"])


async def _connected(dsn: str) -> Any:
    try:
        return await asyncpg.connect(dsn, timeout=10)
    except (OSError, TimeoutError) as error:
        raise errors.Unavailable("the database is out of reach", reason="DATABASE_UNAVAILABLE") from error
