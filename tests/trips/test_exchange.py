"""Who agreed to exchange numbers: said by either side, told to the other, taken back at any time."""

import asyncio
from functools import partial
from typing import Any

import grpc
import pytest

from hailwire.trips.v1 import relay_pb2, relay_pb2_grpc
from hailwire.trips.v1 import trips_pb2 as pb
from tests.trips import calls


async def _share(replica: Any, *items: relay_pb2.ShareNumberRequest) -> list[relay_pb2.ExchangeResult]:
    stub = relay_pb2_grpc.RelayServiceStub(replica.channel)
    return list((await stub.BatchShareNumbers(relay_pb2.BatchShareNumbersRequest(requests=items))).results)


def _yes(who: int, trip: pb.Trip, *, agreed: bool = True) -> relay_pb2.ShareNumberRequest:
    return relay_pb2.ShareNumberRequest(
        request_id=calls.request_id(), person_id=who, trip_id=trip.trip_id, agreed=agreed
    )


async def _both(replica: Any, who: int, trip: pb.Trip) -> bool:
    request = relay_pb2.GetExchangeRequest(person_id=who, trip_id=trip.trip_id)
    response = await relay_pb2_grpc.RelayServiceStub(replica.channel).GetExchange(request)
    return bool(response.exchange.both)


async def _matched(replica: Any) -> pb.Trip:
    (driver,) = await calls.drivers(replica, 1)
    trip = await calls.created(replica, calls.person(), [driver])
    (result,) = await calls.answer(replica, calls.accepting(trip, driver))
    await calls.heard(replica)
    return result.trip


async def test_the_second_yes_counts_for_both(replica: Any) -> None:
    """Each yes is told to the other side once, a repeated one to nobody."""
    trip = await _matched(replica)
    (first,) = await _share(replica, _yes(trip.passenger_id, trip))
    assert (first.exchange.both, first.exchange.other_id, first.exchange.by_driver) == (False, trip.driver_id, False)
    await _share(replica, _yes(trip.passenger_id, trip))
    assert await calls.heard(replica) == [("NUMBER_OFFERED", trip.driver_id)]
    (second,) = await _share(replica, _yes(trip.driver_id, trip))
    assert (second.exchange.both, second.exchange.other_id) == (True, trip.passenger_id)
    assert await calls.heard(replica) == [("NUMBERS_EXCHANGED", trip.passenger_id)]
    assert await _both(replica, trip.passenger_id, trip)
    assert await calls.trip_of(replica, trip.trip_id) == trip


async def test_a_yes_may_be_taken_back(replica: Any) -> None:
    """By whoever said it, after the trip as well; then words are masked again."""
    trip = await _matched(replica)
    await _share(replica, _yes(trip.passenger_id, trip), _yes(trip.driver_id, trip))
    stub = relay_pb2_grpc.RelayServiceStub(replica.channel)
    for masked in (False, True):
        words = relay_pb2.RelayMessageRequest(
            request_id=calls.request_id(), person_id=trip.driver_id, trip_id=trip.trip_id, text="0788 123 456"
        )
        (result,) = (await stub.BatchRelayMessages(relay_pb2.BatchRelayMessagesRequest(requests=[words]))).results
        assert result.relayed.masked is masked
        if not masked:
            await _share(replica, _yes(trip.driver_id, trip, agreed=False))
    await calls.cancel(replica, trip.trip_id, trip.passenger_id)
    (late,) = await _share(replica, _yes(trip.passenger_id, trip, agreed=False))
    assert calls.reason(late) == ""
    (too_late,) = await _share(replica, _yes(trip.passenger_id, trip))
    assert calls.reason(too_late) == "RELAY_CLOSED"


async def test_whoever_may_not(replica: Any) -> None:
    """Strangers and trips without a driver."""
    trip = await _matched(replica)
    (asked,) = await calls.drivers(replica, 1)
    waiting = await calls.created(replica, calls.person(), [asked])
    results = await _share(replica, _yes(calls.person(), trip), _yes(waiting.passenger_id, waiting))
    assert [calls.reason(one) for one in results] == ["TRIP_NOT_FOUND", "RELAY_CLOSED"]
    with pytest.raises(grpc.aio.AioRpcError):
        await _both(replica, calls.person(), trip)


async def test_both_agree_at_once_over_two_replicas(open_trips: Any) -> None:
    """One of them is the second, and the other one hears of it."""
    async with open_trips() as left, open_trips() as right:
        trip = await _matched(left)
        results = await asyncio.gather(
            calls.persistently(partial(_share, left, _yes(trip.passenger_id, trip))),
            calls.persistently(partial(_share, right, _yes(trip.driver_id, trip))),
        )
        assert sorted(one.exchange.both for one in results) == [False, True]
        first = trip.driver_id if results[0].exchange.both else trip.passenger_id
        assert ("NUMBERS_EXCHANGED", first) in await calls.heard(left)
