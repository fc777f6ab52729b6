"""Every address of every target: fixed ones as they are, names as DNS says now, asked again every few seconds."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterable

from chassis import logs
from services.metrics.targets import Target, joined

log = logs.get(__name__)

Resolve = Callable[[str], Awaitable[list[str]]]

# A name server that needs longer is asked again the next time.
_RESOLVE_SECONDS = 2.0


async def system_resolve(host: str) -> list[str]:
    """Every address of a name, as this machine sees it; OSError when there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Addresses:
    """Where the replicas are. A name that cannot be asked for keeps the addresses that it had."""

    def __init__(self, targets: Iterable[Target], resolve: Resolve = system_resolve) -> None:
        self._targets = tuple(targets)
        self._resolve = resolve
        self._known: dict[Target, list[str]] = {target: [] for target in self._targets if target.every_address}
        self._under_way: dict[Target, asyncio.Task[list[str]]] = {}
        # Names that DNS has no answer for now, with what it said, by service.
        self.problems: dict[str, str] = {}

    @property
    def services(self) -> tuple[str, ...]:
        """Every service in the order of the targets."""
        return tuple(dict.fromkeys(target.service for target in self._targets))

    def now(self) -> list[tuple[str, str]]:
        """(service, "host:port") of every replica that is known."""
        found: dict[tuple[str, str], None] = {}
        for target in self._targets:
            places = self._known[target] if target.every_address else [target.host]
            found |= dict.fromkeys((target.service, joined(host, target.port)) for host in places)
        return list(found)

    async def refresh(self) -> None:
        """Ask for every name anew, all at once."""
        await asyncio.gather(*(self._refresh(target) for target in self._known))

    async def _refresh(self, target: Target) -> None:
        # The system's resolver cannot be interrupted: one that hangs is not asked a second time meanwhile.
        task = self._under_way.get(target)
        if task is None:
            task = self._under_way[target] = asyncio.create_task(self._ask(target.host))
        done, _ = await asyncio.wait([task], timeout=_RESOLVE_SECONDS)
        if not done:
            self._failed(target, "DNS_SLOW")
            return
        del self._under_way[target]
        try:
            self._known[target] = sorted(task.result())
        except OSError:
            self._failed(target, "NAME_UNKNOWN")
            return
        self.problems.pop(target.service, None)

    async def _ask(self, host: str) -> list[str]:
        return await self._resolve(host)

    def _failed(self, target: Target, problem: str) -> None:
        if self.problems.get(target.service) != problem:
            log.warning("a name leads nowhere", target_service=target.service, reason=problem)
        self.problems[target.service] = problem

    async def close(self) -> None:
        """Forget questions that are still under way."""
        for task in self._under_way.values():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await task
