"""When somebody wants to ride, from what they typed: "Friday 7am", "vendredi 7h", "kesho saa mbili asubuhi".

Hours are read by tables of ours: in Swahili and Kinyarwanda hour two is eight o'clock, and no library takes that into
account. Calendar dates are read by dateparser. Whatever could be meant in two ways is answered with both, for people to
choose from: nobody is ever booked six or twelve hours off. Words that nothing is known of make the whole unreadable.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from chassis.later import in_a_thread
from chassis.records import record
from services.gateway.conversations import clock_words as words
from services.gateway.conversations.moments import EVERY_DAY, Every, When

FURTHEST = timedelta(days=30)
# Languages in which an hour without more may be counted from six.
_FROM_SIX = frozenset({"rw", "sw"})
# Nobody says when in more.
_LONGEST = 120


@record
class Read:
    """What a text may mean: nothing, one time or several to choose from; `problem` is "past", "far" or "unknown"."""

    choices: tuple[When, ...] = ()
    problem: str = ""


@dataclass(slots=True)
class _Text:
    """What is still to be understood, and what was."""

    rest: str
    hours: list[time] = field(default_factory=list)
    period: tuple[int, int] | None = None
    days: list[date] | None = None
    weekday: int | None = None
    every: bool = False
    next: bool = False

    def take(self, pattern: str) -> re.Match[str] | None:
        """Find and remove what stands between other words."""
        match = re.search(rf"(?<![\w':]){pattern}(?![\w':])", self.rest)
        if match is not None:
            self.rest = " ".join(f"{self.rest[: match.start()]} {self.rest[match.end() :]}".split())
        return match

    def take_word(self, known: Iterable[str]) -> str | None:
        """The longest of these words that is there."""
        for word in sorted(known, key=len, reverse=True):
            if self.take(re.escape(word)):
                return word
        return None


async def read(text: str, language: str, now: datetime, zone: ZoneInfo) -> Read:
    """The times that a text may mean, from now on and at most 30 days ahead."""
    said = _Text(bare(text)[:_LONGEST])
    today = now.astimezone(zone).date()
    ahead = _ahead(said)
    if ahead is not None and not said.rest:
        return _judged([now + ahead], now)
    said = _Text(bare(text)[:_LONGEST])
    if not _clock(said, language):
        return Read(problem="unknown")
    _day(said, today)
    rest = [word for word in said.rest.split() if word not in words.FILLERS]
    if rest:
        found = await in_a_thread(partial(_calendar_date, " ".join(rest), language, datetime.combine(today, time())))
        if found is None or said.days is not None or said.every:
            return Read(problem="unknown")
        said.days = [found]
    hours = _in_period(said)
    if not hours:
        return Read(problem="unknown")
    if said.every:
        days = EVERY_DAY if said.weekday is None else frozenset({said.weekday})
        return Read(tuple(Every(hour.hour, hour.minute, days) for hour in hours))
    return _judged(list(_moments(said, hours, now, today, zone)), now)


def bare(text: str) -> str:
    """Lower case without accents; of punctuation only what stands in times, dates and elisions."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    letters = re.sub(r"\b([ap])\. ?m\b", r"\1m", letters)
    return " ".join(re.sub(r"[^\w':/.-]|\.(?!\d)", " ", letters).split())


def _judged(moments: list[datetime], now: datetime) -> Read:
    """Those that can be booked, soonest first; and if there are none, why."""
    good = tuple(sorted({moment for moment in moments if now < moment <= now + FURTHEST}))
    if good:
        return Read(good)
    if not moments:
        return Read(problem="unknown")
    return Read(problem="past" if all(moment <= now for moment in moments) else "far")


def _ahead(said: _Text) -> timedelta | None:
    """A length of time: "in 45 minutes", "dans 2 heures", "baada ya dakika 30", "mu minota 30"."""
    prefix = said.take_word(words.AHEAD)
    if prefix is None:
        return None
    count = "|".join(sorted(map(re.escape, words.COUNTS), key=len, reverse=True))
    unit = "|".join(sorted(words.UNITS, key=len, reverse=True))
    match = said.take(rf"(?P<count>\d{{1,3}}|{count}) ?(?P<unit>{unit})") or said.take(
        rf"(?P<unit>{unit}) (?P<count>\d{{1,3}}|{count})"
    )
    if match is None:
        return None
    many = words.COUNTS.get(match["count"]) or float(match["count"])
    return timedelta(minutes=many * words.UNITS[match["unit"]])


def _clock(said: _Text, language: str) -> bool:
    """Take the hours out of the text: every one that could be meant."""
    daily = said.take_word(words.EVERY_DAY)
    if daily is not None or said.take_word(words.EVERY):
        said.every = True
    period = said.take_word(words.PERIODS)
    if period is not None:
        said.period = words.PERIODS[period]
        if period in words.TODAYS:
            said.days = []
    if said.take_word(words.NOON):
        said.hours = [time(12)]
    elif said.take_word(words.MIDNIGHT):
        said.hours = [time(0)]
    else:
        said.hours = _hours(said, language)
    return bool(said.hours)


