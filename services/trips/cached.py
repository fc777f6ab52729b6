"""Trips and presences from memory: the same methods as the store, and its answers unless a write made them stale.

Only what people are shown comes from here. Whoever decides reads the rows under locks (attempts.py) or asks for what is
true now (`fresh`). Rows are held as they are; whether a place is too old or an offer has lapsed is for the clock of
whoever looks, and what time has changed is written, and so told, like any other change (lapses.py).

Each trip is held once, under its own id. A person's open trip is a signpost to it, believed while that trip is open and
the person takes part in it. That somebody has no open trip is not held: hardly anybody asks. With Redis the replicas
lend each other what they have read; such a copy is believed by the same rule.
"""

import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeVar

from chassis import changes
from chassis.caching.memory import MemoryCache
from chassis.caching.numbers import publish
from chassis.caching.read_through import ReadThrough
from chassis.caching.second_level import Copies, SecondLevel
from chassis.caching.shelf import Shelf
from chassis.database import Database
from chassis.querying.query import Page
from chassis.telemetry import Telemetry
from hailwire.trips.v1 import trips_pb2 as pb
from services.trips.board import Cancellation, Merge, NewTrip, OfferAnswer, Step
from services.trips.listing import Wanted
from services.trips.presence import Presence, PresenceUpdate
from services.trips.search import Nearby, Search
from services.trips.store import Outcomes, TripStore
from services.trips.trip import DRIVEN, OPEN, Trip

Item = TypeVar("Item")

# 3 kB a trip that nine were asked for, 0.6 kB a presence.
MAX_TRIPS = 10_000
MAX_PRESENCES = 10_000
# That somebody never drove is told to every replica when they begin; this is for what may come to pass all the same.
_ABSENT_SECONDS = 60.0
# The payload of `trips_trip` that means any trip.
_ANY = "*"


