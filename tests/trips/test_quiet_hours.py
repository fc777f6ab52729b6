"""Quiet hours where they count: who is passed over by searches and offers, and which reminders wait."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.quiet_hours import MINUTES_A_DAY, QuietHours
from hailwire.trips.v1 import erasure_pb2, erasure_pb2_grpc, matches_pb2, matches_pb2_grpc
from hailwire.trips.v1 import trips_pb2 as pb
from services.trips.schedule import Duty, Occurrence, OccurrenceState
from services.trips.terms import ScheduleTerms
from tests.chassis.polling import until_awaited
from tests.trips import calls, schedule_calls
from tests.trips.schedule_calls import QUICK, Clock

KIGALI = ZoneInfo("Africa/Kigali")
NIGHT = (22 * 60, 6 * 60)
# Drivers stay where they are for half a year.
LONG = {**QUICK, "LOCATION_FRESH_SECONDS": "100000000", "AUTO_OFFLINE_SECONDS": "100000000"}


def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
    """In November 2026, by the clocks of Kigali."""
    return datetime(2026, 11, day, hour, minute, tzinfo=KIGALI)


@pytest.fixture
def clock(fresh_database_url: str) -> Clock:
    return Clock(fresh_database_url)


async def _quiet(replica: Any, who: int, span: tuple[int, int]) -> pb.PresenceResult:
    hours = pb.QuietHours(from_minute=span[0], to_minute=span[1])
    request = pb.UpdatePresenceRequest(request_id=calls.request_id(), person_id=who, quiet_hours=hours)
    (result,) = await calls.presences(replica, request)
    return result


async def _found(replica: Any) -> set[int]:
    return {one.person_id for one in await calls.search(replica, calls.KIGALI, limit=50)}


async def test_anybody_has_quiet_hours(replica: Any) -> None:
    """A passenger, too, without being put on the map; no minutes of a day are refused, the same twice ends them."""
    passenger = calls.person()
    kept = (await _quiet(replica, passenger, NIGHT)).presence
    assert (kept.quiet_hours.from_minute, kept.quiet_hours.to_minute) == NIGHT
    assert not kept.online
    assert not kept.HasField("location")
    assert calls.reason(await _quiet(replica, passenger, (0, MINUTES_A_DAY))) == "QUIET_HOURS_INVALID"
    assert calls.reason(await _quiet(replica, passenger, (-1, 5))) == "QUIET_HOURS_INVALID"
    await calls.presences(replica, calls.coming_online(passenger))
    now = await calls.presence_of(replica, passenger)
    assert now.online
    assert (now.quiet_hours.from_minute, now.quiet_hours.to_minute) == NIGHT
    await _quiet(replica, passenger, (7, 7))
    assert not (await calls.presence_of(replica, passenger)).HasField("quiet_hours")


async def test_who_is_quiet_is_passed_over(clock: Clock, open_trips: Any) -> None:
    """By searches, by requests to all, and when they are named: over midnight, until the minute that ends it."""
    async with open_trips(**QUICK) as replica:
        await clock.set(at(21, 50))
        quiet, awake = await calls.drivers(replica, 2)
        await _quiet(replica, quiet, NIGHT)
        assert await _found(replica) == {quiet, awake}
        for moment in (at(22, 0), at(23, 58), at(0, 1, day=24), at(5, 58, day=24)):
            await clock.set(moment)
            assert await _found(replica) == {awake}
            (named,) = await calls.create(replica, calls.new_trip(calls.person(), [quiet]))
            assert calls.reason(named) == "NO_DRIVERS_AVAILABLE"
            open_to_all = await calls.created(replica, calls.person())
            assert [offer.driver_id for offer in open_to_all.offers] == [awake]
            request = matches_pb2.GetMatchRequest(trip_id=open_to_all.trip_id)
            (match,) = (await matches_pb2_grpc.MatchesServiceStub(replica.channel).GetMatch(request)).matches
            assert {one.person_id: one.reason for one in match.candidates} == {
                quiet: matches_pb2.MATCH_REASON_QUIET,
                awake: matches_pb2.MATCH_REASON_OFFERED,
            }
            await calls.cancel(replica, open_to_all.trip_id, open_to_all.passenger_id)
        await clock.set(at(6, 0, day=24))
        assert await _found(replica) == {quiet, awake}
        open_to_all = await calls.created(replica, calls.person())
        assert {offer.driver_id for offer in open_to_all.offers} == {quiet, awake}


@pytest.mark.parametrize("zone", ["Africa/Kigali", "America/New_York", "Asia/Kathmandu"])
async def test_the_database_judges_as_the_rule_does(clock: Clock, open_trips: Any, zone: str) -> None:
    """Forty drivers with hours of all kinds, at a dozen moments of a day and of a year, by the clocks of any zone."""
    dice = random.Random(f"quiet {zone}")
    async with open_trips(**LONG, SERVICE_TIME_ZONE=zone) as replica:
        moments = [at(8) + timedelta(minutes=dice.randrange(MINUTES_A_DAY), days=15 * step) for step in range(12)]
        await clock.set(at(7))
        crowd = await calls.drivers(replica, 40)
        spans = {
            driver: QuietHours.read(dice.randrange(MINUTES_A_DAY), dice.randrange(MINUTES_A_DAY)) for driver in crowd
        }
        for driver, span in spans.items():
            if span is not None:
                await _quiet(replica, driver, (span.from_minute, span.to_minute))
        for moment in moments:
            # In the middle of the minute: what the calls take must not be over its end.
            await clock.set(moment.replace(second=20))
            there = await _found(replica)
            assert there == {
                driver for driver, span in spans.items() if span is None or not span.cover(moment, ZoneInfo(zone))
            }
            # Named, they are judged by the rule itself.
            awake = next(iter(there))
            for driver in (next(iter(set(crowd) - there)), awake):
                (named,) = await calls.create(replica, calls.new_trip(calls.person(), [driver]))
                assert (calls.reason(named) == "") == (driver == awake)
                if driver == awake:
                    await calls.cancel(replica, named.trip.trip_id, named.trip.passenger_id)


async def test_nobody_is_woken_to_read_that_they_are_offline(clock: Clock, open_trips: Any) -> None:
    """Who is silent for hours goes off the map and hears so; in their quiet hours not before these are over."""
    async with open_trips() as replica:
        await clock.set(at(21, 30))
        sleeper, awake = await calls.drivers(replica, 2)
        await _quiet(replica, sleeper, NIGHT)

        async def off_the_map(driver: int) -> bool:
            return not (await calls.presence_of(replica, driver)).online

        # Both have been silent for more than two hours.
        await clock.set(at(23, 45))
        await until_awaited(lambda: off_the_map(awake))
        assert not await off_the_map(sleeper)
        assert await calls.heard(replica) == [("PRESENCE_ENDED", awake)]
        await clock.set(at(6, 1, day=24))
        await until_awaited(lambda: off_the_map(sleeper))
        assert await calls.heard(replica) == [("PRESENCE_ENDED", sleeper)]


async def test_an_open_offer_counts(clock: Clock, open_trips: Any) -> None:
    """Who was asked a minute before may accept: quiet hours keep new requests away, and nothing else."""
    async with open_trips(**QUICK) as replica:
        await clock.set(at(21, 59))
        (driver,) = await calls.drivers(replica, 1)
        await _quiet(replica, driver, NIGHT)
        trip = await calls.created(replica, calls.person(), [driver])
        await clock.set(at(22, 0))
        (accepted,) = await calls.answer(replica, calls.accepting(trip, driver))
        assert not calls.reason(accepted)


async def test_quiet_hours_follow_merges(replica: Any) -> None:
    """The survivor's count; where there are none, those of whoever was merged."""
    for mine, theirs, expected in ((NIGHT, (60, 120), NIGHT), (None, (60, 120), (60, 120))):
        survivor, other = await calls.drivers(replica, 2)
        for who, span in ((survivor, mine), (other, theirs)):
            if span is not None:
                await _quiet(replica, who, span)
        await calls.merge(replica, other, survivor)
        kept = (await calls.presence_of(replica, survivor)).quiet_hours
        assert (kept.from_minute, kept.to_minute) == expected


