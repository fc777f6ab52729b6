"""Days and times of rides for later as people read them: absolute, in full, and as they are spoken.

Seven o'clock is hour one in Swahili and Kinyarwanda: saying both leaves no doubt which is meant.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.gateway.conversations.catalogue import t
from services.gateway.conversations.moments import EVERY_DAY, When

_FROM_SIX = frozenset({"rw", "sw"})
# From which hour on a part of the day has its own words.
_PARTS = ((19, "spoken-night"), (16, "spoken-evening"), (12, "spoken-day"), (5, "spoken-morning"), (0, "spoken-late"))
# A Monday.
_MONDAY = date(2026, 11, 23)


def in_full(language: str, when: When, zone: ZoneInfo) -> str:
    """Such as "Friday 27 November, 07:00 (7 am)" or "every day, 07:00 (7 am)"."""
    if isinstance(when, datetime):
        local = when.astimezone(zone)
        day = _day(language, local.date(), "EEEE d MMMM")
        return t(language, "day-time", day=day, **_clock(language, local.hour, local.minute))
    clock = _clock(language, when.hours, when.minutes)
    if when.weekdays == EVERY_DAY:
        return t(language, "every-day", **clock)
    days = ", ".join(_day(language, _MONDAY + timedelta(days=day), "EEEE") for day in sorted(when.weekdays))
    return t(language, "every-weekday", days=days, **clock)


def short(language: str, when: When, zone: ZoneInfo) -> str:
    """The same for a row or a button, whose titles hold 20 characters."""
    if isinstance(when, datetime):
        return _moment(language, when.astimezone(zone))
    if when.weekdays == EVERY_DAY:
        return t(language, "row-daily", time=_written(when.hours, when.minutes))
    day = _MONDAY + timedelta(days=min(when.weekdays))
    return t(language, "row-weekly", day=_day(language, day, "EEE"), time=_written(when.hours, when.minutes))


def hour(language: str, moment: datetime, zone: ZoneInfo) -> str:
    """The time of day alone."""
    local = moment.astimezone(zone)
    return time_of_day(language, local.hour * 60 + local.minute)


def time_of_day(language: str, minute_of_day: int) -> str:
    """The same of a minute of any day."""
    return t(language, "time-of-day", **_clock(language, *divmod(minute_of_day, 60)))


def written(minute_of_day: int) -> str:
    """In digits alone: "22:00"."""
    return _written(*divmod(minute_of_day, 60))


def _clock(language: str, hours: int, minutes: int) -> dict[str, str]:
    key = next(key for begins, key in _PARTS if hours >= begins)
    counted = (hours - 6) % 12 if language in _FROM_SIX else hours % 12
    said = f"{counted or 12}:{minutes:02}" if minutes else str(counted or 12)
    return {"time": _written(hours, minutes), "spoken": t(language, key, hour=said)}


def _written(hours: int, minutes: int) -> str:
    return f"{hours:02}:{minutes:02}"


def _day(language: str, day: date, pattern: str) -> str:
    from babel.dates import format_date

    return format_date(day, pattern, locale=language)


def _moment(language: str, local: datetime) -> str:
    from babel.dates import format_datetime

    return format_datetime(local, "EEE d/M HH:mm", tzinfo=None, locale=language)
