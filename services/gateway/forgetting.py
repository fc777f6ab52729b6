"""Takes what is a person's out of the gateway's tables: first their conversations' ties to them, then the rest.

The rows of conversations and lanes stay, empty, because instances may work on them at this very moment.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from google.protobuf.message import DecodeError

from chassis.database import Database, Session, Statement
from chassis.records import record
from hailwire.trips.v1 import events_pb2
from services.gateway.claims import EVENT

# Rows of the inbox that are looked at in one statement.
_STEP = 5000
# A shorter name may be part of anything.
_SHORTEST = 9

_LOCK = Statement(
    "gateway.erase_lock",
    """
    SELECT conversation_id FROM gateway.conversation
    WHERE conversation_id IN (
        SELECT found.conversation_id FROM gateway.conversation AS found WHERE found.person_id = ANY($1::bigint[])
        UNION
        SELECT found.conversation_id FROM gateway.conversation AS found
        WHERE found.handed_over && $1::bigint[] AND found.handed_over <> '{}'
        UNION
        SELECT alias.conversation_id FROM gateway.alias WHERE alias.address = ANY($2::text[])
        UNION
        SELECT found.conversation_id FROM gateway.conversation AS found WHERE found.merged_into = ANY($3::bigint[])
        UNION
        SELECT unnest($3::bigint[]))
    ORDER BY conversation_id FOR UPDATE
    """,
)

_NAMES = Statement(
    "gateway.erase_names", "SELECT address FROM gateway.alias WHERE conversation_id = ANY($1::bigint[]) ORDER BY 1"
)

_UNNAME = Statement("gateway.erase_aliases", "DELETE FROM gateway.alias WHERE conversation_id = ANY($1::bigint[])")

_UNQUEUE = Statement("gateway.erase_pending", "DELETE FROM gateway.pending WHERE conversation_id = ANY($1::bigint[])")

# Whoever works on it is fenced off, and whoever read an alias before this sees that one has left.
_EMPTY = Statement(
    "gateway.erase_conversations",
    """
    UPDATE gateway.conversation
    SET person_id = NULL, handed_over = '{}', language = '', reply_to = '', last_inbound_at = NULL, silenced = false,
        state_name = '', state_version = 0, state_data = '{}', state_expires_at = NULL,
        pending = 0, alone = false, postponed = 0, postponed_since = NULL,
        instance_id = NULL, epoch = epoch + 1, aliases_left = aliases_left + 1
    WHERE conversation_id = ANY($1::bigint[])
    """,
)

# Somebody wrote after their conversations were left and before the profile service forgot them.
_AGAIN = Statement(
    "gateway.erase_again",
    "SELECT EXISTS (SELECT FROM gateway.conversation WHERE person_id = ANY($1::bigint[]) AND pending = 0)",
)

_UNSENT = Statement(
    "gateway.erase_unsent",
    """
    SELECT EXISTS (SELECT FROM gateway.outbox
                   WHERE conversation_id = ANY($1::bigint[]) AND state IN ('queued', 'sending', 'unknown'))
    """,
)

_LOCK_LANES = Statement(
    "gateway.erase_lock_lanes",
    "SELECT conversation_id FROM gateway.lane WHERE conversation_id = ANY($1::bigint[]) ORDER BY 1 FOR UPDATE",
)

_LEAVE_LANES = Statement(
    "gateway.erase_lanes",
    """
    UPDATE gateway.lane SET queued = 0, instance_id = NULL, epoch = epoch + 1 WHERE conversation_id = ANY($1::bigint[])
    """,
)

_STATUSES = Statement(
    "gateway.erase_statuses",
    """
    DELETE FROM gateway.pending_status
    WHERE outbox_id IN (SELECT outbox_id FROM gateway.outbox WHERE conversation_id = ANY($1::bigint[]))
       OR provider_message_id IN (SELECT provider_message_id FROM gateway.outbox
                                  WHERE conversation_id = ANY($1::bigint[]))
    """,
    scans="statuses wait for moments only",
)

_REPLIES = Statement("gateway.erase_replies", "DELETE FROM gateway.outbox WHERE conversation_id = ANY($1::bigint[])")

_DOWNLOADS = Statement("gateway.erase_downloads", "DELETE FROM gateway.download WHERE person_id = ANY($1::bigint[])")

# Whatever came before the conversations were left; what somebody new writes from the same number is theirs.
_LETTERS = Statement(
    "gateway.erase_letters",
    """
    DELETE FROM gateway.dead_letter
    WHERE conversation_id = ANY($1::bigint[])
       OR (coalesce(stored_at, created_at) <= $4
           AND (addresses && $2::text[]
                OR EXISTS (SELECT FROM unnest($3::bytea[]) AS wanted (part) WHERE position(part IN raw) > 0)))
    """,
    scans="dead letters are few, and erasures are rare",
)

_HOMELESS = Statement(
    "gateway.erase_homeless",
    f"SELECT dead_letter_id, raw FROM gateway.dead_letter WHERE item_kind = '{EVENT}' AND conversation_id IS NULL",  # noqa: S608
    scans="dead letters are few, and erasures are rare",
)

_DROP_LETTERS = Statement(
    "gateway.erase_some_letters", "DELETE FROM gateway.dead_letter WHERE dead_letter_id = ANY($1::bigint[])"
)

# From end to end, a step at a time; a status has its recipient in its bytes alone.
_LOOK = Statement(
    "gateway.erase_look",
    """
    WITH step AS MATERIALIZED (
        SELECT stored_on, inbox_id, conversation_id, addresses, raw, kind, stored_at FROM gateway.inbox
        WHERE (stored_on, inbox_id) > ($1::date, $2::bigint) ORDER BY stored_on, inbox_id LIMIT $3)
    SELECT stored_on, inbox_id,
           conversation_id = ANY($4::bigint[]) OR (
               (stored_at <= $7 OR kind = 'status')
               AND (addresses && $5::text[]
                    OR EXISTS (SELECT FROM unnest($6::bytea[]) AS wanted (part) WHERE position(part IN raw) > 0))
           ) AS theirs
    FROM step ORDER BY stored_on, inbox_id
    """,
)

# What waits for its turn belongs to somebody who writes now.
_RAW = Statement(
    "gateway.erase_raw",
    """
    DELETE FROM gateway.inbox USING unnest($1::date[], $2::bigint[]) AS theirs (stored_on, inbox_id)
    WHERE inbox.stored_on = theirs.stored_on AND inbox.inbox_id = theirs.inbox_id
      AND NOT EXISTS (SELECT FROM gateway.pending
                      WHERE pending.stored_on = theirs.stored_on AND pending.inbox_id = theirs.inbox_id)
    """,
)


@record
class Traces:
    """Where a person is found: their ids, conversations and addresses, and until when what they wrote is theirs."""

    people: Sequence[int]
    conversations: Sequence[int]
    addresses: Sequence[str]
    until: datetime

    @property
    def parts(self) -> list[bytes]:
        """What the bytes of a message have in them that is theirs: numbers without a plus, which forms write %2B."""
        values = {address.partition(":")[2].removeprefix("+") for address in self.addresses}
        return sorted(value.encode() for value in values if len(value) >= _SHORTEST)


async def leave(session: Session, people: Sequence[int], addresses: Sequence[str]) -> tuple[list[int], list[str]]:
    """Cut every conversation of these people off from them; answers the conversations and all that they were named.

    What waits there is theirs and goes unread. Replies on their way are still sent.
    """
    found: list[int] = []
    while True:
        rows = await session.fetch(_LOCK, list(people), list(addresses), found)
        if len(rows) == len(found):
            break
        found = [row["conversation_id"] for row in rows]  # and whoever was merged into those
    names = [row["address"] for row in await session.fetch(_NAMES, found)]
    for statement in (_UNNAME, _UNQUEUE, _EMPTY):
        await session.execute(statement, found)
    return found, sorted({*addresses, *names})


async def wrote_again(session: Session, people: Sequence[int]) -> bool:
    """Whether one of these people has a conversation again, with nothing in it that waits."""
    return bool(await session.fetchval(_AGAIN, list(people)))


async def unsent(database: Database, conversations: Sequence[int]) -> bool:
    """Whether a reply is still on its way."""
    return bool(await database.fetchval(_UNSENT, list(conversations)))


async def sweep(database: Database, traces: Traces) -> None:
    """Take out replies, dead letters, statuses and raw messages. Whatever was not sent yet is not sent."""
    conversations = list(traces.conversations)
    async with database.transaction() as session:
        await session.fetch(_LOCK_LANES, conversations)
        await session.execute(_LEAVE_LANES, conversations)
        await session.execute(_STATUSES, conversations)
        await session.execute(_REPLIES, conversations)
        await session.execute(_DOWNLOADS, list(traces.people))
    await database.execute(_LETTERS, conversations, list(traces.addresses), traces.parts, traces.until)
    homeless = await database.fetch(_HOMELESS)
    await database.execute(_DROP_LETTERS, [row["dead_letter_id"] for row in homeless if _is_for(row, traces.people)])
    await _sweep_inbox(database, traces)


def _is_for(row: Any, people: Sequence[int]) -> bool:
    try:
        return events_pb2.Event.FromString(row["raw"]).recipient_id in people
    except DecodeError:
        return False


async def _sweep_inbox(database: Database, traces: Traces) -> None:
    place: tuple[date, int] | None = (date.min, 0)
    while place is not None:
        rows = await database.fetch(
            _LOOK, *place, _STEP, list(traces.conversations), list(traces.addresses), traces.parts, traces.until
        )
        theirs = [row for row in rows if row["theirs"]]
        if theirs:
            await database.execute(_RAW, [row["stored_on"] for row in theirs], [row["inbox_id"] for row in theirs])
        place = (rows[-1]["stored_on"], rows[-1]["inbox_id"]) if len(rows) == _STEP else None
