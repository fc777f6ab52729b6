"""How much one sender may write: so many at once, then as many as the rate allows (GCRA, the leaky bucket as a meter).

Nothing here is awaited. The counts lie in the conversation's row: whoever runs a turn has them with the lease, and the
turn's commit writes them with everything else. So a message counts once however often it is run again, and no two
instances count beside each other.

Whoever writes too much is told once until when they are refused: until everything is worked off, and the whole
allowance is theirs again. What is refused does not count. So a flood brings one allowance of answers and one notice
each time, and the time that was told does not move.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chassis.records import record
from chassis.settings import setting


@dataclass(frozen=True, kw_only=True)
class LimitSettings:
    """What a sender may write; for the gateway, and for who looks at a sender."""

    expensive_per_hour: int = setting(
        "RATE_LIMIT_MESSAGES_PER_HOUR",
        default=20,
        minimum=0,
        maximum=100_000,
        help="messages with a photo, a recording or another file that one sender may write in an hour; 0: any number",
    )
    ordinary_per_minute: int = setting(
        "RATE_LIMIT_ORDINARY_PER_MINUTE",
        default=60,
        minimum=0,
        maximum=100_000,
        help="messages of any kind that one sender may write in a minute in the long run; 0: any number",
    )
    ordinary_burst: int = setting(
        "RATE_LIMIT_ORDINARY_BURST",
        default=60,
        minimum=1,
        maximum=100_000,
        help="messages that one sender may write at once; given back at RATE_LIMIT_ORDINARY_PER_MINUTE",
    )


@record
class Count:
    """How much of one limit a sender has used: `at` and `until` as in the migration; None: nothing."""

    at: datetime | None = None
    until: datetime | None = None


@record
class Counts:
    """All that is counted of a sender."""

    ordinary: Count = field(default_factory=Count)
    expensive: Count = field(default_factory=Count)


@record
class Limit:
    """`burst` messages at once, one more each `interval`."""

    interval: timedelta
    burst: int

    @property
    def window(self) -> timedelta:
        """How long a whole burst takes to be worked off."""
        return self.interval * self.burst

    def admit(self, count: Count, now: datetime) -> tuple[bool, Count]:
        """Whether one more may pass now, and the count after it."""
        count = self._sane(count, now)
        if count.until is not None and now < count.until:
            return False, count
        after = self._with_one(count, now)
        if after - now > self.window:
            return False, Count(count.at, count.at)
        return True, Count(after)

    def admit_vital(self, count: Count, now: datetime) -> tuple[bool, Count]:
        """The same for what must be honoured: twice as many pass, and what was told to the sender stays true."""
        count = self._sane(count, now)
        after = self._with_one(count, now)
        if after - now > 2 * self.window - self.interval:
            return False, count
        return True, Count(after, count.until)

    def used(self, count: Count, now: datetime) -> int:
        """How many of a burst are not worked off yet."""
        count = self._sane(count, now)
        return 0 if count.at is None or count.at <= now else -((now - count.at) // self.interval)

    def refused_until(self, count: Count, now: datetime) -> datetime | None:
        """Until when everything is refused; None when the next message passes."""
        count = self._sane(count, now)
        if count.until is not None and now < count.until:
            return count.until
        return None

    def _with_one(self, count: Count, now: datetime) -> datetime:
        return (now if count.at is None else max(count.at, now)) + self.interval

    def _sane(self, count: Count, now: datetime) -> Count:
        """Nothing under this limit, on this clock, is further away: what was counted by others holds no longer."""
        most = now + 2 * self.window
        return Count(
            None if count.at is None else min(count.at, most), None if count.until is None else min(count.until, most)
        )


def ordinary(settings: LimitSettings) -> Limit | None:
    """The limit of messages of any kind; None: there is none."""
    if not settings.ordinary_per_minute:
        return None
    return Limit(timedelta(minutes=1) / settings.ordinary_per_minute, settings.ordinary_burst)


def expensive(settings: LimitSettings) -> Limit | None:
    """The limit of messages that cost more than an answer in words; None: there is none."""
    if not settings.expensive_per_hour:
        return None
    return Limit(timedelta(hours=1) / settings.expensive_per_hour, settings.expensive_per_hour)
