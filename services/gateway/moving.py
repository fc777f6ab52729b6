"""Moves an address out of a conversation: its number changed hands, or its person has another one.

Both rows and the lane are locked by the caller. What waits in the former conversation stays there, without the address,
so that nothing of one person reaches the other.
"""

from chassis.database import Session, Statement

_MOVE = Statement("gateway.move_alias", "UPDATE gateway.alias SET conversation_id = $2 WHERE address = $1")

_DROP = Statement("gateway.move_drop_alias", "DELETE FROM gateway.alias WHERE address = $1")

_UNNAME_PENDING = Statement(
    "gateway.move_unname_pending",
    """
    UPDATE gateway.inbox SET addresses = array_remove(addresses, $2)
    FROM gateway.pending
    WHERE pending.conversation_id = $1 AND inbox.stored_on = pending.stored_on AND inbox.inbox_id = pending.inbox_id
      AND $2 = ANY(inbox.addresses)
    """,
)

# Whoever works on the head is fenced off, because they still know the address: the attempt is given back.
_UNCLAIM = Statement(
    "gateway.move_unclaim",
    """
    UPDATE gateway.pending SET instance_id = NULL, attempts = attempts - 1
    WHERE conversation_id = $1 AND instance_id IS NOT NULL
    """,
)

_LEAVE = Statement(
    "gateway.move_leave",
    """
    UPDATE gateway.conversation
    SET aliases_left = aliases_left + 1,
        reply_to = CASE WHEN reply_to <> $2 THEN reply_to ELSE coalesce(
            (SELECT min(address) FROM gateway.alias WHERE alias.conversation_id = $1), '') END,
        instance_id = CASE WHEN $3 THEN NULL ELSE instance_id END,
        epoch = epoch + CASE WHEN $3 THEN 1 ELSE 0 END,
        due_at = CASE WHEN $3 THEN chassis.now() ELSE due_at END
    WHERE conversation_id = $1
    """,
)

_KEEP_BACK = Statement(
    "gateway.move_keep_back",
    """
    UPDATE gateway.outbox SET state = 'skipped', reason = 'the number changed hands', settled_at = chassis.now()
    WHERE conversation_id = $1 AND address = $2 AND state IN ('queued', 'sending', 'unknown')
    """,
)

_UNSURE = Statement(
    "gateway.move_unsure",
    "UPDATE gateway.outbox SET state = 'unknown' WHERE conversation_id = $1 AND state = 'sending'",
)

_LEAVE_LANE = Statement(
    "gateway.move_leave_lane",
    """
    UPDATE gateway.lane
    SET queued = queued - $2, instance_id = NULL, epoch = epoch + 1,
        due_at = greatest(due_at, chassis.now() + make_interval(secs => $3))
    WHERE conversation_id = $1
    """,
)


async def move(session: Session, address: str, before: int, after: int, settle_seconds: float) -> None:
    """Give a number to the conversation of whoever has it now."""
    await session.execute(_MOVE, address, after)
    await session.execute(_UNNAME_PENDING, before, address)
    await session.execute(_UNCLAIM, before)
    await session.execute(_LEAVE, before, address, True)
    kept_back = await session.execute(_KEEP_BACK, before, address)
    unsure = await session.execute(_UNSURE, before)
    await session.execute(_LEAVE_LANE, before, kept_back, settle_seconds if unsure else 0.0)


async def drop(session: Session, address: str, before: int) -> None:
    """Forget an address that its person has no longer; what waits is still theirs."""
    await session.execute(_DROP, address)
    await session.execute(_LEAVE, before, address, False)
