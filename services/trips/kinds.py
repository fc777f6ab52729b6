"""The kinds of change: presences, new trips, answers, steps, cancellations. What each locks and what it decides."""

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chassis import errors
from hailwire.trips.v1 import trips_pb2 as pb
from services.trips import blocking, course, messages, no_shows, rows, statements
from services.trips.attempts import Plan, TripsAttempt
from services.trips.board import Cancellation, NewTrip, OfferAnswer, Step
from services.trips.eta import Leg
from services.trips.geo import Location, location
from services.trips.looking import around
from services.trips.match import Candidate
from services.trips.offer import Answer
from services.trips.presence import PresenceUpdate, Vehicle, vehicle
from services.trips.search import Search
from services.trips.terms import MOST_ASKED, NEAREST_ASKED
from services.trips.trip import TripState


class PresenceUpdates(TripsAttempt[PresenceUpdate]):
    """Drivers go online, move, go offline."""

    actors = ("person_id",)

    async def plan(self, items: Sequence[PresenceUpdate]) -> list[Plan]:
        """The driver, and the trip that a driver who has moved is on."""
        moving = sorted({item.person_id for item in items if item.location is not None})
        driven = await self.session.fetch(statements.DRIVEN_TRIPS, moving) if moving else []
        trips = {row["driver_id"]: row for row in driven}
        on_trip = [(item, trips[item.person_id]) for item in items if item.location and item.person_id in trips]
        await self.ask_for_ways(leg for item, row in on_trip if (leg := _way(item, row)) is not None)
        tripping = {item: row["trip_id"] for item, row in on_trip}
        return [Plan(people={item.person_id}, trips={tripping[item]} if item in tripping else set()) for item in items]

    def decide_one(self, item: PresenceUpdate) -> pb.PresenceResult:
        """The presence after the update."""
        return messages.presence_result(self.board.update_presence(item))

    def refused(self, refusal: errors.HailwireError) -> pb.PresenceResult:
        """A refusal as an outcome."""
        return messages.presence_result(refusal)


def _way(item: PresenceUpdate, row: Any) -> Leg | None:
    """The way that a driver on a trip has before them or behind them; None when none matters."""
    if item.location is None:
        return None
    try:
        place = location(item.location.latitude, item.location.longitude)
    except errors.InvalidArgument:
        return None
    pickup, driven_to = Location(row["latitude"], row["longitude"]), rows.place(row, "driven_")
    return course.leg(TripState(row["state"]), Vehicle(row["vehicle"]), pickup, driven_to, place)


class NewTrips(TripsAttempt[NewTrip]):
    """Passengers ask for rides."""

    actors = ("passenger_id",)
    _candidates: dict[NewTrip, Collection[int]]
    _passed_over: dict[NewTrip, Collection[Candidate]]
    _refused_until: dict[int, datetime.datetime]
    _trip_ids: Iterator[int]
    _offer_ids: Iterator[int]

    def named(self, item: NewTrip) -> set[int]:
        """The passenger and the drivers to be asked."""
        return super().named(item) | set(_asked(item))

    def as_survivors(self, item: NewTrip, survivors: Mapping[int, int]) -> NewTrip:
        """Drivers who became one are asked once; too many stay too many."""
        if not _asked(item):
            return super().as_survivors(item, survivors)
        asked = dict.fromkeys(survivors.get(driver_id, driver_id) for driver_id in item.driver_ids)
        return replace(super().as_survivors(item, survivors), driver_ids=tuple(asked))

    async def plan(self, items: Sequence[NewTrip]) -> list[Plan]:
        """The passenger, and the drivers who may be asked: named ones or those found near."""
        self._candidates = dict.fromkeys(items, ())
        await self.ask_for_ways(leg for item in items if (leg := _ride(item)) is not None)
        named = sorted({driver_id for item in items for driver_id in _asked(item)})
        if named:
            known = {row["person_id"] for row in await self.session.fetch(statements.PRESENCES, named)}
            pairs = [(item.passenger_id, driver_id) for item in items for driver_id in _asked(item)]
            away = await blocking.apart(self.session, pairs)
            for item in items:
                self._candidates[item] = [
                    driver_id
                    for driver_id in _asked(item)
                    if driver_id in known and (item.passenger_id, driver_id) not in away
                ]
        open_to_all = [item for item in items if not item.driver_ids and _search(item) is not None]
        searches = [near for item in items if not item.driver_ids and (near := _search(item)) is not None]
        self._passed_over = {}
        for item, found in zip(open_to_all, await around(self.session, searches, self.terms), strict=True):
            self._candidates[item], self._passed_over[item] = found.available, found.passed_over
        return [Plan(people={item.passenger_id}, asked=set(self._candidates[item])) for item in items]

    async def prepare(self, items: Sequence[NewTrip]) -> None:
        """Ids for as many trips and offers as there may be, and the passengers who get none.

        Looked for after their open trips: when one was given up meanwhile, what was noted of it is seen here.
        """
        passengers = {item.passenger_id for item in items}
        self._refused_until = await no_shows.refused(self.session, passengers, self.terms, self.board.now)
        offers = sum(len(self._candidates[item]) for item in items)
        ids = await self.session.fetchrow(statements.NEW_IDS, len(items), offers)
        self._trip_ids, self._offer_ids = (
            (iter(ids["trip_ids"]), iter(ids["offer_ids"])) if ids else (iter(()), iter(()))
        )

    def decide_one(self, item: NewTrip) -> pb.TripResult:
        """The trip with its offers."""
        trip = self.board.create(
            item,
            self._candidates[item],
            self._trip_ids,
            self._offer_ids,
            self._passed_over.get(item, ()),
            self._refused_until.get(item.passenger_id),
        )
        return messages.trip_result(trip)


