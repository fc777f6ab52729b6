"""What a lane is: the replies to one person, one on its way at a time, in order, no faster than the pair limit."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.gateway.messages import Address, Provider

# Meta's pair limit: one message per 6 s to one person, and a burst of 45 that borrows from the future.
PAIR_SECONDS = 6.0
PAIR_BURST = 45


@dataclass(frozen=True, slots=True)
class NewReply:
    """A row for the outbox."""

    conversation_id: int
    cause: bytes
    position: int
    address: str
    reply: bytes
    traceparent: str
    last_inbound_at: datetime | None


@dataclass(frozen=True, slots=True)
class LaneClaim:
    """The first reply of a lane, claimed: its attempt is recorded."""

    conversation_id: int
    instance_id: int
    epoch: int
    # How often in a row the recipient could not be written to.
    failures: int
    outbox_id: int
    address: str
    reply: bytes
    attempts: int
    # Earlier sends of it that may have arrived, and refusals that concerned this recipient alone.
    unknowns: int
    refusals: int
    created_at: datetime
    claimed_at: datetime
    # When the attempt before this one was made, if its result is unknown.
    unknown_since: datetime | None
    # The provider's id, known already because its status came before its answer.
    provider_message_id: str | None
    last_inbound_at: datetime | None
    traceparent: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a claimed reply: `state` is accepted, failed, skipped, queued (again) or unknown."""

    claim: LaneClaim
    state: str
    reason: str = ""
    provider_message_id: str | None = None
    error_code: int | None = None
    # Before the lane's next reply (or this one again) may be tried.
    wait_seconds: float = 0.0
    failed: bool = False
    # Whether the provider was asked at all; what was not tried does not count as an attempt.
    tried: bool = True
    # What counts against the reply: it may have arrived by this attempt, or its recipient alone was the trouble.
    unknown: bool = False
    refused: bool = False
    # The span of the attempt; what comes of it follows from there.
    traceparent: str = ""

    @property
    def final(self) -> bool:
        """Whether this reply is over."""
        return self.state in {"accepted", "failed", "skipped"}


class Lane:
    """A locked row and what is to become of it."""

    def __init__(self, row: Any) -> None:
        self.conversation_id: int = row["conversation_id"]
        self.queued: int = row["queued"]
        self.instance_id: int | None = row["instance_id"]
        self.epoch: int = row["epoch"]
        self.due_at: datetime = row["due_at"]
        self.pair_at: datetime = row["pair_at"]
        self.failures: int = row["failures"]
        self.now: datetime = row["now"]
        self.added = 0

    @property
    def free(self) -> bool:
        """Whether nobody sends its replies."""
        return self.instance_id is None

    def held_by(self, claim: LaneClaim) -> bool:
        """Whether it is still the claimant's."""
        return (self.instance_id, self.epoch) == (claim.instance_id, claim.epoch)

    def take(self, instance_id: int) -> None:
        """Hold it under a new epoch."""
        self.instance_id = instance_id
        self.epoch += 1

    def release(self) -> None:
        """Hold it no more."""
        self.instance_id = None

    def pace(self, address: str) -> bool:
        """Count one message against the pair limit (GCRA); False, and the time when it may go, when it must wait."""
        if Address.from_key(address).provider is not Provider.WHATSAPP:
            return True
        start = max(self.pair_at, self.now)
        following = start + timedelta(seconds=PAIR_SECONDS)
        allowed_at = following - timedelta(seconds=PAIR_SECONDS * PAIR_BURST)
        if allowed_at > self.now:
            self.due_at = allowed_at
            return False
        self.pair_at = following
        return True
