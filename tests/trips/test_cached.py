"""Trips and presences from memory, through the service's own door: fast, and never what a write made stale."""

import asyncio
import datetime
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

import asyncpg
import pytest

from chassis.caching.shelf import Shelf
from chassis.database import Database
from chassis.settings import load
from chassis.telemetry import TelemetrySettings, open_telemetry
from hailwire.ops.v1 import ops_pb2
from hailwire.profile.v1 import profile_pb2
from hailwire.trips.v1 import trips_pb2 as pb
from services.gateway.clients.profile import Profile
from services.gateway.clients.trips import Trips
from services.gateway.clients.world import PersonalWorld
from services.trips.cached import CachedTrips
from services.trips.geo import Location
from services.trips.presence import Vehicle
from services.trips.store import TripStore
from services.trips.trip import Trip, TripState
from tests.chassis import listening
from tests.chassis.polling import until_awaited
from tests.trips import calls

_ROUNDS = 15


async def looked_up(replica: Any, cache: str) -> tuple[float, float]:
    """Hits and misses of a cache so far, as the replica's metrics show them."""
    answer = await replica.performance.GetPerformance(ops_pb2.GetPerformanceRequest())
    counted = {
        sample.labels["result"]: sample.value
        for sample in answer.samples
        if sample.name == "hailwire_cache_lookups_total" and sample.labels["cache"] == cache
    }
    return counted["hit"], counted["miss"]


async def remembers(replica: Any, cache: str, ask: Callable[[], Awaitable[Any]]) -> None:
    """Ask until the answer came from memory: a replica that has just begun to listen remembers nothing yet."""

    async def hit() -> bool:
        before, _ = await looked_up(replica, cache)
        await ask()
        return (await looked_up(replica, cache))[0] > before

    await until_awaited(hit, seconds=60)


async def presence_result(replica: Any, who: int, *, fresh: bool = False) -> pb.PresenceResult:
    request = pb.BatchGetPresencesRequest(person_ids=[who], fresh=fresh)
    (result,) = (await replica.trips.BatchGetPresences(request)).results
    return cast("pb.PresenceResult", result)


@pytest.fixture
async def sql(fresh_database_url: str) -> AsyncIterator[Any]:
    """A connection that changes rows behind the service's back, telling nobody."""
    connection = await asyncpg.connect(fresh_database_url)
    yield connection
    await connection.close()


async def test_what_was_read_is_answered_from_memory(replica: Any, sql: Any) -> None:
    """Presence, trip and open trip are not read again; whoever asks for what is true now is told from the database."""
    (driver,) = await calls.drivers(replica, 1)
    passenger = calls.person()
    trip = await calls.created(replica, passenger, [driver])
    await remembers(replica, "presences", lambda: calls.presence_of(replica, driver))
    await remembers(replica, "trips", lambda: calls.trip_of(replica, trip.trip_id))
    await remembers(replica, "open_trips", lambda: calls.open_trip(replica, passenger))
    await sql.execute("UPDATE trips.presence SET online = false")
    await sql.execute("UPDATE trips.trip SET state = 7")
    assert (await calls.presence_of(replica, driver)).online
    assert (await calls.trip_of(replica, trip.trip_id)).state == pb.TRIP_STATE_OFFERED
    assert (await calls.open_trip(replica, passenger)).trip == trip
    assert not (await presence_result(replica, driver, fresh=True)).presence.online
    now = await replica.trips.BatchGetTrips(pb.BatchGetTripsRequest(trip_ids=[trip.trip_id], fresh=True))
    assert now.results[0].trip.state == pb.TRIP_STATE_CANCELLED
    now = await replica.trips.BatchGetOpenTrips(pb.BatchGetOpenTripsRequest(person_ids=[passenger], fresh=True))
    assert calls.reason(now.results[0]) == "TRIP_NOT_FOUND"


