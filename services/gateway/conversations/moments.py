"""When somebody rides: one moment, or a time of day that comes again; as words of taps, and as the contract has it."""

import re
from datetime import UTC, datetime
from typing import Any, TypeAlias

from chassis.records import record
from hailwire.trips.v1 import schedules_pb2
from services.gateway.conversations.taps import TapUnreadable

# As datetime.date.weekday() counts them.
EVERY_DAY = frozenset(range(7))


@record
class Every:
    """A time of day by the clocks of the service area, on these days of the week."""

    hours: int
    minutes: int
    weekdays: frozenset[int] = EVERY_DAY


When: TypeAlias = datetime | Every

_EVERY = re.compile(r"e([01]\d|2[0-3])([0-5]\d)([0-6]{1,7})", re.ASCII)


def word_of(when: When) -> str:
    """As an id of a button carries it: Unix seconds, or "e0730" and the days."""
    if isinstance(when, datetime):
        return str(int(when.timestamp()))
    return f"e{when.hours:02}{when.minutes:02}{''.join(map(str, sorted(when.weekdays)))}"


def read_word(word: str) -> When:
    """Back again; raises TapUnreadable."""
    if match := _EVERY.fullmatch(word):
        return Every(int(match[1]), int(match[2]), frozenset(map(int, match[3])))
    if word.isascii() and word.isdigit() and len(word) <= 11:
        return datetime.fromtimestamp(int(word), UTC)
    raise TapUnreadable(word)


def set_time(request: Any, when: When) -> None:
    """In a request to make or to change a schedule."""
    if isinstance(when, datetime):
        request.pickup_time.FromDatetime(when)
        return
    request.recurrence.hours, request.recurrence.minutes = when.hours, when.minutes
    if when.weekdays != EVERY_DAY:
        request.recurrence.weekdays.extend(day + 1 for day in sorted(when.weekdays))


def time_of(schedule: schedules_pb2.Schedule) -> When:
    """Of a schedule."""
    if schedule.HasField("recurrence"):
        told = schedule.recurrence
        return Every(told.hours, told.minutes, frozenset(day - 1 for day in told.weekdays) or EVERY_DAY)
    return schedule.occurrence.pickup_time.ToDatetime(tzinfo=UTC)
