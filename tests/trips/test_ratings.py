"""Stars for the other side of a trip: who may give them, once, and what is shown of them."""

import asyncio
from functools import partial
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hailwire.trips.v1 import ratings_pb2, ratings_pb2_grpc
from hailwire.trips.v1 import trips_pb2 as pb
from services.trips.rating import average
from tests.trips import calls


async def _rate(replica: Any, *items: ratings_pb2.RateTripRequest) -> list[ratings_pb2.RatingResult]:
    stub = ratings_pb2_grpc.RatingsServiceStub(replica.channel)
    return list((await stub.BatchRateTrips(ratings_pb2.BatchRateTripsRequest(requests=items))).results)


def _stars(who: int, trip: pb.Trip, stars: int) -> ratings_pb2.RateTripRequest:
    return ratings_pb2.RateTripRequest(request_id=calls.request_id(), person_id=who, trip_id=trip.trip_id, stars=stars)


async def _completed(replica: Any, driver: int, passenger: int | None = None) -> pb.Trip:
    trip = await calls.created(replica, passenger or calls.person(), [driver])
    await calls.answer(replica, calls.accepting(trip, driver))
    steps = [pb.TRIP_STATE_ARRIVED, pb.TRIP_STATE_IN_PROGRESS, pb.TRIP_STATE_COMPLETED]
    return (await calls.advance(replica, trip.trip_id, driver, *steps))[-1].trip