async def test_the_gateway_can_ask_for_either(replica: Any, sql: Any) -> None:
    """What a turn shows may come from memory, what it decides by is read: both through the gateway's own client."""
    (driver,) = await calls.drivers(replica, 1)
    trip = await calls.created(replica, calls.person(), [driver])
    await calls.answer(replica, calls.accepting(trip, driver))
    person = profile_pb2.Person(person_id=driver)
    world = PersonalWorld(person, b"key", cast("Profile", None), Trips(replica.channel))
    for cache, ask in (("presences", world.presence), ("open_trips", world.open_trip)):
        await remembers(replica, cache, ask)
    await sql.execute("UPDATE trips.presence SET online = false")
    await sql.execute("UPDATE trips.trip SET state = 7")
    shown, true = [
        (
            await world.presence(fresh=fresh),
            await world.open_trip(fresh=fresh),
            (await world.trip(trip.trip_id, fresh=fresh)).state,
        )
        for fresh in (False, True)
    ]
    assert shown[0] is not None
    assert true[0] is not None
    assert (shown[0].online, true[0].online) == (True, False)
    assert (shown[1] is None, true[1] is None) == (False, True)
    assert (shown[2], true[2]) == (pb.TRIP_STATE_ACCEPTED, pb.TRIP_STATE_CANCELLED)


async def test_who_wrote_reads_what_they_wrote(replica: Any) -> None:
    """The replica that changed something forgets it before it answers, without waiting for the notification."""
    (driver,) = await calls.drivers(replica, 1)
    for _ in range(_ROUNDS):
        passenger = calls.person()
        assert calls.reason(await calls.open_trip(replica, passenger)) == "TRIP_NOT_FOUND"
        trip = await calls.created(replica, passenger, [driver])
        assert (await calls.open_trip(replica, passenger)).trip == trip
        assert (await calls.trip_of(replica, trip.trip_id)) == trip
        assert (await calls.presence_of(replica, driver)).trip_id == 0
        (accepted,) = await calls.answer(replica, calls.accepting(trip, driver))
        assert (await calls.open_trip(replica, passenger)).trip == accepted.trip
        assert (await calls.open_trip(replica, driver)).trip == accepted.trip
        assert (await calls.presence_of(replica, driver)).trip_id == trip.trip_id
        given_up = await calls.cancel(replica, trip.trip_id, passenger)
        assert (await calls.trip_of(replica, trip.trip_id)) == given_up.trip
        assert calls.reason(await calls.open_trip(replica, driver)) == "TRIP_NOT_FOUND"
        assert (await calls.presence_of(replica, driver)).trip_id == 0


async def test_other_replicas_forget_what_changed(open_trips: Any) -> None:
    """Moves, trips, answers and ends at one replica are seen at another that had all of it in memory; measured."""
    took: list[float] = []
    async with open_trips() as left, open_trips() as right:
        (driver,) = await calls.drivers(left, 1)
        await remembers(right, "presences", lambda: calls.presence_of(right, driver))
        for number in range(_ROUNDS):
            at = (-1.9 - number / 1000, 30.0)
            await calls.presence_of(right, driver)
            await calls.presences(left, calls.coming_online(driver, at))

            async def moved(latitude: float = at[0]) -> bool:
                return (await calls.presence_of(right, driver)).location.latitude == latitude

            took.append(await listening.seconds_until(moved))
            passenger = calls.person()
            await calls.open_trip(right, passenger)
            trip = await calls.created(left, passenger, [driver])

            async def asked(who: int = passenger, wanted: pb.Trip = trip) -> bool:
                return (await calls.open_trip(right, who)).trip == wanted

            took.append(await listening.seconds_until(asked))
            accepting, giving_up = calls.accepting(trip, driver), (trip.trip_id, passenger)
            for accepts in (True, False):
                await calls.trip_of(right, trip.trip_id)
                await calls.presence_of(right, driver)
                if accepts:
                    (outcome,) = await calls.answer(left, accepting)
                else:
                    outcome = await calls.cancel(left, *giving_up)

                async def seen(now: pb.Trip = outcome.trip) -> bool:
                    busy = now.trip_id if now.state == pb.TRIP_STATE_ACCEPTED else 0
                    return (
                        await calls.trip_of(right, now.trip_id) == now
                        and (await calls.presence_of(right, driver)).trip_id == busy
                    )

                took.append(await listening.seconds_until(seen))
    listening.tell("a change of a trip or presence, until another replica shows it", took)


async def test_who_never_drove_is_remembered_until_they_do(open_trips: Any) -> None:
    """That there is no presence is an answer from memory, too, and ends at every replica when there is one."""
    async with open_trips() as left, open_trips() as right:
        newcomer = calls.person()
        for replica in (left, right):
            await remembers(replica, "presences", partial(presence_result, replica, newcomer))
        await calls.presences(left, calls.coming_online(newcomer))
        assert (await presence_result(left, newcomer)).presence.online

        async def seen() -> bool:
            return (await presence_result(right, newcomer)).presence.online

        await listening.seconds_until(seen)


