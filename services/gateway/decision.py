"""What a turn has decided, and how its replies go to the outbox."""

from datetime import datetime
from enum import Enum

import orjson

from chassis import errors
from chassis.records import record
from services.gateway.claims import Claim
from services.gateway.conversations.papers import Papers
from services.gateway.lane import NewReply
from services.gateway.limits import Counts
from services.gateway.messages import Reply


class Ending(Enum):
    """How a turn ended."""

    # It took effect.
    DONE = "done"
    # A dependency failed: it waits and the attempt is given back.
    POSTPONED = "postponed"
    # It failed: it waits and the attempt counts.
    FAILED = "failed"
    # It failed for the last time: it goes to the dead letters and its sender gets an apology.
    DEAD = "dead"


@record
class Decision:
    """What a turn wants written. `state_*` and `replies` count for DONE and DEAD only."""

    claim: Claim
    ending: Ending
    replies: tuple[Reply, ...] = ()
    person_id: int | None = None
    # Of the person, after everything that the turn changed; None: as before.
    person_version: int | None = None
    language: str = ""
    handed_over: tuple[int, ...] = ()
    state_name: str = ""
    state_version: int = 0
    state_data: bytes = b"{}"
    state_expires_at: datetime | None = None
    # Whether the person asked for silence; None: as before.
    silenced: bool | None = None
    # What is counted of the sender from now on; None: as before.
    counts: Counts | None = None
    # Whether the person is to be erased: begins with the commit (erasing.py).
    erase: bool = False
    # Files of the message that are to be fetched (downloads.py).
    papers: Papers | None = None
    wait_seconds: float = 0.0
    reason: str = ""


class LeaseLost(errors.Conflict):
    """Somebody else leads the conversation by now; nothing of this turn was written."""

    reason = "LEASE_LOST"


def cause_of(key: bytes, replay: int) -> bytes:
    """What the replies to a message are known by. A replayed one answers anew; its first may have been an apology."""
    return key + replay.to_bytes(2, "big") if replay else key


def outbox_row(decision: Decision, position: int, reply: Reply) -> NewReply:
    """A reply of a turn as the outbox takes it."""
    claim = decision.claim
    return NewReply(
        conversation_id=claim.snapshot.conversation_id,
        cause=cause_of(claim.key, claim.replay),
        position=position,
        # On the channel that this message came by; an event goes where the person last wrote.
        address=claim.addresses[0] if claim.addresses else claim.snapshot.reply_to,
        reply=orjson.dumps(reply.to_dict()),
        traceparent=claim.traceparent,
        last_inbound_at=claim.snapshot.last_inbound_at,
    )
