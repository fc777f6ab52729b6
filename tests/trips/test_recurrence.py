"""The arithmetic of recurring times, beside a count of every minute and by its laws."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trips.recurrence import EVERY_DAY, Recurrence, RecurrenceInvalid

ZONES = ["Africa/Kigali", "Europe/Paris", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]
DAY = datetime.timedelta(days=1)

recurrences = st.builds(
    Recurrence,
    st.integers(0, 23),
    st.integers(0, 59),
    st.frozensets(st.integers(0, 6), min_size=1),
)
moments = st.datetimes(
    datetime.datetime(2000, 1, 1),  # noqa: DTZ001
    datetime.datetime(2037, 1, 1),  # noqa: DTZ001
    timezones=st.just(datetime.UTC),
)


@given(recurrences, moments, st.sampled_from(ZONES))
def test_the_next_time_is_later_on_a_right_day_and_nothing_lies_between(
    recurrence: Recurrence, moment: datetime.datetime, name: str
) -> None:
    """Whatever the zone: the hands show the time, unless the clocks leave it out, and no earlier moment would do."""
    zone = ZoneInfo(name)
    found = recurrence.after(moment, zone)
    assert moment < found <= moment + 9 * DAY
    local = found.astimezone(zone)
    shown = (local.hour, local.minute) == (recurrence.hours, recurrence.minutes)
    if shown:
        assert local.weekday() in recurrence.weekdays
    else:
        # Left out: the same wall time has no moment that would show it.
        day = next(day for day in (local.date(), local.date() - DAY) if day.weekday() in recurrence.weekdays)
        wanted = datetime.datetime.combine(day, datetime.time(recurrence.hours, recurrence.minutes), zone)
        assert wanted.astimezone(datetime.UTC).astimezone(zone).replace(tzinfo=None) != wanted.replace(tzinfo=None)
    # Nothing between: the moment just before is followed by the same.
    assert recurrence.after(found - datetime.timedelta(microseconds=1), zone) == found
    assert recurrence.after(found, zone) > found


@given(recurrences)
def test_what_is_stored_is_read_back(recurrence: Recurrence) -> None:
    """A row holds all of it."""
    assert Recurrence.stored(recurrence.minute_of_day, recurrence.mask) == recurrence


def _walls(hours: int, minutes: int, start: datetime.datetime, days: int) -> list[str]:
    zone, at, walls = ZoneInfo("Europe/Paris"), start, []
    for _ in range(days):
        at = Recurrence(hours, minutes).after(at, zone)
        walls.append(at.strftime("%d %H:%M"))
    return walls


def test_summer_time_begins() -> None:
    """On 29 March 2026 Paris has no 02:30: that day it is an hour later, the others are not; eight stays eight."""
    start = datetime.datetime(2026, 3, 28, 0, 0, tzinfo=datetime.UTC)
    assert _walls(2, 30, start, 3) == ["28 01:30", "29 01:30", "30 00:30"]
    assert _walls(8, 0, start, 3) == ["28 07:00", "29 06:00", "30 06:00"]


def test_summer_time_ends() -> None:
    """On 25 October 2026 Paris has 02:30 twice: the first counts, once."""
    start = datetime.datetime(2026, 10, 24, 0, 0, tzinfo=datetime.UTC)
    assert _walls(2, 30, start, 3) == ["24 00:30", "25 00:30", "26 01:30"]
    assert _walls(8, 0, start, 3) == ["24 06:00", "25 07:00", "26 07:00"]


def test_a_day_that_never_was() -> None:
    """Samoa had no 30 December 2011: the ride of that day is the next day's, and there is one."""
    zone = ZoneInfo("Pacific/Apia")
    first = Recurrence(8, 0).after(datetime.datetime(2011, 12, 29, 20, 0, tzinfo=datetime.UTC), zone)
    assert first.astimezone(zone).strftime("%d %H:%M") == "31 08:00"
    assert Recurrence(8, 0).after(first, zone) - first == DAY


@pytest.mark.parametrize(
    "recurrence",
    [
        Recurrence(24, 0),
        Recurrence(-1, 0),
        Recurrence(8, 60),
        Recurrence(8, 0, frozenset()),
        Recurrence(8, 0, EVERY_DAY | {7}),
        Recurrence(8, 0, frozenset({-1})),
    ],
)
def test_no_such_time(recurrence: Recurrence) -> None:
    """A time of day has hours and minutes, and a week seven days."""
    with pytest.raises(RecurrenceInvalid):
        recurrence.check()
