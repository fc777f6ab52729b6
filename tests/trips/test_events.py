"""Events: one taker per recipient, in order, again after the lease, gone when acknowledged."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from chassis.settings import load
from hailwire.trips.v1 import events_pb2, events_pb2_grpc
from hailwire.trips.v1 import trips_pb2 as pb
from services.trips.app import open_service
from services.trips.events import EventStore
from services.trips.settings import TripsSettings
from tests.chassis.polling import until, until_awaited
from tests.trips import calls

LONG_LEASE = {"EVENT_LEASE_SECONDS": "600"}


@pytest.fixture
async def replica(open_trips: Any) -> AsyncIterator[Any]:
    """One replica, whose leases end when the clock is shifted and not because the machine stood still."""
    async with open_trips(**LONG_LEASE) as replica:
        yield replica


@pytest.fixture
async def sql(fresh_database_url: str) -> AsyncIterator[Any]:
    """A connection of the test's own to the service's database."""
    connection = await asyncpg.connect(fresh_database_url)
    yield connection
    await connection.close()


async def _tell(sql: Any, recipient: int, count: int = 1) -> None:
    """Events as the service writes them, without a ride for each."""
    payload = events_pb2.Event(kind=events_pb2.EVENT_KIND_OFFER_MADE).SerializeToString()
    await sql.execute("INSERT INTO trips.mailbox VALUES ($1) ON CONFLICT DO NOTHING", recipient)
    await sql.executemany(
        "INSERT INTO trips.event (recipient_id, kind, payload) VALUES ($1, 1, $2)", [(recipient, payload)] * count
    )


async def test_what_is_taken_is_held_until_acknowledged(replica: Any, sql: Any) -> None:
    """No other gets taken events within the lease, nor that recipient's later ones, until all are acknowledged."""
    await _tell(sql, 1, 3)
    first = await calls.take(replica, "a", most=2)
    assert [event.recipient_id for event in first] == [1, 1]
    await _tell(sql, 2)
    assert [event.recipient_id for event in await calls.take(replica, "b")] == [2]
    assert await calls.take(replica, "c") == []
    await calls.acknowledge(replica, first[:1])
    assert await calls.take(replica, "c") == []
    await calls.acknowledge(replica, first)
    (last,) = await calls.take(replica, "c")
    assert last.event_id > first[-1].event_id
    await calls.acknowledge(replica, [last])
    await calls.acknowledge(replica, [last])
    await sql.execute("UPDATE chassis.clock SET shift = '1 hour'")
    assert [event.recipient_id for event in await calls.take(replica, "d")] == [2]


async def test_a_taker_that_asks_again_gets_its_own_again(replica: Any, sql: Any) -> None:
    """Whoever lost our answer need not wait for the lease to end, and nobody else gets anything because of it."""
    await _tell(sql, 1, 3)
    first = await calls.take(replica, "a", most=2)
    assert await calls.take(replica, "a", most=2) == first
    await calls.acknowledge(replica, first[:1])
    again = await calls.take(replica, "a")
    assert [again[0], len(again)] == [first[1], 2]
    await _tell(sql, 2)
    assert [event.recipient_id for event in await calls.take(replica, "b")] == [2]
    await sql.execute("UPDATE chassis.clock SET shift = '5 minutes'")
    assert await calls.take(replica, "a") == again
    await sql.execute("UPDATE chassis.clock SET shift = '12 minutes'")
    assert [event.recipient_id for event in await calls.take(replica, "b")] == [2]


async def test_a_mailbox_of_which_nothing_is_left_is_not_leased(
    replica: Any, sql: Any, fresh_database_url: str
) -> None:
    """Events that are acknowledged while a taker is about to take them do not hold up later ones."""
    await _tell(sql, 1)
    other = await asyncpg.connect(fresh_database_url)
    async with other.transaction():
        await other.execute("DELETE FROM trips.event")
        taking = asyncio.create_task(calls.take(replica, "a"))
        waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        await until_awaited(lambda: sql.fetchval(waits))
    await other.close()
    assert await taking == []
    await _tell(sql, 1)
    assert len(await calls.take(replica, "b")) == 1


