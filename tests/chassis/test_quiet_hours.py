"""Quiet hours by the clocks of a zone: over midnight, when they end, and what a change of the clocks does to them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.quiet_hours import MINUTES_A_DAY, QuietHours, QuietHoursInvalid

KIGALI = ZoneInfo("Africa/Kigali")
NEW_YORK = ZoneInfo("America/New_York")
ZONES = st.sampled_from([KIGALI, NEW_YORK, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Australia/Lord_Howe")])
MINUTE = timedelta(minutes=1)

minutes = st.integers(0, MINUTES_A_DAY - 1)
spans = st.builds(QuietHours.read, minutes, minutes).filter(lambda span: span is not None)
# With both changes of the clocks of a year.
moments = st.integers(0, 366 * 86_400).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    """In March 2026, by the clocks of Kigali."""
    return datetime(2026, 3, day, hour, minute, tzinfo=KIGALI)


@pytest.mark.parametrize(
    ("span", "moment", "until"),
    [
        (QuietHours(22 * 60, 6 * 60), at(22), at(6, day=3)),
        (QuietHours(22 * 60, 6 * 60), at(23, 59), at(6, day=3)),
        (QuietHours(22 * 60, 6 * 60), at(0), at(6)),
        (QuietHours(22 * 60, 6 * 60), at(5, 59), at(6)),
        (QuietHours(22 * 60, 6 * 60), at(6), None),
        (QuietHours(22 * 60, 6 * 60), at(21, 59), None),
        (QuietHours(13 * 60, 14 * 60 + 30), at(14), at(14, 30)),
        (QuietHours(13 * 60, 14 * 60 + 30), at(0), None),
        (QuietHours(0, 1), at(0), at(0, 1)),
        (QuietHours(1, 0), at(0), None),
        (QuietHours(1, 0), at(0, 1), at(0, day=3)),
    ],
)
def test_a_night_and_a_siesta(span: QuietHours, moment: datetime, until: datetime | None) -> None:
    """The first minute is quiet, the last one is not; a night goes on after midnight."""
    assert span.cover(moment, KIGALI) == (until is not None)
    assert span.until(moment, KIGALI) == until


@given(span=spans, moment=moments, zone=ZONES)
def test_the_end_is_the_first_moment_that_is_not_quiet(span: QuietHours, moment: datetime, zone: ZoneInfo) -> None:
    """Where it is quiet there is an end within a day and the hour of a change; it is not quiet then, and was before."""
    until = span.until(moment, zone)
    assert span.cover(moment, zone) == (until is not None)
    if until is None:
        return
    assert moment < until <= moment + timedelta(hours=25)
    assert not span.cover(until, zone)
    assert span.cover(max(moment, until - MINUTE), zone)


@given(span=spans, moment=moments)
def test_without_a_change_of_the_clocks_every_minute_until_the_end_is_quiet(span: QuietHours, moment: datetime) -> None:
    """Neither a gap nor a day too many."""
    until = span.until(moment, KIGALI)
    if until is None:
        return
    assert until - moment <= timedelta(minutes=(span.to_minute - span.from_minute) % MINUTES_A_DAY)
    passing = moment
    while passing < until:
        assert span.cover(passing, KIGALI)
        passing += 7 * MINUTE


@given(span=spans, moment=moments, zone=ZONES)
def test_the_other_hours_are_the_rest(span: QuietHours, moment: datetime, zone: ZoneInfo) -> None:
    """From the end to the beginning it is quiet exactly when it is not from the beginning to the end."""
    assert QuietHours(span.to_minute, span.from_minute).cover(moment, zone) != span.cover(moment, zone)


def test_clocks_that_jump_over_the_end() -> None:
    """On 8 March 2026 there is no 02:30 in New York: at 03:00 the quiet is over, which is when they jump."""
    night = QuietHours(22 * 60, 2 * 60 + 30)
    before = datetime(2026, 3, 8, 1, 45, tzinfo=NEW_YORK)
    assert night.until(before, NEW_YORK) == datetime(2026, 3, 8, 3, tzinfo=NEW_YORK)


def test_clocks_that_show_an_hour_twice() -> None:
    """On 1 November 2026 the hour from one to two comes twice: whoever is quiet until half past one is so in both."""
    night = QuietHours(22 * 60, 60 + 30)
    for fold in (0, 1):
        twice = datetime(2026, 11, 1, 1, 10, tzinfo=NEW_YORK, fold=fold)
        until = night.until(twice.astimezone(UTC), NEW_YORK)
        assert until is not None
        assert until - twice.astimezone(UTC) == timedelta(minutes=20)


@given(from_minute=st.integers(), to_minute=st.integers())
def test_only_minutes_of_a_day(from_minute: int, to_minute: int) -> None:
    """Anything else is refused; the same minute twice means that no minute is quiet."""
    day = range(MINUTES_A_DAY)
    if from_minute not in day or to_minute not in day:
        with pytest.raises(QuietHoursInvalid):
            QuietHours.read(from_minute, to_minute)
    else:
        assert (QuietHours.read(from_minute, to_minute) is None) == (from_minute == to_minute)


def test_as_a_row_has_them() -> None:
    """Two columns, or two NULLs."""
    assert QuietHours.stored(None, None) is None
    assert QuietHours.stored(0, 360) == QuietHours(0, 360)
