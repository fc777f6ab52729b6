"""Words from one side of a trip to the other: who may, until when, once, in order, and nothing kept of them."""

import asyncio
from functools import partial
from typing import Any

import asyncpg
import pytest

from hailwire.trips.v1 import erasure_pb2, erasure_pb2_grpc, events_pb2, relay_pb2, relay_pb2_grpc
from hailwire.trips.v1 import trips_pb2 as pb
from services.trips.relay import MAX_TEXT
from tests.chassis.polling import until_awaited
from tests.trips import calls


async def _relay(replica: Any, *items: relay_pb2.RelayMessageRequest) -> list[relay_pb2.RelayResult]:
    stub = relay_pb2_grpc.RelayServiceStub(replica.channel)
    return list((await stub.BatchRelayMessages(relay_pb2.BatchRelayMessagesRequest(requests=items))).results)


def _words(who: int, trip: pb.Trip, text: str) -> relay_pb2.RelayMessageRequest:
    return relay_pb2.RelayMessageRequest(request_id=calls.request_id(), person_id=who, trip_id=trip.trip_id, text=text)


async def _matched(replica: Any) -> pb.Trip:
    (driver,) = await calls.drivers(replica, 1)
    trip = await calls.created(replica, calls.person(), [driver])
    (result,) = await calls.answer(replica, calls.accepting(trip, driver))
    await calls.heard(replica)
    return result.trip


async def _completed(replica: Any) -> pb.Trip:
    trip = await _matched(replica)
    steps = [pb.TRIP_STATE_ARRIVED, pb.TRIP_STATE_IN_PROGRESS, pb.TRIP_STATE_COMPLETED]
    result = (await calls.advance(replica, trip.trip_id, trip.driver_id, *steps))[-1]
    await calls.heard(replica)
    return result.trip


async def _rows(database_url: str, statement: str) -> list[Any]:
    connection = await asyncpg.connect(database_url)
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


async def test_each_side_writes_to_the_other(replica: Any) -> None:
    """In the order in which it was written; the recipient learns who the sides are and not where the trip began."""
    trip = await _matched(replica)
    results = await _relay(
        replica,
        _words(trip.passenger_id, trip, "I am at the blue door"),
        _words(trip.driver_id, trip, "Two minutes"),
        _words(trip.passenger_id, trip, "Fine"),
    )
    assert [one.relayed.recipient_id for one in results] == [trip.driver_id, trip.passenger_id, trip.driver_id]
    assert [one.relayed.from_driver for one in results] == [False, True, False]
    events = await calls.take(replica)
    to_driver = [one for one in events if one.recipient_id == trip.driver_id]
    assert [one.said.text for one in to_driver] == ["I am at the blue door", "Fine"]
    assert {one.kind for one in events} == {events_pb2.EVENT_KIND_RELAYED}
    assert {one.said.from_driver for one in to_driver} == {False}
    assert not to_driver[0].trip.HasField("pickup")
    assert to_driver[0].trip.trip_id == trip.trip_id


async def test_a_place_goes_as_a_place(replica: Any) -> None:
    """A shared location reaches the other side unmasked; one that there is not is refused."""
    trip = await _matched(replica)
    at, nowhere = (
        relay_pb2.RelayMessageRequest(
            request_id=calls.request_id(),
            person_id=trip.passenger_id,
            trip_id=trip.trip_id,
            location=calls.place(where),
        )
        for where in (calls.KIGALI, (91.0, 0.0))
    )
    results = await _relay(replica, at, nowhere)
    assert calls.reason(results[1]) == "LOCATION_INVALID"
    (event,) = await calls.take(replica)
    assert (event.said.location.latitude, event.said.location.longitude) == calls.KIGALI
    assert event.said.text == ""


async def test_whoever_may_not(replica: Any) -> None:
    """Strangers, drivers who were only asked, trips without a driver, given up or unknown; nothing and too much."""
    (asked,) = await calls.drivers(replica, 1)
    waiting = await calls.created(replica, calls.person(), [asked])
    trip = await _matched(replica)
    given_up = await _matched(replica)
    await calls.cancel(replica, given_up.trip_id, given_up.passenger_id)
    await calls.heard(replica)
    results = await _relay(
        replica,
        _words(calls.person(), trip, "hello"),
        _words(asked, waiting, "hello"),
        _words(waiting.passenger_id, waiting, "hello"),
        _words(given_up.driver_id, given_up, "hello"),
        _words(trip.driver_id, pb.Trip(trip_id=99_999), "hello"),
        _words(trip.driver_id, trip, "  "),
        _words(trip.driver_id, trip, "x" * (MAX_TEXT + 1)),
    )
    assert [calls.reason(one) for one in results] == [
        "TRIP_NOT_FOUND",
        "TRIP_NOT_FOUND",
        "RELAY_CLOSED",
        "RELAY_CLOSED",
        "TRIP_NOT_FOUND",
        "RELAY_EMPTY",
        "RELAY_TOO_LONG",
    ]
    assert await calls.heard(replica) == []


async def test_for_a_while_after_the_ride(open_trips: Any, fresh_database_url: str) -> None:
    """What was left in the car can be asked for until the setting's time is over."""
    async with open_trips(RELAY_AFTER_SECONDS="300") as replica:
        trip = await _completed(replica)
        (soon,) = await _relay(replica, _words(trip.passenger_id, trip, "I left my bag"))
        assert soon.relayed.recipient_id == trip.driver_id
        await _rows(fresh_database_url, "UPDATE chassis.clock SET shift = '301 seconds'")
        (late,) = await _relay(replica, _words(trip.passenger_id, trip, "And my hat"))
        assert calls.reason(late) == "RELAY_CLOSED"


