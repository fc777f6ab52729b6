"""What happens to rides for later because time passes: each thing once, at the right time, and nothing too late."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from hailwire.trips.v1 import matches_pb2, matches_pb2_grpc, trips_pb2
from hailwire.trips.v1 import schedules_pb2 as pb
from services.trips.cached import CachedTrips
from tests.trips import calls, schedule_calls
from tests.trips.schedule_calls import QUICK, Clock
from tests.trips.test_cached import remembers

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ONE = NOON + timedelta(hours=1)


@pytest.fixture
async def clock(fresh_database_url: str) -> Clock:
    clock = Clock(fresh_database_url)
    await clock.set(NOON)
    return clock


@pytest.fixture
def settled(fresh_database_url: str) -> Any:
    """Waits until everything has been done that time has come for."""
    return lambda: schedule_calls.nothing_due(fresh_database_url)


def told(kind: str, *people: int) -> list[tuple[str, int]]:
    return [(kind, person) for person in people]


async def _state(replica: Any, made: pb.Schedule) -> tuple[str, str]:
    now = await schedule_calls.schedule(replica, made.schedule_id)
    return (
        pb.ScheduleState.Name(now.state).removeprefix("SCHEDULE_STATE_"),
        pb.OccurrenceState.Name(now.occurrence.state).removeprefix("OCCURRENCE_STATE_"),
    )


async def test_from_the_reminder_to_the_driver(clock: Clock, settled: Any, open_trips: Any) -> None:
    """Half an hour before there is a reminder, a quarter before drivers are asked, and one of them comes."""
    async with open_trips(**QUICK) as replica:
        (driver,) = await calls.drivers(replica, 1)
        passenger = calls.person()
        made = await schedule_calls.created(replica, passenger, ONE)
        await clock.set(ONE - timedelta(minutes=30, seconds=45))
        assert await calls.heard(replica) == []
        await clock.set(ONE - timedelta(minutes=29))
        await settled()
        (event,) = await calls.take(replica)
        assert (event.recipient_id, event.schedule.schedule_id) == (passenger, made.schedule_id)
        assert schedule_calls.pickup(event.schedule) == ONE
        assert not event.HasField("trip")
        assert await calls.heard(replica) == told("SCHEDULE_REMINDER", passenger)
        assert await _state(replica, made) == ("ACTIVE", "REMINDED")
        await clock.set(ONE - timedelta(minutes=14))
        await settled()
        assert await calls.heard(replica) == told("OFFER_MADE", driver)
        trip = (await calls.open_trip(replica, passenger)).trip
        assert trip.pickup_time.ToDatetime(tzinfo=UTC) == ONE
        assert await _state(replica, made) == ("ACTIVE", "TRIP_MADE")
        assert (await schedule_calls.schedule(replica, made.schedule_id)).occurrence.trip_id == trip.trip_id
        await calls.answer(replica, calls.accepting(trip, driver))
        assert await calls.heard(replica) == told("TRIP_ACCEPTED", passenger)
        await clock.set(ONE - timedelta(minutes=12))
        await settled()
        assert await _state(replica, made) == ("DONE", "TRIP_MADE")
        assert await calls.heard(replica) == []


async def test_a_ride_that_is_near_has_no_reminder(clock: Clock, settled: Any, open_trips: Any) -> None:
    """Who asks for it half an hour before knows; who asks ten minutes before has drivers asked at once."""
    async with open_trips(**QUICK) as replica:
        (driver,) = await calls.drivers(replica, 1)
        soon, very_soon = calls.person(), calls.person()
        await schedule_calls.created(replica, soon, NOON + timedelta(minutes=30))
        await schedule_calls.created(replica, very_soon, NOON + timedelta(minutes=10))
        await settled()
        assert await calls.heard(replica) == told("OFFER_MADE", driver)
        assert calls.reason(await calls.open_trip(replica, very_soon)) == ""
        await clock.set(NOON + timedelta(minutes=16))
        await settled()
        assert ("SCHEDULE_REMINDER", soon) not in await calls.heard(replica)


async def test_each_thing_once_over_replicas(clock: Clock, settled: Any, open_trips: Any) -> None:
    """Forty rides, three replicas that all look: a reminder, a trip and its offers each, and no more."""
    async with open_trips(**QUICK) as left, open_trips(**QUICK), open_trips(**QUICK):
        crowd = await calls.drivers(left, 2)
        passengers = [calls.person() for _ in range(40)]
        for passenger in passengers:
            await schedule_calls.created(left, passenger, ONE)
        await clock.set(ONE - timedelta(minutes=29))
        await settled()
        assert sorted(await calls.heard(left)) == told("SCHEDULE_REMINDER", *passengers)
        await clock.set(ONE - timedelta(minutes=15))
        await settled()
        assert Counter(await calls.heard(left)) == dict.fromkeys(told("OFFER_MADE", *crowd), 40)


async def test_nobody_is_free_yet(clock: Clock, settled: Any, open_trips: Any) -> None:
    """The passenger hears it once; a driver who comes online later is asked; the ride goes on."""
    async with open_trips(**QUICK) as replica:
        passenger = calls.person()
        made = await schedule_calls.created(replica, passenger, NOON + timedelta(minutes=20))
        await clock.set(NOON + timedelta(minutes=6))
        await settled()
        await clock.forward(minutes=2)
        await settled()
        assert await calls.heard(replica) == told("SCHEDULE_NOBODY_YET", passenger)
        assert await _state(replica, made) == ("ACTIVE", "MATCHING")
        (driver,) = await calls.drivers(replica, 1)
        await clock.forward(minutes=2)
        await settled()
        assert await calls.heard(replica) == told("OFFER_MADE", driver)
        assert await _state(replica, made) == ("ACTIVE", "TRIP_MADE")


async def test_nobody_in_time(clock: Clock, settled: Any, open_trips: Any) -> None:
    """Half an hour after its time, or the travel time more, the ride is over, and the passenger hears it kindly."""
    async with open_trips(**QUICK) as replica:
        near, far = calls.person(), calls.person()
        made = await schedule_calls.created(replica, near, NOON + timedelta(minutes=20))
        # 11 km, 14.5 by road: half an hour by moto.
        later = await schedule_calls.created(replica, far, NOON + timedelta(minutes=20), to=(-1.8441, 30.0619))
        await clock.set(NOON + timedelta(minutes=10))
        await settled()
        await clock.set(NOON + timedelta(minutes=49))
        await settled()
        assert sorted(await calls.heard(replica)) == told("SCHEDULE_NOBODY_YET", near, far)
        await clock.set(NOON + timedelta(minutes=51))
        await settled()
        assert await calls.heard(replica) == told("SCHEDULE_MISSED", near)
        assert await _state(replica, made) == ("DONE", "MISSED")
        assert await _state(replica, later) == ("ACTIVE", "MATCHING")
        await clock.set(NOON + timedelta(minutes=80))
        await settled()
        assert await calls.heard(replica) == told("SCHEDULE_MISSED", far)


async def test_further_drivers_are_asked(clock: Clock, settled: Any, open_trips: Any) -> None:
    """Who declines or says nothing is not asked again; others are, and the passenger hears only when nobody is left."""
    async with open_trips(**QUICK) as replica:
        first, second = await calls.drivers(replica, 2)
        passenger = calls.person()
        made = await schedule_calls.created(replica, passenger, NOON + timedelta(minutes=15))
        await settled()
        trip = (await calls.open_trip(replica, passenger)).trip
        await calls.answer(replica, calls.declining(trip, first))
        for minutes in (3, 2):  # first the other's time runs out, then somebody looks
            await clock.forward(minutes=minutes)
            await settled()
        heard = await calls.heard(replica)
        assert ("SCHEDULE_NOBODY_YET", passenger) in heard
        (third,) = await calls.drivers(replica, 1)
        await clock.forward(minutes=2)
        await settled()
        heard += await calls.heard(replica)
        asked = Counter(person for kind, person in heard if kind == "OFFER_MADE")
        assert asked == {first: 1, second: 1, third: 1}
        assert Counter(heard)["SCHEDULE_NOBODY_YET", passenger] == 1
        assert ("OFFERS_EXHAUSTED", passenger) not in heard
        trip = (await calls.open_trip(replica, passenger)).trip
        assert trip.state == trips_pb2.TRIP_STATE_OFFERED
        assert len(trip.offers) == 3
        # Whom each look found is kept with the trip.
        request = matches_pb2.GetMatchRequest(trip_id=trip.trip_id)
        looks = (await matches_pb2_grpc.MatchesServiceStub(replica.channel).GetMatch(request)).matches
        found = [{candidate.person_id for candidate in look.candidates} for look in looks]
        assert found == [{first, second}, {third}]
        (accepted,) = await calls.answer(replica, calls.accepting(trip, third))
        assert accepted.trip.state == trips_pb2.TRIP_STATE_ACCEPTED
        await clock.forward(minutes=2)
        await settled()
        assert await _state(replica, made) == ("DONE", "TRIP_MADE")


async def test_a_trip_that_nobody_takes_until_the_end(clock: Clock, settled: Any, open_trips: Any) -> None:
    """It expires half an hour after its time, not ten minutes after it was made, and one word about it is enough."""
    async with open_trips(**QUICK) as replica:
        await calls.drivers(replica, 1)
        passenger = calls.person()
        made = await schedule_calls.created(replica, passenger, NOON + timedelta(minutes=15))
        await settled()
        for minutes in (41, 44):  # first the offer's time runs out, then somebody looks
            await clock.set(NOON + timedelta(minutes=minutes))
            await settled()
        assert (await calls.open_trip(replica, passenger)).trip.state == trips_pb2.TRIP_STATE_REQUESTED
        await clock.set(NOON + timedelta(minutes=46))
        await settled()
        await clock.forward(minutes=2)
        await settled()
        heard = [kind for kind, person in await calls.heard(replica) if person == passenger]
        assert heard == ["SCHEDULE_NOBODY_YET", "TRIP_EXPIRED"]
        assert await _state(replica, made) == ("DONE", "MISSED")


async def test_who_is_on_a_trip_is_not_booked_twice(clock: Clock, settled: Any, open_trips: Any) -> None:
    """An open trip of the passenger's, in either role, keeps the ride from being asked for, and they hear why."""
    async with open_trips(**QUICK) as replica:
        riding, driving = calls.person(), calls.person()
        await calls.presences(replica, calls.coming_online(driving))
        made = [await schedule_calls.created(replica, who, NOON + timedelta(minutes=40)) for who in (riding, driving)]
        trip = await calls.created(replica, riding, [driving])
        await calls.answer(replica, calls.accepting(trip, driving))
        await clock.set(NOON + timedelta(minutes=26))
        await settled()
        heard = [one for one in await calls.heard(replica) if one[0].startswith("SCHEDULE")]
        assert sorted(heard) == told("SCHEDULE_BUSY", riding, driving)
        assert [await _state(replica, one) for one in made] == [("DONE", "MISSED")] * 2
        assert (await calls.open_trip(replica, riding)).trip.trip_id == trip.trip_id


