"""What the mesh says of itself, by its metrics service: caches, connections, statements, memory, statuses.

The numbers are since the reset at the beginning of the run; nothing of it decides whether a message counts as answered.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import aiohttp
import orjson

from chassis.settings import Secret
from launcher.failure import CommandError, ExitCode

_WATCH_SECONDS = 1.0
# A statement that ran less often has no 99th percentile to speak of.
_OFTEN = 100

Json = dict[str, Any]


class Inside:
    """The metrics service at an address. `connections` is the most that each service held at any look."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: Secret) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._token = token
        self.connections: Counter[str] = Counter()
        self._numbers: Json = {}
        self._dead_before = 0

    async def reset(self) -> None:
        """Count from here. Raises CommandError when that is refused."""
        headers = {"Authorization": f"Bearer {self._token.reveal()}"}
        try:
            async with self._session.post(f"{self._url}/api/performance/reset", headers=headers) as response:
                if response.status == 401:
                    raise CommandError(f"the metrics service at {self._url} has another ADMIN_TOKEN: set that one.")
                response.raise_for_status()
            await self.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise CommandError(f"there is no metrics service at {self._url}: {error!r}", ExitCode.FAILED) from error
        self._dead_before = self._dead_letters()

    async def watch(self) -> None:
        """Look at the connections every second until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_WATCH_SECONDS)

    async def look(self) -> None:
        """Note the connections; a service that is too busy to answer is asked again later."""
        try:
            answer = await self._get("/api/performance/connections")
        except (aiohttp.ClientError, OSError, TimeoutError):
            return
        for name, service in answer["data"]["services"].items():
            pools = [one["database"] for one in service["per_replica"].values() if one["database"]]
            held = max((int(pool["size"]) for pool in pools), default=0)
            self.connections[name] = max(self.connections[name], held)

    async def read(self) -> None:
        """Fetch every number."""
        self._numbers = (await self._get("/metrics"))["services"]

    def hit_rate(self) -> float | None:
        """Share of the lookups in all caches that were answered from memory; None without lookups."""
        found: Counter[str] = Counter()
        for labels, value in self._of("hailwire_cache_lookups_total"):
            found[labels["result"]] += int(value)
        return found["hit"] / found.total() if found else None

    def slowest_statement(self) -> tuple[str, float] | None:
        """The statement with the longest 99th percentile, and that in seconds; of those that ran often, if any did."""
        timings = [one for _, one in self._series("hailwire_database_statement_seconds") if one["p99_ms"] is not None]
        often = [one for one in timings if one["count"] >= _OFTEN] or timings
        if not often:
            return None
        slowest = max(often, key=lambda one: float(one["p99_ms"]))
        return next(iter(slowest["labels"].values()), ""), float(slowest["p99_ms"]) / 1000

    def memory(self) -> dict[str, float]:
        """Bytes that the largest replica of each service occupies, each shared page divided among its users."""
        return self._largest("hailwire_process_proportional_bytes")

    def cold_starts(self) -> dict[str, float]:
        """Milliseconds that the slowest replica of each service took to serve."""
        return self._largest("hailwire_cold_start_cpu_ms")

    def requests(self) -> int:
        """Webhooks that the gateway's own numbers know of."""
        return int(
            sum(
                value
                for labels, value in self._of("hailwire_http_server_requests_total")
                if labels["method"] == "POST" and labels["route"].startswith("/webhooks/")
            )
        )

    def statuses(self) -> dict[str, int]:
        """Delivery statuses: `new` ones that were stored, `known` before, and `settled` in the outbox."""
        found: Counter[str] = Counter()
        for labels, value in self._of("hailwire_inbox_items_total"):
            if labels["kind"] == "status":
                found["new" if labels["new"] == "yes" else "known"] += int(value)
        for labels, value in self._of("hailwire_statuses_total"):
            if labels["result"] in {"applied", "late"}:
                found["settled"] += int(value)
        return {name: found[name] for name in ("new", "known", "settled")}

    def dead_letters(self) -> int:
        """Those that were not open before."""
        return max(0, self._dead_letters() - self._dead_before)

    def _dead_letters(self) -> int:
        return int(sum(v for labels, v in self._of("hailwire_queue_items") if labels["queue"] == "dead letters"))

    def told(self) -> Json:
        """For the report."""
        return {
            "connections": dict(self.connections),
            "proportional_bytes": self.memory(),
            "cold_start_ms": self.cold_starts(),
            "hit_rate": self.hit_rate(),
            "statuses": self.statuses(),
            "dead_letters": self.dead_letters(),
        }

    async def _get(self, path: str) -> Json:
        async with self._session.get(self._url + path) as response:
            answer: Json = orjson.loads(await response.read())
            return answer

    def _series(self, metric: str) -> Iterator[tuple[str, Json]]:
        for name, service in self._numbers.items():
            for one in service["together"].get(metric, {}).get("values", ()):
                yield name, one

    def _of(self, metric: str) -> Iterator[tuple[dict[str, str], float]]:
        for _, one in self._series(metric):
            yield one["labels"], one["value"]

    def _largest(self, metric: str) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, service in self._numbers.items():
            for own in service["per_replica"].values():
                for one in own.get(metric, {}).get("values", ()):
                    found[name] = max(found.get(name, 0.0), one["value"])
        return found
