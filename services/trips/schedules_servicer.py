"""SchedulesService: translates between the contract's messages and the store; decides nothing."""

from chassis import pages
from hailwire.trips.v1 import schedules_pb2 as pb
from hailwire.trips.v1 import schedules_pb2_grpc
from services.trips import schedule_messages
from services.trips.batches import changed
from services.trips.schedule import ScheduleNotFound
from services.trips.schedules import ScheduleStore

_ACTOR = "passenger_id"


class SchedulesServicer(schedules_pb2_grpc.SchedulesServiceServicer):
    """SchedulesService over the store: schedules are few and read seldom, no cache is between."""

    def __init__(self, schedules: ScheduleStore) -> None:
        self._schedules = schedules

    async def BatchCreateSchedules(
        self, request: pb.BatchCreateSchedulesRequest, context: object
    ) -> pb.BatchCreateSchedulesResponse:
        """Keeps rides for later."""
        results = await changed(
            request.requests, schedule_messages.new_schedule, _ACTOR, self._schedules.create, pb.ScheduleResult
        )
        return pb.BatchCreateSchedulesResponse(results=results)

    async def BatchChangeSchedules(
        self, request: pb.BatchChangeSchedulesRequest, context: object
    ) -> pb.BatchChangeSchedulesResponse:
        """Gives rides another time."""
        results = await changed(
            request.requests, schedule_messages.new_time, _ACTOR, self._schedules.change, pb.ScheduleResult
        )
        return pb.BatchChangeSchedulesResponse(results=results)

    async def BatchCancelSchedules(
        self, request: pb.BatchCancelSchedulesRequest, context: object
    ) -> pb.BatchCancelSchedulesResponse:
        """Gives rides up."""
        results = await changed(
            request.requests, schedule_messages.given_up, _ACTOR, self._schedules.cancel, pb.ScheduleResult
        )
        return pb.BatchCancelSchedulesResponse(results=results)

    async def BatchGetSchedules(
        self, request: pb.BatchGetSchedulesRequest, context: object
    ) -> pb.BatchGetSchedulesResponse:
        """Reads schedules by id."""
        pages.check_batch(request.schedule_ids)
        found = await self._schedules.schedules(request.schedule_ids)
        return pb.BatchGetSchedulesResponse(
            results=[
                schedule_messages.schedule_result(found.get(asked) or ScheduleNotFound())
                for asked in request.schedule_ids
            ]
        )

    async def ListSchedules(self, request: pb.ListSchedulesRequest, context: object) -> pb.ListSchedulesResponse:
        """Lists a person's schedules, the newest first."""
        schedules, page = await self._schedules.page(schedule_messages.wanted(request))
        response = pb.ListSchedulesResponse(
            schedules=[schedule_messages.schedule_message(schedule) for schedule in schedules]
        )
        return pages.answered(response, page)
