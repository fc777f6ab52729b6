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
        return replace(entry, outcome=MARK + self._sealer.seal(entry.outcome, entry.request_id.encode()))

    def _opened(self, entry: Entry) -> Entry:
        if not entry.outcome.startswith(MARK):
            return entry  # a wallet's: its fingerprint is another one
        sealed = entry.outcome.removeprefix(MARK)
        return replace(entry, outcome=self._sealer.open(sealed, entry.request_id.encode()))
