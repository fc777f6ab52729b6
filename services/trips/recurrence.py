"""A time of day on some days of the week, by the clocks of the service area. Nothing is awaited."""

import datetime
from typing import Self
from zoneinfo import ZoneInfo

from chassis import errors
from chassis.records import record

_A_DAY = datetime.timedelta(days=1)
# As datetime.date.weekday() counts them: Monday is 0.
EVERY_DAY = frozenset(range(7))


class RecurrenceInvalid(errors.InvalidArgument):
    """Not a time of day, or not days of the week."""

    reason = "RECURRENCE_INVALID"


@record
class Recurrence:
    """A local time and the days on which it counts."""

    hours: int
    minutes: int
    weekdays: frozenset[int] = EVERY_DAY

    def check(self) -> None:
        """Raise RecurrenceInvalid unless there are such times."""
        if not (0 <= self.hours <= 23 and 0 <= self.minutes <= 59 and self.weekdays and self.weekdays <= EVERY_DAY):
            raise RecurrenceInvalid

    @classmethod
    def stored(cls, minute_of_day: int, mask: int) -> Self:
        """From a row."""
        return cls(*divmod(minute_of_day, 60), frozenset(day for day in EVERY_DAY if mask >> day & 1))

    @property
    def minute_of_day(self) -> int:
        """As it is stored."""
        return self.hours * 60 + self.minutes

    @property
    def mask(self) -> int:
        """The days as they are stored: one bit each, Monday's is the lowest."""
        return sum(1 << day for day in self.weekdays)

    def after(self, moment: datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
        """The first such time later than `moment`, in UTC.

        A time that the clocks leave out counts as much later as they jump; of one that they show twice the first.
        """
        # From the day before: where clocks jump over midnight, its time may lie on this day.
        day = moment.astimezone(zone).date() - _A_DAY
        while True:
            if day.weekday() in self.weekdays:
                at = self._on(day, zone)
                if at > moment:
                    return at
            day += _A_DAY

    def _on(self, day: datetime.date, zone: ZoneInfo) -> datetime.datetime:
        # With fold=0, its default, zoneinfo takes for both kinds of odd time the offset from before the change.
        local = datetime.datetime.combine(day, datetime.time(self.hours, self.minutes), zone)
        return local.astimezone(datetime.UTC)
