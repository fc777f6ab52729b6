"""Rides for later: the trips service's SchedulesService, and what one person does with it."""

from collections.abc import Collection

import grpc

from chassis.coalesce import Coalescer
from hailwire.trips.v1 import schedules_pb2 as pb
from hailwire.trips.v1 import schedules_pb2_grpc, trips_pb2
from services.gateway.clients.batching import Peer, batched
from services.gateway.conversations.moments import When, set_time

# More than anybody can have: of two people who became one, each may have brought as many as are allowed.
_PAGE = 50


class Schedules:
    """Single calls that travel in batches."""

    def __init__(self, channel: grpc.aio.Channel, peer: Peer) -> None:
        stub = schedules_pb2_grpc.SchedulesServiceStub(channel)
        self._stub = stub
        self._peer = peer
        self.create: Coalescer[pb.CreateScheduleRequest, pb.Schedule] = batched(
            peer,
            "create_schedule",
            stub.BatchCreateSchedules,
            lambda items: pb.BatchCreateSchedulesRequest(requests=items),
            _schedule,
        )
        self.change: Coalescer[pb.ChangeScheduleRequest, pb.Schedule] = batched(
            peer,
            "change_schedule",
            stub.BatchChangeSchedules,
            lambda items: pb.BatchChangeSchedulesRequest(requests=items),
            _schedule,
        )
        self.cancel: Coalescer[pb.CancelScheduleRequest, pb.Schedule] = batched(
            peer,
            "cancel_schedule",
            stub.BatchCancelSchedules,
            lambda items: pb.BatchCancelSchedulesRequest(requests=items),
            _schedule,
        )

    async def active(self, person_id: int) -> list[pb.Schedule]:
        """Those of which a ride is to come."""
        request = pb.ListSchedulesRequest(person_id=person_id, page_size=_PAGE, states=[pb.SCHEDULE_STATE_ACTIVE])
        response = await self._peer.call(self._stub.ListSchedules(request))
        return list(response.schedules)


class PersonalSchedules:
    """Implements conversations.schedule_world.Schedules for one person and one message."""

    def __init__(self, schedules: Schedules, person_id: int, former_ids: Collection[int], key: str) -> None:
        self._schedules = schedules
        self._person_id = person_id
        self._former_ids = former_ids
        self._key = key

    async def create(
        self, step: str, *, vehicle: trips_pb2.Vehicle.ValueType, pickup: trips_pb2.Location, when: When
    ) -> pb.Schedule:
        """A new one."""
        request = pb.CreateScheduleRequest(
            request_id=self._id(step), passenger_id=self._person_id, vehicle=vehicle, pickup=pickup
        )
        set_time(request, when)
        return self._own(await self._schedules.create(request))

    async def change(self, step: str, schedule_id: int, *, when: When) -> pb.Schedule:
        """Another time."""
        request = pb.ChangeScheduleRequest(
            request_id=self._id(step), passenger_id=self._person_id, schedule_id=schedule_id
        )
        set_time(request, when)
        return self._own(await self._schedules.change(request))

    async def cancel(self, step: str, schedule_id: int) -> pb.Schedule:
        """All of it."""
        request = pb.CancelScheduleRequest(
            request_id=self._id(step), passenger_id=self._person_id, schedule_id=schedule_id
        )
        return self._own(await self._schedules.cancel(request))

    async def skip(self, step: str, schedule_id: int, version: int) -> pb.Schedule:
        """The next ride alone."""
        request = pb.CancelScheduleRequest(
            request_id=self._id(step),
            passenger_id=self._person_id,
            schedule_id=schedule_id,
            version=version,
            only_next=True,
        )
        return self._own(await self._schedules.cancel(request))

    async def active(self) -> list[pb.Schedule]:
        """Those of which a ride is to come, the soonest first."""
        found = [self._own(schedule) for schedule in await self._schedules.active(self._person_id)]
        return sorted(found, key=lambda schedule: schedule.occurrence.pickup_time.ToMicroseconds())

    def _own(self, schedule: pb.Schedule) -> pb.Schedule:
        if schedule.passenger_id in self._former_ids:
            schedule.passenger_id = self._person_id
        return schedule

    def _id(self, step: str) -> str:
        return f"{self._key}:{step}"


def _schedule(result: pb.ScheduleResult) -> pb.Schedule:
    return result.schedule
