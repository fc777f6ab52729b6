"""Two people of a trip who are not matched again: found, asked and named by neither, whoever of them wanted it."""

from typing import Any

import asyncpg

from hailwire.trips.v1 import blocks_pb2, blocks_pb2_grpc, erasure_pb2, erasure_pb2_grpc
from hailwire.trips.v1 import trips_pb2 as pb
from tests.trips import calls


async def _block(replica: Any, who: int, trip: pb.Trip, *, blocked: bool = True) -> str:
    stub = blocks_pb2_grpc.BlocksServiceStub(replica.channel)
    item = blocks_pb2.BlockSideRequest(
        request_id=calls.request_id(), person_id=who, trip_id=trip.trip_id, blocked=blocked
    )
    (result,) = (await stub.BatchBlockSides(blocks_pb2.BatchBlockSidesRequest(requests=[item]))).results
    return calls.reason(result)


async def _listed(replica: Any, who: int) -> list[int]:
    stub = blocks_pb2_grpc.BlocksServiceStub(replica.channel)
    return [one.trip_id for one in (await stub.ListBlocks(blocks_pb2.ListBlocksRequest(person_id=who))).blocks]


async def _completed(replica: Any, driver: int, passenger: int) -> pb.Trip:
    trip = await calls.created(replica, passenger, [driver])
    await calls.answer(replica, calls.accepting(trip, driver))
    steps = [pb.TRIP_STATE_ARRIVED, pb.TRIP_STATE_IN_PROGRESS, pb.TRIP_STATE_COMPLETED]
    return (await calls.advance(replica, trip.trip_id, driver, *steps))[-1].trip


async def _found(replica: Any, who: int) -> set[int]:
    return {one.person_id for one in await calls.search(replica, calls.KIGALI, who=who)}


async def test_neither_is_matched_with_the_other_again(replica: Any) -> None:
    """Whoever blocks: searches, trips open to all and trips that name the driver pass by; others are found as ever."""
    for by_driver in (False, True):
        driver, other = await calls.drivers(replica, 2)
        passenger = calls.person()
        trip = await _completed(replica, driver, passenger)
        assert {driver, other} <= await _found(replica, passenger)
        await calls.heard(replica)
        assert await _block(replica, driver if by_driver else passenger, trip) == ""
        assert await calls.heard(replica) == []
        found = await _found(replica, passenger)
        assert driver not in found
        assert other in found
        assert driver in await _found(replica, calls.person())
        (named,) = await calls.create(replica, calls.new_trip(passenger, [driver]))
        assert calls.reason(named) == "NO_DRIVERS_AVAILABLE"
        open_to_all = await calls.created(replica, passenger)
        assert driver not in {offer.driver_id for offer in open_to_all.offers}
        await calls.cancel(replica, open_to_all.trip_id, passenger)


async def test_a_block_is_listed_and_taken_back(replica: Any) -> None:
    """By whoever said it and for them alone; afterwards both are matched again."""
    (driver,) = await calls.drivers(replica, 1)
    passenger = calls.person()
    trip = await _completed(replica, driver, passenger)
    await _block(replica, passenger, trip)
    await _block(replica, passenger, trip)
    assert await _listed(replica, passenger) == [trip.trip_id]
    assert await _listed(replica, driver) == []
    await _block(replica, driver, trip, blocked=False)
    assert driver not in await _found(replica, passenger)
    await _block(replica, passenger, trip, blocked=False)
    assert await _listed(replica, passenger) == []
    assert driver in await _found(replica, passenger)


async def test_only_the_sides_of_a_trip_block_each_other(replica: Any) -> None:
    """Strangers have no part in it, and before somebody accepts there is nobody to block."""
    (driver,) = await calls.drivers(replica, 1)
    waiting = await calls.created(replica, calls.person(), [driver])
    assert await _block(replica, waiting.passenger_id, waiting) == "RELAY_CLOSED"
    assert await _block(replica, calls.person(), waiting) == "TRIP_NOT_FOUND"


async def test_blocks_follow_merges_and_go_with_an_erasure(replica: Any, fresh_database_url: str) -> None:
    """Two drivers who are one stay blocked; whoever is erased leaves no block behind."""
    old, new = await calls.drivers(replica, 2)
    passenger, double = calls.person(), calls.person()
    trip = await _completed(replica, old, passenger)
    await _block(replica, passenger, trip)
    await _block(replica, old, trip)
    await calls.merge(replica, old, new)
    assert new not in await _found(replica, passenger)
    await calls.merge(replica, passenger, double)
    assert new not in await _found(replica, double)
    request = erasure_pb2.ErasePersonRequest(request_id=calls.request_id(), person_id=double)
    await erasure_pb2_grpc.ErasureServiceStub(replica.channel).ErasePerson(request)
    connection = await asyncpg.connect(fresh_database_url)
    assert await connection.fetchval("SELECT count(*) FROM trips.block") == 0
    await connection.close()


async def test_two_who_become_one_are_not_apart(replica: Any, fresh_database_url: str) -> None:
    """A block between two ids of one person goes with the merge."""
    (driver,) = await calls.drivers(replica, 1)
    passenger = calls.person()
    await _block(replica, passenger, await _completed(replica, driver, passenger))
    await calls.merge(replica, passenger, driver)
    connection = await asyncpg.connect(fresh_database_url)
    assert await connection.fetchval("SELECT count(*) FROM trips.block") == 0
    await connection.close()