async def _shift(database_url: str, by: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(f"UPDATE chassis.clock SET shift = '{by}'")
    await connection.close()


async def _shown(replica: Any, driver: int) -> float:
    found = await calls.search(replica, calls.KIGALI)
    (rating,) = [one.rating for one in found if one.person_id == driver]
    return rating


async def test_both_sides_rate(replica: Any) -> None:
    """Each side of a completed trip gives stars; nobody hears of it."""
    (driver,) = await calls.drivers(replica, 1)
    trip = await _completed(replica, driver)
    await calls.heard(replica)
    given = await _rate(replica, _stars(trip.passenger_id, trip, 4), _stars(driver, trip, 5))
    assert [(one.rating.rater_id, one.rating.stars, one.rating.changed) for one in given] == [
        (trip.passenger_id, 4, False),
        (driver, 5, False),
    ]
    assert await calls.heard(replica) == []
    assert await calls.trip_of(replica, trip.trip_id) == trip


async def test_whoever_may_not(replica: Any) -> None:
    """Strangers, trips under way or given up, unknown trips, and stars that there are not."""
    (driver,) = await calls.drivers(replica, 1)
    done = await _completed(replica, driver)
    open_trip = await calls.created(replica, calls.person(), [driver])
    given_up = await calls.created(replica, calls.person(), [driver])
    await calls.cancel(replica, given_up.trip_id, given_up.passenger_id)
    results = await _rate(
        replica,
        _stars(calls.person(), done, 5),
        _stars(open_trip.passenger_id, open_trip, 5),
        _stars(driver, open_trip, 5),
        _stars(given_up.passenger_id, given_up, 1),
        _stars(done.passenger_id, pb.Trip(trip_id=99_999), 1),
        _stars(done.passenger_id, done, 0),
        _stars(done.passenger_id, done, 6),
    )
    assert [calls.reason(result) for result in results] == [
        "TRIP_NOT_FOUND",
        "TRIP_NOT_COMPLETED",
        "TRIP_NOT_FOUND",
        "TRIP_NOT_COMPLETED",
        "TRIP_NOT_FOUND",
        "STARS_INVALID",
        "STARS_INVALID",
    ]


async def test_an_average_is_shown_when_enough_rated(open_trips: Any) -> None:
    """Two ratings show nothing; with the third everybody who searches sees the average."""
    async with open_trips(RATINGS_SHOWN_FROM="3") as replica:
        (driver,) = await calls.drivers(replica, 1)
        trips = [await _completed(replica, driver) for _ in range(3)]
        await _rate(replica, _stars(trips[0].passenger_id, trips[0], 5), _stars(trips[1].passenger_id, trips[1], 4))
        assert await _shown(replica, driver) == 0
        await _rate(replica, _stars(trips[2].passenger_id, trips[2], 5))
        assert await _shown(replica, driver) == pytest.approx(14 / 3)
        # What the driver says of passengers is no part of it.
        await _rate(replica, *(_stars(driver, trip, 1) for trip in trips))
        assert await _shown(replica, driver) == pytest.approx(14 / 3)


async def test_a_rating_may_be_changed_for_a_day(open_trips: Any, fresh_database_url: str) -> None:
    """It counts once, with the later stars; after a day it stays, though saying the same again is no mistake."""
    async with open_trips(RATINGS_SHOWN_FROM="1") as replica:
        (driver,) = await calls.drivers(replica, 1)
        trip = await _completed(replica, driver)
        await _rate(replica, _stars(trip.passenger_id, trip, 1))
        (again,) = await _rate(replica, _stars(trip.passenger_id, trip, 5))
        assert (again.rating.stars, again.rating.changed) == (5, True)
        assert await _shown(replica, driver) == 5
        await _shift(fresh_database_url, "25 hours")
        late, same = await _rate(replica, _stars(trip.passenger_id, trip, 2), _stars(trip.passenger_id, trip, 5))
        assert calls.reason(late) == "RATING_CLOSED"
        assert same.rating.stars == 5
        assert await _row(fresh_database_url, driver) == (5, 1)


async def test_after_a_week_it_is_too_late(replica: Any, fresh_database_url: str) -> None:
    """A trip may be rated for seven days."""
    (driver,) = await calls.drivers(replica, 1)
    trip = await _completed(replica, driver)
    await _shift(fresh_database_url, "6 days 23 hours")
    (given,) = await _rate(replica, _stars(driver, trip, 3))
    assert given.rating.stars == 3
    await _shift(fresh_database_url, "7 days 1 hour")
    (late,) = await _rate(replica, _stars(trip.passenger_id, trip, 3))
    assert calls.reason(late) == "RATING_CLOSED"


async def test_repeats_count_once(open_trips: Any, fresh_database_url: str) -> None:
    """The same request at two replicas at once, and many ratings of one driver at once, add up exactly."""
    async with open_trips() as left, open_trips() as right:
        (driver,) = await calls.drivers(left, 1)
        trips = [await _completed(left, driver) for _ in range(8)]
        items = [_stars(trip.passenger_id, trip, 1 + number % 5) for number, trip in enumerate(trips)]
        answers = await asyncio.gather(
            *(calls.persistently(partial(_rate, replica, item)) for replica in (left, right) for item in items)
        )
        assert {calls.reason(answer) for answer in answers} == {""}
        assert answers[:8] == answers[8:]
        assert await _row(fresh_database_url, driver) == (sum(item.stars for item in items), 8)


async def test_stars_follow_whoever_was_merged(replica: Any, fresh_database_url: str) -> None:
    """Two drivers who are one have the stars of both; nobody rates themselves."""
    old, new = await calls.drivers(replica, 2)
    first, second = await _completed(replica, old), await _completed(replica, new)
    await _rate(replica, _stars(first.passenger_id, first, 2), _stars(second.passenger_id, second, 5))
    await calls.merge(replica, old, new)
    assert await _row(fresh_database_url, new) == (7, 2)
    (later,) = await _rate(replica, _stars(old, first, 4))
    assert later.rating.rater_id == new
    (changed,) = await _rate(replica, _stars(first.passenger_id, first, 3))
    assert changed.rating.changed
    assert await _row(fresh_database_url, new) == (8, 2)
    await calls.merge(replica, second.passenger_id, new)
    (oneself,) = await _rate(replica, _stars(new, second, 5))
    assert calls.reason(oneself) == "TRIP_NOT_FOUND"


async def _row(database_url: str, driver: int) -> tuple[int, int]:
    connection = await asyncpg.connect(database_url)
    row = await connection.fetchrow("SELECT stars, ratings FROM trips.presence WHERE person_id = $1", driver)
    await connection.close()
    assert row is not None
    return row["stars"], row["ratings"]


@given(st.lists(st.integers(1, 5)), st.integers(0, 10))
def test_averages(stars: list[int], least: int) -> None:
    """Between one and five, and nothing at all until enough rated."""
    shown = average(sum(stars), len(stars), least)
    assert shown == 0 if len(stars) < max(1, least) else 1 <= shown <= 5
