"""The rule of the limits alone: what passes, what is told, whatever the order of messages and clocks."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.limits import Count, Limit, LimitSettings, expensive, ordinary

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOURLY = Limit(timedelta(minutes=3), 20)
SETTINGS = LimitSettings(expensive_per_hour=20, ordinary_per_minute=60, ordinary_burst=60)


def passing(limit: Limit, moments: list[datetime]) -> list[bool]:
    """What becomes of a message at each of these moments."""
    count, passed = Count(), []
    for now in moments:
        passes, count = limit.admit(count, now)
        passed.append(passes)
    return passed


def test_a_burst_and_not_one_more() -> None:
    """Twenty at once pass, the twenty-first does not, and an hour later twenty pass again."""
    later = NOON + timedelta(hours=1)
    assert passing(HOURLY, [NOON] * 25 + [later] * 25) == ([True] * 20 + [False] * 5) * 2


def test_the_time_that_is_told_does_not_move() -> None:
    """However much is written meanwhile, it resumes when it was told to, and not a moment before."""
    count = Count()
    for _ in range(21):
        _, count = HOURLY.admit(count, NOON)
    until = HOURLY.refused_until(count, NOON)
    assert until == NOON + timedelta(hours=1)
    for minutes in range(60):
        passes, count = HOURLY.admit(count, NOON + timedelta(minutes=minutes))
        assert not passes
        assert HOURLY.refused_until(count, NOON + timedelta(minutes=minutes)) == until
    assert HOURLY.admit(count, until)[0]


def test_within_the_rate_nobody_is_refused() -> None:
    """Whoever keeps to the rate is never refused, however long."""
    assert all(passing(HOURLY, [NOON + timedelta(minutes=3 * one) for one in range(500)]))


def test_the_settings() -> None:
    """Each setting is what it says, and 0 is no limit."""
    assert expensive(SETTINGS) == HOURLY
    assert ordinary(SETTINGS) == Limit(timedelta(seconds=1), 60)
    none = LimitSettings(expensive_per_hour=0, ordinary_per_minute=0, ordinary_burst=1)
    assert (expensive(none), ordinary(none)) == (None, None)


def test_a_clock_put_back_or_another_limit_shuts_nobody_out() -> None:
    """What was counted by a clock of tomorrow, or under a narrow limit, holds for two windows at most."""
    tomorrow = NOON + timedelta(days=1)
    count = Count(tomorrow, tomorrow)
    assert HOURLY.refused_until(count, NOON) == NOON + 2 * HOURLY.window
    assert HOURLY.used(count, NOON) == 2 * HOURLY.burst


limits = st.builds(Limit, st.timedeltas(timedelta(milliseconds=1), timedelta(minutes=5)), st.integers(1, 30))
waits = st.lists(st.one_of(st.just(timedelta(0)), st.timedeltas(timedelta(0), timedelta(hours=1))), max_size=80)


@given(limits, waits)
def test_no_stretch_of_time_has_more_than_burst_and_rate(limit: Limit, gaps: list[timedelta]) -> None:
    """Between any two messages that passed lie no more others than a burst and what the rate gave back."""
    moments = [NOON + sum(gaps[: place + 1], timedelta(0)) for place in range(len(gaps))]
    passed = [now for now, passes in zip(moments, passing(limit, moments), strict=True) if passes]
    for first, begin in enumerate(passed):
        for last in range(first, len(passed)):
            assert last - first + 1 <= limit.burst + (passed[last] - begin) / limit.interval


@given(limits, waits, st.lists(st.booleans(), min_size=80, max_size=80))
def test_whatever_must_be_honoured_keeps_what_was_told(limit: Limit, gaps: list[timedelta], vital: list[bool]) -> None:
    """Between ordinary messages and those that pass twice as long, a told time stands and ends the refusing."""
    count, now, told = Count(), NOON, None
    for gap, must in zip(gaps, vital, strict=False):
        now += gap
        if told is not None and now >= told:
            told = None
        before = limit.refused_until(count, now)
        assert before == told
        passes, count = limit.admit_vital(count, now) if must else limit.admit(count, now)
        if told is None and not must and not passes:
            told = limit.refused_until(count, now)
            assert told is not None
            assert now < told <= now + 2 * limit.window
        assert limit.used(count, now) <= 2 * limit.burst
