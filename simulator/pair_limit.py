"""WhatsApp's rate limits: per recipient, with a burst borrowed from the future, and for the whole business number."""

from collections import OrderedDict

SECONDS_PER_MESSAGE = 6.0
_MOST_PHONES = 200_000


class PairLimit:
    """A token bucket per phone, kept as the one moment at which the bucket is full again (GCRA)."""

    def __init__(self, burst: int, seconds_per_message: float = SECONDS_PER_MESSAGE) -> None:
        """`burst` messages may come at once; 0 switches the limit off."""
        self._burst = burst
        self._seconds = seconds_per_message
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def admit(self, phone: str, now: float) -> bool:
        """Take one message out of this phone's bucket; False when it is empty."""
        if self._burst == 0:
            return True
        full_at = max(now, self._full_at.get(phone, now))
        if full_at - now > (self._burst - 1) * self._seconds:
            return False
        self._full_at[phone] = full_at + self._seconds
        self._full_at.move_to_end(phone)
        if len(self._full_at) > _MOST_PHONES:
            self._full_at.popitem(last=False)
        return True


class Throughput:
    """The messages of a business number per second, in both directions together; a second's worth may come at once."""

    def __init__(self, per_second: int) -> None:
        """0 switches the limit off."""
        self._bucket = PairLimit(per_second, 1 / per_second if per_second else 0.0)

    def admit(self, now: float) -> bool:
        """Count one message; False when there were too many."""
        return self._bucket.admit("", now)
