"""What comes in, on its way to the inbox, and what became of it."""

from datetime import datetime

from chassis.records import record
from chassis.telemetry import Telemetry
from services.gateway.claims import EVENT
from services.gateway.messages import ItemKind, Status


@record
class Arrival:
    """One item on its way in: of a provider, or an event for a person."""

    kind: str
    key: bytes
    provider: str
    raw: bytes
    addresses: tuple[str, ...] = ()
    # What the sender is known by from now on instead of the addresses, when that is what the item tells.
    current: tuple[str, ...] = ()
    person_id: int = 0
    sent_at: datetime | None = None
    traceparent: str = ""
    status: Status | None = None

    @property
    def queued(self) -> bool:
        """Whether it takes a turn in a conversation."""
        return self.kind == EVENT or (bool(self.addresses) and (self.kind == ItemKind.MESSAGE or bool(self.current)))


@record
class Stored:
    """What became of one webhook's items: how many were new and known, and those that are `left` to be stored."""

    new: int
    known: int
    left: tuple[Arrival, ...] = ()

    @property
    def duplicate(self) -> bool:
        """Whether there were items and every one had been received before."""
        return self.new == 0 and self.known > 0


class ItemCounter:
    """Counts what was received, whoever found out whether it was new."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._counter = telemetry.counter("inbox_items", "items received, by kind and whether they were new")

    def add(self, kind: str, provider: str, *, new: bool) -> None:
        """One item."""
        self._counter.add(1, kind=str(kind), provider=str(provider), new="yes" if new else "no")
