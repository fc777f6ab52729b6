"""What could not be done, for operators: list, look, replay, discard.

A replay is a new place in the conversation's queue for the same message: same key, same request ids, so that what took
effect before is found and not done twice; its replies are new.
"""

from typing import Any

import asyncpg

from chassis import errors
from chassis.database import Statement
from hailwire.trips.v1 import events_pb2
from services.gateway.claims import EVENT
from services.gateway.queueing import NOTIFY_CHANNEL

_COLUMNS = "dead_letter_id, kind, reason, item_kind, provider, attempts, replays, created_at, resolution"

# Two statements, because a plan for both could not use the index of those that are open.
_LIST_OPEN = Statement(
    "gateway.dlq_list_open",
    f"""
    SELECT {_COLUMNS} FROM gateway.dead_letter
    WHERE resolution IS NULL AND dead_letter_id > $1
    ORDER BY dead_letter_id LIMIT $2
    """,  # noqa: S608 - our own column list
)

_LIST_ALL = Statement(
    "gateway.dlq_list_all",
    f"SELECT {_COLUMNS} FROM gateway.dead_letter WHERE dead_letter_id > $1 ORDER BY dead_letter_id LIMIT $2",  # noqa: S608 - the same
)

_SHOW = Statement(
    "gateway.dlq_show",
    "SELECT * FROM gateway.dead_letter WHERE dead_letter_id = $1",
)

_LOCK = Statement(
    "gateway.dlq_lock",
    "SELECT * FROM gateway.dead_letter WHERE dead_letter_id = $1 AND resolution IS NULL FOR UPDATE",
)

_RESOLVE = Statement(
    "gateway.dlq_resolve",
    """
    UPDATE gateway.dead_letter SET resolution = $2, resolved_at = chassis.now()
    WHERE dead_letter_id = $1 AND resolution IS NULL
    """,
)

# A merged conversation's work goes to the one that it was merged into.
_CONVERSATION = Statement(
    "gateway.dlq_conversation",
    """
    SELECT coalesce(merged_into, conversation_id) FROM gateway.conversation WHERE conversation_id = $1
    """,
)

_BY_ADDRESS = Statement(
    "gateway.dlq_by_address",
    "SELECT conversation_id FROM gateway.alias WHERE address = ANY($1::text[]) LIMIT 1",
)

_BY_PERSON = Statement(
    "gateway.dlq_by_person",
    """
    SELECT coalesce(merged_into, conversation_id) FROM gateway.conversation WHERE person_id = $1
    ORDER BY last_inbound_at DESC NULLS LAST LIMIT 1
    """,
)

_ENQUEUE = Statement(
    "gateway.dlq_enqueue",
    """
    UPDATE gateway.conversation
    SET next_seq = next_seq + 1, pending = pending + 1,
        due_at = CASE WHEN pending = 0 THEN chassis.now() ELSE due_at END
    WHERE conversation_id = $1 AND merged_into IS NULL
    RETURNING next_seq - 1
    """,
)

_INSERT_INBOX = Statement(
    "gateway.dlq_insert_inbox",
    """
    INSERT INTO gateway.inbox
        (stored_on, key, kind, provider, conversation_id, addresses, raw, sent_at, stored_at, replay)
    SELECT (chassis.now() AT TIME ZONE 'UTC')::date, key, item_kind, provider, $2,
           ARRAY( -- without a number that is somebody else's by now
               SELECT name.address FROM unnest(addresses) WITH ORDINALITY AS name (address, nr)
               JOIN gateway.alias ON alias.address = name.address AND alias.conversation_id = $2 ORDER BY nr),
           raw, sent_at, chassis.now(), replays + 1
    FROM gateway.dead_letter WHERE dead_letter_id = $1
    RETURNING inbox_id, stored_on
    """,
)

_INSERT_PENDING = Statement(
    "gateway.dlq_insert_pending",
    """
    INSERT INTO gateway.pending (conversation_id, seq, inbox_id, stored_on) VALUES ($1, $2, $3, $4)
    """,
)

_LOCK_LANE = Statement(
    "gateway.dlq_lock_lane",
    "SELECT queued FROM gateway.lane WHERE conversation_id = $1 FOR UPDATE",
)

_REPLYS_CONVERSATION = Statement("gateway.dlq_reply", "SELECT conversation_id FROM gateway.outbox WHERE outbox_id = $1")

_REQUEUE = Statement(
    "gateway.dlq_requeue",
    """
    UPDATE gateway.outbox
    SET state = 'queued', delivery = '', reason = 'replayed', attempts = 0, failures = 0,
        unknowns = 0, refusals = 0, created_at = chassis.now(),
        -- What was known of the copy before says nothing about this one.
        provider_message_id = NULL, error_code = NULL, settled_at = NULL, attempted_at = NULL,
        last_inbound_at = (SELECT last_inbound_at FROM gateway.conversation
                           WHERE conversation.conversation_id = outbox.conversation_id)
    WHERE outbox_id = $1 AND state IN ('failed', 'accepted')
    """,
)