async def test_what_time_changed_is_told_to_every_replica(open_trips: Any, sql: Any) -> None:
    """An offer and a trip that lapse at one replica are seen at one that does not look at the clock itself."""
    async with open_trips(TRIPS_DUE_INTERVAL_MS="10"), open_trips(TRIPS_DUE_INTERVAL_MS="60000") as right:
        (driver,) = await calls.drivers(right, 1)
        passenger = calls.person()
        trip = await calls.created(right, passenger, [driver])
        await remembers(right, "trips", lambda: calls.trip_of(right, trip.trip_id))
        await remembers(right, "open_trips", lambda: calls.open_trip(right, passenger))
        for shift, state in (("121 seconds", pb.TRIP_STATE_REQUESTED), ("601 seconds", pb.TRIP_STATE_EXPIRED)):
            await sql.execute(f"UPDATE chassis.clock SET shift = '{shift}'")

            async def lapsed(wanted: int = state) -> bool:
                return (await calls.trip_of(right, trip.trip_id)).state == wanted

            await until_awaited(lapsed, seconds=60)
        assert calls.reason(await calls.open_trip(right, passenger)) == "TRIP_NOT_FOUND"


async def test_a_merge_is_told_to_every_replica(open_trips: Any) -> None:
    """Trips that are over name the survivor, and whoever is asked for under a former id is the survivor, ever after."""
    async with open_trips() as left, open_trips() as right:
        (driver,) = await calls.drivers(left, 1)
        former, survivor = calls.person(), calls.person()
        trip = await calls.created(left, former, [driver])
        await calls.cancel(left, trip.trip_id, former)
        await remembers(right, "trips", lambda: calls.trip_of(right, trip.trip_id))
        await remembers(right, "presences", lambda: presence_result(right, former))
        await calls.merge(left, former, survivor)

        async def renamed() -> bool:
            return (await calls.trip_of(right, trip.trip_id)).passenger_id == survivor

        await listening.seconds_until(renamed)
        await remembers(right, "presences", lambda: presence_result(right, former))
        await calls.presences(left, calls.coming_online(survivor))

        async def online() -> bool:
            return (await presence_result(right, former)).presence.person_id == survivor

        await listening.seconds_until(online)


async def test_a_listener_that_lost_its_connection_remembers_nothing(replica: Any, sql: Any) -> None:
    """What changes while a replica cannot hear is not hidden by its memory, and afterwards it remembers again."""
    (driver,) = await calls.drivers(replica, 1)
    passenger = calls.person()
    trip = await calls.created(replica, passenger, [driver])
    for round_number in range(3):
        online = bool(round_number % 2)
        await remembers(replica, "presences", lambda: calls.presence_of(replica, driver))
        await remembers(replica, "trips", lambda: calls.trip_of(replica, trip.trip_id))
        await listening.cut(sql)
        await sql.execute("UPDATE trips.presence SET online = $1", online)
        await sql.execute("UPDATE trips.trip SET cancel_reason = $1", str(round_number))

        async def true(wanted: tuple[bool, str] = (online, str(round_number))) -> bool:
            presence, now = await calls.presence_of(replica, driver), await calls.trip_of(replica, trip.trip_id)
            return (presence.online, now.cancel_reason) == wanted

        await until_awaited(true, seconds=60)


