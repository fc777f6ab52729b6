"""What the caches of a process have done, as its metrics show it."""

from collections.abc import Iterator, Mapping

from chassis.caching.memory import MemoryCache
from chassis.instruments import Reading
from chassis.telemetry import Telemetry


def publish(telemetry: Telemetry, caches: Mapping[str, MemoryCache]) -> None:
    """Show the numbers of caches under these names; they are plain integers until somebody reads them."""

    def lookups() -> Iterator[Reading]:
        for name, cache in caches.items():
            yield cache.stats.hits, {"cache": name, "result": "hit"}
            yield cache.stats.misses, {"cache": name, "result": "miss"}

    telemetry.tally("cache_lookups", "answers from memory and misses, by cache", lookups)
    telemetry.tally(
        "cache_evictions",
        "entries that had to go for newer ones, by cache",
        lambda: [(cache.stats.evictions, {"cache": name}) for name, cache in caches.items()],
    )
    telemetry.gauge(
        "cache_entries",
        "entries held now, by cache",
        lambda: [(cache.stats.size, {"cache": name}) for name, cache in caches.items()],
    )
