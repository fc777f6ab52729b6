"""Gauges of queues that live in the database: how much waits in each, and for how long the oldest has waited."""

import time
from collections.abc import Callable, Iterable

from chassis.database import Database, Statement
from chassis.instruments import Reading

# Between two looks; every replica looks, so seldom and at little cost.
LOOK_SECONDS = 5.0
# Numbers that old are no longer shown: the database is out of reach, and nobody knows.
_STALE_SECONDS = 20.0


class QueueGauges:
    """Reads `statement`, which answers rows of (queue, items, oldest_seconds); empty queues are rows too."""

    def __init__(self, database: Database, statement: Statement, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._statement = statement
        self._clock = clock
        self._looked_at = 0.0
        self._rows: list[tuple[str, int, float | None]] = []
        telemetry = database.telemetry
        telemetry.gauge("queue_items", "what waits, by queue", self._items, shared=True)
        telemetry.gauge("queue_oldest_seconds", "how long the oldest has waited, by queue", self._oldest, shared=True)

    async def look(self) -> int:
        """Read the queues; answers 0, because there is nothing to go on with."""
        rows = await self._database.fetch(self._statement)
        self._rows = [(row["queue"], row["items"], row["oldest_seconds"]) for row in rows]
        self._looked_at = self._clock()
        return 0

    def _items(self) -> Iterable[Reading]:
        return [(float(items), {"queue": queue}) for queue, items, _ in self._known()]

    def _oldest(self) -> Iterable[Reading]:
        elapsed = self._clock() - self._looked_at
        return [
            (0.0 if oldest is None else float(oldest) + elapsed, {"queue": queue}) for queue, _, oldest in self._known()
        ]

    def _known(self) -> list[tuple[str, int, float | None]]:
        return self._rows if self._clock() - self._looked_at < _STALE_SECONDS else []
