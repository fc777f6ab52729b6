"""What conversations do with what was understood; errors and steps are those of turn.World."""

from collections.abc import Sequence
from typing import Protocol

from hailwire.profile.v1 import enrichments_pb2 as pb


class Enrichments(Protocol):
    """One person's."""

    async def add(
        self, step: str, source: pb.ItemSource.ValueType, understood: Sequence[pb.Understood]
    ) -> list[pb.EnrichmentItem]:
        """Keep what was understood until the person has decided, at most one of each kind; those that can be kept."""

    async def items(self, item_ids: Sequence[int]) -> list[pb.EnrichmentItem]:
        """Those of these that there are and that are the person's, in this order."""

    async def pending(self, most: int) -> list[pb.EnrichmentItem]:
        """The latest that the person has said nothing about, newest first."""

    async def decide(self, step: str, item_id: int, *, confirmed: bool) -> None:
        """The person says yes or no."""

    async def apply(self, step: str, item_id: int) -> None:
        """Let a confirmed one count; refused when that would change nothing."""

    async def notes(self) -> list[pb.Note]:
        """Times and contacts that the person let us keep, in the order of their keeping."""

    async def forget(self, step: str, note_id: int) -> None:
        """Keep one of them no longer."""
