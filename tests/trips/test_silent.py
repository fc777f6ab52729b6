"""Drivers who have not told for hours where they are: off the map, and told so once."""

from typing import Any

import asyncpg

from hailwire.trips.v1 import events_pb2
from hailwire.trips.v1 import trips_pb2 as pb
from tests.chassis.polling import until_awaited
from tests.trips import calls


async def _shift(database_url: str, by: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(f"UPDATE chassis.clock SET shift = '{by}'")
    await connection.close()


async def _until_offline(replica: Any, driver: int) -> None:
    async def offline() -> bool:
        return not (await calls.presence_of(replica, driver)).online

    await until_awaited(offline)


async def test_silent_drivers_go_off_the_map(open_trips: Any, fresh_database_url: str) -> None:
    """At two replicas at once: each is told once; who moved, who drives and who went offline is left alone."""
    async with open_trips() as left, open_trips() as right:
        silent = await calls.drivers(left, 5)
        moved, driving, offline = await calls.drivers(left, 3)
        trip = await calls.created(left, calls.person(), [driving])
        await calls.answer(left, calls.accepting(trip, driving))
        going = pb.UpdatePresenceRequest(request_id=calls.request_id(), person_id=offline, online=False)
        await calls.presences(left, going)
        await calls.heard(left)
        await _shift(fresh_database_url, "1 hour")
        moving = pb.UpdatePresenceRequest(
            request_id=calls.request_id(), person_id=moved, location=calls.place(calls.KIGALI)
        )
        await calls.presences(left, moving)
        await _shift(fresh_database_url, "121 minutes")
        for replica in (left, right):
            for driver in silent:
                await _until_offline(replica, driver)
        events = await calls.take(left)
        assert {event.kind for event in events} == {events_pb2.EVENT_KIND_PRESENCE_ENDED}
        assert sorted(event.recipient_id for event in events) == silent
        assert not any(event.HasField("trip") for event in events)
        assert all(event.HasField("create_time") for event in events)
        assert (await calls.presence_of(left, moved)).online
        assert (await calls.presence_of(left, driving)).online
        await calls.acknowledge(left, events)
        # Whoever comes back is online again, and stays.
        await calls.presences(left, calls.coming_online(silent[0]))
        assert (await calls.presence_of(left, silent[0])).online


async def test_the_operator_says_how_long(open_trips: Any, fresh_database_url: str) -> None:
    """AUTO_OFFLINE_SECONDS is when."""
    async with open_trips(AUTO_OFFLINE_SECONDS="60") as replica:
        (driver,) = await calls.drivers(replica, 1)
        await _shift(fresh_database_url, "61 seconds")
        await _until_offline(replica, driver)
        assert await calls.heard(replica) == [("PRESENCE_ENDED", driver)]


async def test_a_notice_follows_whoever_was_merged(open_trips: Any, fresh_database_url: str) -> None:
    """An event without a trip is handed to the survivor."""
    async with open_trips(AUTO_OFFLINE_SECONDS="60") as replica:
        (driver,) = await calls.drivers(replica, 1)
        await _shift(fresh_database_url, "61 seconds")
        await _until_offline(replica, driver)
        survivor = calls.person()
        await calls.persistently(lambda: calls.merge(replica, driver, survivor))
        (event,) = await calls.take(replica)
        assert event.recipient_id == survivor
