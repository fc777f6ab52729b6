"""What conversations do with rides for later; errors and steps are those of turn.World."""

from typing import Protocol

from hailwire.trips.v1 import schedules_pb2, trips_pb2
from services.gateway.conversations.moments import When


class Schedules(Protocol):
    """One person's."""

    async def create(
        self, step: str, *, vehicle: trips_pb2.Vehicle.ValueType, pickup: trips_pb2.Location, when: When
    ) -> schedules_pb2.Schedule:
        """Keep a ride for later."""

    async def change(self, step: str, schedule_id: int, *, when: When) -> schedules_pb2.Schedule:
        """Give it another time."""

    async def cancel(self, step: str, schedule_id: int) -> schedules_pb2.Schedule:
        """Give all of it up."""

    async def skip(self, step: str, schedule_id: int, version: int) -> schedules_pb2.Schedule:
        """Give up the next ride of a recurring one, as the person saw it in this version."""

    async def active(self) -> list[schedules_pb2.Schedule]:
        """Those of which a ride is to come, the soonest first."""