_REOPEN_LANE = Statement(
    "gateway.dlq_reopen_lane",
    """
    UPDATE gateway.lane SET queued = queued + 1, due_at = greatest(due_at, chassis.now()) WHERE conversation_id = $1
    """,
)


async def list_open(dsn: str, *, everything: bool = False, after: int = 0, limit: int = 50) -> list[dict[str, Any]]:
    """A page of dead letters in the order of their ids, without what people wrote."""
    statement = _LIST_ALL if everything else _LIST_OPEN
    async with _Connection(dsn) as connection:
        return [dict(row) for row in await connection.fetch(statement.sql, after, limit)]


async def show(dsn: str, dead_letter_id: int) -> dict[str, Any]:
    """One dead letter with its raw content, which is personal data; NotFound when there is none."""
    async with _Connection(dsn) as connection:
        row = await connection.fetchrow(_SHOW.sql, dead_letter_id)
        if row is None:
            raise errors.NotFound(f"there is no dead letter {dead_letter_id}", reason="DEAD_LETTER_NOT_FOUND")
        return dict(row)


async def discard(dsn: str, dead_letter_id: int) -> None:
    """Say that nothing more is to be done; NotFound when it is not open."""
    async with _Connection(dsn) as connection:
        if await connection.execute(_RESOLVE.sql, dead_letter_id, "discarded") == "UPDATE 0":
            raise _not_open(dead_letter_id)


async def replay(dsn: str, dead_letter_id: int) -> None:
    """Do it again: a message takes a new turn, a reply is sent again.

    NotFound when it is not open, Refused when there is no conversation for it.
    """
    async with _Connection(dsn) as connection, connection.transaction():
        row = await connection.fetchrow(_LOCK.sql, dead_letter_id)
        if row is None:
            raise _not_open(dead_letter_id)
        if row["kind"] == "reply":
            await _replay_reply(connection, row)
        else:
            await _replay_message(connection, row)
        await connection.execute(_RESOLVE.sql, dead_letter_id, "replayed")


async def _replay_message(connection: Any, row: asyncpg.Record) -> None:
    conversation_id = await _conversation(connection, row)
    seq = await connection.fetchval(_ENQUEUE.sql, conversation_id)
    if seq is None:
        raise errors.Refused("nobody's conversation is known for it", reason="CONVERSATION_UNKNOWN")
    stored = await connection.fetchrow(_INSERT_INBOX.sql, row["dead_letter_id"], conversation_id)
    await connection.execute(_INSERT_PENDING.sql, conversation_id, seq, stored["inbox_id"], stored["stored_on"])
    await connection.execute(f"NOTIFY {NOTIFY_CHANNEL}")


async def _conversation(connection: Any, row: asyncpg.Record) -> int | None:
    """Where a message belongs now; what never reached a conversation is looked up by its sender or recipient."""
    found: int | None = None
    if row["conversation_id"] is not None:
        found = await connection.fetchval(_CONVERSATION.sql, row["conversation_id"])
    if found is None and row["addresses"]:
        found = await connection.fetchval(_BY_ADDRESS.sql, row["addresses"])
    if found is None and row["item_kind"] == EVENT:
        found = await connection.fetchval(_BY_PERSON.sql, events_pb2.Event.FromString(row["raw"]).recipient_id)
    return found


async def _replay_reply(connection: Any, row: asyncpg.Record) -> None:
    conversation_id = await connection.fetchval(_REPLYS_CONVERSATION.sql, row["outbox_id"])
    if conversation_id is None:
        raise errors.Refused("the reply is not kept any more", reason="REPLY_GONE")
    await connection.fetchval(_LOCK_LANE.sql, conversation_id)
    if await connection.execute(_REQUEUE.sql, row["outbox_id"]) != "UPDATE 0":
        await connection.execute(_REOPEN_LANE.sql, conversation_id)


def _not_open(dead_letter_id: int) -> errors.NotFound:
    return errors.NotFound(f"there is no open dead letter {dead_letter_id}", reason="DEAD_LETTER_NOT_FOUND")


class _Connection:
    """A connection for one command."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    async def __aenter__(self) -> Any:
        try:
            self._connection = await asyncpg.connect(self._dsn, timeout=10)
        except (OSError, TimeoutError) as error:
            raise errors.Unavailable("the database is out of reach", reason="DATABASE_UNAVAILABLE") from error
        return self._connection

    async def __aexit__(self, *_: object) -> None:
        await self._connection.close()
