"""What conversations do with insurance; errors and steps are those of turn.World."""

from typing import Protocol

from hailwire.profile.v1 import insurance_pb2


class Insurance(Protocol):
    """One person's."""

    async def status(self) -> insurance_pb2.Insurance:
        """How the person stands now."""

    async def make_claim(self, step: str, description: str) -> insurance_pb2.Claim:
        """Make a claim."""

    async def claims(self, most: int) -> list[insurance_pb2.Claim]:
        """Read the latest claims, newest first."""
