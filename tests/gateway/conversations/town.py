"""A town in memory: the profile and trips services as far as conversations see them, and phones that play in it.

Every turn is played twice, as if the process had died before the commit, and must end the same both times: changing
calls are kept in a ledger by message and step, as the services do.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import InvalidArgument, NotFound, Refused
from hailwire.profile.v1 import profile_pb2
from hailwire.trips.v1 import events_pb2, trips_pb2
from services.gateway.conversations import dispatch, places, routing, taps
from services.gateway.conversations.turn import SILENT_REASONS, EventTurn, Outcome, State, Turn
from services.gateway.messages import (
    Button,
    Buttons,
    Channel,
    LocationRequest,
    Menu,
    Message,
    MessageKind,
    Reply,
    Row,
    Text,
    choices,
)

Kept = TypeVar("Kept")
OPEN = {
    trips_pb2.TRIP_STATE_REQUESTED,
    trips_pb2.TRIP_STATE_OFFERED,
    trips_pb2.TRIP_STATE_ACCEPTED,
    trips_pb2.TRIP_STATE_ARRIVED,
    trips_pb2.TRIP_STATE_IN_PROGRESS,
}
NEXT = {
    trips_pb2.TRIP_STATE_ARRIVED: (trips_pb2.TRIP_STATE_ACCEPTED, events_pb2.EVENT_KIND_DRIVER_ARRIVED),
    trips_pb2.TRIP_STATE_IN_PROGRESS: (trips_pb2.TRIP_STATE_ARRIVED, events_pb2.EVENT_KIND_TRIP_STARTED),
    trips_pb2.TRIP_STATE_COMPLETED: (trips_pb2.TRIP_STATE_IN_PROGRESS, events_pb2.EVENT_KIND_TRIP_COMPLETED),
}


class Town:
    """Who is where, and what has happened that nobody has heard of yet."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        self.people: dict[int, profile_pb2.Person] = {}
        self.presences: dict[int, trips_pb2.Presence] = {}
        self.trips: dict[int, trips_pb2.Trip] = {}
        self.events: list[events_pb2.Event] = []
        self.ledger: dict[tuple[int, str], tuple[object, object]] = {}
        self.phones: dict[int, Phone] = {}
        self.ids = itertools.count(101)

    def phone(self, channel: Channel = "whatsapp", language: str = "", *, plain: bool = False) -> "Phone":
        person = profile_pb2.Person(person_id=next(self.ids), language=language)
        person.identities.add(value=f"+250788{person.person_id:06}", kind=profile_pb2.IDENTITY_KIND_WHATSAPP_NUMBER)
        self.people[person.person_id] = person
        phone = Phone(self, person.person_id, channel, plain=plain)
        self.phones[person.person_id] = phone
        return phone

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def timestamp(self, after_seconds: float = 0) -> Timestamp:
        stamp = Timestamp()
        stamp.FromDatetime(self.now + timedelta(seconds=after_seconds))
        return stamp

    def tell(
        self, kind: events_pb2.EventKind.ValueType, recipient: int, trip: trips_pb2.Trip, offer_id: int = 0
    ) -> None:
        copy = trips_pb2.Trip()
        copy.CopyFrom(trip)
        self.events.append(
            events_pb2.Event(
                event_id=next(self.ids),
                kind=kind,
                recipient_id=recipient,
                trip=copy,
                offer_id=offer_id,
                create_time=self.timestamp(),
            )
        )

    async def deliver(self) -> None:
        """Everybody hears what happened."""
        while self.events:
            event = self.events.pop(0)
            await self.phones[event.recipient_id].hear(event)

    def offer_of(self, offer_id: int) -> tuple[trips_pb2.Trip, trips_pb2.Offer]:
        for trip in self.trips.values():
            for offer in trip.offers:
                if offer.offer_id == offer_id:
                    return trip, offer
        raise NotFound(reason="OFFER_NOT_FOUND")

    def end_offers(self, trip: trips_pb2.Trip) -> None:
        for offer in trip.offers:
            if offer.state == trips_pb2.OFFER_STATE_OPEN:
                offer.state = trips_pb2.OFFER_STATE_WITHDRAWN
                self.tell(events_pb2.EVENT_KIND_OFFER_CLOSED, offer.driver_id, trip, offer.offer_id)


