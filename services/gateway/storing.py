"""Where webhooks gather to be stored: those of known senders for one statement, what that leaves for one step by step.

Strangers take seven more round trips. In one queue with everybody else they would make each batch take them as soon as
somebody among hundreds is new; so they gather behind it, among themselves.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from chassis import errors
from chassis.coalesce import LINGER_SECONDS, Coalescer
from chassis.telemetry import Telemetry
from services.gateway.arrivals import Arrival, Stored

# Webhooks in one transaction; a single one may bring a thousand items. With more of them than a gateway stores one at a
# time, waiting is what takes long: of 2,000 a second 45 to 75 % waited for more than a second with 64 in a batch, 0.7
# to 3 % with 256.
_BATCH = 256

Store = Callable[[list[list[Arrival]]], Awaitable[Sequence[Stored | BaseException]]]


class TooManyStrangers(errors.Overloaded):
    """So many wait to be stored step by step that no more are taken for now."""

    def __init__(self) -> None:
        super().__init__("too many strangers wait", reason="STRANGERS_WAIT")


class Storing:
    """Awaiting `storing(items)` stores the items of one webhook; it returns when all of them are committed."""

    def __init__(
        self,
        known: Store,
        strangers: Store,
        *,
        max_strangers: int = 1000,
        linger: float = LINGER_SECONDS,
        telemetry: Telemetry | None = None,
    ) -> None:
        """The methods of an inbox; `known` may leave items to `strangers`, for whom up to `max_strangers` wait.

        `linger` is in seconds, as the coalescer has it. With `telemetry` each batch has a span.
        """
        self._known: Coalescer[list[Arrival], Stored] = Coalescer(
            "inbox store", known, max_batch=_BATCH, linger=linger, telemetry=telemetry
        )
        # One batch at a time: two would race for which message of a sender is the first.
        self._strangers: Coalescer[list[Arrival], Stored] = Coalescer(
            "stranger store", strangers, max_batch=_BATCH, in_flight=1, linger=linger, telemetry=telemetry
        )
        self._max_strangers = max_strangers
        # How often each address is among what strangers are waiting for.
        self._named: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """Webhooks that are not on their way to the database yet; strangers do not keep anybody else out."""
        return self._known.waiting

    async def __call__(self, items: list[Arrival]) -> Stored:
        """What became of them. Whoever gives up leaves alone; what they came with may be stored all the same.

        Raises TooManyStrangers: then what known senders sent is stored, and nothing else.
        """
        if self._named and any(one in self._named for item in items for one in _names(item)):
            # Behind what the same sender sent before.
            return await self._unknown(items)
        stored = await self._known(items)
        if not stored.left:
            return stored
        rest = await self._unknown(stored.left)
        return Stored(stored.new + rest.new, stored.known + rest.known)

    async def _unknown(self, items: Sequence[Arrival]) -> Stored:
        if self._strangers.waiting >= self._max_strangers:
            raise TooManyStrangers
        names = [one for item in items for one in _names(item)]
        self._named.update(names)
        try:
            return await self._strangers(list(items))
        finally:
            for one in names:
                self._named[one] -= 1
                if not self._named[one]:
                    del self._named[one]


def _names(item: Arrival) -> tuple[str, ...]:
    return (*item.addresses, *item.current)
