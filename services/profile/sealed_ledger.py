"""The ledger of people and numbers: outcomes tell people's numbers, so they are sealed like everything that does.

The wallets' outcomes, which tell none, lie in the same table as they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chassis.database import Session
from chassis.ledger import Entry, Ledger
from services.profile.sealing import Sealer

# Before what is sealed; no protobuf message begins so.
MARK = b"\0"


class SealedLedger(Ledger):
    """Each outcome is sealed for its own request id."""

    def __init__(self, sealer: Sealer) -> None:
        super().__init__("profile")
        self._sealer = sealer

    async def recall(self, session: Session, request_ids: Iterable[str]) -> dict[str, Entry]:
        """What is known of these ids, opened."""
        known = await super().recall(session, request_ids)
        return {request_id: self._opened(entry) for request_id, entry in known.items()}

    async def record(self, session: Session, entries: Sequence[Entry]) -> None:
        """Keep the outcomes sealed."""
        await super().record(session, [self._sealed(entry) for entry in entries])

    def _sealed(self, entry: Entry) -> Entry:
        return replace(entry, outcome=seal_outcome(self._sealer, entry.request_id, entry.outcome))

    def _opened(self, entry: Entry) -> Entry:
        opened = open_outcome(self._sealer, entry.request_id, entry.outcome)
        return entry if opened is None else replace(entry, outcome=opened)  # a wallet's has another fingerprint


def seal_outcome(sealer: Sealer, request_id: str, outcome: bytes) -> bytes:
    """An outcome as it lies in the table."""
    return MARK + sealer.seal(outcome, request_id.encode())


def open_outcome(sealer: Sealer, request_id: str, kept: bytes) -> bytes | None:
    """What was kept, opened; None when it is not sealed."""
    return sealer.open(kept.removeprefix(MARK), request_id.encode()) if kept.startswith(MARK) else None