class PersonsWorld:
    """The World of one person for one message."""

    def __init__(self, town: Town, person_id: int, message_id: int) -> None:
        self.town = town
        self.me = person_id
        self.message_id = message_id

    def _once(self, step: str, fingerprint: object, change: Callable[[], Kept]) -> Kept:
        key = (self.message_id, step)
        if key not in self.town.ledger:
            outcome: object
            try:
                outcome = change()
            except (Refused, NotFound, InvalidArgument) as error:
                outcome = error
            self.town.ledger[key] = (fingerprint, _copied(outcome))
        before, outcome = self.town.ledger[key]
        assert before == fingerprint, f"{step} was asked twice with different content"
        if isinstance(outcome, Exception):
            raise outcome
        return _copied(outcome)  # type: ignore[return-value]

    async def update_person(
        self,
        step: str,
        *,
        name: str | None = None,
        language: str | None = None,
        opt_outs: Sequence[profile_pb2.Channel.ValueType] | None = None,
    ) -> profile_pb2.Person:
        def change() -> profile_pb2.Person:
            person = self.town.people[self.me]
            if language is not None:
                person.language = language
            if opt_outs is not None:
                person.opt_outs[:] = opt_outs
            return person

        return self._once(step, ("person", name, language, opt_outs and list(opt_outs)), change)

    async def update_presence(
        self,
        step: str,
        *,
        online: bool | None = None,
        vehicle: trips_pb2.Vehicle.ValueType | None = None,
        location: trips_pb2.Location | None = None,
    ) -> trips_pb2.Presence:
        def change() -> trips_pb2.Presence:
            if location is not None and location.latitude == 0 == location.longitude:
                raise InvalidArgument(reason="LOCATION_INVALID")
            presence = self.town.presences.setdefault(self.me, trips_pb2.Presence(person_id=self.me))
            if online is not None:
                presence.online = online
            if vehicle is not None:
                presence.vehicle = vehicle
            if location is not None:
                presence.location.CopyFrom(location)
            return presence

        return self._once(step, ("presence", online, vehicle, str(location)), change)

    async def presence(self) -> trips_pb2.Presence | None:
        return self.town.presences.get(self.me)

    def _near(self, vehicle: trips_pb2.Vehicle.ValueType, location: trips_pb2.Location) -> list[trips_pb2.NearbyDriver]:
        busy = {trip.driver_id for trip in self.town.trips.values() if trip.state in OPEN}
        found = [
            trips_pb2.NearbyDriver(
                person_id=one.person_id,
                distance_meters=places.meters(
                    location.latitude, location.longitude, one.location.latitude, one.location.longitude
                ),
                location_age_seconds=40 * number,
            )
            for number, one in enumerate(self.town.presences.values(), 1)
            if one.online and one.vehicle == vehicle and one.person_id != self.me and one.person_id not in busy
        ]
        return sorted((one for one in found if one.distance_meters < 10_000), key=lambda one: one.distance_meters)

    async def search_drivers(
        self, vehicle: trips_pb2.Vehicle.ValueType, location: trips_pb2.Location, limit: int = 9
    ) -> list[trips_pb2.NearbyDriver]:
        if location.latitude == 0 == location.longitude:
            raise InvalidArgument(reason="LOCATION_INVALID")
        return self._near(vehicle, location)[:limit]

    async def create_trip(
        self,
        step: str,
        *,
        vehicle: trips_pb2.Vehicle.ValueType,
        pickup: trips_pb2.Location,
        driver_ids: Sequence[int] = (),
    ) -> trips_pb2.Trip:
        def change() -> trips_pb2.Trip:
            if any(one.passenger_id == self.me and one.state in OPEN for one in self.town.trips.values()):
                raise Refused(reason="TRIP_ALREADY_OPEN")
            near = [one for one in self._near(vehicle, pickup) if not driver_ids or one.person_id in driver_ids]
            if not near:
                raise Refused(reason="NO_DRIVERS_AVAILABLE")
            trip = trips_pb2.Trip(
                trip_id=next(self.town.ids),
                state=trips_pb2.TRIP_STATE_OFFERED,
                passenger_id=self.me,
                vehicle=vehicle,
                pickup=pickup,
                create_time=self.town.timestamp(),
            )
            for one in near[:9]:
                trip.offers.add(
                    offer_id=next(self.town.ids),
                    trip_id=trip.trip_id,
                    driver_id=one.person_id,
                    state=trips_pb2.OFFER_STATE_OPEN,
                    distance_meters=one.distance_meters,
                    expire_time=self.town.timestamp(60),
                )
            self.town.trips[trip.trip_id] = trip
            for offer in trip.offers:
                self.town.tell(events_pb2.EVENT_KIND_OFFER_MADE, offer.driver_id, trip, offer.offer_id)
            return trip

        return self._once(step, ("create", vehicle, str(pickup), tuple(driver_ids)), change)

    async def open_trip(self) -> trips_pb2.Trip | None:
        for trip in self.town.trips.values():
            if self.me in {trip.passenger_id, trip.driver_id} and trip.state in OPEN:
                return trip
        return None

    async def trip(self, trip_id: int) -> trips_pb2.Trip:
        if trip_id not in self.town.trips:
            raise NotFound(reason="TRIP_NOT_FOUND")
        return self.town.trips[trip_id]

    async def trips(self, page_token: str = "") -> list[trips_pb2.Trip]:
        return [one for one in reversed(self.town.trips.values()) if self.me in {one.passenger_id, one.driver_id}]

    async def answer_offer(self, step: str, offer_id: int, accept: bool) -> trips_pb2.Trip:  # noqa: FBT001
        def change() -> trips_pb2.Trip:
            trip, offer = self.town.offer_of(offer_id)
            if offer.driver_id != self.me:
                raise NotFound(reason="OFFER_NOT_FOUND")
            if offer.state == trips_pb2.OFFER_STATE_DECLINED:
                raise Refused(reason="OFFER_DECLINED")
            if offer.expire_time.ToDatetime(tzinfo=UTC) <= self.town.now:
                raise Refused(reason="OFFER_EXPIRED")
            if offer.state != trips_pb2.OFFER_STATE_OPEN:
                raise Refused(reason="TRIP_TAKEN" if trip.state in OPEN else "TRIP_CLOSED")
            if not accept:
                offer.state = trips_pb2.OFFER_STATE_DECLINED
                if all(one.state == trips_pb2.OFFER_STATE_DECLINED for one in trip.offers):
                    trip.state = trips_pb2.TRIP_STATE_REQUESTED
                    self.town.tell(events_pb2.EVENT_KIND_OFFERS_EXHAUSTED, trip.passenger_id, trip)
                return trip
            if any(one.driver_id == self.me and one.state in OPEN for one in self.town.trips.values()):
                raise Refused(reason="DRIVER_BUSY")
            offer.state = trips_pb2.OFFER_STATE_ACCEPTED
            trip.state = trips_pb2.TRIP_STATE_ACCEPTED
            trip.driver_id = self.me
            self.town.end_offers(trip)
            self.town.tell(events_pb2.EVENT_KIND_TRIP_ACCEPTED, trip.passenger_id, trip)
            return trip

        return self._once(step, ("answer", offer_id, accept), change)

    async def advance_trip(self, step: str, trip_id: int, state: trips_pb2.TripState.ValueType) -> trips_pb2.Trip:
        def change() -> trips_pb2.Trip:
            trip = self.town.trips.get(trip_id)
            if trip is None or trip.driver_id != self.me:
                raise NotFound(reason="TRIP_NOT_FOUND")
            before, kind = NEXT[state]
            if trip.state != before:
                raise Refused(reason="TRIP_STEP_ILLEGAL")
            trip.state = state
            self.town.tell(kind, trip.passenger_id, trip)
            return trip

        return self._once(step, ("advance", trip_id, state), change)

    async def cancel_trip(self, step: str, trip_id: int, reason: str) -> trips_pb2.Trip:
        def change() -> trips_pb2.Trip:
            trip = self.town.trips.get(trip_id)
            if trip is None or self.me not in {trip.passenger_id, trip.driver_id}:
                raise NotFound(reason="TRIP_NOT_FOUND")
            if trip.state not in OPEN:
                raise Refused(reason="TRIP_STEP_ILLEGAL")
            trip.state = trips_pb2.TRIP_STATE_CANCELLED
            trip.cancelled_by = self.me
            trip.cancel_reason = reason
            self.town.end_offers(trip)
            other = trip.driver_id if self.me == trip.passenger_id else trip.passenger_id
            if other:
                self.town.tell(events_pb2.EVENT_KIND_TRIP_CANCELLED, other, trip)
            return trip

        return self._once(step, ("cancel", trip_id, reason), change)


