"""The same numbers for every pool of a process, whatever its clients are."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from chassis.instruments import Reading
from chassis.records import record

if TYPE_CHECKING:
    from chassis.telemetry import Telemetry


@record
class Statistics:
    """A pool now; `total_uses` since it began, the age in seconds (0 without a client)."""

    size: int
    healthy: int
    in_use: int
    waiting: int
    max: int
    total_uses: int
    oldest_client_age: float


Look = Callable[[], Statistics]

# (metric, what it says, the number, whether the largest stands for all replicas)
_GAUGES: tuple[tuple[str, str, Callable[[Statistics], float], bool], ...] = (
    ("pool_size", "clients that are open, by pool", lambda one: one.size, False),
    ("pool_healthy", "clients that are open and not known to be broken, by pool", lambda one: one.healthy, False),
    ("pool_in_use", "uses of clients under way, by pool", lambda one: one.in_use, False),
    ("pool_waiting", "callers who wait for a client, by pool", lambda one: one.waiting, False),
    ("pool_max", "clients that a pool may open", lambda one: one.max, False),
    ("pool_oldest_client_age_seconds", "age of the oldest client, by pool", lambda one: one.oldest_client_age, True),
)


class Pools:
    """Every pool of a process by name: a fixed word, it becomes a label.

    Whoever opens a pool adds it, and closes it at the end of its own block: the last one opened first.
    """

    def __init__(self, telemetry: "Telemetry") -> None:
        self._telemetry = telemetry
        self._pools: dict[str, Look] = {}

    def add(self, name: str, look: Look) -> None:
        """Show this pool from now on."""
        if not self._pools:
            for metric, words, number, shared in _GAUGES:
                self._telemetry.gauge(metric, words, self._each(number), shared=shared)
            self._telemetry.tally("pool_uses", "uses of clients that began, by pool", self._each(_uses))
        self._pools[name] = look

    def statistics(self) -> dict[str, Statistics]:
        """Every pool now."""
        return {name: look() for name, look in self._pools.items()}

    def _each(self, number: Callable[[Statistics], float]) -> Callable[[], Iterable[Reading]]:
        return lambda: [(number(one), {"pool": name}) for name, one in self.statistics().items()]


def _uses(one: Statistics) -> float:
    return one.total_uses
