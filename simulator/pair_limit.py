"""The pair rate limit of WhatsApp: one message per six seconds to one person, with a burst borrowed from the future."""

from collections import OrderedDict

SECONDS_PER_MESSAGE = 6.0
_MOST_PHONES = 200_000


class PairLimit:
    """A token bucket per phone, kept as the one moment at which the bucket is full again (GCRA)."""

    def __init__(self, burst: int) -> None:
        """`burst` messages may come at once; 0 switches the limit off."""
        self._burst = burst
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def admit(self, phone: str, now: float) -> bool:
        """Take one message out of this phone's bucket; False when it is empty."""
        if self._burst == 0:
            return True
        full_at = max(now, self._full_at.get(phone, now))
        if full_at - now > (self._burst - 1) * SECONDS_PER_MESSAGE:
            return False
        self._full_at[phone] = full_at + SECONDS_PER_MESSAGE
        self._full_at.move_to_end(phone)
        if len(self._full_at) > _MOST_PHONES:
            self._full_at.popitem(last=False)
        return True