async def test_after_an_outage(clock: Clock, settled: Any, open_trips: Any) -> None:
    """No reminder of what is near, no ride ten minutes late; a ride of five minutes ago is still asked for."""
    on_time, early, late, recent = (calls.person() for _ in range(4))
    async with open_trips(TRIPS_DUE_INTERVAL_MS="60000", LOCATION_FRESH_SECONDS="10000000") as replica:
        (driver,) = await calls.drivers(replica, 1)
        for who, minutes in ((on_time, 60), (early, 75), (late, 43), (recent, 49)):
            await schedule_calls.created(replica, who, NOON + timedelta(minutes=minutes))
    await clock.set(NOON + timedelta(minutes=54))
    async with open_trips(**QUICK) as replica:
        await settled()
        assert sorted(await calls.heard(replica)) == [
            *told("OFFER_MADE", driver, driver),
            *told("SCHEDULE_LATE", late),
            *told("SCHEDULE_REMINDER", early),
        ]
        for who in (on_time, recent):
            assert calls.reason(await calls.open_trip(replica, who)) == ""


async def test_a_ride_of_long_ago_is_not_booked(clock: Clock, settled: Any, open_trips: Any) -> None:
    """After an outage of a day the passenger hears that we were late; a recurring ride goes on with the next."""
    once, daily = calls.person(), calls.person()
    async with open_trips(TRIPS_DUE_INTERVAL_MS="60000") as replica:
        await calls.drivers(replica, 1)
        made = await schedule_calls.created(replica, once, ONE)
        again = await schedule_calls.created(replica, daily, schedule_calls.every_day(18))
    await clock.set(NOON + timedelta(days=3, hours=6))
    async with open_trips(**QUICK) as left, open_trips(**QUICK):
        await settled()
        heard = [one for one in await calls.heard(left) if one[0].startswith("SCHEDULE")]
        assert sorted(heard) == told("SCHEDULE_LATE", once, daily)
        assert await _state(left, made) == ("DONE", "MISSED")
        next_ride = await schedule_calls.schedule(left, again.schedule_id)
        assert next_ride.state == pb.SCHEDULE_STATE_ACTIVE
        assert schedule_calls.pickup(next_ride) == datetime(2026, 11, 27, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (datetime(2026, 3, 26, 12, 0, tzinfo=UTC), ["27 07:30", "28 07:30", "29 06:30", "30 06:30"]),
        (datetime(2026, 10, 22, 12, 0, tzinfo=UTC), ["23 06:30", "24 06:30", "25 07:30", "26 07:30"]),
    ],
)
async def test_every_morning_over_a_change_of_the_clocks(
    clock: Clock, settled: Any, open_trips: Any, start: datetime, expected: list[str]
) -> None:
    """Half past eight in Paris is half past eight, in winter and in summer, and each day has its ride and reminder."""
    await clock.set(start)
    async with open_trips(**QUICK, SERVICE_TIME_ZONE="Europe/Paris") as replica:
        (driver,) = await calls.drivers(replica, 1)
        passenger = calls.person()
        made = await schedule_calls.created(replica, passenger, schedule_calls.every_day(8, 30))
        for day in expected:
            ride = schedule_calls.pickup(await schedule_calls.schedule(replica, made.schedule_id))
            assert ride.strftime("%d %H:%M") == day
            await clock.set(ride - timedelta(minutes=29))
            await settled()
            await clock.set(ride - timedelta(minutes=14))
            await settled()
            await _ridden(replica, passenger, driver)
            await clock.forward(minutes=2)
            await settled()
            heard = Counter(await calls.heard(replica))
            assert heard["SCHEDULE_REMINDER", passenger] == heard["TRIP_COMPLETED", passenger] == 1