async def test_a_merge_of_people_served_by_two_takers_gives_neither_the_other_ones(replica: Any, sql: Any) -> None:
    """What each taker has stays with it: the survivor's later events come when both have acknowledged."""
    await _tell(sql, 101)
    ours = await calls.take(replica, "a")
    await _tell(sql, 102)
    theirs = await calls.take(replica, "b")
    assert calls.reason(await calls.merge(replica, 102, 101)) == ""
    await _tell(sql, 101)
    assert [await calls.take(replica, taker) for taker in "ab"] == [[], []]
    await calls.acknowledge(replica, theirs)
    assert await calls.take(replica, "b") == []
    await calls.acknowledge(replica, ours)
    assert [event.recipient_id for event in await calls.take(replica, "b")] == [101]


async def test_events_taken_before_a_merge_are_the_takers_after_it(replica: Any, sql: Any) -> None:
    """The one taker of the merged person serves the survivor."""
    await _tell(sql, 104)
    (taken,) = await calls.take(replica, "a")
    await calls.merge(replica, 104, 103)
    assert await calls.take(replica, "b") == []
    (again,) = await calls.take(replica, "a")
    assert (again.event_id, again.recipient_id) == (taken.event_id, 103)


async def test_an_acknowledgement_releases_whoever_got_the_events_meanwhile(
    replica: Any, sql: Any, fresh_database_url: str
) -> None:
    """Events that change hands while their acknowledgement waits leave no mailbox held."""
    await _tell(sql, 106)
    await sql.execute("INSERT INTO trips.mailbox VALUES (105, 'a', chassis.now() + interval '1 hour')")
    taken = await calls.take(replica, "a")
    other = await asyncpg.connect(fresh_database_url)
    async with other.transaction():
        await other.execute("SELECT FROM trips.mailbox ORDER BY recipient_id FOR NO KEY UPDATE")
        acknowledging = asyncio.create_task(calls.acknowledge(replica, taken))
        waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        await until_awaited(lambda: sql.fetchval(waits))
        await other.execute("UPDATE trips.event SET recipient_id = 105")
    await other.close()
    await acknowledging
    await _tell(sql, 105)
    assert [event.recipient_id for event in await calls.take(replica, "b")] == [105]


async def test_after_the_lease_they_are_handed_out_again(replica: Any, sql: Any) -> None:
    """What was taken and not acknowledged comes again, to the same taker as to any other, with the same ids."""
    await _tell(sql, 1, 2)
    first = await calls.take(replica, "a")
    await sql.execute("UPDATE chassis.clock SET shift = '11 minutes'")
    assert await calls.take(replica, "a") == first
    await sql.execute("UPDATE chassis.clock SET shift = '22 minutes'")
    assert await calls.take(replica, "b") == first
    await calls.acknowledge(replica, first)  # the slow first taker has stored them after all
    await _tell(sql, 1)
    assert len(await calls.take(replica, "c")) == 1


async def test_two_takers_never_serve_one_recipient_at_once(open_trips: Any, sql: Any) -> None:
    """However many takers there are: every event once, each recipient's in order, and never two holders."""
    recipients, each = 20, 15
    held: set[int] = set()
    got: dict[int, list[int]] = {recipient: [] for recipient in range(1, recipients + 1)}

    async def work(replica: Any, name: str) -> None:
        while sum(map(len, got.values())) < recipients * each:
            events = await calls.take(replica, name, most=7, wait=0.2)
            mine = {event.recipient_id for event in events}
            assert not mine & held
            held.update(mine)
            for event in events:
                got[event.recipient_id].append(event.event_id)
            held.difference_update(mine)
            await calls.acknowledge(replica, events)

    async def write() -> None:
        for _ in range(each):
            for recipient in got:
                await _tell(sql, recipient)

    async with open_trips(**LONG_LEASE) as left, open_trips(**LONG_LEASE) as right, asyncio.timeout(120):
        await asyncio.gather(write(), *(work(replica, f"{n}") for n, replica in enumerate((left, right) * 3)))
    assert all(ids == sorted(set(ids)) and len(ids) == each for ids in got.values())


async def test_a_waiting_taker_hears_at_once(open_trips: Any) -> None:
    """An event that another replica causes wakes a taker that waits, well before the second after which it looks."""
    async with open_trips() as left, open_trips() as right:
        (driver,) = await calls.drivers(left, 1)
        delays = []
        for _ in range(5):
            waiting = asyncio.create_task(calls.take(right, wait=30))
            assert not (await asyncio.wait([waiting], timeout=0.05))[0]
            passenger = calls.person()
            started = time.monotonic()
            trip = await calls.created(left, passenger, [driver])
            (event,) = await waiting
            delays.append(time.monotonic() - started)
            assert (event.recipient_id, event.trip, event.offer_id) == (driver, trip, trip.offers[0].offer_id)
            await calls.cancel(left, trip.trip_id, passenger)
            await calls.acknowledge(left, [event])
            await calls.heard(left)
        assert min(delays) < 0.5