def _asked(item: NewTrip) -> tuple[int, ...]:
    """The drivers to look at: none of those who are too many."""
    return item.driver_ids if len(item.driver_ids) <= MOST_ASKED else ()


def _ride(item: NewTrip) -> Leg | None:
    """The way to the destination; None when there is none, or the trip will be refused anyway."""
    if item.destination is None:
        return None
    try:
        pickup, destination = (location(at.latitude, at.longitude) for at in (item.pickup, item.destination))
        return Leg(vehicle(item.vehicle), pickup, destination)
    except errors.InvalidArgument:
        return None


def _search(item: NewTrip) -> Search | None:
    """The search behind a trip that names nobody; None when it will be refused anyway."""
    try:
        pickup = location(item.pickup.latitude, item.pickup.longitude)
        return Search(item.passenger_id, vehicle(item.vehicle), pickup, NEAREST_ASKED)
    except errors.InvalidArgument:
        return None


class OfferAnswers(TripsAttempt[OfferAnswer]):
    """Drivers accept and decline."""

    actors = ("driver_id",)

    async def plan(self, items: Sequence[OfferAnswer]) -> list[Plan]:
        """The driver and the trip that is offered."""
        offered = await self.session.fetch(statements.OFFERED_TRIPS, [item.offer_id for item in items])
        trips = {row["offer_id"]: row["trip_id"] for row in offered}
        self._accepting = {item.driver_id for item in items if item.answer == Answer.ACCEPT}
        accepted = {item.offer_id for item in items if item.answer == Answer.ACCEPT}
        await self.ask_for_ways(
            Leg(
                Vehicle(row["vehicle"]),
                Location(row["driver_latitude"], row["driver_longitude"]),
                Location(row["latitude"], row["longitude"]),
            )
            for row in offered
            if row["offer_id"] in accepted and row["driver_latitude"] is not None
        )
        return [
            Plan(people={item.driver_id}, trips={trips[item.offer_id]} if item.offer_id in trips else set())
            for item in items
        ]

    async def extend(self, plans: Sequence[Plan]) -> None:
        """Whoever accepts is no longer asked for other trips. Nobody offers them a new one while we hold their row."""
        drivers = sorted(self._accepting & set().union(*(plan.people for plan in plans)))
        offers = await self.session.fetch(statements.OPEN_OFFERS, drivers) if drivers else []
        for plan in plans:
            plan.trips |= {row["trip_id"] for row in offers if row["driver_id"] in plan.people}

    def decide_one(self, item: OfferAnswer) -> pb.TripResult:
        """The trip after the answer."""
        return messages.trip_result(self.board.answer(item))


class Steps(TripsAttempt[Step]):
    """Drivers arrive, start and complete."""

    actors = ("driver_id",)

    async def plan(self, items: Sequence[Step]) -> list[Plan]:
        """The driver and the trip."""
        found = await self.session.fetch(statements.DRIVERS_OF_TRIPS, [item.trip_id for item in items])
        existing = {row["trip_id"] for row in found}
        return [Plan(people={item.driver_id}, trips={item.trip_id} & existing) for item in items]

    def decide_one(self, item: Step) -> pb.TripResult:
        """The trip after the step."""
        return messages.trip_result(self.board.advance(item))


class Cancellations(TripsAttempt[Cancellation]):
    """Either side gives up."""

    actors = ("person_id",)

    async def plan(self, items: Sequence[Cancellation]) -> list[Plan]:
        """Whoever gives up, the trip, and its driver, who will be free."""
        found = await self.session.fetch(statements.DRIVERS_OF_TRIPS, [item.trip_id for item in items])
        drivers = {row["trip_id"]: row["driver_id"] for row in found}
        return [
            Plan(
                people={item.person_id} | ({driver} if (driver := drivers.get(item.trip_id)) else set()),
                trips={item.trip_id} & drivers.keys(),
            )
            for item in items
        ]

    def moved(self, items: Sequence[Cancellation], plans: Sequence[Plan]) -> set[int]:
        """Trips that a driver accepted between our look and our lock."""
        return {
            position
            for position, (item, plan) in enumerate(zip(items, plans, strict=True))
            if (trip := self.board.trip(item.trip_id)) and trip.driver_id and trip.driver_id not in plan.people
        }

    def decide_one(self, item: Cancellation) -> pb.TripResult:
        """The trip after it was given up."""
        return messages.trip_result(self.board.cancel(item))
