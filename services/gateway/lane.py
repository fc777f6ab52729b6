"""What a lane is: the replies to one person, one on its way at a time, in order, no faster than the pair limit."""

from datetime import datetime

from chassis.records import record
from services.gateway.messages import PREFIXES_OF, Provider

# Meta's pair limit: one message per 6 s to one person, and a burst of 45 that borrows from the future.
PAIR_SECONDS = 6.0
PAIR_BURST = 45


@record
class NewReply:
    """A row for the outbox."""

    conversation_id: int
    cause: bytes
    position: int
    address: str
    reply: bytes
    traceparent: str
    last_inbound_at: datetime | None


@record
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


@record
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


def limited(address: str) -> str:
    """SQL that tells whether the pair limit is for this address, which is SQL too."""
    prefixes = ", ".join(f"'{one}'" for one in PREFIXES_OF[Provider.WHATSAPP])
    return f"split_part({address}, ':', 1) IN ({prefixes})"
