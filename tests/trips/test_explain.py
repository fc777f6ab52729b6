"""Who was asked for a trip and who was not, and why: kept with the trip, and told to whoever may know."""

from typing import Any

import asyncpg
import grpc
import pytest

from hailwire.refusal import reason as reason_of
from hailwire.trips.v1 import matches_pb2, matches_pb2_grpc
from hailwire.trips.v1 import trips_pb2 as pb
from tests.trips import calls

PICKUP = (-1.9441, 30.0619)


def north(kilometers: float) -> tuple[float, float]:
    return (PICKUP[0] + kilometers * 0.008993, PICKUP[1])


def _stub(replica: Any) -> Any:
    return matches_pb2_grpc.MatchesServiceStub(replica.channel)


async def _explained(replica: Any, trip_id: int) -> dict[int, str]:
    response = await _stub(replica).GetMatch(matches_pb2.GetMatchRequest(trip_id=trip_id))
    (match,) = response.matches
    distances = [one.distance_meters for one in match.candidates if one.HasField("distance_meters")]
    assert distances == sorted(distances)
    return {
        one.person_id: matches_pb2.MatchReason.Name(one.reason).removeprefix("MATCH_REASON_")
        for one in match.candidates
    }


async def _missed(replica: Any, driver: int, limit: int = 0) -> list[tuple[str, float]]:
    response = await _stub(replica).ListMissedTrips(matches_pb2.ListMissedTripsRequest(person_id=driver, limit=limit))
    return [
        (
            matches_pb2.MatchReason.Name(trip.candidate.reason).removeprefix("MATCH_REASON_"),
            trip.candidate.location_age_seconds,
        )
        for trip in response.trips
    ]


