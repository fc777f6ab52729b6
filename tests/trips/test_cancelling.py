"""Rides that come to nothing: declined by all, given up by either side, withdrawn."""

import asyncio
from functools import partial
from typing import Any

import pytest

from hailwire.trips.v1 import trips_pb2 as pb
from tests.trips import calls


async def test_the_last_decline_tells_the_passenger_once(replica: Any) -> None:
    """When everybody said no the trip is still open, and a second no changes nothing."""
    one, two = await calls.drivers(replica, 2)
    passenger = calls.person()
    trip = await calls.created(replica, passenger)
    await calls.heard(replica)
    await calls.answer(replica, calls.declining(trip, one))
    assert await calls.heard(replica) == []
    results = await calls.answer(replica, calls.declining(trip, two), calls.declining(trip, two))
    assert [result.trip.state for result in results] == [pb.TRIP_STATE_REQUESTED] * 2
    assert await calls.heard(replica) == [("OFFERS_EXHAUSTED", passenger)]
    (late,) = await calls.answer(replica, calls.accepting(trip, one))
    assert calls.reason(late) == "OFFER_DECLINED"
    assert calls.reason(await calls.cancel(replica, trip.trip_id, passenger)) == ""


@pytest.mark.parametrize("who", ["passenger", "driver"])
async def test_either_side_cancels_and_the_other_hears(replica: Any, who: str) -> None:
    """Giving up an accepted trip frees the driver and tells the other side, with the reason."""
    (driver,) = await calls.drivers(replica, 1)
    passenger = calls.person()
    trip = await calls.created(replica, passenger)
    await calls.answer(replica, calls.accepting(trip, driver))
    await calls.heard(replica)
    by, other = (passenger, driver) if who == "passenger" else (driver, passenger)
    result = await calls.cancel(replica, trip.trip_id, by, "too late " + "x" * 300)
    assert (result.trip.state, result.trip.cancelled_by) == (pb.TRIP_STATE_CANCELLED, by)
    assert len(result.trip.cancel_reason) == 200
    assert await calls.heard(replica) == [("TRIP_CANCELLED", other)]
    assert (await calls.presence_of(replica, driver)).trip_id == 0
    assert [found.person_id for found in await calls.search(replica, calls.KIGALI)] == [driver]


async def test_cancelling_before_acceptance_withdraws_the_offers(replica: Any) -> None:
    """Drivers who were asked hear that it is over, and are refused kindly."""
    crowd = await calls.drivers(replica, 3)
    passenger = calls.person()
    trip = await calls.created(replica, passenger)
    await calls.heard(replica)
    await calls.cancel(replica, trip.trip_id, passenger)
    assert sorted(await calls.heard(replica)) == [("OFFER_CLOSED", driver) for driver in sorted(crowd)]
    (late,) = await calls.answer(replica, calls.accepting(trip, crowd[0]))
    assert calls.reason(late) == "TRIP_CLOSED"


async def test_cancel_and_accept_at_the_same_instant_agree(open_trips: Any) -> None:
    """Whichever comes first, driver and trip end in agreement."""
    async with open_trips() as left, open_trips() as right:
        for _ in range(15):
            (driver,) = await calls.drivers(left, 1)
            passenger = calls.person()
            trip = await calls.created(left, passenger, [driver])
            given_up, answered = await asyncio.gather(
                calls.persistently(partial(calls.cancel, left, trip.trip_id, passenger)),
                calls.persistently(partial(calls.answer, right, calls.accepting(trip, driver))),
            )
            assert calls.reason(given_up) == ""
            assert calls.reason(answered) in {"", "TRIP_CLOSED"}
            assert (await calls.presence_of(left, driver)).trip_id == 0
            assert (await calls.trip_of(left, trip.trip_id)).state == pb.TRIP_STATE_CANCELLED
