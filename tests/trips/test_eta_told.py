"""When passengers hear how long their driver takes: when somebody comes, and again when it matters."""

from typing import Any

import asyncpg
import pytest

from hailwire.trips.v1 import events_pb2
from hailwire.trips.v1 import trips_pb2 as pb
from tests.trips import calls

PICKUP = (-1.9441, 30.0619)


def north(kilometers: float) -> tuple[float, float]:
    return (PICKUP[0] + kilometers * 0.008993, PICKUP[1])


async def _shift(database_url: str, minutes: float) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(f"UPDATE chassis.clock SET shift = '{minutes} minutes'")
    await connection.close()


async def _moved(replica: Any, driver: int, at: tuple[float, float]) -> None:
    request = pb.UpdatePresenceRequest(request_id=calls.request_id(), person_id=driver, location=calls.place(at))
    (result,) = await calls.presences(replica, request)
    assert not calls.reason(result)


async def _accepted(replica: Any, kilometers: float) -> tuple[pb.Trip, int]:
    (driver,) = await calls.drivers(replica, 1, north(kilometers))
    (made,) = await calls.create(replica, calls.new_trip(calls.person(), [driver], PICKUP))
    (result,) = await calls.answer(replica, calls.accepting(made.trip, driver))
    await calls.heard(replica)
    return result.trip, driver


def minutes(trip: pb.Trip) -> float:
    """From the last change to the pickup."""
    return (trip.arrival_time.ToDatetime() - trip.update_time.ToDatetime()).total_seconds() / 60


async def test_whoever_accepts_has_a_time(replica: Any) -> None:
    """Five kilometres by moto are 13 minutes; while nobody accepted and once they arrived there is no time."""
    (driver,) = await calls.drivers(replica, 1, north(5))
    trip = await calls.created(replica, calls.person(), [driver])
    assert not trip.HasField("arrival_time")
    (accepted,) = await calls.answer(replica, calls.accepting(trip, driver))
    assert minutes(accepted.trip) == pytest.approx(13, abs=0.1)
    (told,) = [event for event in await calls.take(replica) if event.kind == events_pb2.EVENT_KIND_TRIP_ACCEPTED]
    assert told.trip.arrival_time == accepted.trip.arrival_time
    (arrived,) = await calls.advance(replica, trip.trip_id, driver, pb.TRIP_STATE_ARRIVED)
    assert not arrived.trip.HasField("arrival_time")


async def test_a_place_on_the_way_moves_the_time(replica: Any) -> None:
    """The trip has the new time at once, at whichever replica's cache; so soon after the first nobody is told."""
    trip, driver = await _accepted(replica, 5)
    assert (await calls.trip_of(replica, trip.trip_id)).arrival_time == trip.arrival_time
    await _moved(replica, driver, north(4))
    now = await calls.trip_of(replica, trip.trip_id)
    assert minutes(now) == pytest.approx(10.4, abs=0.1)
    assert await calls.heard(replica) == []


async def test_what_matters_is_told(replica: Any, fresh_database_url: str) -> None:
    """Later than three minutes after the last word, a difference of two minutes is told, a smaller one is not."""
    trip, driver = await _accepted(replica, 5)
    await _shift(fresh_database_url, 4)
    await _moved(replica, driver, north(3.5))  # as expected, near enough
    assert await calls.heard(replica) == []
    await _moved(replica, driver, north(5))  # four minutes later than was told
    (event,) = await calls.take(replica)
    assert (event.kind, event.recipient_id) == (events_pb2.EVENT_KIND_ARRIVAL_TIME_CHANGED, trip.passenger_id)
    assert minutes(event.trip) == pytest.approx(13, abs=0.1)
    await calls.acknowledge(replica, [event])
    await _moved(replica, driver, north(9))  # much later, but they have just heard
    assert await calls.heard(replica) == []
    await _shift(fresh_database_url, 8)
    await _moved(replica, driver, north(9))
    assert await calls.heard(replica) == [("ARRIVAL_TIME_CHANGED", trip.passenger_id)]


async def test_nearly_there_is_told_once(replica: Any) -> None:
    """However soon after the last word, and however often the driver shares where they are."""
    trip, driver = await _accepted(replica, 5)
    for away in (0.7, 0.6, 0.5, 0.4, 0.1):
        await _moved(replica, driver, north(away))
    assert await calls.heard(replica) == [("ARRIVAL_TIME_CHANGED", trip.passenger_id)]


async def test_whoever_was_near_from_the_start_is_not_announced_again(replica: Any) -> None:
    """The first word said it already."""
    _, driver = await _accepted(replica, 0.5)
    await _moved(replica, driver, north(0.2))
    assert await calls.heard(replica) == []


async def test_moving_without_a_trip_tells_nobody(replica: Any) -> None:
    """Nor does moving once the trip was given up."""
    trip, driver = await _accepted(replica, 5)
    await calls.cancel(replica, trip.trip_id, trip.passenger_id)
    await calls.heard(replica)
    await _moved(replica, driver, north(0.1))
    assert await calls.heard(replica) == []
    gone = await calls.trip_of(replica, trip.trip_id)
    assert not gone.HasField("arrival_time")