@pytest.mark.parametrize("off", [{"CACHE_TTL_LOCATION": "0", "CACHE_TTL_STATE": "0"}, {}])
async def test_without_a_cache_everything_is_still_right(
    off: dict[str, str], open_trips: Any, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing remembered, by our settings or aiocache's switch, every answer comes from the database."""
    if not off:
        monkeypatch.setenv("AIOCACHE_DISABLE", "1")
    async with open_trips(**off) as replica:
        (driver,) = await calls.drivers(replica, 1)
        passenger = calls.person()
        trip = await calls.created(replica, passenger, [driver])
        for reason in ("one", "two", "three"):
            await sql.execute("UPDATE trips.trip SET cancel_reason = $1", reason)
            await sql.execute("UPDATE trips.presence SET latitude = latitude + 1")
            assert (await calls.trip_of(replica, trip.trip_id)).cancel_reason == reason
            assert (await calls.open_trip(replica, passenger)).trip.cancel_reason == reason
        assert (await calls.presence_of(replica, driver)).location.latitude == pytest.approx(calls.KIGALI[0] + 3)
        assert [(await looked_up(replica, cache))[0] for cache in ("presences", "trips", "open_trips")] == [0, 0, 0]


@pytest.mark.parametrize("setting", ["CACHE_TTL_LOCATION", "CACHE_TTL_STATE"])
async def test_how_long_is_set(setting: str, open_trips: Any, sql: Any) -> None:
    """What changed without a word is seen when the time of its kind is over, and not of another kind."""
    async with open_trips(**{setting: "50"}) as replica:
        (driver,) = await calls.drivers(replica, 1)
        trip = await calls.created(replica, calls.person(), [driver])
        short, long = ("presences", "trips") if setting == "CACHE_TTL_LOCATION" else ("trips", "presences")
        ask: dict[str, Callable[[], Awaitable[Any]]] = {
            "presences": lambda: calls.presence_of(replica, driver),
            "trips": lambda: calls.trip_of(replica, trip.trip_id),
        }
        await remembers(replica, long, ask[long])
        before = {cache: await asked() for cache, asked in ask.items()}
        await sql.execute("UPDATE trips.trip SET cancel_reason = 'changed'")
        await sql.execute("UPDATE trips.presence SET online = false")

        async def seen() -> bool:
            return bool(await ask[short]() != before[short])

        await until_awaited(seen, seconds=60)
        assert await ask[long]() == before[long]


_NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_TRIP = Trip(5, 1, Vehicle.MOTO, Location(-1.9, 30), _NOW, _NOW, _NOW)


class Store:
    """One trip, and reads that take as long as the test wants."""

    def __init__(self) -> None:
        self.trip = _TRIP
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def trips(self, trip_ids: Sequence[int]) -> dict[int, Trip]:
        self.asked.append("trips")
        found = {self.trip.trip_id: self.trip} if self.trip.trip_id in trip_ids else {}
        await self.gate.wait()
        return found

    async def open_trips(self, person_ids: Sequence[int]) -> dict[int, Trip]:
        self.asked.append("open trips")
        parties = {self.trip.passenger_id, self.trip.driver_id} if self.trip.state < TripState.COMPLETED else set()
        found = {person_id: self.trip for person_id in person_ids if person_id in parties}
        await self.gate.wait()
        return found

    presences = trips


async def test_an_open_trip_is_held_once() -> None:
    """Whoever takes part is led to the one copy: what changes it changes all answers, and ends those it should end."""
    store = Store()
    async with open_telemetry("trips", load(TelemetrySettings, {})) as telemetry:
        cache = CachedTrips(
            cast("TripStore", store),
            telemetry,
            Shelf(telemetry),
            cast("Database", None),
            location_ttl_seconds=9,
            state_ttl_seconds=9,
        )
        cache.trust()
        assert await cache.open_trips([1, 2]) == {1: _TRIP}
        assert (await cache.open_trips([1, 1]), await cache.trips([5])) == ({1: _TRIP}, {5: _TRIP})
        assert store.asked == ["open trips"]
        store.trip = replace(_TRIP, state=TripState.ACCEPTED, driver_id=2)
        cache.heard_trips("5")
        assert await cache.open_trips([1, 2]) == {1: store.trip, 2: store.trip}
        assert store.asked == ["open trips", "trips", "open trips"]
        store.trip = replace(store.trip, state=TripState.COMPLETED)
        cache.heard_trips("5")
        assert await cache.open_trips([1, 2]) == {}
        assert await cache.trips([5]) == {5: store.trip}


async def test_who_asks_after_a_change_does_not_wait_for_an_older_answer() -> None:
    """A look for an open trip that began before the change answers whoever asked before it, and nobody else."""
    store = Store()
    async with open_telemetry("trips", load(TelemetrySettings, {})) as telemetry:
        cache = CachedTrips(
            cast("TripStore", store),
            telemetry,
            Shelf(telemetry),
            cast("Database", None),
            location_ttl_seconds=9,
            state_ttl_seconds=9,
        )
        cache.trust()
        store.gate.clear()
        before = asyncio.create_task(cache.open_trips([1]))
        while not store.asked:
            await asyncio.sleep(0)
        store.trip = replace(_TRIP, state=TripState.CANCELLED)
        cache.heard_trips("5")
        after = asyncio.create_task(cache.open_trips([1]))
        await asyncio.sleep(0)
        store.gate.set()
        assert await before == {1: _TRIP}
        assert await after == {}
        assert await cache.trips([5]) == {5: store.trip}
