"""What happens because time passes: each thing once, however many replicas look."""

from typing import Any

import asyncpg

from hailwire.trips.v1 import trips_pb2 as pb
from tests.chassis.polling import until_awaited
from tests.trips import calls


async def _shift(database_url: str, by: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(f"UPDATE chassis.clock SET shift = '{by}'")
    await connection.close()


async def test_offers_expire_once_and_the_passenger_hears(open_trips: Any, fresh_database_url: str) -> None:
    """After two minutes the drivers are told that it is over and the passenger that nobody answered; late is late."""
    async with open_trips(TRIPS_DUE_INTERVAL_MS="10") as left, open_trips(TRIPS_DUE_INTERVAL_MS="10"):
        crowd = await calls.drivers(left, 3)
        passengers = [calls.person() for _ in range(30)]
        trips = [await calls.created(left, passenger, crowd) for passenger in passengers]
        await calls.heard(left)
        await _shift(fresh_database_url, "121 seconds")

        async def expired() -> bool:
            return all([(await calls.trip_of(left, trip.trip_id)).state == pb.TRIP_STATE_REQUESTED for trip in trips])

        await until_awaited(expired)
        told = await calls.heard(left)
        expected = [("OFFER_CLOSED", driver) for driver in crowd] * 30
        assert sorted(told) == sorted([*expected, *(("OFFERS_EXHAUSTED", passenger) for passenger in passengers)])
        (late,) = await calls.answer(left, calls.accepting(trips[0], crowd[0]))
        assert calls.reason(late) == "OFFER_EXPIRED"


async def test_an_answer_after_its_time_is_late_even_before_anybody_looked(
    open_trips: Any, fresh_database_url: str
) -> None:
    """The clock decides, not the loop that tidies up."""
    async with open_trips(TRIPS_DUE_INTERVAL_MS="60000") as replica:
        (driver,) = await calls.drivers(replica, 1)
        trip = await calls.created(replica, calls.person())
        await _shift(fresh_database_url, "120 seconds")
        (late,) = await calls.answer(replica, calls.accepting(trip, driver))
        assert calls.reason(late) == "OFFER_EXPIRED"
        await _shift(fresh_database_url, "600 seconds")
        (later,) = await calls.answer(replica, calls.accepting(trip, driver))
        assert calls.reason(later) == "TRIP_CLOSED"


async def test_a_trip_that_nobody_takes_expires(open_trips: Any, fresh_database_url: str) -> None:
    """After ten minutes it is closed, the passenger hears once and may ask again."""
    async with open_trips(TRIPS_DUE_INTERVAL_MS="10", OFFER_TTL_SECONDS="3600") as replica:
        (driver,) = await calls.drivers(replica, 1)
        passenger = calls.person()
        trip = await calls.created(replica, passenger)
        await calls.heard(replica)
        await _shift(fresh_database_url, "601 seconds")

        async def expired() -> bool:
            return (await calls.trip_of(replica, trip.trip_id)).state == pb.TRIP_STATE_EXPIRED

        await until_awaited(expired)
        assert sorted(await calls.heard(replica)) == [("OFFER_CLOSED", driver), ("TRIP_EXPIRED", passenger)]
        await calls.created(replica, passenger)


async def test_a_row_that_makes_no_sense_stops_nobody_elses_time(open_trips: Any, fresh_database_url: str) -> None:
    """Trips beside one with a vehicle that nobody knows expire, and offers close."""
    async with open_trips(TRIPS_DUE_INTERVAL_MS="10") as replica:
        crowd = await calls.drivers(replica, 2)
        trips = [await calls.created(replica, calls.person(), crowd) for _ in range(5)]
        connection = await asyncpg.connect(fresh_database_url)
        await connection.execute("UPDATE trips.trip SET vehicle = 99 WHERE trip_id = $1", trips[2].trip_id)
        await connection.close()
        await _shift(fresh_database_url, "601 seconds")
        others = [trip.trip_id for trip in trips if trip is not trips[2]]

        async def expired() -> bool:
            return all([(await calls.trip_of(replica, each)).state == pb.TRIP_STATE_EXPIRED for each in others])

        await until_awaited(expired)


async def test_an_accepted_trip_never_expires(open_trips: Any, fresh_database_url: str) -> None:
    """Only waiting runs out."""
    async with open_trips(TRIPS_DUE_INTERVAL_MS="10") as replica:
        one, two = await calls.drivers(replica, 2)
        trip = await calls.created(replica, calls.person(), [one])
        await calls.answer(replica, calls.accepting(trip, one))
        other = await calls.created(replica, calls.person(), [two])
        await _shift(fresh_database_url, "2 days")

        async def looked() -> bool:
            return (await calls.trip_of(replica, other.trip_id)).state == pb.TRIP_STATE_EXPIRED

        await until_awaited(looked)
        assert (await calls.trip_of(replica, trip.trip_id)).state == pb.TRIP_STATE_ACCEPTED


async def test_stale_drivers_are_not_asked(open_trips: Any, fresh_database_url: str) -> None:
    """A location of half an hour ago is good, an older one is not, until the driver tells a new one."""
    async with open_trips() as replica:
        (driver,) = await calls.drivers(replica, 1)
        await _shift(fresh_database_url, "29 minutes")
        (found,) = await calls.search(replica, calls.KIGALI)
        assert 1740 <= found.location_age_seconds < 1800
        await _shift(fresh_database_url, "30 minutes 1 second")
        assert await calls.search(replica, calls.KIGALI) == []
        (refused,) = await calls.create(replica, calls.new_trip(calls.person(), [driver]))
        assert calls.reason(refused) == "NO_DRIVERS_AVAILABLE"
        await calls.presences(
            replica,
            pb.UpdatePresenceRequest(
                request_id=calls.request_id(), person_id=driver, location=calls.place(calls.KIGALI)
            ),
        )
        assert len(await calls.search(replica, calls.KIGALI)) == 1
