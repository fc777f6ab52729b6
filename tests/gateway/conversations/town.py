"""A town in memory: the profile and trips services as far as conversations see them.

Changing calls are kept in a ledger by message and step, refusals included, as the services do.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import AlreadyExists, InvalidArgument, NotFound, Refused
from chassis.quiet_hours import QuietHours
from hailwire.profile.v1 import profile_pb2, wallet_pb2
from hailwire.trips.v1 import (
    blocks_pb2,
    events_pb2,
    fares_pb2,
    matches_pb2,
    money_pb2,
    ratings_pb2,
    relay_pb2,
    schedules_pb2,
    trips_pb2,
)
from services.gateway.clients.profile import reached
from services.gateway.conversations import places
from services.gateway.conversations.papers import Papers
from services.gateway.conversations.turn import World
from services.gateway.messages import Channel
from services.trips.masking import masked
from tests.gateway.conversations.bank import Bank
from tests.gateway.conversations.office import Office, PersonsInsurance
from tests.gateway.conversations.phones import Phone
from tests.gateway.conversations.town_enrichments import Desk, PersonsEnrichments
from tests.gateway.conversations.town_invitations import GuestBook, PersonsInvitations
from tests.gateway.conversations.town_places import Gazetteer, PersonsOwnPlaces
from tests.gateway.conversations.town_schedules import KIGALI, PersonsSchedules

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
        self.schedules: dict[int, schedules_pb2.Schedule] = {}
        self.events: list[events_pb2.Event] = []
        self.ledger: dict[tuple[int, str], tuple[object, object]] = {}
        self.phones: dict[int, Phone] = {}
        self.bank = Bank()
        self.office = Office()
        self.gazetteer = Gazetteer()
        self.desk = Desk(self.gazetteer, self.bank)
        self.guests = GuestBook(self.bank)
        self.ids = itertools.count(101)
        self.ratings: dict[tuple[int, int], int] = {}
        self.rated_for = timedelta(days=7)
        # Who keeps away from whom -> the trip of which they said so.
        self.blocks: dict[tuple[int, int], int] = {}
        # Who said yes to showing their number: (trip, person).
        self.sharing: set[tuple[int, int]] = set()
        self.relay_after = timedelta(minutes=10)
        self.no_show_after = timedelta(minutes=5)
        self.driver_late_after = timedelta(minutes=10)
        # Passengers whom drivers waited for in vain, and when; so many within so long are too many.
        self.no_shows: list[tuple[int, datetime]] = []
        self.no_show_limit, self.no_show_window = 3, timedelta(days=7)
        self.missed: list[matches_pb2.MissedTrip] = []
        self.averages: dict[int, float] = {}
        self.way_meters = 4200
        # SMS numbers by person: those that are being proved, and those that were.
        self.proving: dict[int, str] = {}
        self.numbers: dict[int, str] = {}
        self.shown: tuple[dict[int, trips_pb2.Presence], dict[int, trips_pb2.Trip]] | None = None

    def phone(self, channel: Channel = "whatsapp", language: str = "", *, plain: bool = False) -> Phone:
        """Somebody new in town; without a language they have never written."""
        person = profile_pb2.Person(person_id=next(self.ids), language=language)
        person.identities.add(value=f"+250788{person.person_id:06}", kind=profile_pb2.IDENTITY_KIND_WHATSAPP_NUMBER)
        self.people[person.person_id] = person
        phone = Phone(self, person.person_id, channel, plain=plain)
        self.phones[person.person_id] = phone
        return phone

    def person(self, person_id: int) -> profile_pb2.Person:
        return copied(self.people[person_id])

    def world(self, person_id: int, message_id: int) -> World:
        return PersonsWorld(self, person_id, message_id)

    def take_papers(self, person_id: int, papers: Papers) -> None:
        """Fetched at once, with whatever comes of it."""
        self.office.take(person_id, papers, self.now)

    def remember(self) -> tuple[dict[int, trips_pb2.Presence], dict[int, trips_pb2.Trip]]:
        """Presences and trips as they are; as `shown` they are what is read by whoever does not ask for the truth."""
        return {who: copied(one) for who, one in self.presences.items()}, {
            number: copied(trip) for number, trip in self.trips.items()
        }

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
        while waiting := self.events or self.bank.events or self.office.events:
            event = waiting.pop(0)
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

    @property
    def schedules(self) -> PersonsSchedules:
        return PersonsSchedules(self.town, self.me, self._once)

    @property
    def insurance(self) -> PersonsInsurance:
        return PersonsInsurance(self.town.office, self.me, self.town.now, self._once)

    @property
    def places(self) -> PersonsOwnPlaces:
        return PersonsOwnPlaces(self.town.gazetteer, self.me, self._once)

    @property
    def enrichments(self) -> PersonsEnrichments:
        return PersonsEnrichments(self.town.desk, self.me, self.town.now, self._once)

    @property
    def invitations(self) -> PersonsInvitations:
        return PersonsInvitations(self.town.guests, self.me, self.town.now, self._once)

    def _once(self, step: str, fingerprint: object, change: Callable[[], Kept], *, for_ever: bool = False) -> Kept:
        key = (0 if for_ever else self.message_id, step)
        if key not in self.town.ledger:
            outcome: object
            try:
                outcome = change()
            except (Refused, NotFound, InvalidArgument, AlreadyExists) as error:
                outcome = error
            self.town.ledger[key] = (fingerprint, copied(outcome))
        before, outcome = self.town.ledger[key]
        assert before == fingerprint, f"{step} was asked twice with different content"
        if isinstance(outcome, Exception):
            raise outcome
        return copied(outcome)  # type: ignore[return-value]

    async def update_person(
        self,
        step: str,
        *,
        name: str | None = None,
        language: str | None = None,
        opt_outs: Sequence[profile_pb2.Channel.ValueType] | None = None,
        quiet_hours: profile_pb2.QuietHours | None = None,
    ) -> profile_pb2.Person:
        def change() -> profile_pb2.Person:
            person = self.town.people[self.me]
            if quiet_hours is not None:
                person.ClearField("quiet_hours")
                if QuietHours.read(quiet_hours.from_minute, quiet_hours.to_minute) is not None:
                    person.quiet_hours.CopyFrom(quiet_hours)
            if language is not None:
                person.language = language
            if opt_outs is not None:
                person.opt_outs[:] = opt_outs
            return person

        fingerprint = ("person", name, language, opt_outs and list(opt_outs), str(quiet_hours))
        return self._once(step, fingerprint, change)

    async def prove_number(self, step: str, number: str) -> None:
        def change() -> None:
            if number in self.town.numbers.values():
                raise AlreadyExists(reason="NUMBER_TAKEN")
            self.town.proving[self.me] = number

        self._once(step, ("number", number), change)

    async def check_number(self, step: str, code: str) -> None:
        def change() -> None:
            if code != "123456" or self.me not in self.town.proving:
                raise Refused(reason="VERIFICATION_FAILED")
            self.town.numbers[self.me] = self.town.proving.pop(self.me)

        self._once(step, ("code", code), change)

    async def update_presence(
        self,
        step: str,
        *,
        online: bool | None = None,
        vehicle: trips_pb2.Vehicle.ValueType | None = None,
        location: trips_pb2.Location | None = None,
        quiet_hours: trips_pb2.QuietHours | None = None,
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
                presence.location_time.CopyFrom(self.town.timestamp())
            if quiet_hours is not None:
                presence.quiet_hours.CopyFrom(quiet_hours)
            return presence

        return self._once(step, ("presence", online, vehicle, str(location), str(quiet_hours)), change)

    async def presence(self, *, fresh: bool = False) -> trips_pb2.Presence | None:
        presences, _ = self._readable(fresh=fresh)
        return presences.get(self.me)

    def _readable(self, *, fresh: bool) -> tuple[dict[int, trips_pb2.Presence], dict[int, trips_pb2.Trip]]:
        if fresh or self.town.shown is None:
            return self.town.presences, self.town.trips
        return self.town.shown

    def _near(self, vehicle: trips_pb2.Vehicle.ValueType, location: trips_pb2.Location) -> list[trips_pb2.NearbyDriver]:
        busy = {trip.driver_id for trip in self.town.trips.values() if trip.state in OPEN}
        found = [
            trips_pb2.NearbyDriver(
                person_id=one.person_id,
                distance_meters=places.meters(
                    location.latitude, location.longitude, one.location.latitude, one.location.longitude
                ),
                location_age_seconds=40 * number,
                rating=self.town.averages.get(one.person_id, 0),
            )
            for number, one in enumerate(self.town.presences.values(), 1)
            if one.online
            and one.vehicle == vehicle
            and one.person_id != self.me
            and one.person_id not in busy
            and not self.town.blocks.keys() & {(self.me, one.person_id), (one.person_id, self.me)}
            and not self._quiet(one)
        ]
        return sorted((one for one in found if one.distance_meters < 10_000), key=lambda one: one.distance_meters)

    def _quiet(self, presence: trips_pb2.Presence) -> bool:
        quiet = QuietHours.read(presence.quiet_hours.from_minute, presence.quiet_hours.to_minute)
        return quiet is not None and quiet.cover(self.town.now, KIGALI)

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
        destination: trips_pb2.Location | None = None,
    ) -> trips_pb2.Trip:
        def change() -> trips_pb2.Trip:
            if any(one.passenger_id == self.me and one.state in OPEN for one in self.town.trips.values()):
                raise Refused(reason="TRIP_ALREADY_OPEN")
            missed = [at for who, at in self.town.no_shows if who == self.me][-self.town.no_show_limit :]
            if len(missed) == self.town.no_show_limit and self.town.now < missed[0] + self.town.no_show_window:
                until = missed[0] + self.town.no_show_window
                raise Refused(reason="NO_SHOWS_TOO_MANY", metadata={"until": str(math.ceil(until.timestamp()))})
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
                destination=destination,
                fare_estimate=rwf("2200") if destination else None,
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

        return self._once(step, ("create", vehicle, str(pickup), tuple(driver_ids), str(destination)), change)

    async def open_trip(self, *, fresh: bool = False) -> trips_pb2.Trip | None:
        _, trips = self._readable(fresh=fresh)
        for trip in trips.values():
            if self.me in {trip.passenger_id, trip.driver_id} and trip.state in OPEN:
                return trip
        return None

    async def trip(self, trip_id: int, *, fresh: bool = False) -> trips_pb2.Trip:
        _, trips = self._readable(fresh=fresh)
        if trip_id not in trips:
            raise NotFound(reason="TRIP_NOT_FOUND")
        return trips[trip_id]

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
            trip.arrival_time.CopyFrom(self.town.timestamp(360))
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
            trip.update_time.CopyFrom(self.town.timestamp())
            if state == trips_pb2.TRIP_STATE_IN_PROGRESS:
                trip.start_time.CopyFrom(self.town.timestamp())
            if state == trips_pb2.TRIP_STATE_COMPLETED:
                trip.end_time.CopyFrom(self.town.timestamp())
                trip.distance_meters = self.town.way_meters
                trip.fare.CopyFrom(rwf("1500"))
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
            self._check_waited(trip, reason)
            trip.state = trips_pb2.TRIP_STATE_CANCELLED
            trip.cancelled_by = self.me
            trip.cancel_reason = reason
            self.town.end_offers(trip)
            other = trip.driver_id if self.me == trip.passenger_id else trip.passenger_id
            if other:
                self.town.tell(events_pb2.EVENT_KIND_TRIP_CANCELLED, other, trip)
            return trip

        return self._once(step, ("cancel", trip_id, reason), change)

    def _check_waited(self, trip: trips_pb2.Trip, reason: str) -> None:
        """Whoever says that the other one did not come has waited for them; a passenger who did not is noted."""
        if reason == "absent" and self.me == trip.driver_id:
            state, since, least = trips_pb2.TRIP_STATE_ARRIVED, trip.update_time, self.town.no_show_after
        elif reason == "noshow" and self.me == trip.passenger_id:
            state, since, least = trips_pb2.TRIP_STATE_ACCEPTED, trip.arrival_time, self.town.driver_late_after
        else:
            return
        if trip.state != state:
            raise Refused(reason="TRIP_STEP_ILLEGAL")
        left = (since.ToDatetime(tzinfo=UTC) + least - self.town.now).total_seconds()
        if left > 0:
            raise Refused(reason="NO_SHOW_TOO_EARLY", metadata={"seconds": str(math.ceil(left))})
        if self.me == trip.driver_id:
            self.town.no_shows.append((trip.passenger_id, self.town.now))

    async def estimate_fare(
        self, vehicle: trips_pb2.Vehicle.ValueType, pickup: trips_pb2.Location, destination: trips_pb2.Location
    ) -> fares_pb2.FareEstimate:
        return fares_pb2.FareEstimate(fare=rwf("2200"), distance_meters=9000)

    async def rates(self) -> list[fares_pb2.Rate]:
        return [
            fares_pb2.Rate(
                vehicle=vehicle, base=rwf("300"), per_kilometer=rwf("120"), per_minute=rwf("12.50"), minimum=rwf("500")
            )
            for vehicle in trips_pb2.Vehicle.values()[1:]
        ]

    async def rate_trip(self, step: str, trip_id: int, stars: int) -> ratings_pb2.Rating:
        def change() -> ratings_pb2.Rating:
            trip = self.town.trips.get(trip_id)
            if trip is None or self.me not in {trip.passenger_id, trip.driver_id}:
                raise NotFound(reason="TRIP_NOT_FOUND")
            if trip.state != trips_pb2.TRIP_STATE_COMPLETED:
                raise Refused(reason="TRIP_NOT_COMPLETED")
            if self.town.now - trip.end_time.ToDatetime(tzinfo=UTC) > self.town.rated_for:
                raise Refused(reason="RATING_CLOSED")
            changed = (trip_id, self.me) in self.town.ratings
            self.town.ratings[trip_id, self.me] = stars
            return ratings_pb2.Rating(trip_id=trip_id, rater_id=self.me, stars=stars, changed=changed)

        return self._once(step, ("rate", trip_id, stars), change)

    async def relay(
        self, step: str, trip_id: int, *, text: str = "", location: trips_pb2.Location | None = None
    ) -> relay_pb2.RelayedMessage:
        def change() -> relay_pb2.RelayedMessage:
            trip = self.town.trips.get(trip_id)
            if trip is None or self.me not in {trip.passenger_id, trip.driver_id}:
                raise NotFound(reason="TRIP_NOT_FOUND")
            ended = trip.end_time.ToDatetime(tzinfo=UTC)
            over = trip.state != trips_pb2.TRIP_STATE_COMPLETED or self.town.now - ended >= self.town.relay_after
            if not trip.driver_id or (trip.state not in OPEN and over):
                raise Refused(reason="RELAY_CLOSED")
            if len(text) > 1000:
                raise Refused(reason="RELAY_TOO_LONG")
            known = {(trip_id, trip.passenger_id), (trip_id, trip.driver_id)} <= self.town.sharing
            shown, hidden = (text, False) if known else masked(text)
            driving = trip.driver_id == self.me
            other = trip.passenger_id if driving else trip.driver_id
            self.town.tell(events_pb2.EVENT_KIND_RELAYED, other, trip)
            self.town.events[-1].said.CopyFrom(events_pb2.Said(from_driver=driving, text=shown, location=location))
            return relay_pb2.RelayedMessage(trip_id=trip_id, recipient_id=other, from_driver=driving, masked=hidden)

        return self._once(step, ("relay", trip_id, text, str(location)), change)

    def _exchange(self, trip_id: int) -> relay_pb2.Exchange:
        trip = self.town.trips.get(trip_id)
        if trip is None or self.me not in {trip.passenger_id, trip.driver_id}:
            raise NotFound(reason="TRIP_NOT_FOUND")
        if not trip.driver_id:
            raise Refused(reason="RELAY_CLOSED")
        both = {(trip_id, trip.passenger_id), (trip_id, trip.driver_id)} <= self.town.sharing
        driving = trip.driver_id == self.me
        other = trip.passenger_id if driving else trip.driver_id
        return relay_pb2.Exchange(trip_id=trip_id, other_id=other, by_driver=driving, both=both)

    async def share_number(self, step: str, trip_id: int, *, agreed: bool) -> relay_pb2.Exchange:
        def change() -> relay_pb2.Exchange:
            other = self._exchange(trip_id).other_id
            trip = self.town.trips[trip_id]
            if agreed and trip.state not in OPEN:
                raise Refused(reason="RELAY_CLOSED")
            if not agreed:
                self.town.sharing.discard((trip_id, self.me))
            elif (trip_id, self.me) not in self.town.sharing:
                self.town.sharing.add((trip_id, self.me))
                both = (trip_id, other) in self.town.sharing
                told = events_pb2.EVENT_KIND_NUMBERS_EXCHANGED if both else events_pb2.EVENT_KIND_NUMBER_OFFERED
                self.town.tell(told, other, trip)
            return self._exchange(trip_id)

        return self._once(step, ("share", trip_id, agreed), change)

    async def exchange(self, trip_id: int) -> relay_pb2.Exchange:
        return self._exchange(trip_id)

    async def number_of(self, person_id: int, trip_id: int) -> str:
        return self.town.people[person_id].identities[0].value

    async def reaches(self, person_id: int) -> bool:
        return reached(self.town.people[person_id])

    async def block(self, step: str, trip_id: int, *, blocked: bool) -> None:
        def change() -> None:
            pair = (self.me, self._exchange(trip_id).other_id)
            if blocked:
                self.town.blocks.setdefault(pair, trip_id)
            else:
                self.town.blocks.pop(pair, None)

        self._once(step, ("block", trip_id, blocked), change)

    async def blocks(self) -> list[blocks_pb2.Block]:
        trips = [self.town.trips[trip_id] for (who, _), trip_id in self.town.blocks.items() if who == self.me]
        return [
            blocks_pb2.Block(trip_id=trip.trip_id, vehicle=trip.vehicle, trip_time=trip.create_time)
            for trip in reversed(trips)
        ]

    async def missed_trips(self) -> list[matches_pb2.MissedTrip]:
        return self.town.missed

    async def wallet(self) -> wallet_pb2.Wallet:
        return self.town.bank.wallet(self.me, self.town.now)

    async def payee(self, code: str) -> wallet_pb2.Party:
        return self.town.bank.payee(code)

    async def send_money(
        self, step: str, payee_code: str, amount: wallet_pb2.Money, *, confirmed: bool = False
    ) -> wallet_pb2.Transaction:
        return self._once(
            step,
            (payee_code, str(amount), confirmed),
            lambda: self.town.bank.send(self.me, payee_code, amount, self.town.now, confirmed=confirmed),
            for_ever=confirmed,
        )

    async def entries(self, page_token: str, page_size: int) -> wallet_pb2.ListEntriesResponse:
        if page_token and not page_token.isdecimal():
            raise InvalidArgument(reason="PAGE_TOKEN_INVALID")
        return self.town.bank.entries(self.me, page_token, page_size)


def rwf(amount: str) -> money_pb2.Money:
    return money_pb2.Money(currency_code="RWF", amount=amount)


def copied(value: Kept) -> Kept:
    if isinstance(value, profile_pb2.Person | trips_pb2.Trip | trips_pb2.Presence | wallet_pb2.Transaction):
        copy = type(value)()
        copy.CopyFrom(value)  # type: ignore[arg-type]
        return copy
    return value