async def test_weekdays_over_weeks(clock: Clock, settled: Any, open_trips: Any) -> None:
    """Mondays and Thursdays for three weeks, some ridden, one skipped, one missed: the right days and no other."""
    async with open_trips(**QUICK) as replica:
        (driver,) = await calls.drivers(replica, 1)
        passenger = calls.person()
        days = pb.Recurrence(hours=7, weekdays=[pb.WEEKDAY_MONDAY, pb.WEEKDAY_THURSDAY])
        made = await schedule_calls.created(replica, passenger, days)
        rides = []
        for number in range(6):
            now = await schedule_calls.schedule(replica, made.schedule_id)
            ride = schedule_calls.pickup(now)
            rides.append(ride.strftime("%a %d %H:%M"))
            if number == 2:
                await schedule_calls.cancel(replica, passenger, made.schedule_id, only_next=True, version=now.version)
                continue
            await clock.set(ride - timedelta(minutes=14))
            await settled()
            if number == 4:
                await calls.cancel(replica, (await calls.open_trip(replica, passenger)).trip.trip_id, passenger)
            else:
                await _ridden(replica, passenger, driver)
            await clock.forward(minutes=2)
            await settled()
        assert rides == [
            "Thu 26 05:00",
            "Mon 30 05:00",
            "Thu 03 05:00",
            "Mon 07 05:00",
            "Thu 10 05:00",
            "Mon 14 05:00",
        ]
        kinds = Counter(kind for kind, person in await calls.heard(replica) if person == passenger)
        assert kinds["TRIP_COMPLETED"] == 4