async def test_later_events_follow_an_acknowledgement_at_once(open_trips: Any, sql: Any) -> None:
    """A taker that waits at another replica gets the rest when the first part is acknowledged."""
    async with open_trips(**LONG_LEASE) as left, open_trips(**LONG_LEASE) as right:
        await _tell(sql, 1, 2)
        first = await calls.take(left, "a", most=1)
        waiting = asyncio.create_task(calls.take(right, "b", wait=30))
        assert not (await asyncio.wait([waiting], timeout=0.1))[0]
        await calls.acknowledge(left, first)
        assert [event.recipient_id for event in await waiting] == [1]


async def test_a_taker_that_waits_does_not_hold_up_the_end(
    fresh_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a replica ends, whoever waits there is answered at once and with nothing."""
    environ = {"DATABASE_URL": fresh_database_url, "TRIPS_GRPC_PORT": "0", "TRIPS_PROMETHEUS_PORT": "0"}
    looks: list[str] = []
    take = EventStore.take

    async def looking(store: EventStore, taker_id: str, most: int) -> list[events_pb2.Event]:
        looks.append(taker_id)
        return await take(store, taker_id, most)

    monkeypatch.setattr(EventStore, "take", looking)
    async with contextlib.AsyncExitStack() as stack:
        async with open_service(load(TripsSettings, environ)) as server:
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(f"127.0.0.1:{server.port}"))
            events = events_pb2_grpc.EventsServiceStub(channel)
            asked = events_pb2.TakeEventsRequest(taker_id="a", wait=Duration(seconds=30))
            waiting = asyncio.ensure_future(events.TakeEvents(asked))
            await until(lambda: len(looks) > 1)  # twice in vain: it is there, and waits
            assert not waiting.done()
        # Without being told it would wait beyond the end's grace, and be cut off with an error.
        assert list((await waiting).events) == []


@pytest.mark.parametrize("taker", ["", "x" * 65])
async def test_a_taker_needs_a_name(replica: Any, taker: str) -> None:
    """Without a usable taker_id nothing is taken."""
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await calls.take(replica, taker)
    assert failure.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_backlog_of_one_recipient_does_not_hide_others(replica: Any, sql: Any) -> None:
    """Thousands of events of somebody whose events are taken do not keep the next person's from being found."""
    await _tell(sql, 1, 3000)
    await calls.take(replica, "a", most=10)
    await _tell(sql, 2)
    assert [event.recipient_id for event in await calls.take(replica, "b", most=10)] == [2]


async def test_events_show_the_trip_as_it_was_then(replica: Any) -> None:
    """An event taken late still tells what happened when it happened."""
    (driver,) = await calls.drivers(replica, 1)
    passenger = calls.person()
    trip = await calls.created(replica, passenger)
    await calls.answer(replica, calls.accepting(trip, driver))
    await calls.cancel(replica, trip.trip_id, driver, "flat tyre")
    events = await calls.take(replica, most=100)
    assert [(event.recipient_id, event.trip.state) for event in events] == [
        (driver, pb.TRIP_STATE_OFFERED),
        (passenger, pb.TRIP_STATE_ACCEPTED),
        (passenger, pb.TRIP_STATE_CANCELLED),
    ]


async def test_an_older_event_names_the_survivor_in_its_trip(replica: Any) -> None:
    """Whoever is told can see from the trip which side is theirs, however they were called when it happened."""
    (old,) = await calls.drivers(replica, 1)
    passenger, new = calls.person(), calls.person()
    trip = await calls.created(replica, passenger)
    await calls.answer(replica, calls.accepting(trip, old))
    await calls.heard(replica)
    await calls.cancel(replica, trip.trip_id, passenger)
    await calls.merge(replica, old, new)
    (event,) = await calls.take(replica)
    told = event.trip
    assert (event.recipient_id, told.driver_id, told.offers[0].driver_id) == (new, new, new)
    assert (told.passenger_id, told.cancelled_by) == (passenger, passenger)
