"""Copies of people beside the turns that need them: a turn of somebody known costs no call of the profile service.

A copy is believed while a replica of the profile service tells of every change (WatchPeople), for CACHE_TTL_PROFILE at
most. Which replica answers a call nobody knows, and it may hear of a change later than the one that tells: so nobody is
copied from the answer to a call that was made soon after they changed, or soon after the telling began.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Any

import grpc

from chassis import logs
from chassis.caching.memory import MemoryCache
from chassis.caching.numbers import publish
from chassis.telemetry import Telemetry
from hailwire.profile.v1 import profile_pb2, profile_pb2_grpc

log = logs.get(__name__)

# Some 400 bytes each.
MAX_PEOPLE = 10_000
# By then every replica has heard of a change or knows that it does not hear: the contract's three seconds and a little.
_HEARD_SECONDS = 3.5
# No call takes longer: its turn would be over.
_LONGEST_CALL_SECONDS = 15.0
# Something comes every second; a replica that is silent for longer may be gone.
_SILENCE_SECONDS = 3.0
_RETRY_SECONDS = 0.5
# So many in a row that ended so soon are news.
_FAILURES, _SHORT_SECONDS = 10, 5.0


class PeopleCopies:
    """People by their own ids, each as bytes: whoever asks gets a message of their own, which they may change."""

    def __init__(
        self,
        channel: grpc.aio.Channel,
        telemetry: Telemetry,
        *,
        ttl_seconds: float,
        most: int = MAX_PEOPLE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ttl_seconds` 0: nobody is copied."""
        self._stub: Any = profile_pb2_grpc.ProfileServiceStub(channel)
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._held = MemoryCache(most, clock=clock)
        self._told_since = inf
        self._heard_at = -inf
        self._changed: OrderedDict[int, float] = OrderedDict()  # when they last did, the longest ago first
        publish(telemetry, {"people": self._held})
        telemetry.gauge(
            "people_watched",
            "1 while a replica of profile tells of every change of a person, so that copies may be kept",
            lambda: [(int(self._told_since < inf), {})],
        )

    def get(self, person_id: int) -> profile_pb2.Person | None:
        """The person with this id, if there is a copy; nobody is found under the id of somebody merged into them."""
        if self._clock() - self._heard_at > _SILENCE_SECONDS:
            return None  # this process stood still, and has not yet seen what came meanwhile
        held: bytes | None = self._held.look(person_id)
        return None if held is None else profile_pb2.Person.FromString(held)

    def sighted(
        self, person_id: int, identities: Sequence[profile_pb2.Identity], name: str
    ) -> profile_pb2.Person | None:
        """The same, if the profile service would learn nothing from this sighting of them."""
        person = self.get(person_id)
        if person is None or (name and not person.name):
            return None
        known = person.identities
        return person if all(identity in known for identity in identities) else None

    def asking(self) -> float:
        """When a call is made, for `keep`."""
        return self._clock()

    async def keep(self, person: profile_pb2.Person, asked_at: float) -> None:
        """Copy the answer to a call that was made then, unless it may be older than a change that we have heard of."""
        for former_id in person.merged_person_ids:
            self._held.discard(former_id)
        known_by_all = asked_at - _HEARD_SECONDS
        if not self._ttl_seconds or self._told_since > known_by_all or asked_at < self._clock() - _LONGEST_CALL_SECONDS:
            return
        if self._changed.get(person.person_id, -inf) <= known_by_all:
            await self._held.set(person.person_id, person.SerializeToString(), ttl=self._ttl_seconds)

    def forget(self, person_ids: Iterable[int]) -> None:
        """These people changed."""
        now = self._clock()
        for person_id in person_ids:
            self._held.discard(person_id)
            self._changed[person_id] = now
            self._changed.move_to_end(person_id)
        while self._changed and next(iter(self._changed.values())) < now - _HEARD_SECONDS - _LONGEST_CALL_SECONDS:
            self._changed.popitem(last=False)

    async def run(self) -> None:
        """Hear of changes until cancelled."""
        failures = 0
        while True:
            began = self._clock()
            try:
                await self._watch()
                reason = "ENDED"
            except (grpc.aio.AioRpcError, grpc.aio.UsageError, TimeoutError) as error:
                reason = error.code().name if isinstance(error, grpc.aio.AioRpcError) else type(error).__name__
            finally:
                self._told_since, self._heard_at = inf, -inf
                self._held.empty()
            # Connections end now and then so that callers come to new replicas, and services start one after the other.
            failures = failures + 1 if self._clock() - began < _SHORT_SECONDS else 0
            if failures == _FAILURES:
                log.warning("nobody tells of people who change", reason=reason)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        call = self._stub.WatchPeople(profile_pb2.WatchPeopleRequest())
        try:
            async with asyncio.timeout(_SILENCE_SECONDS) as patience:
                async for told in call:
                    patience.reschedule(loop.time() + _SILENCE_SECONDS)
                    self._hear(told.person_ids)
        finally:
            call.cancel()

    def _hear(self, person_ids: Iterable[int]) -> None:
        self._heard_at = self._clock()
        if self._told_since == inf:
            self._told_since = self._heard_at
        self.forget(person_ids)
        self._held.cleanup()
