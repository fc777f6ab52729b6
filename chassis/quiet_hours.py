"""Hours of the day in which somebody wants to be left alone, by the clocks of a zone. Nothing is awaited.

One rule for every service: who is passed over, what waits, and what their person is told agree.
"""

import datetime
from typing import Self
from zoneinfo import ZoneInfo

from chassis import errors
from chassis.records import record

MINUTES_A_DAY = 24 * 60
_A_MINUTE = datetime.timedelta(minutes=1)


class QuietHoursInvalid(errors.InvalidArgument):
    """Not two minutes of a day."""

    reason = "QUIET_HOURS_INVALID"


@record
class QuietHours:
    """From one minute of the day until another, which is not quiet any more; over midnight when that is the smaller."""

    from_minute: int
    to_minute: int

    @classmethod
    def read(cls, from_minute: int, to_minute: int) -> Self | None:
        """Checked ones; None when both are the same: no minute is quiet. Raises QuietHoursInvalid."""
        if not (0 <= from_minute < MINUTES_A_DAY and 0 <= to_minute < MINUTES_A_DAY):
            raise QuietHoursInvalid
        return None if from_minute == to_minute else cls(from_minute, to_minute)

    @classmethod
    def stored(cls, from_minute: int | None, to_minute: int | None) -> Self | None:
        """From the two columns of a row, which are both NULL where there are none."""
        return None if from_minute is None or to_minute is None else cls(from_minute, to_minute)

    def cover(self, moment: datetime.datetime, zone: ZoneInfo) -> bool:
        """Whether it is quiet then."""
        return self._left(moment.astimezone(zone)) > 0

    def until(self, moment: datetime.datetime, zone: ZoneInfo) -> datetime.datetime | None:
        """When the quiet that covers a moment is over, in UTC; None when it is not quiet then."""
        local = moment.astimezone(zone)
        left = self._left(local)
        if left <= 0:
            return None
        # By the hands of the clock; of an hour that they show twice (fold) it stays the one that it is.
        hands = local.replace(second=0, microsecond=0) + datetime.timedelta(minutes=left)
        over = hands.replace(fold=local.fold).astimezone(datetime.UTC)
        # Hands that jump over the end have passed it when they jump.
        while over - _A_MINUTE > moment and not self.cover(over - _A_MINUTE, zone):
            over -= _A_MINUTE
        return over

    def _left(self, local: datetime.datetime) -> int:
        """Minutes until the end by the hands of the clock; none or fewer when it is not quiet."""
        since = (local.hour * 60 + local.minute - self.from_minute) % MINUTES_A_DAY
        return (self.to_minute - self.from_minute) % MINUTES_A_DAY - since