async def _ridden(replica: Any, passenger: int, driver: int) -> None:
    trip = (await calls.open_trip(replica, passenger)).trip
    await calls.answer(replica, calls.accepting(trip, driver))
    await calls.advance(
        replica,
        trip.trip_id,
        driver,
        trips_pb2.TRIP_STATE_ARRIVED,
        trips_pb2.TRIP_STATE_IN_PROGRESS,
        trips_pb2.TRIP_STATE_COMPLETED,
    )


async def test_who_gives_up_reads_it_at_once(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, settled: Any, open_trips: Any
) -> None:
    """The replica that gave a trip up with its schedule forgets it, also while no notification arrives."""
    monkeypatch.setattr(CachedTrips, "heard_trips", lambda cache, payload: None)
    async with open_trips(**QUICK) as replica:
        await calls.drivers(replica, 1)
        passenger = calls.person()
        made = await schedule_calls.created(replica, passenger, NOON + timedelta(minutes=15))
        await settled()
        trip = (await calls.open_trip(replica, passenger)).trip
        await remembers(replica, "trips", lambda: calls.trip_of(replica, trip.trip_id))
        assert calls.reason(await schedule_calls.cancel(replica, passenger, made.schedule_id)) == ""
        assert (await calls.trip_of(replica, trip.trip_id)).state == trips_pb2.TRIP_STATE_CANCELLED


