"""Whoever has waited too long for a service that is away is told once that their message is safe.

Decided in the transaction that puts their turn off once more, under the lock and the epoch of their conversation, so
that no replica and no crash tells them twice. The note is a reply like any other, at a position before all others of
its message; that it is there is the mark that they were told.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from chassis.database import Session, Statement
from chassis.telemetry import Telemetry
from services.gateway.conversations import waiting
from services.gateway.conversations.memory import Memory
from services.gateway.conversations.turn import State
from services.gateway.decision import cause_of
from services.gateway.lane import NewReply
from services.gateway.messages import Address, Provider, Text
from services.gateway.providers.reading import read_message

# Before a message's replies, which begin at 0.
NOTE_POSITION = -1
# So many messages of a queue are looked through for one that expects an answer.
_LOOKED_THROUGH = 20

# What people wrote in conversations whose head has been put off for that long, in order.
_OVERDUE = Statement(
    "gateway.waiting_overdue",
    """
    SELECT conversation.conversation_id, conversation.language, conversation.reply_to, conversation.last_inbound_at,
           conversation.state_data, inbox.key, inbox.provider, inbox.addresses, inbox.raw, inbox.replay,
           inbox.traceparent
    FROM gateway.conversation
    CROSS JOIN LATERAL (
        SELECT seq, stored_on, inbox_id FROM gateway.pending
        WHERE pending.conversation_id = conversation.conversation_id ORDER BY seq LIMIT $3
    ) AS queued
    JOIN gateway.inbox ON inbox.stored_on = queued.stored_on AND inbox.inbox_id = queued.inbox_id
    WHERE conversation.conversation_id = ANY($1::bigint[]) AND NOT conversation.silenced
      AND conversation.postponed_since <= chassis.now() - make_interval(secs => $2) AND inbox.kind = 'message'
    ORDER BY conversation.conversation_id, queued.seq
    """,
)

_TOLD = Statement(
    "gateway.waiting_told",
    f"SELECT cause FROM gateway.outbox WHERE cause = ANY($1::bytea[]) AND position = {NOTE_POSITION}",  # noqa: S608
)


class WaitNotes:
    """Notes to those who have waited for `seconds`; 0: nobody is told."""

    def __init__(self, telemetry: Telemetry, *, seconds: float) -> None:
        self.seconds = seconds
        self._written = telemetry.counter("wait_notes", "people who were told that their answer takes longer")

    async def due(self, session: Session, postponed: Sequence[int]) -> list[NewReply]:
        """The notes for these conversations, whose rows are locked; written by the caller in the same transaction."""
        if self.seconds <= 0 or not postponed:
            return []
        awaited: dict[int, list[tuple[bytes, Text, Any]]] = {}
        stopped: set[int] = set()  # by a STOP that waits, too: the profile service does not know of it yet
        for row in await session.fetch(_OVERDUE, sorted(postponed), self.seconds, _LOOKED_THROUGH):
            address = _address(row)
            if not address or _silenced(row["state_data"]):
                continue
            message = read_message(Provider(row["provider"]), row["raw"])
            channel = Address.from_key(address).channel
            if waiting.asks_for_silence(message, channel):
                stopped.add(row["conversation_id"])
            text = waiting.note(message, channel, row["language"])
            if text is not None:
                cause = cause_of(row["key"], row["replay"])
                awaited.setdefault(row["conversation_id"], []).append((cause, text, row))
        awaited = {one: found for one, found in awaited.items() if one not in stopped}
        if not awaited:
            return []
        causes = [cause for found in awaited.values() for cause, _, _ in found]
        told = {row["cause"] for row in await session.fetch(_TOLD, causes)}
        return [_reply(*found[0]) for found in awaited.values() if told.isdisjoint(cause for cause, _, _ in found)]

    def count(self, written: int) -> None:
        """So many were committed."""
        if written:
            self._written.add(written)


def _silenced(state_data: bytes) -> bool:
    data = orjson.loads(state_data)
    return isinstance(data, dict) and Memory.of(State(data=data)).silenced


def _address(row: Any) -> str:
    return str(row["addresses"][0] if row["addresses"] else row["reply_to"])


def _reply(cause: bytes, text: Text, row: Any) -> NewReply:
    return NewReply(
        conversation_id=row["conversation_id"],
        cause=cause,
        position=NOTE_POSITION,
        address=_address(row),
        reply=orjson.dumps(text.to_dict()),
        traceparent=row["traceparent"],
        last_inbound_at=row["last_inbound_at"],
    )