async def test_numbers_are_masked_before_anything_is_stored(replica: Any, fresh_database_url: str) -> None:
    """The writer is told that something was, and no row has it."""
    trip = await _matched(replica)
    (result,) = await _relay(replica, _words(trip.driver_id, trip, "Call 0788 123 456 or www.me.rw"))
    assert result.relayed.masked
    rows = await _rows(fresh_database_url, "SELECT payload FROM trips.event")
    assert b"Call *** or ***" in rows[0]["payload"]
    (plain,) = await _relay(replica, _words(trip.driver_id, trip, "1500 RWF at 7:30"))
    assert not plain.relayed.masked


async def test_a_repeat_is_said_once(open_trips: Any) -> None:
    """The same request at two replicas at once is one event, and both get the same answer."""
    async with open_trips() as left, open_trips() as right:
        trip = await _matched(left)
        item = _words(trip.passenger_id, trip, "I am here")
        answers = await asyncio.gather(
            *(calls.persistently(partial(_relay, replica, item)) for replica in (left, right, left, right))
        )
        assert {calls.reason(one) for one in answers} == {""}
        assert len({one.SerializeToString() for one in answers}) == 1
        assert await calls.heard(left) == [("RELAYED", trip.driver_id)]


async def test_nothing_of_the_words_is_kept(replica: Any, fresh_database_url: str) -> None:
    """Acknowledged, the words are gone; the ledger has neither them nor a digest that a guess could be held against."""
    trip = await _matched(replica)
    item = _words(trip.passenger_id, trip, "blue door")
    await _relay(replica, item)
    assert await calls.heard(replica) == [("RELAYED", trip.driver_id)]
    assert await _rows(fresh_database_url, "SELECT 1 FROM trips.event") == []
    (kept,) = await _rows(
        fresh_database_url, f"SELECT fingerprint, outcome FROM trips.request WHERE request_id = '{item.request_id}'"
    )
    assert b"blue" not in kept["outcome"]
    item.text = "green door"
    (again,) = await _relay(replica, item)
    assert again.relayed.recipient_id == trip.driver_id
    assert await calls.heard(replica) == []


async def test_whoever_is_erased_takes_their_words_along(replica: Any, fresh_database_url: str) -> None:
    """What the other side has not heard yet goes with its writer."""
    trip = await _matched(replica)
    await _relay(replica, _words(trip.passenger_id, trip, "blue door"), _words(trip.driver_id, trip, "red car"))
    request = erasure_pb2.ErasePersonRequest(request_id=calls.request_id(), person_id=trip.passenger_id)
    await erasure_pb2_grpc.ErasureServiceStub(replica.channel).ErasePerson(request)
    rows = await _rows(fresh_database_url, "SELECT payload FROM trips.event")
    assert not [row for row in rows if b"blue door" in row["payload"] or b"red car" in row["payload"]]
    assert await calls.heard(replica) == [("TRIP_CANCELLED", trip.driver_id)]


async def test_words_reach_whoever_the_other_side_was_merged_into(replica: Any, fresh_database_url: str) -> None:
    """Said before the merge or after it, they are the survivor's."""
    trip = await _matched(replica)
    survivor = calls.person()
    await _relay(replica, _words(trip.driver_id, trip, "first"))
    await calls.merge(replica, trip.passenger_id, survivor)
    await _relay(replica, _words(trip.driver_id, trip, "second"), _words(trip.passenger_id, trip, "third"))
    events = await calls.take(replica)
    assert [(one.recipient_id, one.said.text) for one in events] == [
        (survivor, "first"),
        (survivor, "second"),
        (trip.driver_id, "third"),
    ]
    senders = await _rows(fresh_database_url, "SELECT sender_id FROM trips.event ORDER BY event_id")
    assert [row["sender_id"] for row in senders] == [trip.driver_id, trip.driver_id, survivor]


@pytest.mark.parametrize("hours", [23, 25])
async def test_what_nobody_hears_for_a_day_is_forgotten(open_trips: Any, fresh_database_url: str, hours: int) -> None:
    """A gateway that was away for a day tells no old words; other events wait as long as they must."""
    async with open_trips() as replica:
        trip = await _matched(replica)
        await calls.cancel(replica, trip.trip_id, trip.driver_id)
        trip = await _matched_quietly(replica)
        await _relay(replica, _words(trip.driver_id, trip, "old words"))
    await _rows(fresh_database_url, f"UPDATE chassis.clock SET shift = '{hours} hours'")
    async with open_trips():

        async def left() -> bool:
            said = await _rows(fresh_database_url, "SELECT 1 FROM trips.event WHERE sender_id IS NOT NULL")
            return len(said) == (1 if hours < 24 else 0)

        await until_awaited(left)
        assert await _rows(fresh_database_url, "SELECT 1 FROM trips.event WHERE sender_id IS NULL")


async def _matched_quietly(replica: Any) -> pb.Trip:
    """As _matched, and what was told before stays untaken."""
    (driver,) = await calls.drivers(replica, 1)
    trip = await calls.created(replica, calls.person(), [driver])
    (result,) = await calls.answer(replica, calls.accepting(trip, driver))
    return result.trip
