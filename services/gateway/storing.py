"""Where webhooks gather to be stored: those of known senders for one statement, what that leaves for one step by step.

Strangers take seven round trips where everybody else takes one. In one queue with them each batch would take seven as
soon as somebody among hundreds is new; so they gather behind it, among themselves.
"""

from collections.abc import Awaitable, Callable, Sequence

from chassis.coalesce import LINGER_SECONDS, Coalescer
from chassis.telemetry import Telemetry
from services.gateway.arrivals import Arrival, Stored

# Webhooks in one transaction; a single one may bring a thousand items. With more of them than a gateway stores one at a
# time, waiting is what takes long: of 2,000 a second 45 to 75 % waited for more than a second with 64 in a batch, 0.7
# to 3 % with 256.
_BATCH = 256

Store = Callable[[list[list[Arrival]]], Awaitable[Sequence[Stored | BaseException]]]


class Storing:
    """Awaiting `storing(items)` stores the items of one webhook; it returns when all of them are committed."""

    def __init__(self, known: Store, strangers: Store, telemetry: Telemetry | None = None) -> None:
        """The methods of an inbox; `known` may leave items to `strangers`. With `telemetry` each batch has a span."""

        def gathering(name: str, store: Store) -> Coalescer[list[Arrival], Stored]:
            return Coalescer(name, store, max_batch=_BATCH, linger=LINGER_SECONDS, telemetry=telemetry)

        self._known = gathering("inbox store", known)
        self._strangers = gathering("stranger store", strangers)

    @property
    def waiting(self) -> int:
        """Webhooks that are not on their way to the database yet."""
        return self._known.waiting + self._strangers.waiting

    async def __call__(self, items: list[Arrival]) -> Stored:
        """What became of them. Whoever gives up leaves alone; what they came with may be stored all the same."""
        stored = await self._known(items)
        if not stored.left:
            return stored
        rest = await self._strangers(list(stored.left))
        return Stored(stored.new + rest.new, stored.known + rest.known)
