"""How large documents may be, and when people are reminded, as the operator set it."""

import datetime
from zoneinfo import ZoneInfo

from chassis.records import record


@record
class Terms:
    """The terms of insurance."""

    most_bytes: int
    """A document has no more."""
    reminder_days: tuple[int, ...]
    """So many days before a certificate expires its person hears of it."""
    zone: ZoneInfo
    """Whose midnight ends the last day of a certificate."""

    def end_of(self, day: datetime.date) -> datetime.datetime:
        """When that day is over."""
        after = day + datetime.timedelta(days=1)
        return datetime.datetime(after.year, after.month, after.day, tzinfo=self.zone).astimezone(datetime.UTC)
