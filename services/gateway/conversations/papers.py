"""Files of a message that a conversation wants: what for, and which. They are fetched after the turn (downloads.py)."""

from chassis.records import record
from services.gateway.messages import Media

# What belongs to one certificate or claim has no more; the service says so, too.
MOST_FILES = 10


@record
class Papers:
    """Of a certificate, or of the claim with this id."""

    files: tuple[Media, ...]
    claim_id: int | None = None