async def test_quiet_hours_go_with_an_erasure(replica: Any, fresh_database_url: str) -> None:
    """From the table and from what the ledger keeps of the change, with a place or without."""
    passenger = calls.person()
    await _quiet(replica, passenger, NIGHT)
    await calls.presences(replica, calls.coming_online(passenger))
    request = erasure_pb2.ErasePersonRequest(request_id=calls.request_id(), person_id=passenger)
    await erasure_pb2_grpc.ErasureServiceStub(replica.channel).ErasePerson(request)
    connection = await asyncpg.connect(fresh_database_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM trips.presence") == 0
        outcomes = [row["outcome"] for row in await connection.fetch("SELECT outcome FROM trips.request")]
    finally:
        await connection.close()
    told = [pb.PresenceResult.FromString(outcome).presence for outcome in outcomes]
    assert sum(one.person_id == passenger for one in told) >= 2
    assert not any(one.HasField("quiet_hours") for one in told if one.person_id == passenger)


async def test_a_reminder_waits_for_the_morning(clock: Clock, open_trips: Any, fresh_database_url: str) -> None:
    """A ride soon after the quiet hours is reminded of when they end, one within them half an hour before, as ever."""
    async with open_trips(**QUICK) as replica:
        await clock.set(at(20))
        early, night, sleeper, awake = (calls.person() for _ in range(4))
        for who in (early, night, sleeper):
            await _quiet(replica, who, NIGHT)
        # The last would be reminded at 05:40 and has drivers asked at 05:55, before the quiet hours are over.
        pickups = {early: at(6, 25, day=24), night: at(5, 30, day=24), sleeper: at(6, 10, day=24)}
        for who, pickup in {**pickups, awake: at(6, 25, day=24)}.items():
            await schedule_calls.created(replica, who, pickup)
        heard: list[list[tuple[str, int]]] = []
        for hour, minute in ((5, 1), (5, 16), (5, 41), (5, 57), (6, 1)):
            await clock.set(at(hour, minute, day=24))
            await schedule_calls.nothing_due(fresh_database_url)
            heard.append(await calls.heard(replica))
        # Nobody drives in this town: each passenger hears that once.
        assert heard[:3] == [[("SCHEDULE_REMINDER", night)], [("SCHEDULE_NOBODY_YET", night)], []]
        assert sorted(heard[3]) == sorted([("SCHEDULE_NOBODY_YET", sleeper), ("SCHEDULE_REMINDER", awake)])
        assert [kind for kind, who in heard[4] if who == early] == ["SCHEDULE_REMINDER"]


minutes = st.integers(0, MINUTES_A_DAY - 1)


@given(
    span=st.builds(QuietHours.read, minutes, minutes),
    ahead=st.integers(1, 24 * 60),
    now=st.integers(0, MINUTES_A_DAY * 60 - 1),
)
def test_a_reminder_is_put_off_only_where_it_helps(span: QuietHours | None, ahead: int, now: int) -> None:
    """Never into the past, never past the time at which drivers are asked, never into other quiet hours."""
    terms = ScheduleTerms(zone=KIGALI, match_before=timedelta(minutes=15))
    moment = at(0) + timedelta(seconds=now)
    ride = Occurrence(1, (moment + timedelta(minutes=ahead + 15)).astimezone(UTC), moment.astimezone(UTC))
    later = ride.put_off(span, moment, terms)
    told_now = span is None or not span.cover(moment, KIGALI) or span.cover(ride.pickup_at, KIGALI)
    assert (later is None) == told_now
    if later is None or later.due_at is None:
        return
    assert span is not None
    assert moment < later.due_at <= ride.pickup_at - terms.match_before
    assert later.state is OccurrenceState.WAITING
    duty = later.duty(ride.pickup_at + timedelta(minutes=30), later.due_at, terms)
    assert duty in {Duty.REMIND, Duty.MATCH}
    if duty is Duty.REMIND:
        assert not span.cover(later.due_at, KIGALI)
        assert later.put_off(span, later.due_at, terms) is None
