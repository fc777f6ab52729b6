"""What a leaseholder works on: a conversation as it was when its lease was taken, and the message at its head."""

from datetime import datetime
from typing import Any

from chassis.database import Database, Statement
from chassis.records import record
from services.gateway.limits import Count, Counts

# Kinds of inbox items beside those of providers.
EVENT = "event"


@record
class Snapshot:
    """A conversation and its state under one epoch of its lease."""

    conversation_id: int
    instance_id: int
    epoch: int
    person_id: int | None
    # As the last turn left the person; None before the first.
    person_version: int | None
    handed_over: tuple[int, ...]
    language: str
    reply_to: str
    last_inbound_at: datetime | None
    state_name: str
    state_version: int
    state_data: bytes
    state_expires_at: datetime | None
    # What the sender has written lately, as their limits count it.
    counts: Counts


@record
class Claim:
    """One message, claimed: the attempt is counted, and nobody else works on its conversation."""

    snapshot: Snapshot
    seq: int
    attempts: int
    alone: bool
    key: bytes
    kind: str
    provider: str
    addresses: tuple[str, ...]
    raw: bytes
    sent_at: datetime | None
    stored_at: datetime
    replay: int
    traceparent: str


SNAPSHOT_COLUMNS = """
    conversation.conversation_id, conversation.instance_id, conversation.epoch, conversation.person_id,
    conversation.person_version, conversation.handed_over, conversation.language, conversation.reply_to,
    conversation.last_inbound_at,
    conversation.state_name, conversation.state_version, conversation.state_data, conversation.state_expires_at,
    conversation.ordinary_at, conversation.ordinary_until, conversation.expensive_at, conversation.expensive_until
"""

# What a claim needs of its message, from `gateway.pending` and `gateway.inbox`.
MESSAGE_COLUMNS = """
    pending.conversation_id, pending.seq, pending.attempts, pending.alone, inbox.key, inbox.kind, inbox.provider,
    inbox.addresses, inbox.raw, inbox.sent_at, inbox.stored_at, inbox.replay, inbox.traceparent
"""

# Conversations with work that nobody leads are leased, and the head of each queue is claimed: the attempt is counted
# before anything is tried. SKIP LOCKED: whoever holds the row is about to lead it. What lies in a queue is seen as it
# was when the statement began, so nothing is claimed where the row has changed since. `found` is what was free;
# `miscounted` says that there was nothing to claim although nothing has changed.
_TAKE = Statement(
    "gateway.claim_take",
    f"""
    WITH free AS MATERIALIZED (
        SELECT conversation_id, xmin AS version FROM gateway.conversation
        WHERE pending > 0 AND instance_id IS NULL AND due_at <= chassis.now() AND alone = $2
        ORDER BY due_at, conversation_id LIMIT $1
        FOR UPDATE SKIP LOCKED
    ), head AS MATERIALIZED ( -- one look-up per conversation, however long its queue is
        SELECT free.conversation_id, first.seq, first.stored_on, first.inbox_id
        FROM free
        JOIN gateway.conversation AS seen
          ON seen.conversation_id = free.conversation_id AND seen.xmin = free.version
        CROSS JOIN LATERAL (
            SELECT seq, stored_on, inbox_id FROM gateway.pending
            WHERE pending.conversation_id = free.conversation_id ORDER BY seq LIMIT 1
        ) AS first
    ), message AS (
        UPDATE gateway.pending
        SET attempts = pending.attempts + 1, instance_id = $3
        FROM head
        JOIN gateway.inbox ON inbox.stored_on = head.stored_on AND inbox.inbox_id = head.inbox_id
        WHERE pending.conversation_id = head.conversation_id AND pending.seq = head.seq
        RETURNING {MESSAGE_COLUMNS}
    ), leased AS (
        UPDATE gateway.conversation SET instance_id = $3, epoch = epoch + 1
        FROM message WHERE conversation.conversation_id = message.conversation_id
        RETURNING {SNAPSHOT_COLUMNS}
    )
    SELECT free.conversation_id AS found, leased.*, message.seq, message.attempts, message.alone, message.key,
           message.kind, message.provider, message.addresses, message.raw, message.sent_at, message.stored_at,
           message.replay, message.traceparent,
           CASE WHEN message.seq IS NULL THEN EXISTS (
               SELECT FROM gateway.conversation AS seen
               WHERE seen.conversation_id = free.conversation_id AND seen.xmin = free.version) END AS miscounted
    FROM free LEFT JOIN leased USING (conversation_id) LEFT JOIN message USING (conversation_id)
    """,  # noqa: S608 - our own column lists
)

