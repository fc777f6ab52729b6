"""Quiet hours as people write and read them: "22-6", "from 10pm to 6am", "22h30 - 6h"."""

import re
import unicodedata

from chassis.quiet_hours import QuietHours
from hailwire.profile.v1 import profile_pb2
from services.gateway.conversations import schedule_words
from services.gateway.conversations.turn import Moment

# The first and the last minute of a day's quiet hours; the same twice: none.
Span = tuple[int, int]

_HOUR = r"([01]?\d|2[0-4])(?:\s?[:.h]\s?([0-5]\d)|\s?h)?\s?(am|pm)?"
_UNTIL = r"\s*(?:-|\u2013|\u2014|to|until|till|and|a|et|jusqu'a|hadi|mpaka|na|kugeza)\s*(?:saa\s+)?"
_SPAN = re.compile(rf"(?:(?:from|between|de|entre|kuva|kuanzia|kati ya)\s+)?(?:saa\s+)?{_HOUR}{_UNTIL}{_HOUR}\s*[.!]?")
_SAID = re.compile(r"\s*(?:quiet|silence|ituze|utulivu)(?: hours| time)?[\s:,]+(\S.*)", re.IGNORECASE)
_LONGEST = 60


def said(text: str) -> Span | None:
    """The hours behind our word for them ("quiet 22-6"), and nothing else; None for anything else."""
    match = _SAID.fullmatch(text) if len(text) <= _LONGEST else None
    return read(match[1]) if match else None


def read(text: str) -> Span | None:
    """The hours that a text consists of; None when it does not, or when they are none or unclear."""
    if len(text) > _LONGEST:
        return None
    match = _SPAN.fullmatch(_plain(text))
    if match is None:
        return None
    first, last = (_minute(*match.group(start, start + 1, start + 2)) for start in (1, 4))
    # "10-6am": nobody knows which ten is meant.
    unclear = match[6] is not None and match[3] is None
    return None if first is None or last is None or first == last or unclear else (first, last)


def _minute(hours: str, minutes: str | None, half: str | None) -> int | None:
    hour, minute = int(hours), int(minutes or 0)
    if half is not None:
        return (hour % 12 + (12 if half == "pm" else 0)) * 60 + minute if 1 <= hour <= 12 else None
    if hour == 24:
        return 0 if minute == 0 else None
    return hour * 60 + minute


def _plain(text: str) -> str:
    """Small letters without accents; hyphens and colons stay."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    return "".join(letter for letter in bare if not unicodedata.combining(letter)).strip()


def of(person: profile_pb2.Person) -> QuietHours | None:
    """A person's; None when they have none."""
    told = person.quiet_hours
    return QuietHours.read(told.from_minute, told.to_minute)


def told(moment: Moment, quiet: QuietHours) -> dict[str, str]:
    """Both ends in full, as arguments of a text."""
    return {
        "from": schedule_words.time_of_day(moment.language, quiet.from_minute),
        "until": schedule_words.time_of_day(moment.language, quiet.to_minute),
    }


def title(span: Span) -> str:
    """Both ends for a row, the same in every language."""
    return " - ".join(schedule_words.written(minute) for minute in span)


def now(moment: Moment) -> str:
    """That it is a driver's quiet time, and until when; empty when it is not."""
    quiet = of(moment.person)
    until = quiet.until(moment.now, moment.zone) if quiet is not None else None
    if until is None:
        return ""
    return moment.say("quiet-now", until=schedule_words.hour(moment.language, until, moment.zone))