class CachedTrips:
    """Bounded LRUs over a store. One load for however many ask at once; errors are never kept."""

    def __init__(
        self,
        store: TripStore,
        telemetry: Telemetry,
        shelf: Shelf,
        database: Database,
        *,
        location_ttl_seconds: float,
        state_ttl_seconds: float,
        most: int = MAX_TRIPS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """How long a presence, and how long a trip and whose it is, are answered from memory."""
        self._store = store
        self._held = {
            "presences": MemoryCache(min(most, MAX_PRESENCES), clock=clock),
            "trips": MemoryCache(most, clock=clock),
            "open_trips": MemoryCache(most, clock=clock),
        }
        # What each kind of notification tells is known apart.
        self._trips_second = SecondLevel(shelf, database)
        self._presences_second = SecondLevel(shelf, database)
        self._lent_presences: Copies[int, Presence] = Copies(
            self._presences_second,
            "presences",
            Presence,
            ttl_seconds=location_ttl_seconds,
            names=lambda asked, presence: (asked, presence.person_id),
            fits=lambda _, __: True,
        )
        self._lent_trips: Copies[int, Trip] = Copies(
            self._trips_second,
            "trips",
            Trip,
            ttl_seconds=state_ttl_seconds,
            names=lambda _, trip: (trip.trip_id,),
            fits=lambda asked, trip: asked == trip.trip_id,
        )
        self._lent_open_trips: Copies[int, Trip] = Copies(
            self._trips_second,
            "open_trips",
            Trip,
            ttl_seconds=state_ttl_seconds,
            names=lambda _, trip: (trip.trip_id,),
            fits=_takes_part,
        )
        self._presences: ReadThrough[int, Presence] = ReadThrough(
            self._held["presences"],
            lambda person_ids: self._lent_presences.get(person_ids, store.presences),
            ttl_seconds=location_ttl_seconds,
            absent_ttl_seconds=min(_ABSENT_SECONDS, location_ttl_seconds),
        )
        self._trips: ReadThrough[int, Trip] = ReadThrough(
            self._held["trips"],
            lambda trip_ids: self._lent_trips.get(trip_ids, store.trips),
            ttl_seconds=state_ttl_seconds,
        )
        self._open_trips: ReadThrough[int, Trip] = ReadThrough(
            self._held["open_trips"],
            self._load_open_trips,
            ttl_seconds=state_ttl_seconds,
            remember_as=lambda person_id, trip: (person_id, trip.trip_id),
            names=lambda _, __: (),
        )
        publish(telemetry, self._held)

    async def trips(self, trip_ids: Sequence[int], *, fresh: bool = False) -> dict[int, Trip]:
        """Those that exist."""
        return await (self._store.trips(trip_ids) if fresh else self._trips.get(trip_ids))

    async def open_trips(self, person_ids: Sequence[int], *, fresh: bool = False) -> dict[int, Trip]:
        """The open trip of each person who has one, in either role, by the id asked for."""
        if fresh:
            return await self._store.open_trips(person_ids)
        signposts = await self._open_trips.remembered(person_ids)
        trips = await self._trips.get(signposts.values())
        found = {
            person_id: trip
            for person_id, trip_id in signposts.items()
            if (trip := trips.get(trip_id)) is not None and _takes_part(person_id, trip)
        }
        missing = [person_id for person_id in dict.fromkeys(person_ids) if person_id not in found]
        return found | (await self._open_trips.load(missing) if missing else {})

    async def presences(self, person_ids: Sequence[int], *, fresh: bool = False) -> dict[int, Presence]:
        """Those that exist, by the id asked for; a merged person's id gives the survivor's."""
        return await (self._store.presences(person_ids) if fresh else self._presences.get(person_ids))

    async def page(self, wanted: Wanted) -> tuple[list[Trip], Page]:
        """Never from memory: a page changes with each trip of the person, and is seldom read twice."""
        return await self._store.page(wanted)

    async def search(self, searches: Sequence[Search]) -> list[list[Nearby]]:
        """Never from memory: whom it finds changes with every driver who moves."""
        return await self._store.search(searches)

    # Our own replica forgets what it changed at once, the others when the notification arrives.

    async def update_presences(self, requests: Sequence[changes.Request[PresenceUpdate]]) -> Outcomes:
        """PresenceResults."""
        outcomes: Outcomes = []
        try:
            outcomes = await self._store.update_presences(requests)
        finally:
            changed = [pb.PresenceResult.FromString(kept).presence for kept in outcomes if isinstance(kept, bytes)]
            people = [request.item.person_id for request in requests]
            self._changed_presences({*people, *(presence.person_id for presence in changed)})
            # Whoever moves on a trip changes when they will be there, or how far it went.
            self.changed_trips({presence.trip_id for presence in changed if presence.trip_id})
        return outcomes

    async def create(self, requests: Sequence[changes.Request[NewTrip]]) -> Outcomes:
        """TripResults."""
        return await self._changed(self._store.create, requests)

    async def answer(self, requests: Sequence[changes.Request[OfferAnswer]]) -> Outcomes:
        """TripResults."""
        return await self._changed(self._store.answer, requests)

    async def advance(self, requests: Sequence[changes.Request[Step]]) -> Outcomes:
        """TripResults."""
        return await self._changed(self._store.advance, requests)

    async def cancel(self, requests: Sequence[changes.Request[Cancellation]]) -> Outcomes:
        """TripResults."""
        return await self._changed(self._store.cancel, requests)

    async def merge(self, requests: Sequence[changes.Request[Merge]]) -> Outcomes:
        """MergePeopleResults."""
        try:
            return await self._store.merge(requests)
        finally:
            self.heard_trips(_ANY)
            self._changed_presences(
                {
                    person_id
                    for request in requests
                    for person_id in (request.item.from_person_id, request.item.to_person_id)
                }
            )

    def changed_trips(self, trip_ids: Collection[int]) -> None:
        """Forget them at once: this replica changed them."""
        self._trips_second.forgotten(trip_ids)
        self._forget_trips(trip_ids)

    def forget_person(self, person_id: int) -> None:
        """Somebody was erased: their trips are told otherwise, and they are nowhere."""
        self.heard_trips(_ANY)
        self._presences.forget([person_id])

    def heard_trips(self, payload: str) -> None:
        """A notification of `trips_trip`: ids with commas between and the transaction after an "@", or `*`."""
        if payload == _ANY:
            self._trips_second.anything_changed()
            self._trips.forget_everything()
            self._open_trips.forget_everything()
        else:
            self._trips_second.heard(_ids(payload), payload)
            self._forget_trips(_ids(payload))

    def heard_presences(self, payload: str) -> None:
        """A notification of `trips_presence`: ids of people with commas between and the transaction after an "@"."""
        self._presences_second.heard(_ids(payload), payload)
        self._presences.forget(_ids(payload))

    def distrust(self) -> None:
        """Notifications may be lost from now on: forget everything and answer nothing."""
        for level in (self._trips_second, self._presences_second):
            level.distrust()
        for cache in (self._presences, self._trips, self._open_trips):
            cache.distrust()

    def trust(self) -> None:
        """Notifications arrive from now on."""
        for level in (self._trips_second, self._presences_second):
            level.trust()
        for cache in (self._presences, self._trips, self._open_trips):
            cache.trust()

    def cleanup(self) -> int:
        """Let go of what nobody asked for before its time was over; answers how much it was."""
        return sum(cache.cleanup() for cache in self._held.values())

    async def _changed(
        self,
        change: Callable[[Sequence[changes.Request[Item]]], Awaitable[Outcomes]],
        requests: Sequence[changes.Request[Item]],
    ) -> Outcomes:
        outcomes = await change(requests)
        results = [pb.TripResult.FromString(kept) for kept in outcomes if isinstance(kept, bytes)]
        changed = [result.trip for result in results if result.HasField("trip")]
        self.changed_trips({trip.trip_id for trip in changed})
        self._changed_presences({trip.driver_id for trip in changed if trip.driver_id})
        return outcomes

    def _changed_presences(self, person_ids: Collection[int]) -> None:
        self._presences_second.forgotten(person_ids)
        self._presences.forget(person_ids)

    def _forget_trips(self, trip_ids: Collection[int]) -> None:
        self._trips.forget(trip_ids)
        self._open_trips.outdate(trip_ids)  # signposts are checked when they are read

    async def _load_open_trips(self, person_ids: Sequence[int]) -> dict[int, Trip]:
        with self._trips.asking() as question:
            found = await self._lent_open_trips.get(person_ids, self._store.open_trips)
            await self._trips.keep(question, {trip.trip_id: trip for trip in found.values()})
        return found


def _takes_part(person_id: int, trip: Trip) -> bool:
    """Whether this is the open trip of somebody."""
    if person_id == trip.passenger_id:
        return trip.state in OPEN
    return person_id == trip.driver_id and trip.state in DRIVEN


def _ids(payload: str) -> list[int]:
    return [int(text) for text in payload.split(",") if text.isdigit()]