class Phone:
    """One person's phone: writes, taps, and keeps what it received."""

    def __init__(self, town: Town, person_id: int, channel: Channel, *, plain: bool = False) -> None:
        self.town = town
        self.person_id = person_id
        self.channel: Channel = channel
        self.plain = plain
        self.state = State()
        self.received: list[Reply] = []
        self.silences: list[str] = []

    @property
    def last(self) -> Reply:
        return self.received[-1]

    @property
    def kind(self) -> str:
        return type(self.last).__name__

    @property
    def number(self) -> str:
        """Its digits."""
        return self.person.identities[0].value.lstrip("+")

    @property
    def body(self) -> str:
        return self.last.body

    @property
    def person(self) -> profile_pb2.Person:
        return _copied(self.town.people[self.person_id])

    @property
    def numbered(self) -> bool:
        return self.channel == "sms" or self.plain

    async def say(self, text: str, age_seconds: float = 1) -> None:
        await self.send(Message(MessageKind.TEXT, text=text), age_seconds)

    async def share(self, latitude: float, longitude: float, age_seconds: float = 1) -> None:
        """Share a location; on a phone that only has words, type it."""
        if self.numbered:
            await self.say(f"{latitude:.6f}, {longitude:.6f}", age_seconds)
        else:
            await self.send(Message(MessageKind.LOCATION, latitude=latitude, longitude=longitude), age_seconds)

    async def choose(self, begins: str, age_seconds: float = 1) -> None:
        """Tap what begins so in the newest reply that has it; on a phone that only has words, type its number."""
        for reply in reversed(self.received):
            for number, (ident, title) in enumerate(options(reply), 1):
                if title.lower().startswith(begins.lower()):
                    if self.numbered:
                        await self.say(str(number), age_seconds)
                    else:
                        await self.tap(ident, age_seconds, title=title)
                    return
        raise AssertionError(f"nothing to choose begins with {begins!r}: {self.received[-3:]}")

    async def tap(self, ident: str, age_seconds: float = 1, title: str = "") -> None:
        await self.send(Message(MessageKind.TAP, tap=ident, title=title), age_seconds)

    async def send(self, message: Message, age_seconds: float = 1) -> None:
        """One turn, played twice, then everybody hears of it."""
        self.town.pass_time(1)
        message_id = next(self.town.ids)

        async def play() -> Outcome:
            turn = Turn(
                person=self.person,
                state=self.state,
                channel=self.channel,
                plain=self.plain,
                now=self.town.now,
                age_seconds=age_seconds,
                world=PersonsWorld(self.town, self.person_id, message_id),
                message=message,
            )
            return await dispatch.take_turn(turn)

        first = await play()
        assert await play() == first, "a rerun ended differently"
        self._take(first)
        await self.town.deliver()

    async def hear(self, event: events_pb2.Event) -> None:
        self._take(
            await dispatch.take_event(
                EventTurn(
                    person=self.person,
                    state=self.state,
                    channel=self.channel,
                    plain=self.plain,
                    now=self.town.now,
                    world=PersonsWorld(self.town, self.person_id, event.event_id),
                    event=event,
                )
            )
        )

    def _take(self, outcome: Outcome) -> None:
        assert bool(outcome.replies) != bool(outcome.silent_reason), outcome
        if outcome.silent_reason:
            assert outcome.silent_reason in SILENT_REASONS
            self.silences.append(outcome.silent_reason)
        for reply in outcome.replies:
            check_fits(reply)
        self.received += outcome.replies
        self.state = outcome.state