_LOCK_FREE = Statement(
    "gateway.claim_lock_free",
    """
    SELECT conversation_id FROM gateway.conversation WHERE conversation_id = ANY($1::bigint[]) AND instance_id IS NULL
    FOR UPDATE SKIP LOCKED
    """,
)

_RECOUNT = Statement(
    "gateway.claim_recount",
    """
    UPDATE gateway.conversation
    SET pending = (SELECT count(*) FROM gateway.pending
                   WHERE pending.conversation_id = conversation.conversation_id)
    WHERE conversation_id = ANY($1::bigint[])
    """,
)


@record
class Taken:
    """What a take has claimed, out of how many that were free; and whose count promised more than there is."""

    claims: list[Claim]
    found: int
    miscounted: list[int]

    @property
    def changed(self) -> bool:
        """Whether there was something that changed while we came to it: there is work, and nobody else was told."""
        return self.found > len(self.claims) + len(self.miscounted)


def snapshot(row: Any) -> Snapshot:
    """From a row with SNAPSHOT_COLUMNS."""
    return Snapshot(
        conversation_id=row["conversation_id"],
        instance_id=row["instance_id"],
        epoch=row["epoch"],
        person_id=row["person_id"],
        person_version=row["person_version"],
        handed_over=tuple(row["handed_over"]),
        language=row["language"],
        reply_to=row["reply_to"],
        last_inbound_at=row["last_inbound_at"],
        state_name=row["state_name"],
        state_version=row["state_version"],
        state_data=row["state_data"],
        state_expires_at=row["state_expires_at"],
        counts=Counts(
            ordinary=Count(row["ordinary_at"], row["ordinary_until"]),
            expensive=Count(row["expensive_at"], row["expensive_until"]),
        ),
    )


async def take_free(database: Database, instance_id: int, *, limit: int, alone: bool) -> Taken:
    """Lease up to `limit` conversations that nobody leads and claim the head of each."""
    rows = await database.fetch(_TAKE, limit, alone, instance_id)
    claims = [claim(snapshot(row), row) for row in rows if row["seq"] is not None]
    return Taken(claims, len(rows), [row["found"] for row in rows if row["miscounted"]])


async def recount(database: Database, conversations: list[int]) -> None:
    """Count anew what waits in these, as far as nobody is at them: else they would be found again and again."""
    async with database.transaction() as session:
        # What is counted then nobody changes meanwhile; whoever holds one is not waited for.
        ours = [row["conversation_id"] for row in await session.fetch(_LOCK_FREE, conversations)]
        if ours:
            await session.execute(_RECOUNT, ours)


def claim(leased: Snapshot, row: Any) -> Claim:
    """From a row with MESSAGE_COLUMNS."""
    return Claim(
        snapshot=leased,
        seq=row["seq"],
        attempts=row["attempts"],
        alone=row["alone"],
        key=row["key"],
        kind=row["kind"],
        provider=row["provider"],
        addresses=tuple(row["addresses"]),
        raw=row["raw"],
        sent_at=row["sent_at"],
        stored_at=row["stored_at"],
        replay=row["replay"],
        traceparent=row["traceparent"],
    )
