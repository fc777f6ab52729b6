"""Puts a code's SMS into the outbox of its number's conversation: it goes out in order, by the lane of that number.

A number that never wrote to us has a conversation from then on, in which it may write later.
"""

import hashlib
from collections.abc import Callable

import asyncpg
import orjson

from chassis import errors
from chassis.database import Database, Session, Statement
from chassis.telemetry import new_traceparent, traceparent
from services.gateway import aliases, lanes
from services.gateway.lane import LaneClaim, NewReply
from services.gateway.messages import Address
from services.gateway.sender import Sender
from services.gateway.verification_codes import CodeMessage

# Somebody else's first message from that number, or a merge, may be at it in the same moment.
_TRIES = 3

_LOCK = Statement(
    "gateway.code_lock",
    "SELECT merged_into FROM gateway.conversation WHERE conversation_id = $1 FOR UPDATE",
)


class CodeSending:
    """Writes codes to phones."""

    def __init__(self, database: Database, sender: Sender, instance_id: Callable[[], int]) -> None:
        """`instance_id` answers 0 while this instance must hold no lane."""
        self._database = database
        self._sender = sender
        self._instance_id = instance_id

    async def send(self, number: str, request_id: str, message: CodeMessage) -> None:
        """Store the SMS; once committed it is on its way. The same request id writes it once."""
        reply = (Address("sms", "number", number).key, _cause(request_id), orjson.dumps(message.to_dict()))
        for tries_left in reversed(range(_TRIES)):
            try:
                await self._written(*reply)
                return
            except asyncpg.UniqueViolationError:
                return  # a commit whose answer was lost: it is there
            except errors.Conflict:
                if not tries_left:
                    raise

    async def _written(self, address: str, cause: bytes, reply: bytes) -> None:
        reserved = self._sender.reserve(1)
        claims: list[LaneClaim] = []
        try:
            async with self._database.transaction() as session:
                row = NewReply(
                    conversation_id=await _conversation(session, address),
                    cause=cause,
                    position=0,
                    address=address,
                    reply=reply,
                    traceparent=traceparent() or new_traceparent(),
                    last_inbound_at=None,
                )
                claims = await lanes.enqueue(session, [row], instance_id=self._instance_id(), room=reserved)
        except BaseException:
            self._sender.start([], reserved)
            raise
        self._sender.start(claims, reserved)


async def _conversation(session: Session, address: str) -> int:
    """Where the number writes, or will write; locked, because a merge would take its replies along."""
    places = await aliases.resolve(session, [aliases.Naming((address,))])
    (conversation_id,) = places.conversations
    row = await session.fetchrow(_LOCK, conversation_id)
    if row is None or row["merged_into"] is not None:
        raise errors.Conflict("merged meanwhile", reason="CONVERSATION_MERGED")
    return conversation_id


def _cause(request_id: str) -> bytes:
    return hashlib.blake2b(f"verification {request_id}".encode(), digest_size=16).digest()