def options(reply: Reply) -> list[tuple[str, str]]:
    """(id, title) of everything that can be chosen."""
    match reply:
        case Buttons(buttons=buttons):
            return [(one.id, one.title) for one in buttons]
        case Menu(rows=rows):
            return [(one.id, one.title) for one in rows]
        case _:
            return []


def check_fits(reply: Reply) -> None:
    """A reply is inside every limit of both providers, and each of its taps leads somewhere."""
    for ident in choices(reply):
        assert taps.route_of(ident) in routing.TAPS, ident
    match reply:
        case Text(body):
            assert 0 < len(body) <= 1600
        case LocationRequest(body):
            assert 0 < len(body) <= 1024
        case Buttons(body, buttons):
            assert 0 < len(body) <= 1024
            assert len({one.title for one in buttons}) == len(buttons) <= 3
            for one in buttons:
                _check_choice(one, 20, 256)
        case Menu(body, label, rows):
            assert 0 < len(body) <= 1600 - 40 * len(rows)
            assert 0 < len(label) <= 20
            assert len(rows) <= 10
            for row in rows:
                _check_choice(row, 24, 200)
                assert len(row.description) <= 72


def _check_choice(one: Button | Row, title_limit: int, id_limit: int) -> None:
    assert 0 < len(one.title) <= title_limit, one
    assert 0 < len(one.id) <= id_limit, one


def _copied(value: Kept) -> Kept:
    if isinstance(value, profile_pb2.Person | trips_pb2.Trip | trips_pb2.Presence):
        copy = type(value)()
        copy.CopyFrom(value)  # type: ignore[arg-type]
        return copy
    return value


def older(state: State) -> State:
    """The same question as an older version of the code left it."""
    return replace(state, version=state.version - 1)