async def _shift(database_url: str, by: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(f"UPDATE chassis.clock SET shift = '{by}'")
    await connection.close()


async def _created(replica: Any, asked: list[int] | None = None, who: int | None = None) -> pb.Trip:
    (result,) = await calls.create(replica, calls.new_trip(who or calls.person(), asked, PICKUP))
    assert not calls.reason(result), result
    return result.trip


async def test_everyone_around_has_a_reason(replica: Any, fresh_database_url: str) -> None:
    """Nine are asked, the tenth is too far from being near, others are stale, busy or out of reach."""
    (stale,) = await calls.drivers(replica, 1, north(0.1))
    await _shift(fresh_database_url, "40 minutes")
    asked = [(await calls.drivers(replica, 1, north(0.2 + number / 10)))[0] for number in range(9)]
    (tenth,) = await calls.drivers(replica, 1, north(2))
    # In the rectangle around the circle, not in the circle.
    (corner,) = await calls.drivers(replica, 1, (PICKUP[0] + 0.088, PICKUP[1] + 0.088))
    await calls.drivers(replica, 1, north(50))
    (riding,) = await calls.drivers(replica, 1, north(0.1))
    await _created(replica, [tenth], who=riding)
    trip = await _created(replica)
    assert {offer.driver_id for offer in trip.offers} == set(asked)
    assert await _explained(replica, trip.trip_id) == {
        stale: "STALE",
        riding: "BUSY",
        **dict.fromkeys(asked, "OFFERED"),
        tenth: "NOT_AMONG_NEAREST",
        corner: "TOO_FAR",
    }


async def test_whom_the_passenger_named(replica: Any, fresh_database_url: str) -> None:
    """Each has a reason, whatever they do now; nobody else was looked at."""
    (stale,) = await calls.drivers(replica, 1, north(0.1))
    await _shift(fresh_database_url, "40 minutes")
    asked, busy, gone, far, bystander, cab = await calls.drivers(replica, 6, north(0.3))
    passenger = calls.person()
    taken = await _created(replica, [busy])
    await calls.answer(replica, calls.accepting(taken, busy))
    await calls.presences(
        replica,
        pb.UpdatePresenceRequest(request_id=calls.request_id(), person_id=gone, online=False),
        pb.UpdatePresenceRequest(request_id=calls.request_id(), person_id=far, location=calls.place(north(30))),
        calls.coming_online(cab, north(0.3), pb.VEHICLE_CAB),
        calls.coming_online(passenger, PICKUP),
    )
    trip = await _created(replica, [asked, stale, busy, gone, far, cab, passenger, 987_654], who=passenger)
    explained = await _explained(replica, trip.trip_id)
    assert explained == {
        asked: "ASKED_BY_PASSENGER",
        stale: "STALE",
        busy: "BUSY",
        gone: "OFFLINE",
        far: "TOO_FAR",
        cab: "OTHER_VEHICLE",
        passenger: "SELF",
    }
    assert bystander not in explained


async def test_a_crowd_that_cannot_come_hides_nobody_who_can(replica: Any, fresh_database_url: str) -> None:
    """Behind a crowd of stale drivers the next free one is found as ever, and the crowd is explained."""
    crowd = await calls.drivers(replica, 40, north(0.1))
    await _shift(fresh_database_url, "40 minutes")
    (free,) = await calls.drivers(replica, 1, north(3))
    trip = await _created(replica)
    assert [offer.driver_id for offer in trip.offers] == [free]
    explained = await _explained(replica, trip.trip_id)
    assert explained[free] == "OFFERED"
    assert len(explained) == 31
    assert {explained[driver] for driver in crowd if driver in explained} == {"STALE"}


async def test_a_batch_of_trips_keeps_each_ones_own(replica: Any) -> None:
    """Trips that are made together do not mix up whom they looked at."""
    places = [PICKUP, (10.0, 10.0), (20.0, -70.0)]
    drivers = [(await calls.drivers(replica, number + 1, at)) for number, at in enumerate(places)]
    results = await calls.create(replica, *(calls.new_trip(calls.person(), None, at) for at in places))
    for result, those in zip(results, drivers, strict=True):
        assert await _explained(replica, result.trip.trip_id) == dict.fromkeys(those, "OFFERED")


async def test_a_driver_who_asks(replica: Any, fresh_database_url: str) -> None:
    """Their own latest misses of the last day, newest first; trips for which they were asked are none."""
    (stale,) = await calls.drivers(replica, 1, north(0.1))
    await _shift(fresh_database_url, "40 minutes")
    (other,) = await calls.drivers(replica, 1, north(1))
    await _created(replica)
    ((why, age),) = await _missed(replica, stale)
    assert why == "STALE"
    assert age == pytest.approx(2400, abs=60)
    assert await _missed(replica, other) == []
    for _ in range(4):
        await _created(replica)
    assert len(await _missed(replica, stale)) == 3
    assert len(await _missed(replica, stale, limit=50)) == 5
    await _shift(fresh_database_url, "26 hours")
    assert await _missed(replica, stale) == []


async def test_somebody_else_from_before_a_merge(replica: Any, fresh_database_url: str) -> None:
    """What was kept under an old id is the survivor's, to operators and to themselves."""
    (old,) = await calls.drivers(replica, 1, north(0.1))
    await _shift(fresh_database_url, "40 minutes")
    await calls.drivers(replica, 1, north(1))
    trip = await _created(replica)
    new = calls.person()
    await calls.merge(replica, old, new)
    assert (await _explained(replica, trip.trip_id))[new] == "STALE"
    assert [why for why, _ in await _missed(replica, new)] == ["STALE"]
    assert [why for why, _ in await _missed(replica, old)] == ["STALE"]


async def test_what_is_unknown_or_wrong(replica: Any) -> None:
    """No such trip, nobody, and a list that is too long are refused with their reasons; never having driven is not."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await _stub(replica).GetMatch(matches_pb2.GetMatchRequest(trip_id=12345))
    assert reason_of(refused.value) == "MATCH_NOT_FOUND"
    for request in (matches_pb2.ListMissedTripsRequest(), matches_pb2.ListMissedTripsRequest(person_id=1, limit=51)):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await _stub(replica).ListMissedTrips(request)
        assert reason_of(refused.value) in {"PERSON_INVALID", "VALUE_INVALID"}
    assert await _missed(replica, calls.person()) == []


async def test_it_is_forgotten(open_trips: Any, fresh_database_url: str) -> None:
    """After the days that are set nothing is left, and what is younger stays."""
    async with open_trips() as replica:
        await calls.drivers(replica, 1, north(0.1))
        old = await _created(replica)
        await _shift(fresh_database_url, "3 days")
        await calls.drivers(replica, 1, north(0.1))
        young = await _created(replica)
    async with open_trips(MATCH_RETENTION_DAYS="2") as replica:
        async for left in _trip_ids(fresh_database_url):
            if left == [young.trip_id]:
                break
        with pytest.raises(grpc.aio.AioRpcError):
            await _explained(replica, old.trip_id)


async def _trip_ids(database_url: str) -> Any:
    connection = await asyncpg.connect(database_url)
    try:
        while True:
            yield [row["trip_id"] for row in await connection.fetch("SELECT trip_id FROM trips.match")]
    finally:
        await connection.close()
