"""The ledger of the profile service: outcomes tell people's numbers, so they are sealed like everything that does."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chassis.database import Session
from chassis.ledger import Entry, Ledger
from services.profile.sealing import Sealer


class SealedLedger(Ledger):
    """Each outcome is sealed for its own request id."""

    def __init__(self, sealer: Sealer) -> None:
        super().__init__("profile")
        self._sealer = sealer

    async def recall(self, session: Session, request_ids: Iterable[str]) -> dict[str, Entry]:
        """What is known of these ids, opened."""
        known = await super().recall(session, request_ids)
        return {
            request_id: replace(entry, outcome=self._sealer.open(entry.outcome, request_id.encode()))
            for request_id, entry in known.items()
        }

    async def record(self, session: Session, entries: Sequence[Entry]) -> None:
        """Keep the outcomes sealed."""
        seal = self._sealer.seal
        await super().record(
            session, [replace(entry, outcome=seal(entry.outcome, entry.request_id.encode())) for entry in entries]
        )
