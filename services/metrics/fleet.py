"""Every replica of every service: asked all at once, now and then in the background and afresh for whoever looks."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from chassis import logs
from chassis.periodic import repeating
from services.metrics.addresses import Addresses
from services.metrics.history import History
from services.metrics.reading import Reading
from services.metrics.replica import Connect, Replica
from services.metrics.totals import Totals
from services.metrics.work import figures

log = logs.get(__name__)

# Who looks again within this time is shown the same readings.
_FRESH_SECONDS = 0.5


@dataclass
class Service:
    """The replicas of one service and what they have done, those that are gone included."""

    name: str
    replicas: dict[str, Replica] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    history: History = field(default_factory=History)

    @property
    def readings(self) -> list[Reading]:
        """Of the replicas that answer."""
        return [replica.reading for replica in self.replicas.values() if replica.up and replica.reading is not None]


class Fleet:
    """All services by name."""

    def __init__(
        self, addresses: Addresses, *, connect: Connect | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.addresses = addresses
        self._connect = connect
        self.services = {name: Service(name) for name in addresses.services}
        self.reset_at: float | None = None
        self._clock = clock
        self._looked_at = -_FRESH_SECONDS
        self._round: asyncio.Task[None] | None = None

    async def look(self) -> None:
        """Return when the readings are fresh; however many ask at once, the replicas are asked once."""
        if self._clock() - self._looked_at < _FRESH_SECONDS:
            return
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._ask())
        await asyncio.shield(self._round)

    def reset(self, now: float) -> None:
        """Count from here in what people are shown; the processes and Prometheus know nothing of it."""
        self.reset_at = now
        for service in self.services.values():
            service.totals.reset(now)

    async def find(self) -> None:
        """Learn where the replicas are now."""
        await self.addresses.refresh()
        wanted = self.addresses.now()
        for name, service in self.services.items():
            places = [address for owner, address in wanted if owner == name]
            for address in [address for address in service.replicas if address not in places]:
                await service.replicas.pop(address).close()
            for address in places:
                if address not in service.replicas:
                    service.replicas[address] = Replica(name, address, connect=self._connect)

    async def close(self) -> None:
        """End what is under way."""
        if self._round is not None:
            self._round.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._round
        await self.addresses.close()
        for service in self.services.values():
            for replica in service.replicas.values():
                await replica.close()

    async def _ask(self) -> None:
        asked = [(service, replica) for service in self.services.values() for replica in service.replicas.values()]
        before = {id(replica): replica.reason for _, replica in asked}
        await asyncio.gather(*(replica.ask() for _, replica in asked))
        for _, replica in asked:
            _tell(replica, before[id(replica)])
        for service in self.services.values():
            for reading in service.readings:
                cumulative = reading.cumulative
                service.totals.take(reading.instance_id, reading.started_at, cumulative)
                service.history.take(reading.instance_id, reading.started_at, figures(cumulative))
            service.history.mark()
        self._looked_at = self._clock()


def _tell(replica: Replica, before: str) -> None:
    if replica.up and before and before != "NOT_ASKED":
        log.info("a replica answers again", replica_of=replica.service, address=replica.address)
    elif not replica.up and not before:
        log.warning("a replica is silent", replica_of=replica.service, address=replica.address, reason=replica.reason)


@contextlib.asynccontextmanager
async def open_fleet(
    addresses: Addresses, *, interval_seconds: float, resolve_seconds: float, connect: Connect | None = None
) -> AsyncIterator[Fleet]:
    """A fleet whose addresses are known and that is looked at in the background."""
    fleet = Fleet(addresses, connect=connect)
    await fleet.find()
    # What was counted before this first look is the past.
    await fleet.look()

    async def find() -> int:
        await fleet.find()
        return 0

    async def look() -> int:
        await fleet.look()
        return 0

    try:
        async with repeating("finding replicas", resolve_seconds, find), repeating("reading", interval_seconds, look):
            yield fleet
    finally:
        await fleet.close()
