"""Decisions that concern several trips and drivers at once, on copies in memory and in the order of the requests.

Who changes a Board holds the rows behind it: the participants named by a request, and the trips.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from chassis.quiet_hours import QuietHours
from chassis.records import record
from services.trips import course, no_show
from services.trips import presence as presences
from services.trips import trip as trips
from services.trips.eta import Leg, Route
from services.trips.geo import Location, location
from services.trips.match import ASKED, Candidate, Match, Reason, judged, nearest_first
from services.trips.no_show import NoShow
from services.trips.offer import Answer, Offer, OfferNotFound, OfferState
from services.trips.presence import Presence, PresenceUpdate, check_person
from services.trips.terms import NEAREST_ASKED, Terms
from services.trips.tidings import EventKind, Tiding, told
from services.trips.trip import Trip


@record
class NewTrip:
    """Who wants to ride from where, and whom to ask; nobody named: the nearest.

    A ride of a schedule has a time of its own, and until when it is worth asking.
    """

    passenger_id: int
    vehicle: int
    pickup: Location
    driver_ids: tuple[int, ...] = ()
    destination: Location | None = None
    pickup_at: datetime.datetime | None = None
    expires_at: datetime.datetime | None = None


@record
class OfferAnswer:
    """What a driver says to an offer."""

    driver_id: int
    offer_id: int
    answer: int


@record
class Step:
    """What a driver does next."""

    driver_id: int
    trip_id: int
    state: int


@record
class Cancellation:
    """Who gives what up, and why."""

    person_id: int
    trip_id: int
    reason: str


@record
class Merge:
    """Two ids that are one person."""

    from_person_id: int
    to_person_id: int


@record
class Erasure:
    """Who is to be forgotten."""

    person_id: int


class Board:
    """Trips and drivers as they are now; `changed_trips`, `changed_presences` and `tidings` are what to write."""

    def __init__(
        self,
        now: datetime.datetime,
        terms: Terms,
        known_trips: Iterable[Trip] = (),
        known_presences: Iterable[Presence] = (),
        open_trips: Iterable[tuple[int, int]] = (),
        routes: Mapping[Leg, Route] | None = None,
    ) -> None:
        """`open_trips` are (person, trip) of everyone concerned, in either role; `routes` what a router was asked."""
        self._routes = routes or {}
        self._now = now
        self._terms = terms
        self._trips = {trip.trip_id: trip for trip in known_trips}
        self._trips_before = dict(self._trips)
        self._presences = {presence.person_id: presence for presence in known_presences}
        self._presences_before = dict(self._presences)
        self._open_trips = dict(open_trips)
        self._trip_of_offer = {offer.offer_id: trip.trip_id for trip in self._trips.values() for offer in trip.offers}
        self._asked: dict[int, set[int]] = {}  # driver -> trips with an open offer, and some that had one
        for trip in self._trips.values():
            self._note_asked(trip)
        self.tidings: list[Tiding] = []
        self.matches: list[Match] = []
        self.no_shows: list[NoShow] = []
        self.merges: list[Merge] = []

    @property
    def now(self) -> datetime.datetime:
        """When all of this is decided."""
        return self._now

    def trip(self, trip_id: int) -> Trip | None:
        """As it is now."""
        return self._trips.get(trip_id)

    def update_presence(self, update: PresenceUpdate) -> Presence:
        """Put a driver on the map, move them, or take them off."""
        changed = presences.updated(self._presences.get(update.person_id), update, self._now)
        self._presences[update.person_id] = changed
        trip = self._trips.get(changed.trip_id or 0)
        if update.location is not None and changed.location is not None and trip is not None:
            self._put(course.moved(trip, changed.location, self._routes, self._terms, self._now), by=update.person_id)
        return changed

    def create(
        self,
        wanted: NewTrip,
        candidates: Iterable[int],
        trip_ids: Iterator[int],
        offer_ids: Iterator[int],
        passed_over: Iterable[Candidate] = (),
        refused_until: datetime.datetime | None = None,
    ) -> Trip:
        """A trip offered to those candidates who are available, nearest first. `passed_over` were looked at besides.

        `refused_until` is from when on a passenger may ask again whom drivers waited for in vain too often.
        """
        check_person(wanted.passenger_id)
        vehicle = presences.vehicle(wanted.vehicle)
        pickup = location(wanted.pickup.latitude, wanted.pickup.longitude)
        destination = wanted.destination and location(wanted.destination.latitude, wanted.destination.longitude)
        trips.check_asked(wanted.driver_ids)
        if open_trip := self._open_trips.get(wanted.passenger_id):
            raise trips.TripAlreadyOpen(metadata={"trip_id": str(open_trip)})
        no_show.check_may_ask(refused_until)
        looked_at = self._looked_at(wanted, dict.fromkeys(candidates))
        distances = {one.person_id: one.meters for one in looked_at if one.reason in ASKED and one.meters is not None}
        asked = list(distances)
        if not asked:
            raise trips.NoDriversAvailable
        trip_id = next(trip_ids)
        until = self._now + self._terms.offer_lasts
        trip = Trip(
            trip_id=trip_id,
            passenger_id=wanted.passenger_id,
            vehicle=vehicle,
            pickup=pickup,
            created_at=self._now,
            updated_at=self._now,
            expires_at=wanted.expires_at or self._now + self._terms.request_lasts,
            pickup_at=wanted.pickup_at,
            offers=tuple(Offer(next(offer_ids), trip_id, driver, distances[driver], until) for driver in asked),
            destination=destination,
        )
        if destination is not None:
            trip = course.expected(trip, destination, self._routes, self._terms)
        self._put(trip, by=wanted.passenger_id)
        everyone = nearest_first({one.person_id: one for one in (*passed_over, *looked_at)}.values())
        self.matches.append(Match(trip_id, vehicle, self._now, tuple(everyone)))
        return trip

    def _looked_at(self, wanted: NewTrip, candidates: Iterable[int]) -> list[Candidate]:
        """The candidates for a wish that was checked, nearest first, each with why they are asked or not."""
        found = nearest_first(
            Candidate(person_id, Reason.SELF)
            if person_id == wanted.passenger_id
            else self._judged(presence, presences.vehicle(wanted.vehicle), wanted.pickup)
            for person_id in candidates
            if (presence := self._presences.get(person_id)) is not None
        )
        if wanted.driver_ids:
            return [one.because(Reason.ASKED_BY_PASSENGER) if one.reason is Reason.OFFERED else one for one in found]
        beyond = [one.person_id for one in found if one.reason is Reason.OFFERED][NEAREST_ASKED:]
        return [one.because(Reason.NOT_AMONG_NEAREST) if one.person_id in beyond else one for one in found]

    def _judged(self, presence: Presence, vehicle: presences.Vehicle, pickup: Location) -> Candidate:
        busy = presence.person_id in self._open_trips
        return judged(presence, busy=busy, vehicle=vehicle, pickup=pickup, terms=self._terms, now=self._now)

    def ask_further(self, trip_id: int, candidates: Iterable[int], offer_ids: Iterator[int]) -> Trip:
        """Offer a trip for which nobody is being asked to those candidates who are available and were not asked yet."""
        trip = self._known(trip_id)
        asked = {offer.driver_id for offer in trip.offers} | {trip.passenger_id}
        further = [person_id for person_id in dict.fromkeys(candidates) if person_id not in asked]
        looked_at = self._looked_at(NewTrip(trip.passenger_id, trip.vehicle, trip.pickup), further)
        until = self._now + self._terms.offer_lasts
        added = tuple(
            Offer(next(offer_ids), trip_id, one.person_id, one.meters, until)
            for one in looked_at
            if one.reason in ASKED and one.meters is not None
        )
        if not added or trip.state is not trips.TripState.REQUESTED:
            raise trips.NoDriversAvailable
        changed = replace(trip, state=trips.TripState.OFFERED, offers=(*trip.offers, *added), updated_at=self._now)
        self._put(changed, by=trip.passenger_id)
        self._trip_of_offer.update((offer.offer_id, trip_id) for offer in added)
        self._note_asked(changed)
        self.matches.append(Match(trip_id, trip.vehicle, self._now, tuple(looked_at)))
        return changed

    def open_trip(self, person_id: int) -> int | None:
        """The open trip of a person, in either role."""
        return self._open_trips.get(person_id)

    def quiet_hours(self, person_id: int) -> QuietHours | None:
        """When a person wants no reminders; None: at any time they may come."""
        presence = self._presences.get(person_id)
        return presence.quiet if presence is not None else None

    def answer(self, said: OfferAnswer) -> Trip:
        """A driver accepts or declines; the first to accept wins."""
        trip = self._trips.get(self._trip_of_offer.get(said.offer_id, 0))
        if trip is None:
            raise OfferNotFound
        if said.answer == Answer.DECLINE:
            changed = trips.declined(trip, said.offer_id, said.driver_id, self._now)
        elif said.answer == Answer.ACCEPT:
            busy_with = self._open_trips.get(said.driver_id)
            changed = trips.accepted(trip, said.offer_id, said.driver_id, busy_with, self._now)
            if changed is not trip and (driver := self._presences.get(said.driver_id)):
                changed = course.on_the_way(changed, driver.location, self._routes, self._terms, self._now)
        else:
            raise trips.AnswerInvalid
        self._put(changed, by=said.driver_id)
        if changed is not trip and changed.driver_id == said.driver_id:
            for other_id in sorted(self._asked.pop(said.driver_id, set()) - {trip.trip_id}):
                self._put(trips.withdrawn(self._trips[other_id], said.driver_id, self._now), by=said.driver_id)
        return changed

    def advance(self, step: Step) -> Trip:
        """The driver arrives, starts, completes."""
        changed = trips.advanced(self._known(step.trip_id), step.driver_id, step.state, self._now)
        changed = course.stepped(changed, self._terms, self._now)
        self._put(changed, by=step.driver_id)
        return changed

    def cancel(self, given_up: Cancellation) -> Trip:
        """Either side gives an open trip up, perhaps because the other one did not come."""
        trip = self._known(given_up.trip_id)
        changed = trips.cancelled(trip, given_up.person_id, given_up.reason, self._now)
        missed = no_show.noted(trip, given_up.person_id, given_up.reason, self._terms, self._now)
        self._put(changed, by=given_up.person_id)
        if missed is not None:
            self.no_shows.append(missed)
        return changed

    def retire(self) -> None:
        """Take off the map who is online, free, and has not told for long where they are; each hears of it.

        Nobody does in their quiet hours.
        """
        for presence in list(self._presences.values()):
            silent = presence.located_at is not None and presence.located_at < self._now - self._terms.silent_after
            quiet = presence.quiet is not None and presence.quiet.cover(self._now, self._terms.zone)
            if presence.online and presence.trip_id is None and silent and not quiet:
                self._presences[presence.person_id] = replace(presence, online=False)
                self.tidings.append(Tiding(EventKind.PRESENCE_ENDED, presence.person_id, None, at=self._now))

    def lapse(self) -> None:
        """Close what time has run out for."""
        for trip in list(self._trips.values()):
            self._put(trips.lapsed(trip, self._now), by=None)

    def merge(self, merge: Merge) -> None:
        """Everything of one person becomes another's.

        Of open trips one stays, because a person takes part in one at a time: one that is under way rather than one
        that waits for a driver, the newer rather than the older.
        """
        check_person(merge.from_person_id)
        check_person(merge.to_person_id)
        if merge.from_person_id == merge.to_person_id:
            return
        both = {merge.from_person_id, merge.to_person_id}
        for trip in list(self._trips.values()):
            if both <= {trip.passenger_id, trip.driver_id}:
                self._give_up(trip, merge)  # nobody drives themselves
            elif trip.passenger_id in both:
                for driver_id in both:
                    self._put(trips.withdrawn(self._trips[trip.trip_id], driver_id, self._now), by=driver_id)
        held = [
            trip
            for trip in self._trips.values()
            if trip.state in trips.OPEN and not both.isdisjoint((trip.passenger_id, trip.driver_id))
        ]
        for trip in sorted(held, key=lambda trip: (trip.state in trips.DRIVEN, trip.trip_id))[:-1]:
            self._give_up(trip, merge)
        survivor = presences.merged(
            self._presences.get(merge.to_person_id),
            self._presences.pop(merge.from_person_id, None),
            merge.to_person_id,
        )
        if survivor is not None:
            self._presences[merge.to_person_id] = survivor
        self.merges.append(merge)

    def erase(self, erasure: Erasure) -> list[int]:
        """Give up the person's open trips, ask them nothing any more; the trips that were given up."""
        check_person(erasure.person_id)
        given_up = []
        for trip in list(self._trips.values()):
            if erasure.person_id in {trip.passenger_id, trip.driver_id}:
                if trip.state in trips.OPEN:
                    self._put(trips.cancelled(trip, erasure.person_id, "erased", self._now), by=erasure.person_id)
                    given_up.append(trip.trip_id)
            else:
                self._put(trips.withdrawn(trip, erasure.person_id, self._now), by=erasure.person_id)
        # The row goes when everything else is written.
        self._presences.pop(erasure.person_id, None)
        return given_up

    def _give_up(self, trip: Trip, merge: Merge) -> None:
        if trip.state not in trips.OPEN:
            return
        both = (merge.from_person_id, merge.to_person_id)
        person_id = trip.passenger_id if trip.passenger_id in both else trip.driver_id or 0
        self._put(trips.cancelled(trip, person_id, "merged", self._now), by=person_id)

    def _note_asked(self, trip: Trip) -> None:
        for offer in trip.offers:
            if offer.state is OfferState.OPEN:
                self._asked.setdefault(offer.driver_id, set()).add(trip.trip_id)

    def _known(self, trip_id: int) -> Trip:
        trip = self._trips.get(trip_id)
        if trip is None:
            raise trips.TripNotFound
        return trip

    def _put(self, trip: Trip, by: int | None) -> None:
        before = self._trips.get(trip.trip_id)
        if trip is before:
            return
        self._trips[trip.trip_id] = trip
        self.tidings += told(before, trip, by)
        if before is None:
            self._trip_of_offer.update((offer.offer_id, trip.trip_id) for offer in trip.offers)
            self._note_asked(trip)
        for person_id in (trip.passenger_id, trip.driver_id):
            if person_id is None:
                continue
            if trip.state in trips.OPEN:
                self._open_trips[person_id] = trip.trip_id
            elif self._open_trips.get(person_id) == trip.trip_id:
                del self._open_trips[person_id]
        driver = self._presences.get(trip.driver_id or 0)
        if driver is not None and trip.state in trips.DRIVEN:
            self._presences[driver.person_id] = replace(driver, trip_id=trip.trip_id)
        elif driver is not None and driver.trip_id == trip.trip_id:
            self._presences[driver.person_id] = replace(driver, trip_id=None)

    @property
    def new_trips(self) -> list[Trip]:
        """Trips that were not there before."""
        return [trip for trip in self._trips.values() if trip.trip_id not in self._trips_before]

    @property
    def changed_trips(self) -> list[Trip]:
        """Trips that were there and are different now."""
        return [
            trip
            for trip in self._trips.values()
            if trip.trip_id in self._trips_before and trip is not self._trips_before[trip.trip_id]
        ]

    @property
    def moved_trips(self) -> list[Trip]:
        """Trips that were there in another state."""
        return [trip for trip in self.changed_trips if trip.state is not self._trips_before[trip.trip_id].state]

    @property
    def new_offers(self) -> list[Offer]:
        """Offers that were not there before."""
        before = {offer.offer_id for trip in self._trips_before.values() for offer in trip.offers}
        return [
            offer
            for trip in (*self.new_trips, *self.changed_trips)
            for offer in trip.offers
            if offer.offer_id not in before
        ]

    @property
    def changed_offers(self) -> list[Offer]:
        """Offers that were there and are different now."""
        before: dict[int, OfferState] = {
            offer.offer_id: offer.state for trip in self._trips_before.values() for offer in trip.offers
        }
        return [
            offer
            for trip in self.changed_trips
            for offer in trip.offers
            if offer.offer_id in before and offer.state is not before[offer.offer_id]
        ]

    @property
    def changed_presences(self) -> list[Presence]:
        """Presences that are new or different."""
        return [
            presence
            for presence in self._presences.values()
            if presence != self._presences_before.get(presence.person_id)
        ]

    @property
    def switched_presences(self) -> list[Presence]:
        """Presences of those who went online or offline."""
        before = {person_id for person_id, presence in self._presences_before.items() if presence.online}
        return [
            presence for presence in self.changed_presences if presence.online is not (presence.person_id in before)
        ]
