"""Rides for later through the front door: made, changed, given up, read, listed, and handed over when people merge."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from hailwire.trips.v1 import schedules_pb2 as pb
from hailwire.trips.v1 import trips_pb2
from tests.trips import calls, schedule_calls
from tests.trips.schedule_calls import Clock

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
async def clock(fresh_database_url: str) -> Clock:
    """It is Monday noon in London, two in the afternoon in Kigali."""
    clock = Clock(fresh_database_url)
    await clock.set(NOON)
    return clock


async def test_a_ride_for_later(clock: Clock, replica: Any) -> None:
    """What was asked is kept and read back, with when it expires: travel time and half an hour after."""
    passenger = calls.person()
    made = await schedule_calls.created(
        replica, passenger, NOON + timedelta(hours=5), to=(-1.9441, 30.1519), vehicle=trips_pb2.VEHICLE_CAB
    )
    assert made.state == pb.SCHEDULE_STATE_ACTIVE
    assert (made.passenger_id, made.vehicle, made.version) == (passenger, trips_pb2.VEHICLE_CAB, 1)
    assert made.occurrence.state == pb.OCCURRENCE_STATE_WAITING
    assert schedule_calls.pickup(made) == NOON + timedelta(hours=5)
    # 10 km as the crow flies, 13 by road, at 25 km/h.
    looked_for = made.occurrence.expire_time.ToDatetime(tzinfo=UTC) - schedule_calls.pickup(made)
    assert timedelta(minutes=60) < looked_for < timedelta(minutes=63)
    assert await schedule_calls.schedule(replica, made.schedule_id) == made
    assert await schedule_calls.listed(replica, passenger) == [made]
    nowhere = await schedule_calls.created(replica, passenger, NOON + timedelta(hours=6))
    assert nowhere.occurrence.expire_time.ToDatetime(tzinfo=UTC) == NOON + timedelta(hours=6, minutes=30)
    assert not nowhere.HasField("destination")


async def test_recurring_times_are_those_of_the_service_area(clock: Clock, open_trips: Any) -> None:
    """Eight in the morning is eight where the people are, wherever the server is; days of the week too."""
    for zone, first in (("Africa/Kigali", "24 06:00"), ("America/New_York", "23 13:00"), ("Asia/Tokyo", "23 23:00")):
        async with open_trips(SERVICE_TIME_ZONE=zone) as replica:
            made = await schedule_calls.created(replica, calls.person(), schedule_calls.every_day(8))
            assert schedule_calls.pickup(made).strftime("%d %H:%M") == first
            assert len(made.recurrence.weekdays) == 7
            weekend = pb.Recurrence(hours=8, weekdays=[pb.WEEKDAY_SUNDAY, pb.WEEKDAY_SATURDAY])
            made = await schedule_calls.created(replica, calls.person(), weekend)
            assert list(made.recurrence.weekdays) == [pb.WEEKDAY_SATURDAY, pb.WEEKDAY_SUNDAY]
            assert schedule_calls.pickup(made) > NOON + timedelta(days=4)


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        (None, "SCHEDULE_TIME_REQUIRED"),
        (NOON - timedelta(seconds=1), "SCHEDULE_IN_PAST"),
        (NOON + timedelta(days=31), "SCHEDULE_TOO_FAR"),
        (pb.Recurrence(hours=24), "RECURRENCE_INVALID"),
        (pb.Recurrence(hours=7, minutes=-1), "RECURRENCE_INVALID"),
        (pb.Recurrence(hours=7, weekdays=[pb.WEEKDAY_UNSPECIFIED]), "RECURRENCE_INVALID"),
        (pb.Recurrence(hours=7, weekdays=[8]), "RECURRENCE_INVALID"),  # type: ignore[list-item]
    ],
)
async def test_times_that_are_none(clock: Clock, replica: Any, when: Any, reason: str) -> None:
    """Each is refused with its reason, when it is made and when it is changed, and nothing is kept."""
    passenger = calls.person()
    (result,) = await schedule_calls.create(replica, schedule_calls.new_schedule(passenger, when))
    assert calls.reason(result) == reason
    made = await schedule_calls.created(replica, passenger, NOON + timedelta(hours=1))
    changed = await schedule_calls.change(replica, passenger, made.schedule_id, when)
    assert calls.reason(changed) == reason
    assert await schedule_calls.listed(replica, passenger) == [made]


async def test_moments_outside_of_the_calendar(clock: Clock, replica: Any) -> None:
    """They are too far or long past, never an accident."""
    for seconds, reason in ((10**18, "SCHEDULE_TOO_FAR"), (-(10**18), "SCHEDULE_IN_PAST")):
        request = schedule_calls.new_schedule(calls.person(), NOON)
        request.pickup_time.seconds = seconds
        (result,) = await schedule_calls.create(replica, request)
        assert calls.reason(result) == reason


async def test_what_else_is_refused(clock: Clock, replica: Any) -> None:
    """No vehicle, no place, nobody, and an id that does not do: each by itself, beside one that is fine."""
    later = NOON + timedelta(hours=1)
    requests = [schedule_calls.new_schedule(calls.person(), later) for _ in range(6)]
    requests[0].vehicle = trips_pb2.VEHICLE_UNSPECIFIED
    requests[1].ClearField("pickup")
    requests[2].destination.latitude = 91
    requests[3].passenger_id = 0
    requests[4].request_id = ""
    reasons = [calls.reason(result) for result in await schedule_calls.create(replica, *requests)]
    assert reasons == [
        "VEHICLE_REQUIRED",
        "LOCATION_INVALID",
        "LOCATION_INVALID",
        "PERSON_INVALID",
        "REQUEST_ID_INVALID",
        "",
    ]


async def test_repeats_get_the_first_outcome(clock: Clock, replica: Any) -> None:
    """A request that is sent again makes one schedule; another wish under its id is refused."""
    request = schedule_calls.new_schedule(calls.person(), NOON + timedelta(hours=1))
    results = await schedule_calls.create(replica, request, request)
    results += await schedule_calls.create(replica, request)
    assert len({result.SerializeToString(deterministic=True) for result in results}) == 1
    assert len(await schedule_calls.listed(replica, request.passenger_id)) == 1
    schedule_calls.set_time(request, NOON + timedelta(hours=2))
    (other,) = await schedule_calls.create(replica, request)
    assert calls.reason(other) == "REQUEST_ID_REUSED"


async def test_one_for_the_same_times_and_nine_at_once(clock: Clock, replica: Any) -> None:
    """A second one for the same time names the first; the tenth is too many until one is given up."""
    passenger = calls.person()
    first = await schedule_calls.created(replica, passenger, NOON + timedelta(hours=1))
    twins = [schedule_calls.new_schedule(passenger, NOON + timedelta(hours=1))]
    twins += [schedule_calls.new_schedule(passenger, schedule_calls.every_day(8)) for _ in range(2)]
    same, daily, daily_again = await schedule_calls.create(replica, *twins)
    assert calls.metadata(same) == {"schedule_id": str(first.schedule_id)}
    assert calls.reason(daily) == ""
    assert calls.metadata(daily_again) == {"schedule_id": str(daily.schedule.schedule_id)}
    moved = await schedule_calls.change(replica, passenger, first.schedule_id, schedule_calls.every_day(8))
    assert calls.reason(moved) == "SCHEDULE_EXISTS"
    for hours in range(2, 9):
        await schedule_calls.created(replica, passenger, NOON + timedelta(hours=hours))
    tenth = schedule_calls.new_schedule(passenger, NOON + timedelta(hours=9))
    (refused,) = await schedule_calls.create(replica, tenth)
    assert calls.reason(refused) == "SCHEDULES_TOO_MANY"
    await schedule_calls.cancel(replica, passenger, first.schedule_id)
    await schedule_calls.created(replica, passenger, NOON + timedelta(hours=9))


async def test_another_time(clock: Clock, replica: Any) -> None:
    """Once becomes daily and daily once; the version grows, and who saw an older one is refused."""
    passenger = calls.person()
    made = await schedule_calls.created(replica, passenger, NOON + timedelta(hours=1))
    daily = (
        await schedule_calls.change(replica, passenger, made.schedule_id, schedule_calls.every_day(18, 5))
    ).schedule
    assert (daily.version, daily.recurrence.hours, daily.recurrence.minutes) == (2, 18, 5)
    assert schedule_calls.pickup(daily).strftime("%d %H:%M") == "23 16:05"
    once = await schedule_calls.change(replica, passenger, made.schedule_id, NOON + timedelta(hours=3), version=2)
    assert not once.schedule.HasField("recurrence")
    assert schedule_calls.pickup(once.schedule) == NOON + timedelta(hours=3)
    late = await schedule_calls.change(replica, passenger, made.schedule_id, NOON + timedelta(hours=4), version=2)
    assert calls.reason(late) == "SCHEDULE_CHANGED"
    assert await schedule_calls.listed(replica, passenger) == [once.schedule]


async def test_given_up(clock: Clock, replica: Any) -> None:
    """All of it, or the next ride of a recurring one; nobody else may, and what is closed stays closed."""
    passenger, stranger = calls.person(), calls.person()
    made = await schedule_calls.created(replica, passenger, schedule_calls.every_day(18))
    refused = await schedule_calls.cancel(replica, stranger, made.schedule_id)
    assert calls.reason(refused) == "SCHEDULE_NOT_FOUND"
    skipped = (await schedule_calls.cancel(replica, passenger, made.schedule_id, only_next=True, version=1)).schedule
    assert schedule_calls.pickup(skipped) - schedule_calls.pickup(made) == timedelta(days=1)
    assert skipped.state == pb.SCHEDULE_STATE_ACTIVE
    again = await schedule_calls.cancel(replica, passenger, made.schedule_id, only_next=True, version=1)
    assert calls.reason(again) == "SCHEDULE_CHANGED"
    closed = (await schedule_calls.cancel(replica, passenger, made.schedule_id)).schedule
    assert (closed.state, closed.occurrence.state) == (pb.SCHEDULE_STATE_CANCELLED, pb.OCCURRENCE_STATE_CANCELLED)
    for result in (
        await schedule_calls.cancel(replica, passenger, made.schedule_id),
        await schedule_calls.change(replica, passenger, made.schedule_id, NOON + timedelta(hours=1)),
    ):
        assert calls.reason(result) == "SCHEDULE_CLOSED"
    assert calls.reason(await schedule_calls.cancel(replica, passenger, 10**12)) == "SCHEDULE_NOT_FOUND"


async def test_pages(clock: Clock, replica: Any) -> None:
    """A person's own, the newest first, by token and by number, of some states or all, with a total when asked."""
    passenger = calls.person()
    made = [
        (await schedule_calls.created(replica, passenger, NOON + timedelta(hours=hours))).schedule_id
        for hours in range(1, 8)
    ]
    await schedule_calls.created(replica, calls.person(), NOON + timedelta(hours=1))
    for number in made[:2]:
        await schedule_calls.cancel(replica, passenger, number)
    newest = list(reversed(made))
    seen, token = [], ""
    while True:
        request = pb.ListSchedulesRequest(person_id=passenger, page_size=3, page_token=token, with_total=True)
        page = await replica.schedules.ListSchedules(request)
        assert page.total_size == 7
        seen += [one.schedule_id for one in page.schedules]
        token = page.next_page_token
        if not token:
            break
    assert seen == newest
    active = await schedule_calls.listed(replica, passenger, pb.SCHEDULE_STATE_ACTIVE, pb.SCHEDULE_STATE_ACTIVE)
    assert [one.schedule_id for one in active] == newest[:5]
    second = await replica.schedules.ListSchedules(pb.ListSchedulesRequest(person_id=passenger, page=2, page_size=5))
    assert [one.schedule_id for one in second.schedules] == newest[5:]
    for wrong in (
        pb.ListSchedulesRequest(),
        pb.ListSchedulesRequest(person_id=passenger, page_size=-1),
        pb.ListSchedulesRequest(person_id=passenger, page_token="?"),
        pb.ListSchedulesRequest(person_id=passenger, states=[9]),  # type: ignore[list-item]
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await replica.schedules.ListSchedules(wrong)
        assert refusal.value.code() == grpc.StatusCode.INVALID_ARGUMENT


async def test_schedules_follow_the_person(clock: Clock, replica: Any) -> None:
    """Who is merged keeps their rides under the survivor's id, and of two for the same times one."""
    old, new = calls.person(), calls.person()
    daily = await schedule_calls.created(replica, old, schedule_calls.every_day(8))
    twin = await schedule_calls.created(replica, new, schedule_calls.every_day(8))
    own = await schedule_calls.created(replica, old, NOON + timedelta(hours=2))
    assert calls.reason(await calls.merge(replica, old, new)) == ""
    for who in (old, new):
        active = await schedule_calls.listed(replica, who, pb.SCHEDULE_STATE_ACTIVE)
        assert {one.schedule_id for one in active} == {twin.schedule_id, own.schedule_id}
        assert {one.passenger_id for one in active} == {new}
    dropped = await schedule_calls.schedule(replica, daily.schedule_id)
    assert (dropped.state, dropped.occurrence.state) == (pb.SCHEDULE_STATE_CANCELLED, pb.OCCURRENCE_STATE_CANCELLED)
    changed = await schedule_calls.change(replica, old, own.schedule_id, NOON + timedelta(hours=3))
    assert changed.schedule.passenger_id == new
    under_the_old_id = await schedule_calls.created(replica, old, NOON + timedelta(hours=4))
    assert under_the_old_id.passenger_id == new


async def test_schedules_made_while_people_merge(clock: Clock, open_trips: Any) -> None:
    """Whatever the order in which a merge and wishes of both come, all are the survivor's."""
    async with open_trips() as left, open_trips() as right:
        pairs = [(calls.person(), calls.person()) for _ in range(10)]
        later, latest = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
        await asyncio.gather(
            *(calls.persistently(lambda old=old: _create(left, old, later)) for old, _ in pairs),  # type: ignore[misc]
            *(calls.persistently(lambda old=old, new=new: calls.merge(right, old, new)) for old, new in pairs),  # type: ignore[misc]
            *(calls.persistently(lambda new=new: _create(right, new, latest)) for _, new in pairs),  # type: ignore[misc]
        )
        for old, new in pairs:
            mine = await schedule_calls.listed(left, old)
            assert {(one.passenger_id, schedule_calls.pickup(one)) for one in mine} == {(new, later), (new, latest)}


async def _create(replica: Any, who: int, when: datetime) -> Any:
    return await schedule_calls.create(replica, schedule_calls.new_schedule(who, when))
