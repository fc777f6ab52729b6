"""A pool of clients of which each has one user at a time.

Who waits is served in the order of asking: what is given back goes to whoever waited longest, and nobody who comes
later overtakes. Clients are opened, checked and closed by tasks of the pool, and giving one back awaits nothing, so
there is no moment at which a caller who gives up could take a client along. A client that was not checked for a while,
or whose user failed in a way that throws doubt on it, is checked before anybody gets it. The least recently used one
is taken first: that way each is used, and found out when it broke. Where the other end keeps a memory for each client,
`warm_first` takes the one used last.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic

from chassis.pools.lease import Client, Lease, Leasing, Member, NotLeased, PoolBusy, PoolClosed
from chassis.pools.statistics import Statistics

# How long a client is trusted without being asked.
_CHECK_SECONDS = 60.0
# How long a caller waits for a client, and a client may take to answer a check or to close.
_PATIENCE_SECONDS = 5.0


class LeasePool(Generic[Client]):
    """Opens up to `most` clients when they are needed, and keeps `least` of them when nobody needs them.

    `alive` says at once whether a client is known to be broken; `check` asks it and raises when it is. `doubts` says
    after a use, with what its block raised, whether to ask. `busy` is what is raised when nobody gave one back in time.
    """

    def __init__(
        self,
        *,
        open_client: Callable[[], Awaitable[Client]],
        close_client: Callable[[Client], Awaitable[None]],
        check: Callable[[Client], Awaitable[None]],
        alive: Callable[[Client], bool] = lambda _client: True,
        doubts: Callable[[Client, BaseException | None], bool] = lambda _client, error: error is not None,
        busy: Callable[[], Exception] = PoolBusy,
        most: int,
        least: int = 0,
        warm_first: bool = False,
        idle_seconds: float,
        check_seconds: float = _CHECK_SECONDS,
        patience_seconds: float = _PATIENCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.waited_seconds = 0.0
        self._open_client = open_client
        self._close_client = close_client
        self._check = check
        self._alive = alive
        self._doubts = doubts
        self._busy = busy
        self._most = most
        self._least = least
        self._idle_seconds = idle_seconds
        self._check_seconds = check_seconds
        self._patience_seconds = patience_seconds
        self._clock = clock
        # The least recently used first.
        self._idle: deque[Member[Client]] = deque()
        self._take_next = self._idle.pop if warm_first else self._idle.popleft
        self._put_next = self._idle.append if warm_first else self._idle.appendleft
        self._leases: set[Lease[Client]] = set()
        # Those of a close that could wait no longer: whoever still has one may give it back.
        self._taken_away: set[Lease[Client]] = set()
        self._checking: set[Member[Client]] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._closing = 0
        self._waiters: deque[asyncio.Future[Lease[Client]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._uses = 0
        self._closed = False
        self._returned = asyncio.Event()

    def lease(self) -> Leasing[Client]:
        """A client for an `async with` block."""
        return Leasing(self.acquire, self.release, self._doubts)

    async def acquire(self) -> Lease[Client]:
        """A client, to be given back by `release`; raises what `busy` says, PoolClosed, or what opening one raised."""
        if self._closed:
            raise PoolClosed
        if not self._waiters and (member := self._ready()) is not None:
            return self._leased(member)
        waiter: asyncio.Future[Lease[Client]] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self._serve()
        since = time.perf_counter()
        patience = asyncio.timeout(self._patience_seconds)
        try:
            async with patience:
                return await waiter
        except BaseException as error:
            self._leave(waiter)
            if isinstance(error, TimeoutError) and patience.expired():
                raise self._busy() from None
            raise
        finally:
            self.waited_seconds += time.perf_counter() - since

    def release(self, lease: Lease[Client], *, doubtful: bool = False) -> None:
        """Give a client back, once; raises NotLeased. Awaits nothing, so that nothing can come between."""
        if lease in self._taken_away:
            self._taken_away.discard(lease)
            return
        if lease not in self._leases:
            raise NotLeased
        self._leases.discard(lease)
        member = lease.member
        member.used_at = self._clock()
        if self._closed:
            self._discard(member)
        elif doubtful:
            member.doubtful = True
            self._checked_then(self._idle.append, member)
        else:
            self._idle.append(member)
            self._serve()
        if not self._leases:
            self._returned.set()

    async def tend(self) -> int:
        """Close what was idle for too long or broke, ask what was not asked lately; answers how many it closed.

        To be repeated in the background.
        """
        now = self._clock()
        closed = 0
        for member in list(self._idle):
            spare = len(self._idle) + len(self._leases) + len(self._checking) > self._least
            if (spare and now - member.used_at >= self._idle_seconds) or not self._alive(member.client):
                self._idle.remove(member)
                self._discard(member)
                closed += 1
            elif now - member.checked_at >= self._check_seconds:
                self._idle.remove(member)
                self._checked_then(self._idle.appendleft, member)
        if self._tasks:
            await asyncio.wait(self._tasks)
        return closed

    async def close(self, seconds: float = _PATIENCE_SECONDS) -> None:
        """Close every client, once, waiting so long for those in use; whoever waits for one hears PoolClosed."""
        self._closed = True
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(PoolClosed())
        self._waiters.clear()
        while self._idle:
            self._discard(self._idle.popleft())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while self._leases:
                        self._returned.clear()
                        await self._returned.wait()
                    while self._tasks:
                        await asyncio.wait(self._tasks)
        finally:
            # Checks and closes end by themselves soon; whoever opens a client may wait for a server that is silent.
            for task in self._opening:
                task.cancel()
            for lease in self._leases:
                self._discard(lease.member)
            self._taken_away, self._leases = self._leases, set()
            while self._tasks:
                await asyncio.wait(self._tasks)

    def statistics(self) -> Statistics:
        """The pool now."""
        members = [*self._idle, *(lease.member for lease in self._leases), *self._checking]
        oldest = min((member.opened_at for member in members), default=None)
        return Statistics(
            size=len(members),
            healthy=sum(not member.doubtful and self._alive(member.client) for member in members),
            in_use=len(self._leases),
            waiting=sum(not waiter.done() for waiter in self._waiters),
            max=self._most,
            total_uses=self._uses,
            oldest_client_age=0.0 if oldest is None else self._clock() - oldest,
        )

    def _ready(self) -> Member[Client] | None:
        """The next client that may be used as it is; the others before it are checked or closed."""
        while self._idle:
            member = self._take_next()
            if not self._alive(member.client):
                self._discard(member)
            elif self._clock() - member.checked_at >= self._check_seconds:
                # Back to where it was: it is still the next one's turn.
                self._checked_then(self._put_next, member)
            else:
                return member
        return None

    def _leased(self, member: Member[Client]) -> Lease[Client]:
        lease = Lease(member)
        self._leases.add(lease)
        self._uses += 1
        return lease

    def _serve(self) -> None:
        """Hand what is free to whoever waited longest, and open what is missing."""
        while self._waiters:
            if self._waiters[0].done():  # gave up a moment ago
                self._waiters.popleft()
            elif (member := self._ready()) is not None:
                self._waiters.popleft().set_result(self._leased(member))
            else:
                break
        while len(self._opening) + len(self._checking) < len(self._waiters) and self._taken < self._most:
            task = self._start(self._open())
            self._opening.add(task)

    @property
    def _taken(self) -> int:
        """How much of `most` is used up, by what is on its way in or out too."""
        return len(self._idle) + len(self._leases) + len(self._checking) + len(self._opening) + self._closing

    def _leave(self, waiter: asyncio.Future[Lease[Client]]) -> None:
        """A caller has given up; what was given to them at the same moment goes to the next."""
        with contextlib.suppress(ValueError):
            self._waiters.remove(waiter)
        if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
            self._uses -= 1
            self.release(waiter.result())

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _open(self) -> None:
        opening = asyncio.current_task()
        try:
            client = await self._open_client()
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever waits shall hear it
            # One attempt, one answer: the others' attempts may fare better.
            waiter = next((one for one in self._waiters if not one.done()), None)
            if waiter is not None:
                self._waiters.remove(waiter)
                waiter.set_exception(error)
        else:
            member = Member(client, self._clock())
            if self._closed:
                self._discard(member)
            else:
                self._idle.append(member)
        finally:
            if opening is not None:
                self._opening.discard(opening)
            self._serve()

    def _checked_then(self, put_back: Callable[[Member[Client]], None], member: Member[Client]) -> None:
        self._checking.add(member)
        self._start(self._ask(put_back, member))

    async def _ask(self, put_back: Callable[[Member[Client]], None], member: Member[Client]) -> None:
        well = False
        # Whatever it raises: such a client is not to be trusted.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(self._patience_seconds):
                await self._check(member.client)
            well = True
        self._checking.discard(member)
        if well and not self._closed:
            member.checked_at = self._clock()
            member.doubtful = False
            put_back(member)
        else:
            self._discard(member)
        self._serve()

    def _discard(self, member: Member[Client]) -> None:
        self._closing += 1
        self._start(self._close(member))

    async def _close(self, member: Member[Client]) -> None:
        # One that cannot even be closed is gone as well.
        with contextlib.suppress(Exception):
            async with asyncio.timeout(self._patience_seconds):
                await self._close_client(member.client)
        self._closing -= 1
        self._serve()
