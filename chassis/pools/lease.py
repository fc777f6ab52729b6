"""What a pool of leased clients hands out, and what it says when it cannot."""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Generic, TypeVar

from chassis import errors

Client = TypeVar("Client")


class PoolBusy(errors.Unavailable):
    """Nobody gave a client back in time."""

    reason = "POOL_BUSY"


class PoolClosed(errors.Unavailable):
    """The process ends."""

    reason = "POOL_CLOSED"


class NotLeased(errors.Internal):
    """Our bug: what is given back was given back before, or is another pool's."""

    reason = "NOT_LEASED"


class Member(Generic[Client]):
    """A client that is open. `doubtful`: its last user failed in a way that may be its fault."""

    __slots__ = ("checked_at", "client", "doubtful", "opened_at", "used_at")

    def __init__(self, client: Client, now: float) -> None:
        self.client = client
        self.opened_at = self.checked_at = self.used_at = now
        self.doubtful = False


class Lease(Generic[Client]):
    """The right to use `client` until it is given back. Each is an object of its own: two users are never mixed up."""

    __slots__ = ("client", "member")

    def __init__(self, member: Member[Client]) -> None:
        self.member = member
        self.client = member.client


class Leasing(Generic[Client]):
    """A lease for an `async with` block. No generator: that would cost more than the lease."""

    __slots__ = ("_acquire", "_doubts", "_lease", "_release")

    def __init__(
        self,
        acquire: Callable[[], Awaitable[Lease[Client]]],
        release: Callable[..., None],
        doubts: Callable[[Client, BaseException | None], bool],
    ) -> None:
        self._acquire = acquire
        self._release = release
        self._doubts = doubts

    async def __aenter__(self) -> Client:
        self._lease = await self._acquire()
        return self._lease.client

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._release(self._lease, doubtful=self._doubts(self._lease.client, error))
