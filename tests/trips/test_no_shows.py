"""Passengers and drivers who do not come, through the trips service's own door."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import asyncpg
import pytest

from hailwire.trips.v1 import erasure_pb2, erasure_pb2_grpc, events_pb2
from hailwire.trips.v1 import trips_pb2 as pb
from tests.chassis.polling import until_awaited
from tests.trips import calls, schedule_calls
from tests.trips.schedule_calls import QUICK, Clock

# Whoever waits may say at once that nobody came.
AT_ONCE = {"NO_SHOW_WAIT_MINUTES": "0", "DRIVER_LATE_MINUTES": "0"}
# 13 minutes by moto.
FIVE_KILOMETERS_AWAY = (calls.KIGALI[0] + 5 * 0.008993, calls.KIGALI[1])


@pytest.fixture
def clock(fresh_database_url: str) -> Clock:
    return Clock(fresh_database_url)


async def _rows(database_url: str) -> list[tuple[int, int, bool]]:
    """(trip, person, as a driver) of everybody who did not come, in the order of the trips."""
    connection = await asyncpg.connect(database_url)
    try:
        found = await connection.fetch("SELECT trip_id, person_id, as_driver FROM trips.no_show ORDER BY trip_id")
        return [tuple(row) for row in found]
    finally:
        await connection.close()


async def _matched(
    replica: Any, passenger: int, driver: int = 0, at: tuple[float, float] = calls.KIGALI
) -> tuple[pb.Trip, int]:
    """A trip whose driver is on the way, and the driver."""
    if not driver:
        (driver,) = await calls.drivers(replica, 1, at)
    trip = await calls.created(replica, passenger, [driver])
    (result,) = await calls.answer(replica, calls.accepting(trip, driver))
    assert not calls.reason(result)
    return result.trip, driver


async def _waited_for(replica: Any, passenger: int, driver: int = 0) -> tuple[pb.Trip, int]:
    """The same with the driver at the pickup."""
    trip, driver = await _matched(replica, passenger, driver)
    (result,) = await calls.advance(replica, trip.trip_id, driver, pb.TRIP_STATE_ARRIVED)
    return result.trip, driver


async def _missed(replica: Any, passenger: int, times: int, driver: int = 0) -> int:
    """The passenger does not come so many times; the driver who waited. For replicas that are AT_ONCE."""
    for _ in range(times):
        trip, driver = await _waited_for(replica, passenger, driver)
        assert not calls.reason(await calls.cancel(replica, trip.trip_id, driver, "absent"))
    return driver


async def test_a_driver_waits_and_then_says_that_nobody_came(
    replica: Any, clock: Clock, fresh_database_url: str
) -> None:
    """Too early is refused with how long is left; then the trip ends, the passenger hears why, and it is noted."""
    passenger = calls.person()
    trip, driver = await _waited_for(replica, passenger)
    await calls.heard(replica)
    early = await calls.cancel(replica, trip.trip_id, driver, "absent")
    assert calls.reason(early) == "NO_SHOW_TOO_EARLY"
    assert 240 < int(calls.metadata(early)["seconds"]) <= 300
    assert (await calls.trip_of(replica, trip.trip_id)).state == pb.TRIP_STATE_ARRIVED
    await clock.forward(minutes=3)
    # Telling where they are makes nobody wait longer.
    moved = pb.UpdatePresenceRequest(
        request_id=calls.request_id(), person_id=driver, location=calls.place(FIVE_KILOMETERS_AWAY)
    )
    await calls.presences(replica, moved)
    await clock.forward(minutes=2)
    result = await calls.cancel(replica, trip.trip_id, driver, "absent")
    assert (result.trip.state, result.trip.cancelled_by) == (pb.TRIP_STATE_CANCELLED, driver)
    (event,) = await calls.take(replica)
    assert (event.kind, event.recipient_id) == (events_pb2.EVENT_KIND_TRIP_CANCELLED, passenger)
    assert event.trip.cancel_reason == "absent"
    assert (await calls.presence_of(replica, driver)).trip_id == 0
    assert await _rows(fresh_database_url) == [(trip.trip_id, passenger, False)]


async def test_who_is_early_for_a_planned_ride_waits_for_its_time(
    open_trips: Any, clock: Clock, fresh_database_url: str
) -> None:
    """Drivers are asked a quarter of an hour ahead: a passenger is not absent before the time that they asked for."""
    async with open_trips(**QUICK) as replica:
        (driver,) = await calls.drivers(replica, 1)
        passenger = calls.person()
        await schedule_calls.created(replica, passenger, await clock.now() + timedelta(minutes=20))
        await clock.forward(minutes=6)
        await schedule_calls.nothing_due(fresh_database_url)
        trip = (await calls.open_trip(replica, passenger)).trip
        await calls.answer(replica, calls.accepting(trip, driver))
        await calls.advance(replica, trip.trip_id, driver, pb.TRIP_STATE_ARRIVED)
        await clock.forward(minutes=8)
        early = await calls.cancel(replica, trip.trip_id, driver, "absent")
        assert calls.reason(early) == "NO_SHOW_TOO_EARLY"
        # Six minutes until the ride's time, and five of waiting.
        assert int(calls.metadata(early)["seconds"]) == pytest.approx(11 * 60, abs=60)
        await clock.forward(minutes=12)
        assert not calls.reason(await calls.cancel(replica, trip.trip_id, driver, "absent"))
        assert await _rows(fresh_database_url) == [(trip.trip_id, passenger, False)]


async def test_a_driver_says_so_at_the_pickup_only(open_trips: Any, fresh_database_url: str) -> None:
    """On the way to it and during the ride nobody is absent; every other reason is taken there and noted of nobody."""
    async with open_trips(**AT_ONCE) as replica:
        passenger = calls.person()
        trip, driver = await _matched(replica, passenger)
        on_the_way = await calls.cancel(replica, trip.trip_id, driver, "absent")
        await calls.advance(replica, trip.trip_id, driver, pb.TRIP_STATE_ARRIVED)
        at_the_pickup = await calls.cancel(replica, trip.trip_id, passenger, "noshow")
        await calls.advance(replica, trip.trip_id, driver, pb.TRIP_STATE_IN_PROGRESS)
        riding = await calls.cancel(replica, trip.trip_id, driver, "absent")
        for refused in (on_the_way, at_the_pickup, riding):
            assert calls.reason(refused) == "TRIP_STEP_ILLEGAL"
        assert not calls.reason(await calls.cancel(replica, trip.trip_id, passenger, "absent"))
        assert await _rows(fresh_database_url) == []


async def test_a_passenger_waits_for_what_was_promised(replica: Any, clock: Clock, fresh_database_url: str) -> None:
    """Thirteen minutes of way and ten more; then the trip ends, the driver hears why, and it is noted of them."""
    passenger = calls.person()
    trip, driver = await _matched(replica, passenger, at=FIVE_KILOMETERS_AWAY)
    await calls.heard(replica)
    early = await calls.cancel(replica, trip.trip_id, passenger, "noshow")
    assert calls.reason(early) == "NO_SHOW_TOO_EARLY"
    assert int(calls.metadata(early)["seconds"]) == pytest.approx(23 * 60, abs=60)
    await clock.forward(minutes=22)
    assert calls.reason(await calls.cancel(replica, trip.trip_id, passenger, "noshow")) == "NO_SHOW_TOO_EARLY"
    await clock.forward(minutes=2)
    assert not calls.reason(await calls.cancel(replica, trip.trip_id, passenger, "noshow"))
    assert await calls.heard(replica) == [("TRIP_CANCELLED", driver)]
    assert await _rows(fresh_database_url) == [(trip.trip_id, driver, True)]


async def test_start_and_nobody_came_at_the_same_instant_agree(open_trips: Any, fresh_database_url: str) -> None:
    """The ride begins, or it is over and noted: one of the two, and whoever lost is refused."""
    async with open_trips(**AT_ONCE) as left, open_trips(**AT_ONCE) as right:
        missed = []
        for _ in range(15):
            trip, driver = await _waited_for(left, calls.person())
            await calls.heard(left)
            number = trip.trip_id
            said, begun = await asyncio.gather(
                calls.persistently(partial(calls.cancel, left, number, driver, "absent")),
                calls.persistently(partial(calls.advance, right, number, driver, pb.TRIP_STATE_IN_PROGRESS)),
            )
            assert sorted((calls.reason(said), calls.reason(begun))) == ["", "TRIP_STEP_ILLEGAL"]
            ended = calls.reason(said) == ""
            state = (await calls.trip_of(left, number)).state
            assert state == (pb.TRIP_STATE_CANCELLED if ended else pb.TRIP_STATE_IN_PROGRESS)
            told = "TRIP_CANCELLED" if ended else "TRIP_STARTED"
            assert await calls.heard(left) == [(told, trip.passenger_id)]
            missed += [(number, trip.passenger_id, False)] if ended else []
        assert await _rows(fresh_database_url) == missed


async def test_both_sides_give_up_at_the_same_instant(open_trips: Any, fresh_database_url: str) -> None:
    """A passenger who gives up before the driver says that nobody came has given up; and the other way round."""
    async with open_trips(**AT_ONCE) as left, open_trips(**AT_ONCE) as right:
        missed = []
        for _ in range(15):
            trip, driver = await _waited_for(left, calls.person())
            await calls.heard(left)
            number, passenger = trip.trip_id, trip.passenger_id
            absent, plans = await asyncio.gather(
                calls.persistently(partial(calls.cancel, left, number, driver, "absent")),
                calls.persistently(partial(calls.cancel, right, number, passenger, "plans")),
            )
            assert sorted((calls.reason(absent), calls.reason(plans))) == ["", "TRIP_STEP_ILLEGAL"]
            by_driver = calls.reason(absent) == ""
            assert await calls.heard(left) == [("TRIP_CANCELLED", passenger if by_driver else driver)]
            missed += [(number, passenger, False)] if by_driver else []
        assert await _rows(fresh_database_url) == missed


async def test_after_three_times_requests_wait(open_trips: Any, clock: Clock) -> None:
    """Refused kindly until the first of the three is a week old; whom it does not concern asks as ever."""
    async with open_trips(**AT_ONCE, **QUICK) as replica:
        passenger = calls.person()
        began = await clock.now()
        driver = await _missed(replica, passenger, 1)
        await clock.forward(days=1)
        await _missed(replica, passenger, 2, driver)
        (refused,) = await calls.create(replica, calls.new_trip(passenger))
        assert calls.reason(refused) == "NO_SHOWS_TOO_MANY"
        until = datetime.fromtimestamp(int(calls.metadata(refused)["until"]), UTC)
        assert timedelta(0) <= until - began - timedelta(days=7) < timedelta(minutes=1)
        other = await calls.created(replica, calls.person())
        assert [offer.driver_id for offer in other.offers] == [driver]
        await calls.cancel(replica, other.trip_id, other.passenger_id)
        (second,) = await calls.drivers(replica, 1)
        await calls.cancel(replica, (await calls.created(replica, driver, [second])).trip_id, driver)
        await clock.set(until - timedelta(minutes=2))
        (still,) = await calls.create(replica, calls.new_trip(passenger))
        assert calls.reason(still) == "NO_SHOWS_TOO_MANY"
        await clock.set(until + timedelta(seconds=1))
        await calls.created(replica, passenger)


async def test_the_limit_is_a_setting(open_trips: Any) -> None:
    """One time may be enough, and 0 asks nobody to wait."""
    async with open_trips(**AT_ONCE, NO_SHOW_LIMIT="1") as strict, open_trips(**AT_ONCE, NO_SHOW_LIMIT="0") as lenient:
        passenger = calls.person()
        driver = await _missed(strict, passenger, 1)
        (refused,) = await calls.create(strict, calls.new_trip(passenger, [driver]))
        assert calls.reason(refused) == "NO_SHOWS_TOO_MANY"
        await _missed(lenient, passenger, 4, driver)
        await calls.created(lenient, passenger, [driver])


async def test_an_open_trip_is_told_first(open_trips: Any) -> None:
    """Whoever is on a trip and asks again reads that, not that they may not ask."""
    async with open_trips(**AT_ONCE, NO_SHOW_LIMIT="0") as lenient, open_trips(NO_SHOW_LIMIT="1") as strict:
        passenger = calls.person()
        driver = await _missed(lenient, passenger, 1)
        await calls.created(lenient, passenger, [driver])
        (refused,) = await calls.create(strict, calls.new_trip(passenger))
        assert calls.reason(refused) == "TRIP_ALREADY_OPEN"


async def test_drivers_who_do_not_come_ask_as_passengers(open_trips: Any) -> None:
    """What is noted of somebody as a driver keeps them from no ride."""
    async with open_trips(**AT_ONCE, NO_SHOW_LIMIT="1") as replica:
        trip, driver = await _matched(replica, calls.person())
        assert not calls.reason(await calls.cancel(replica, trip.trip_id, trip.passenger_id, "noshow"))
        (other,) = await calls.drivers(replica, 1)
        await calls.created(replica, driver, [other])


async def test_a_repeat_is_answered_word_for_word(open_trips: Any, fresh_database_url: str) -> None:
    """The same request, early or in time, finds its first answer and notes nothing twice."""
    async with open_trips(NO_SHOW_WAIT_MINUTES="60") as patient, open_trips(**AT_ONCE) as replica:
        trip, driver = await _waited_for(replica, calls.person())
        for door in (patient, replica):
            request = pb.CancelTripRequest(
                request_id=calls.request_id(), person_id=driver, trip_id=trip.trip_id, reason="absent"
            )
            batch = pb.BatchCancelTripsRequest(requests=[request])
            first = (await door.trips.BatchCancelTrips(batch)).SerializeToString()
            for other in (patient, replica):
                assert (await other.trips.BatchCancelTrips(batch)).SerializeToString() == first
        assert len(await _rows(fresh_database_url)) == 1


async def test_no_shows_follow_merges_and_go_with_an_erasure(open_trips: Any, fresh_database_url: str) -> None:
    """Somebody who becomes one with another brings theirs along; whoever is erased leaves none."""
    async with open_trips(**AT_ONCE, NO_SHOW_LIMIT="2") as replica:
        old, new = calls.person(), calls.person()
        driver = await _missed(replica, old, 1)
        await _missed(replica, new, 1, driver)
        await calls.created(replica, new, [driver])
        await calls.cancel(replica, (await calls.open_trip(replica, new)).trip.trip_id, new)
        await calls.merge(replica, old, new)
        for known_as in (new, old):
            (refused,) = await calls.create(replica, calls.new_trip(known_as, [driver]))
            assert calls.reason(refused) == "NO_SHOWS_TOO_MANY"
        request = erasure_pb2.ErasePersonRequest(request_id=calls.request_id(), person_id=new)
        await erasure_pb2_grpc.ErasureServiceStub(replica.channel).ErasePerson(request)
        assert await _rows(fresh_database_url) == []


async def test_a_ride_for_later_is_no_way_around(open_trips: Any, clock: Clock, fresh_database_url: str) -> None:
    """No driver is asked for it either, and the passenger hears until when; the next one of a daily ride is to come."""
    async with open_trips(**AT_ONCE, **QUICK, NO_SHOW_LIMIT="1") as replica:
        passenger = calls.person()
        await _missed(replica, passenger, 1)
        await calls.heard(replica)
        pickup = await clock.now() + timedelta(minutes=20)
        made = await schedule_calls.created(replica, passenger, pickup)
        await clock.forward(minutes=6)
        await schedule_calls.nothing_due(fresh_database_url)
        (event,) = await calls.take(replica)
        assert (event.kind, event.recipient_id) == (events_pb2.EVENT_KIND_SCHEDULE_REFUSED, passenger)
        until = event.refused_until.ToDatetime(tzinfo=UTC)
        assert timedelta(days=6, hours=23) < until - pickup < timedelta(days=7)
        assert event.schedule.schedule_id == made.schedule_id
        assert calls.reason(await calls.open_trip(replica, passenger)) == "TRIP_NOT_FOUND"


async def test_nothing_is_held_against_anybody_for_ever(open_trips: Any, clock: Clock, fresh_database_url: str) -> None:
    """What is older than a year goes by itself."""
    async with open_trips(**AT_ONCE) as replica:
        await _missed(replica, calls.person(), 1)
    await clock.forward(days=300)
    async with open_trips(**AT_ONCE) as replica:
        await _missed(replica, calls.person(), 1)
    (_, kept) = await _rows(fresh_database_url)
    await clock.forward(days=100)
    async with open_trips():

        async def forgotten() -> bool:
            return await _rows(fresh_database_url) == [kept]

        await until_awaited(forgotten)
