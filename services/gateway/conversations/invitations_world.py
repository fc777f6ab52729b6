"""What conversations do with invitations; errors and steps are those of turn.World."""

from typing import Protocol

from hailwire.profile.v1 import referrals_pb2
from hailwire.trips.v1 import trips_pb2


class Invitations(Protocol):
    """One person's."""

    async def own(self) -> referrals_pb2.Invitation:
        """What the person can tell others, as it is now."""

    async def accept(self, step: str, code: str) -> referrals_pb2.Referral:
        """Note that the person came by somebody's invitation; the same one again is answered as before."""

    async def ridden(self, trip: trips_pb2.Trip) -> None:
        """Tell that a trip is complete, as often as one likes: whoever came by an invitation may earn by it."""
