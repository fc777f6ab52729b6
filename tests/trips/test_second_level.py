"""Trips and presences that replicas lend each other through Redis, seen through the service's own door: never stale."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hailwire.ops.v1 import ops_pb2
from hailwire.trips.v1 import trips_pb2 as pb
from tests.chassis.polling import until_awaited
from tests.chassis.redis_server import RedisServer
from tests.trips import calls

# A machine that is busy with other things takes longer than Redis may in production.
PATIENT = {"REDIS_TIMEOUT": "10000", "REDIS_ACQUIRE_TIMEOUT": "60000"}


@pytest.fixture
async def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RedisServer]:
    monkeypatch.setattr("chassis.caching.shelf._LEND_SECONDS", 60.0)
    async with RedisServer(tmp_path) as server:
        yield server


@pytest.fixture
async def sql(fresh_database_url: str) -> AsyncIterator[Any]:
    """A connection that changes rows behind the service's back, telling nobody."""
    connection = await asyncpg.connect(fresh_database_url)
    yield connection
    await connection.close()


async def soon_lent(redis: RedisServer, least: int) -> bool:
    """Whether so many copies lie in Redis in a moment: a replica whose listener is not there yet lends none."""

    async def enough() -> bool:
        return len(await redis.copies()) >= least

    try:
        await until_awaited(enough, seconds=2)
    except TimeoutError:
        return False
    return True


async def hits(replica: Any) -> Counter[str]:
    """How often a replica has borrowed, by cache."""
    answer = await replica.performance.GetPerformance(ops_pb2.GetPerformanceRequest())
    counted: Counter[str] = Counter()
    for sample in answer.samples:
        if sample.name == "hailwire_second_level_lookups_total" and sample.labels["result"] == "hit":
            counted[sample.labels["cache"]] += int(sample.value)
    return counted


async def everything(replica: Any, driver: int, passenger: int, trip_id: int) -> tuple[Any, Any, Any]:
    """A presence, a trip and an open trip; the open trip first, because it is a reading of the trip, too."""
    of_passenger = (await calls.open_trip(replica, passenger)).trip
    return await calls.presence_of(replica, driver), await calls.trip_of(replica, trip_id), of_passenger


async def test_borrowed_until_it_changes(open_trips: Callable[..., Any], redis: RedisServer, sql: Any) -> None:
    """What one replica has read another answers without the database; once a change is told it is read anew."""
    async with open_trips(REDIS_URL=redis.url, **PATIENT) as left, open_trips(REDIS_URL=redis.url, **PATIENT) as right:
        asked: list[tuple[int, int, int]] = []

        async def borrowed() -> bool:
            """Somebody new each time: neither replica remembers them, and the first to ask lends."""
            await redis.command("FLUSHALL")
            (driver,) = await calls.drivers(left, 1)
            passenger = calls.person()
            trip = await calls.created(left, passenger, [driver])
            asked.append((driver, passenger, trip.trip_id))
            shown = await everything(left, *asked[-1])
            await calls.trip_of(left, trip.trip_id)
            if not await soon_lent(redis, 2):
                return False
            await sql.execute("UPDATE trips.presence SET online = false WHERE person_id = $1", driver)
            before = await hits(right)
            of_right = (
                await calls.presence_of(right, driver),
                (await calls.open_trip(right, passenger)).trip,
            )
            more = await hits(right)
            found = all(more[kind] > before[kind] for kind in ("presences", "open_trips"))
            if found:
                assert of_right == (shown[0], shown[2])
            return found

        await until_awaited(borrowed, seconds=120)
        driver, passenger, trip_id = asked[-1]
        await calls.answer(left, calls.accepting(await calls.trip_of(left, trip_id), driver))

        async def told() -> bool:
            presence, trip, open_trip = await everything(right, driver, passenger, trip_id)
            taken = pb.TRIP_STATE_ACCEPTED
            return bool((presence.trip_id, trip.state, open_trip.state) == (trip_id, taken, taken))

        await until_awaited(told)
        # Trips of a person who turns out to be another one name that one, everywhere.
        another = calls.person()
        await calls.persistently(lambda: calls.merge(left, passenger, another))

        async def renamed() -> bool:
            return bool((await calls.trip_of(right, trip_id)).passenger_id == another)

        await until_awaited(renamed)


async def test_trips_are_borrowed_by_their_ids(open_trips: Callable[..., Any], redis: RedisServer, sql: Any) -> None:
    """A trip that one replica was asked for by its id another answers without the database."""
    async with open_trips(REDIS_URL=redis.url, **PATIENT) as left, open_trips(REDIS_URL=redis.url, **PATIENT) as right:

        async def borrowed() -> bool:
            trip = await calls.created(left, calls.person(), await calls.drivers(left, 1))
            await redis.command("FLUSHALL")
            shown = await calls.trip_of(left, trip.trip_id)
            if not await soon_lent(redis, 1):
                return False
            await sql.execute("UPDATE trips.trip SET state = 7 WHERE trip_id = $1", trip.trip_id)
            before = (await hits(right))["trips"]
            found = await calls.trip_of(right, trip.trip_id)
            if (await hits(right))["trips"] == before:
                return False
            assert found == shown
            return True

        await until_awaited(borrowed, seconds=120)


@pytest.mark.parametrize("state", ["absent", "frozen"])
async def test_without_redis_a_ride_goes_on(open_trips: Callable[..., Any], redis: RedisServer, state: str) -> None:
    """A ride from request to end, shown at another replica step by step, while Redis answers nobody."""
    if state == "absent":
        redis.kill()
    async with open_trips(REDIS_URL=redis.url) as left, open_trips(REDIS_URL=redis.url) as right:
        (driver,) = await calls.drivers(left, 1)
        trip = await calls.created(left, calls.person(), [driver])
        await calls.answer(left, calls.accepting(trip, driver))
        if state == "frozen":
            redis.freeze()
        for step in (pb.TRIP_STATE_ARRIVED, pb.TRIP_STATE_IN_PROGRESS, pb.TRIP_STATE_COMPLETED):
            await calls.advance(left, trip.trip_id, driver, step)

            async def seen(wanted: Any = step) -> bool:
                return bool((await calls.trip_of(right, trip.trip_id)).state == wanted)

            await until_awaited(seen)
