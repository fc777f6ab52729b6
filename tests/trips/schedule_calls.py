"""Short words for what tests do with rides for later, and a clock to shift."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg

from hailwire.trips.v1 import schedules_pb2 as pb
from hailwire.trips.v1 import trips_pb2
from tests.chassis.polling import until_awaited
from tests.trips import calls

if TYPE_CHECKING:
    from tests.trips.conftest import Replica
else:
    Replica = Any

# Looks as often as it can, and remembers little of what it saw between.
QUICK = {
    "TRIPS_DUE_INTERVAL_MS": "10",
    "LOCATION_FRESH_SECONDS": "10000000",
    # Drivers of a test stay on the map for the days that it lets pass.
    "AUTO_OFFLINE_SECONDS": "10000000",
}


class Clock:
    """The one clock of all services, as this test shifts it."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url

    async def now(self) -> datetime:
        connection = await asyncpg.connect(self._database_url)
        now: datetime = await connection.fetchval("SELECT chassis.now()")
        await connection.close()
        return now

    async def set(self, moment: datetime) -> None:
        """It is this moment, from which time goes on."""
        connection = await asyncpg.connect(self._database_url)
        await connection.execute("UPDATE chassis.clock SET shift = $1 - clock_timestamp()", moment)
        await connection.close()

    async def forward(self, **by: float) -> None:
        """So much later, as in timedelta."""
        connection = await asyncpg.connect(self._database_url)
        await connection.execute("UPDATE chassis.clock SET shift = shift + $1", timedelta(**by))
        await connection.close()


def new_schedule(
    passenger: int,
    when: datetime | pb.Recurrence | None,
    *,
    at: tuple[float, float] = calls.KIGALI,
    to: tuple[float, float] | None = None,
    vehicle: Any = trips_pb2.VEHICLE_MOTO,
) -> pb.CreateScheduleRequest:
    request = pb.CreateScheduleRequest(
        request_id=calls.request_id(),
        passenger_id=passenger,
        vehicle=vehicle,
        pickup=calls.place(at),
        destination=calls.place(to) if to else None,
    )
    set_time(request, when)
    return request


def set_time(request: Any, when: datetime | pb.Recurrence | None) -> None:
    if isinstance(when, datetime):
        request.pickup_time.FromDatetime(when)
    elif when is not None:
        request.recurrence.CopyFrom(when)


def every_day(hours: int, minutes: int = 0) -> pb.Recurrence:
    return pb.Recurrence(hours=hours, minutes=minutes)


async def create(replica: Replica, *requests: pb.CreateScheduleRequest) -> list[pb.ScheduleResult]:
    request = pb.BatchCreateSchedulesRequest(requests=requests)
    return list((await replica.schedules.BatchCreateSchedules(request)).results)


async def created(replica: Replica, passenger: int, when: datetime | pb.Recurrence, **how: Any) -> pb.Schedule:
    (result,) = await create(replica, new_schedule(passenger, when, **how))
    assert not calls.reason(result), result
    return result.schedule


async def change(
    replica: Replica, passenger: int, schedule_id: int, when: datetime | pb.Recurrence | None, version: int = 0
) -> pb.ScheduleResult:
    request = pb.ChangeScheduleRequest(
        request_id=calls.request_id(), passenger_id=passenger, schedule_id=schedule_id, version=version
    )
    set_time(request, when)
    batch = pb.BatchChangeSchedulesRequest(requests=[request])
    (result,) = (await replica.schedules.BatchChangeSchedules(batch)).results
    return result


async def cancel(
    replica: Replica, passenger: int, schedule_id: int, *, only_next: bool = False, version: int = 0
) -> pb.ScheduleResult:
    request = pb.CancelScheduleRequest(
        request_id=calls.request_id(),
        passenger_id=passenger,
        schedule_id=schedule_id,
        only_next=only_next,
        version=version,
    )
    batch = pb.BatchCancelSchedulesRequest(requests=[request])
    (result,) = (await replica.schedules.BatchCancelSchedules(batch)).results
    return result


async def schedule(replica: Replica, schedule_id: int) -> pb.Schedule:
    request = pb.BatchGetSchedulesRequest(schedule_ids=[schedule_id])
    (result,) = (await replica.schedules.BatchGetSchedules(request)).results
    assert not calls.reason(result)
    return result.schedule


async def listed(replica: Replica, who: int, *states: Any) -> list[pb.Schedule]:
    request = pb.ListSchedulesRequest(person_id=who, states=states)
    return list((await replica.schedules.ListSchedules(request)).schedules)


def pickup(schedule: pb.Schedule) -> datetime:
    return schedule.occurrence.pickup_time.ToDatetime(tzinfo=UTC)


async def nothing_due(database_url: str) -> None:
    """Wait until everything has been done that time has come for; trips and offers included."""
    connection = await asyncpg.connect(database_url)

    async def done() -> bool:
        return not await connection.fetchval(
            """
            SELECT EXISTS (SELECT FROM trips.occurrence WHERE due_at <= chassis.now())
                OR EXISTS (SELECT FROM trips.trip WHERE state IN (1, 2) AND expires_at <= chassis.now())
                OR EXISTS (SELECT FROM trips.offer WHERE state = 1 AND expires_at <= chassis.now())
            """
        )

    try:
        await until_awaited(done, seconds=120)
    finally:
        await connection.close()