def _hours(said: _Text, language: str) -> list[time]:
    minutes = r"(?P<minutes>[0-5]\d)"
    if match := said.take(rf"(?P<hours>\d{{1,2}})(?:[:.h]{minutes})? ?(?P<half>[ap])\.?m\.?"):
        hours = int(match["hours"])
        if hours > 12 and not (match["half"] == "p" and hours < 24):
            return []
        return _times([hours % 12 + (12 if match["half"] == "p" else 0)] if hours <= 12 else [hours], match["minutes"])
    if match := said.take(rf"saa (?P<hours>\d{{1,2}})(?:[:.]{minutes})?"):
        spoken = int(match["hours"])
        past = _past(said, match["minutes"])
        # In figures people write either clock.
        return _times([spoken, spoken + 12, *_from_six(spoken)] if 1 <= spoken <= 12 else [spoken], past)
    hours_in_words = "|".join(sorted(map(re.escape, words.HOURS), key=len, reverse=True))
    if match := said.take(rf"saa (?P<hours>{hours_in_words})"):
        return _times(_from_six(words.HOURS[match["hours"]]), _past(said, None))
    match = said.take(rf"(?P<hours>\d{{1,2}})[:h]{minutes}") or said.take(r"(?P<hours>\d{1,2}) ?(?:h|heures?)")
    if match is not None:
        hours = int(match["hours"])
        written = match.groupdict().get("minutes")
        certain = not 1 <= hours <= 12 or match["hours"].startswith("0")
        if certain or (language not in _FROM_SIX and said.period is None):
            return _times([hours], written)
        return _times([hours, hours + 12, *(_from_six(hours) if language in _FROM_SIX else ())], written)
    # A bare number, "Friday 7": half past six in the morning or in the evening, by whichever clock.
    if (match := said.take(r"(?:at |a )?(?P<hours>1?\d)(?![\d/.-])")) and 1 <= int(match["hours"]) <= 12:
        if re.search(r"\d", said.rest):
            return []  # which of the numbers is the hour?
        hours = int(match["hours"])
        return _times([hours, hours + 12, *(_from_six(hours) if language in _FROM_SIX else ())], None)
    return []


def _from_six(spoken: int) -> list[int]:
    """What an hour counted from six is on a watch, by day and by night."""
    return [(spoken + 6) % 24, (spoken + 18) % 24]


def _past(said: _Text, written: str | None) -> str | None:
    if written is not None:
        return written
    if said.take_word(words.HALF_PAST):
        return "30"
    return "15" if said.take_word(words.QUARTER_PAST) else None


def _times(hours: Iterable[int], minutes: str | None) -> list[time]:
    # Twelve and twelve more is noon and midnight.
    kept = dict.fromkeys(0 if hour == 24 else hour for hour in hours)
    return [time(hour, int(minutes or 0)) for hour in kept if 0 <= hour <= 23]


def _in_period(said: _Text) -> list[time]:
    """Those hours that fit the part of the day that was named."""
    if said.period is None:
        return said.hours
    begins, ends = said.period
    return [hour for hour in said.hours if begins <= hour.hour < ends or begins <= hour.hour + 24 < ends]


def _day(said: _Text, today: date) -> None:
    """Take the day out of the text, as far as our own words say it."""
    if said.days == []:
        said.days = [today]
    if (word := said.take_word(words.DAYS)) is not None:
        said.days = [today + timedelta(days=words.DAYS[word])]
    if (word := said.take_word(words.WEEKDAYS)) is not None:
        said.weekday = words.WEEKDAYS[word]
        said.next = said.take_word(words.NEXT) is not None


def _moments(said: _Text, hours: list[time], now: datetime, today: date, zone: ZoneInfo) -> Iterator[datetime]:
    for hour in hours:
        if said.days is not None:
            days = said.days
            if said.weekday is not None:  # "Friday 4 December": both have to agree
                days = [day for day in days if day.weekday() == said.weekday]
        elif said.weekday is None:
            days = [today, today + timedelta(days=1)]
        else:
            first = today + timedelta(days=(said.weekday - today.weekday()) % 7)
            days = [first, first + timedelta(days=7), first + timedelta(days=14)]
        coming = [moment for day in days if (moment := _at(day, hour, zone)) > now]
        if said.days is not None:
            yield from (_at(day, hour, zone) for day in days)
        else:
            yield from coming[: 2 if said.next else 1]


def _at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)


def _calendar_date(text: str, language: str, today: datetime) -> date | None:
    """A date with its month, such as "3 december" or "12/12"; in a thread, because dateparser is slow to import."""
    from dateparser.date import DateDataParser

    if not re.search(r"\d", text):
        return None
    parser = DateDataParser(
        languages=list(dict.fromkeys([language, "en"])),
        settings={
            "RELATIVE_BASE": today,
            "PREFER_DATES_FROM": "future",
            "DATE_ORDER": "DMY",
            "REQUIRE_PARTS": ["day", "month"],
            "RETURN_AS_TIMEZONE_AWARE": False,
            # Neither "in 3 days", which has no hour, nor time stamps.
            "PARSERS": ["absolute-time"],
        },
    )
    found = parser.get_date_data(text).date_obj
    return found.date() if found is not None else None
