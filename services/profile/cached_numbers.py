"""Numbers from memory: the same methods as the store, and its answers unless a write anywhere made them stale.

Only what a user has proved is remembered, never that a code may be sent or what is being proved: what decides reads the
database under locks, and a code's time ends without a write.
"""

from collections.abc import Sequence

from chassis import changes
from chassis.caching.memory import MemoryCache
from chassis.caching.numbers import publish
from chassis.caching.read_through import ReadThrough
from chassis.telemetry import Telemetry
from hailwire.profile.v1 import numbers_pb2 as pb
from services.profile.number_store import Check, NumberStore, Owner, Start
from services.profile.verification import Number

MAX_NUMBERS = 500


class CachedNumbers:
    """A bounded LRU over a store. That a user has none is not kept: they may be asking for one now."""

    def __init__(self, store: NumberStore, telemetry: Telemetry, *, ttl_seconds: float) -> None:
        """How long a number is answered from memory."""
        self._store = store
        self._held = MemoryCache(MAX_NUMBERS)
        self._numbers: ReadThrough[bytes, Number] = ReadThrough(self._held, self._load, ttl_seconds=ttl_seconds)
        publish(telemetry, {"numbers": self._held})

    async def find(self, owner: bytes) -> Number | None:
        """What a user has or is proving."""
        return (await self._numbers.get([owner])).get(owner) or await self._store.pending(owner)

    async def person_of(self, owner: bytes) -> int:
        """As the store, each time: whoever unlinked a number a moment ago sees nothing of its person any more."""
        return await self._store.person_of(owner)

    async def start(self, request: changes.Request[Start]) -> pb.StartVerificationResponse:
        """As the store; our own replica forgets at once, the others when the notification arrives."""
        try:
            return await self._store.start(request)
        finally:
            self._numbers.forget([request.item.owner.hashed])

    async def check(self, request: changes.Request[Check]) -> pb.CheckVerificationResponse:
        """As the store."""
        try:
            return await self._store.check(request)
        finally:
            self._numbers.forget([request.item.owner.hashed])

    async def unlink(self, request: changes.Request[Owner]) -> None:
        """As the store."""
        try:
            await self._store.unlink(request)
        finally:
            self._numbers.forget([request.item.hashed])

    def heard(self, payload: str) -> None:
        """A notification of `profile_numbers`: an owner's hash in hexadecimal digits."""
        self._numbers.forget([bytes.fromhex(payload)])

    def distrust(self) -> None:
        """Notifications may be lost from now on: forget everything and answer nothing."""
        self._numbers.distrust()

    def trust(self) -> None:
        """Notifications arrive from now on."""
        self._numbers.trust()

    def cleanup(self) -> int:
        """Let go of what nobody asked for before its time was over; answers how much it was."""
        return self._held.cleanup()

    async def _load(self, owners: Sequence[bytes]) -> dict[bytes, Number]:
        return await self._store.find(owners)