async def test_given_up_while_drivers_are_asked(clock: Clock, settled: Any, open_trips: Any) -> None:
    """Drivers who are asked are no longer; once one comes, it is the trip that has to be given up."""
    async with open_trips(**QUICK) as replica:
        (driver,) = await calls.drivers(replica, 1)
        one, other = calls.person(), calls.person()
        made = await schedule_calls.created(replica, one, NOON + timedelta(minutes=15))
        await settled()
        trip = (await calls.open_trip(replica, one)).trip
        await calls.heard(replica)
        assert calls.reason(await schedule_calls.cancel(replica, one, made.schedule_id)) == ""
        assert (await calls.trip_of(replica, trip.trip_id)).state == trips_pb2.TRIP_STATE_CANCELLED
        assert await calls.heard(replica) == told("OFFER_CLOSED", driver)

        made = await schedule_calls.created(replica, other, NOON + timedelta(minutes=15))
        daily = await schedule_calls.created(replica, one, schedule_calls.every_day(14, 16))
        await settled()
        trip = (await calls.open_trip(replica, other)).trip
        await calls.answer(replica, calls.accepting(trip, driver))
        for result in (
            await schedule_calls.cancel(replica, other, made.schedule_id),
            await schedule_calls.change(replica, other, made.schedule_id, NOON + timedelta(hours=3)),
        ):
            assert calls.reason(result) == "SCHEDULE_UNDER_WAY"
            assert calls.metadata(result) == {"trip_id": str(trip.trip_id)}
        (second,) = await calls.drivers(replica, 1)
        await clock.forward(minutes=2)
        await settled()
        trip = (await calls.open_trip(replica, one)).trip
        await calls.answer(replica, calls.accepting(trip, second))
        closed = (await schedule_calls.cancel(replica, one, daily.schedule_id)).schedule
        assert (closed.state, closed.occurrence.state) == (pb.SCHEDULE_STATE_CANCELLED, pb.OCCURRENCE_STATE_TRIP_MADE)
        assert (await calls.trip_of(replica, trip.trip_id)).state == trips_pb2.TRIP_STATE_ACCEPTED


