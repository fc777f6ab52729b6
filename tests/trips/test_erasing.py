"""Erasing a person through the trips service's own door, and forgetting where people were long ago."""

import contextlib
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import grpc
import pytest

from chassis.settings import load
from hailwire.trips.v1 import erasure_pb2, erasure_pb2_grpc, events_pb2, events_pb2_grpc, trips_pb2_grpc
from hailwire.trips.v1 import trips_pb2 as pb
from services.trips.app import open_service
from services.trips.settings import TripsSettings
from tests.chassis.polling import until_awaited

HERE = pb.Location(latitude=-1.95123, longitude=30.06123)
RIDER, DRIVER = 11, 12


class Door:
    """The stubs of one replica."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.trips: Any = trips_pb2_grpc.TripsServiceStub(channel)
        self.events: Any = events_pb2_grpc.EventsServiceStub(channel)
        self.erasure: Any = erasure_pb2_grpc.ErasureServiceStub(channel)

    async def erase(self, person_id: int, request_id: str = "") -> list[int]:
        """The trips that were given up for it."""
        asked = erasure_pb2.ErasePersonRequest(request_id=request_id or uuid.uuid4().hex, person_id=person_id)
        return list((await self.erasure.ErasePerson(asked)).cancelled_trip_ids)

    async def ride(self, *, accepted: bool = True) -> pb.Trip:
        """DRIVER is online near HERE, RIDER asks, DRIVER accepts."""
        online = pb.UpdatePresenceRequest(
            request_id="online", person_id=DRIVER, online=True, vehicle=pb.VEHICLE_MOTO, location=HERE
        )
        await self.trips.BatchUpdatePresences(pb.BatchUpdatePresencesRequest(requests=[online]))
        created = pb.CreateTripRequest(request_id="ride", passenger_id=RIDER, vehicle=pb.VEHICLE_MOTO, pickup=HERE)
        (made,) = (await self.trips.BatchCreateTrips(pb.BatchCreateTripsRequest(requests=[created]))).results
        if not accepted:
            return pb.Trip.FromString(made.trip.SerializeToString())
        answer = pb.AnswerOfferRequest(
            request_id="yes", driver_id=DRIVER, offer_id=made.trip.offers[0].offer_id, answer=pb.OFFER_ANSWER_ACCEPT
        )
        (taken,) = (await self.trips.BatchAnswerOffers(pb.BatchAnswerOffersRequest(requests=[answer]))).results
        return pb.Trip.FromString(taken.trip.SerializeToString())


@contextlib.asynccontextmanager
async def _door(database_url: str, **environ: str) -> AsyncIterator[tuple[Door, Any]]:
    given = {"DATABASE_URL": database_url, "TRIPS_GRPC_PORT": "0", "TRIPS_PROMETHEUS_PORT": "0", **environ}
    connection = await asyncpg.connect(database_url)
    try:
        async with (
            open_service(load(TripsSettings, given)) as server,
            grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
        ):
            yield Door(channel), connection
    finally:
        await connection.close()


@pytest.fixture
async def opened(fresh_database_url: str) -> AsyncIterator[tuple[Door, Any]]:
    """One replica and its database."""
    async with _door(fresh_database_url) as both:
        yield both


async def _places(connection: Any) -> list[tuple[float, float]]:
    """Every place that the ledger still tells exactly."""
    found = []
    for row in await connection.fetch("SELECT outcome FROM trips.request WHERE request_id <> 'once'"):
        trip = pb.TripResult.FromString(row["outcome"]).trip
        whole = trip.HasField("create_time")
        location = trip.pickup if whole else pb.PresenceResult.FromString(row["outcome"]).presence.location
        found.append((location.latitude, location.longitude))
    return [place for place in found if place == (HERE.latitude, HERE.longitude)]


async def test_a_passenger_on_a_trip(opened: tuple[Door, Any]) -> None:
    """The trip is given up, the driver is told and free; the place is coarse in the trip and in the driver's ledger."""
    door, connection = opened
    trip = await door.ride()
    assert len(await _places(connection)) == 3
    assert await door.erase(RIDER, "once") == [trip.trip_id]
    (row,) = await connection.fetch("SELECT * FROM trips.trip")
    assert (row["state"], row["latitude"], row["longitude"], row["cancel_reason"]) == (7, -2.0, 30.1, "erased")
    # What is left is where the driver said that they were.
    assert len(await _places(connection)) == 1
    kinds = await connection.fetch("SELECT kind, recipient_id FROM trips.event ORDER BY event_id DESC LIMIT 1")
    assert [tuple(one) for one in kinds] == [(events_pb2.EVENT_KIND_TRIP_CANCELLED, DRIVER)]
    assert await connection.fetchval("SELECT count(*) FROM trips.event WHERE recipient_id = $1", RIDER) == 0
    assert await connection.fetchval("SELECT trip_id FROM trips.presence WHERE person_id = $1", DRIVER) is None
    listed = await door.trips.ListTrips(pb.ListTripsRequest(person_id=DRIVER))
    assert [(one.trip_id, one.passenger_id) for one in listed.trips] == [(trip.trip_id, RIDER)]
    assert await door.erase(RIDER, "once") == [trip.trip_id]
    assert await door.erase(RIDER) == []


