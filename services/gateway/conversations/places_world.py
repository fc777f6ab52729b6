"""What conversations do with places by name; errors and steps are those of turn.World."""

from typing import Protocol

from hailwire.profile.v1 import places_pb2


class Places(Protocol):
    """The gazetteer, and one person's own."""

    async def search(self, text: str) -> list[places_pb2.KnownPlace]:
        """The places of the gazetteer that a text may mean, best first."""

    async def mine(self) -> places_pb2.PersonPlaces:
        """What the person saved, and where they were lately."""

    async def save(
        self, step: str, *, kind: places_pb2.PlaceKind.ValueType, name: str, latitude: float, longitude: float
    ) -> places_pb2.PlaceChange:
        """Save a place, or move the one of that name."""

    async def rename(
        self, step: str, place_id: int, *, kind: places_pb2.PlaceKind.ValueType, name: str
    ) -> places_pb2.PlaceChange:
        """Give a saved place another name."""

    async def delete(self, step: str, place_id: int) -> places_pb2.PlaceChange:
        """Forget a saved place."""

    async def visit(self, step: str, *, name: str, latitude: float, longitude: float) -> None:
        """The person was there."""