async def test_changes_that_race_with_the_loop(clock: Clock, settled: Any, open_trips: Any) -> None:
    """Given up, moved or asked for in the same moment: no trip for what was given up, no ride at two times."""
    async with open_trips(**QUICK) as left, open_trips(**QUICK) as right:
        await calls.drivers(left, 3)
        passengers = [calls.person() for _ in range(30)]
        made = [await schedule_calls.created(left, who, ONE) for who in passengers]
        await clock.set(ONE - timedelta(minutes=15))
        results = await asyncio.gather(
            *(
                calls.persistently(lambda one=one: schedule_calls.cancel(right, one.passenger_id, one.schedule_id))  # type: ignore[misc]
                for one in made[:15]
            ),
            *(
                calls.persistently(
                    lambda one=one: schedule_calls.change(  # type: ignore[misc]
                        left, one.passenger_id, one.schedule_id, ONE + timedelta(hours=1)
                    )
                )
                for one in made[15:]
            ),
        )
        assert {calls.reason(result) for result in results} == {""}
        await settled()
        for one in made:
            assert calls.reason(await calls.open_trip(left, one.passenger_id)) == "TRIP_NOT_FOUND"
        assert {await _state(left, one) for one in made[:15]} == {("CANCELLED", "CANCELLED")}
        assert {await _state(left, one) for one in made[15:]} == {("ACTIVE", "WAITING")}


async def test_rides_follow_the_person_into_their_time(clock: Clock, settled: Any, open_trips: Any) -> None:
    """Who is merged while a ride is near is reminded and driven as the survivor, also for what nobody has taken yet."""
    async with open_trips(**QUICK) as replica:
        (driver,) = await calls.drivers(replica, 1)
        old, new = calls.person(), calls.person()
        await schedule_calls.created(replica, old, ONE)
        await clock.set(ONE - timedelta(minutes=29))
        await settled()
        assert calls.reason(await calls.merge(replica, old, new)) == ""
        (event,) = await calls.take(replica)
        assert (event.recipient_id, event.schedule.passenger_id) == (new, new)
        await calls.acknowledge(replica, [event])
        await clock.set(ONE - timedelta(minutes=14))
        await settled()
        assert await calls.heard(replica) == told("OFFER_MADE", driver)
        assert (await calls.open_trip(replica, new)).trip.passenger_id == new


async def test_a_row_that_makes_no_sense(clock: Clock, open_trips: Any, fresh_database_url: str) -> None:
    """Rides beside one with a vehicle that nobody knows are served."""
    async with open_trips(**QUICK) as replica:
        people = [calls.person() for _ in range(5)]
        made = [await schedule_calls.created(replica, who, ONE) for who in people]
        connection = await asyncpg.connect(fresh_database_url)
        await connection.execute("UPDATE trips.schedule SET vehicle = 99 WHERE schedule_id = $1", made[2].schedule_id)
        await connection.close()
        await clock.set(ONE - timedelta(minutes=29))
        heard: list[tuple[str, int]] = []
        async with asyncio.timeout(90):
            while len(heard) < 4:
                heard += await calls.heard(replica)
        assert sorted(heard) == told("SCHEDULE_REMINDER", *people[:2], *people[3:])


async def test_settings_have_an_effect(clock: Clock, settled: Any, open_trips: Any) -> None:
    """When people are reminded, drivers asked, asked again, and what is too late."""
    own = {
        "SCHEDULE_REMINDER_MINUTES": "120",
        "SCHEDULE_MATCH_MINUTES": "60",
        "SCHEDULE_LOOK_AGAIN_SECONDS": "5",
        "SCHEDULE_LATE_MINUTES": "0",
    }
    async with open_trips(**QUICK, **own) as replica:
        passenger = calls.person()
        await schedule_calls.created(replica, passenger, NOON + timedelta(hours=3))
        await clock.set(NOON + timedelta(minutes=61))
        await settled()
        assert await calls.heard(replica) == told("SCHEDULE_REMINDER", passenger)
        await clock.set(NOON + timedelta(minutes=121))
        await settled()
        assert await calls.heard(replica) == told("SCHEDULE_NOBODY_YET", passenger)
        (driver,) = await calls.drivers(replica, 1)
        await clock.forward(seconds=6)
        await settled()
        assert await calls.heard(replica) == told("OFFER_MADE", driver)
    other = calls.person()
    async with open_trips(TRIPS_DUE_INTERVAL_MS="60000", **own) as replica:
        await schedule_calls.created(replica, other, NOON + timedelta(hours=4))
    await clock.set(NOON + timedelta(hours=4, seconds=30))
    async with open_trips(**QUICK, **own) as replica:
        await settled()
        assert ("SCHEDULE_LATE", other) in await calls.heard(replica)