async def test_a_repeat_of_the_other_side_still_finds_its_outcome(opened: tuple[Door, Any]) -> None:
    """What the driver asked before is answered again, with the coarse place, and not done twice."""
    door, connection = opened
    trip = await door.ride()
    await door.erase(RIDER)
    again = await door.ride()
    assert (again.trip_id, again.state) == (trip.trip_id, pb.TRIP_STATE_ACCEPTED)
    assert (again.pickup.latitude, again.pickup.longitude) == (-2.0, 30.1)
    assert await connection.fetchval("SELECT count(*) FROM trips.trip") == 1


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_driver(opened: tuple[Door, Any], accepted: bool) -> None:  # noqa: FBT001
    """Off the map and asked nothing any more; their passenger is told, or looks for somebody else."""
    door, connection = opened
    trip = await door.ride(accepted=accepted)
    assert await door.erase(DRIVER) == ([trip.trip_id] if accepted else [])
    assert await connection.fetchval("SELECT count(*) FROM trips.presence") == 0
    assert await connection.fetchval("SELECT count(*) FROM trips.offer WHERE state = 1") == 0
    kind = events_pb2.EVENT_KIND_TRIP_CANCELLED if accepted else events_pb2.EVENT_KIND_OFFERS_EXHAUSTED
    last = await connection.fetchrow("SELECT kind, recipient_id FROM trips.event ORDER BY event_id DESC LIMIT 1")
    assert tuple(last) == (kind, RIDER)
    # The passenger's own place is theirs.
    assert await connection.fetchval("SELECT latitude FROM trips.trip") == HERE.latitude


async def test_somebody_who_was_merged(opened: tuple[Door, Any]) -> None:
    """The former id means the survivor; nobody at all is nothing to do."""
    door, connection = opened
    await door.ride()
    merge = pb.MergePeopleRequest(request_id="one", from_person_id=RIDER, to_person_id=99)
    await door.trips.BatchMergePeople(pb.BatchMergePeopleRequest(requests=[merge]))
    assert len(await door.erase(RIDER)) == 1
    assert await connection.fetchval("SELECT latitude FROM trips.trip WHERE passenger_id = 99") == -2.0
    assert await door.erase(123456) == []
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await door.erase(-1)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_places_are_forgotten_after_their_days(fresh_database_url: str) -> None:
    """By the shifted clock: trips that are over become coarse and last places go; open and younger ones stay."""
    connection = await asyncpg.connect(fresh_database_url)
    try:
        await connection.execute(
            """
            INSERT INTO trips.trip (trip_id, state, passenger_id, vehicle, latitude, longitude, created_at, updated_at,
                                    expires_at)
            SELECT n, CASE WHEN n = 1 THEN 2 ELSE 6 END, n, 1, -1.95123, 30.06123,
                   chassis.now() - CASE WHEN n = 2 THEN interval '0' ELSE interval '2 days' END, now(), 'infinity'
            FROM generate_series(1, 1503) n;
            INSERT INTO trips.presence (person_id, online, vehicle, latitude, longitude, located_at)
            SELECT n, false, 1, -1.95123, 30.06123, chassis.now() - n * interval '1 day' FROM generate_series(0, 1) n;
            UPDATE chassis.clock SET shift = '29 days'
            """
        )
        async with _door(fresh_database_url, TRIPS_LOCATION_DAYS="30"):

            async def forgotten() -> bool:
                exact = await connection.fetch("SELECT trip_id FROM trips.trip WHERE latitude = -1.95123 ORDER BY 1")
                known = await connection.fetch("SELECT person_id FROM trips.presence WHERE latitude IS NOT NULL")
                return [row[0] for row in exact] == [1, 2] and [row[0] for row in known] == [0]

            await until_awaited(forgotten)
    finally:
        await connection.close()
