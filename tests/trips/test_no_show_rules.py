"""The rule of who did not come, without a database: when it may be said, and how long it stands against a passenger."""

import datetime
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trips.geo import Location
from services.trips.no_show import (
    DRIVER_ABSENT,
    PASSENGER_ABSENT,
    NoShow,
    NoShowsTooMany,
    NoShowTooEarly,
    check_may_ask,
    noted,
    promised_at,
    refused_until,
)
from services.trips.presence import Vehicle
from services.trips.terms import Terms
from services.trips.trip import Trip, TripState, TripStepIllegal

PASSENGER, DRIVER = 1, 2
NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
TRIP = Trip(7, PASSENGER, Vehicle.MOTO, Location(-1.94, 30.06), NOON, NOON, NOON, driver_id=DRIVER)
SECOND = datetime.timedelta(seconds=1)

waits = st.integers(0, 120 * 60).map(lambda seconds: datetime.timedelta(seconds=seconds))
moments = st.integers(0, 30 * 86_400).map(lambda seconds: NOON + datetime.timedelta(seconds=seconds))


def _arrived(at: datetime.datetime, planned: datetime.datetime | None = None) -> Trip:
    return replace(TRIP, state=TripState.ARRIVED, updated_at=at, pickup_at=planned)


def _accepted(promised: datetime.datetime | None, planned: datetime.datetime | None = None) -> Trip:
    return replace(TRIP, state=TripState.ACCEPTED, told_arrives_at=promised, pickup_at=planned)


@given(arrived=moments, planned=st.none() | moments, wait=waits, after=waits)
def test_a_driver_waits_exactly_as_long_as_is_set(
    arrived: datetime.datetime,
    planned: datetime.datetime | None,
    wait: datetime.timedelta,
    after: datetime.timedelta,
) -> None:
    """From that second on nobody came; before it the refusal says how many seconds are left, and then it is true.

    Whoever is early for a planned ride waits from its time on.
    """
    terms = Terms(no_show_after=wait)
    trip, now = _arrived(arrived, planned), arrived + after
    until = max(arrived, planned or arrived) + wait
    try:
        found = noted(trip, DRIVER, PASSENGER_ABSENT, terms, now)
    except NoShowTooEarly as refusal:
        left = datetime.timedelta(seconds=int(refusal.metadata["seconds"]))
        assert left >= SECOND
        assert now + left == until
        found = noted(trip, DRIVER, PASSENGER_ABSENT, terms, now + left)
        now += left
    assert now >= until
    assert found == NoShow(7, PASSENGER, as_driver=False, noted_at=now)


@given(told=moments, planned=st.none() | moments, late=waits, now=moments)
def test_a_driver_is_late_by_what_was_promised(
    told: datetime.datetime, planned: datetime.datetime | None, late: datetime.timedelta, now: datetime.datetime
) -> None:
    """Past the time that was told and the one that was planned, by the margin: then, and not before."""
    trip = _accepted(told, planned)
    promised = max(told, planned or told)
    assert promised_at(trip) == promised
    terms = Terms(driver_late_after=late)
    if now < promised + late:
        with pytest.raises(NoShowTooEarly) as refusal:
            noted(trip, PASSENGER, DRIVER_ABSENT, terms, now)
        assert int(refusal.value.metadata["seconds"]) * SECOND == promised + late - now
    else:
        assert noted(trip, PASSENGER, DRIVER_ABSENT, terms, now) == NoShow(7, DRIVER, as_driver=True, noted_at=now)


def test_where_no_way_is_known_the_promise_is_now() -> None:
    """A driver whose place nobody knew should be there when they accept."""
    assert promised_at(_accepted(None)) == TRIP.updated_at


@pytest.mark.parametrize("state", sorted(set(TripState) - {TripState.ARRIVED}))
def test_a_driver_waits_at_the_pickup_only(state: TripState) -> None:
    """On the way and during the ride nobody is absent, however long it takes."""
    with pytest.raises(TripStepIllegal):
        noted(replace(TRIP, state=state), DRIVER, PASSENGER_ABSENT, Terms(), NOON + datetime.timedelta(days=1))


@pytest.mark.parametrize("state", sorted(set(TripState) - {TripState.ACCEPTED}))
def test_a_passenger_waits_for_a_driver_on_the_way_only(state: TripState) -> None:
    """Before anybody accepts, once the driver is there and during the ride nobody is late."""
    with pytest.raises(TripStepIllegal):
        noted(replace(TRIP, state=state), PASSENGER, DRIVER_ABSENT, Terms(), NOON + datetime.timedelta(days=1))


@given(reason=st.sampled_from(["", "wait", "vehicle", "merged", "erased", "Absent", "no-show"]))
def test_other_reasons_are_nobodys_fault(reason: str) -> None:
    """At any time, by either side; nor is what the wrong side says."""
    for who in (PASSENGER, DRIVER):
        assert noted(_arrived(NOON), who, reason, Terms(), NOON) is None
    assert noted(_arrived(NOON), PASSENGER, PASSENGER_ABSENT, Terms(), NOON) is None
    assert noted(_accepted(NOON), DRIVER, DRIVER_ABSENT, Terms(), NOON) is None


@given(times=st.lists(moments, min_size=1, max_size=8), limit=st.integers(1, 8), now=moments, days=st.integers(1, 20))
def test_a_limit_holds_while_so_many_are_within_the_window(
    times: list[datetime.datetime], limit: int, now: datetime.datetime, days: int
) -> None:
    """Whoever has as many no-shows as the limit in the days before is refused until the first of these is too old."""
    window = datetime.timedelta(days=days)
    terms = Terms(no_show_limit=limit, no_show_window=window)
    newest_first = sorted((at for at in times if at <= now), reverse=True)
    counting = [at for at in newest_first if at > now - window]
    until = refused_until(newest_first[limit - 1], terms, now) if len(newest_first) >= limit else None
    assert (until is not None) == (len(counting) >= limit)
    if until is None:
        check_may_ask(until)
        return
    assert now < until <= now + window
    still = [at for at in newest_first if until - SECOND - window < at]
    over = [at for at in newest_first if until - window < at]
    assert len(over) < limit <= len(still)
    with pytest.raises(NoShowsTooMany) as refusal:
        check_may_ask(until)
    assert int(refusal.value.metadata["until"]) == until.timestamp()
