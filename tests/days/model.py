"""A town in plain Python: what people, trips, wallets and rides for later have become, and what each phone was told.

Whoever drives people (deeds.py) tells the model what they do; the model says what follows, for them and for everybody
else, by the keys of the catalogue. Nothing here knows how the services do it.
"""

from datetime import datetime

from tests.days.papers import Papers
from tests.days.values import (
    DAY,
    LATE_AFTER,
    LOCATION_FRESH,
    MATCH_BEFORE,
    MOST_ASKED,
    OFFER_LASTS,
    OPEN,
    PLAN_GRACE,
    REMIND_BEFORE,
    REQUEST_LASTS,
    SILENT_AFTER,
    WAITING,
    OfferState,
    Person,
    Plan,
    PlanState,
    Trip,
    TripState,
)


class Model(Papers):
    """Everybody and everything."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.trips: list[Trip] = []
        self.plans: list[Plan] = []

    # Silence.

    def stops(self, person: Person) -> None:
        """They want silence: whatever they were at is given up, and who waits for them is told."""
        if person.channel == "whatsapp":
            self.answered(person, "stopped")
        person.silent, person.wrote_at = True, self.now
        person.online = False
        person.shown.clear()
        for plan in self.active_plans(person):
            # One with a driver on the way would be left to its trip.
            assert plan.trip is None
            plan.state = PlanState.CANCELLED
        trip = self.open_trip(person)
        if trip is not None:
            self._cancel(trip, person, "stopped")

    def starts(self, person: Person) -> None:
        """They want to be told again; by SMS the carrier says so."""
        person.silent, person.wrote_at = False, self.now
        if person.channel == "whatsapp":
            self.answered(person, "started")

    # Driving.

    def goes_online(self, driver: Person, corner: int, vehicle: str) -> None:
        driver.online, driver.corner, driver.vehicle, driver.located_at = True, corner, vehicle, self.now
        self.answered(driver, "online")

    def goes_offline(self, driver: Person) -> None:
        driver.online = False
        self.answered(driver, "offline")

    def moves(self, driver: Person) -> None:
        driver.located_at = self.now
        self.answered(driver, "moved")

    def near(self, corner: int, vehicle: str) -> list[Person]:
        """Who would be asked there now."""
        return [
            one
            for one in self.people
            if one.online
            and (one.corner, one.vehicle) == (corner, vehicle)
            and one.located_at is not None
            and self.now - one.located_at < LOCATION_FRESH
            and self.open_trip(one) is None
        ][:MOST_ASKED]

    # Rides.

    def open_trip(self, person: Person) -> Trip | None:
        """The one that they are on, in either role."""
        return next((one for one in self.trips if one.state in OPEN and person in {one.passenger, one.driver}), None)

    def idle(self, person: Person) -> bool:
        """Whether nothing waits for them: they speak, and neither ride nor are asked."""
        return bool(person.language) and not person.silent and self.open_trip(person) is None and not person.shown

    def asks(self, passenger: Person, corner: int, vehicle: str) -> Trip:
        """Everybody near is asked; there must be somebody."""
        trip = self._made(passenger, corner, vehicle, self.now + REQUEST_LASTS)
        self.answered(passenger, "asked", count=len(trip.offers))
        return trip

    def _made(
        self, passenger: Person, corner: int, vehicle: str, expires_at: datetime, *, planned: bool = False
    ) -> Trip:
        drivers = self.near(corner, vehicle)
        assert drivers, f"nobody is near corner {corner}"
        trip = Trip(len(self.trips) + 1, passenger, corner, vehicle, self.now, expires_at, planned)
        trip.offers = dict.fromkeys(drivers, OfferState.OPEN)
        self.trips.append(trip)
        for driver in drivers:
            driver.shown.append(trip)
            self.hears(driver, "offer")
        return trip

    def accepts(self, driver: Person, trip: Trip) -> None:
        """The first to accept drives; the others are told."""
        trip.driver, trip.state, trip.offers[driver] = driver, TripState.ACCEPTED, OfferState.ACCEPTED
        driver.shown.remove(trip)
        self.answered(driver, "accepted")
        self._close_offers(trip, OfferState.WITHDRAWN, "offer-taken")
        self.hears(trip.passenger, "told-accepted-distance")

    def declines(self, driver: Person, trip: Trip) -> None:
        """When that was the last one, the passenger is told; whoever planned the ride is not, the search goes on."""
        trip.offers[driver] = OfferState.DECLINED
        driver.shown.remove(trip)
        self.answered(driver, "declined")
        self._exhausted(trip)

    def advances(self, trip: Trip) -> None:
        """The driver's next step."""
        assert trip.driver is not None
        trip.state = TripState(trip.state + 1)
        done, told = {
            TripState.ARRIVED: ("driver-arrived", "passenger-arrived"),
            TripState.IN_PROGRESS: ("driver-in-progress", "told-started"),
            TripState.COMPLETED: ("driver-completed", "told-completed"),
        }[trip.state]
        self.answered(trip.driver, done)
        self.hears(trip.passenger, told)

    # What both sides say to each other.

    def talks(self, person: Person, trip: Trip, words: str) -> None:
        """The other side reads it; the first time they hear that it went."""
        driving, other = self._other_side(person, trip)
        if person in trip.talked:
            person.wrote_at = self.now
        else:
            self.answered(person, "relay-told-passenger" if driving else "relay-told-driver")
        trip.talked.add(person)
        self.hears(other, "relay-driver" if driving else "relay-passenger", words)

    def agrees(self, person: Person, trip: Trip) -> None:
        """They would exchange numbers; once both would, each reads the other's."""
        driving, other = self._other_side(person, trip)
        trip.agreed.add(person)
        mine, theirs = "exchange-passenger-number", "exchange-driver-number"
        if not driving:
            mine, theirs = theirs, mine
        if other in trip.agreed:
            self.answered(person, mine)
            self.hears(other, theirs)
        else:
            self.answered(person, "exchange-asked")
            self.hears(other, "exchange-driver-asks" if driving else "exchange-passenger-asks")

    def _other_side(self, person: Person, trip: Trip) -> tuple[bool, Person]:
        """Whether this one drives, and who the other is."""
        assert trip.driver is not None
        return (True, trip.passenger) if person is trip.driver else (False, trip.driver)

    def rates(self, person: Person, trip: Trip, stars: int) -> None:
        self.answered(person, "rated", count=stars)
        trip.stars[person] = stars

    def gives_up(self, person: Person, trip: Trip, reason: str) -> None:
        self.answered(person, "given-up")
        self._cancel(trip, person, reason)

    def _cancel(self, trip: Trip, by: Person, reason: str) -> None:
        trip.state, trip.cancelled_by, trip.reason = TripState.CANCELLED, by, reason
        self._close_offers(trip, OfferState.WITHDRAWN, "offer-withdrawn")
        if trip.driver is by:
            self.hears(trip.passenger, "told-cancelled-passenger")
        elif trip.driver is not None:
            self.hears(trip.driver, "told-cancelled-driver")

    def _close_offers(self, trip: Trip, state: OfferState, key: str) -> None:
        for driver in trip.asked:
            trip.offers[driver] = state
            # What a phone does not show any more is closed without a word.
            if trip in driver.shown:
                driver.shown.remove(trip)
                self.hears(driver, key)

    def _exhausted(self, trip: Trip) -> None:
        if trip.asked:
            return
        trip.state = TripState.REQUESTED
        if not trip.planned:
            self.hears(trip.passenger, "told-exhausted")

    # Rides for later.

    def active_plans(self, person: Person) -> list[Plan]:
        return [one for one in self.plans if one.passenger is person and one.state is PlanState.ACTIVE]

    def plans_ride(self, passenger: Person, corner: int, vehicle: str, at: datetime, *, daily: bool) -> Plan:
        plan = Plan(passenger, corner, vehicle, at, daily)
        self.plans.append(plan)
        self.answered(passenger, "schedule-booked")
        return plan

    def moves_plan(self, plan: Plan, at: datetime) -> None:
        """Another time, for which nothing has been done yet."""
        plan.at, plan.daily, plan.reminded = at, False, False
        self.answered(plan.passenger, "schedule-moved")

    def skips(self, plan: Plan) -> None:
        plan.at, plan.reminded = plan.at + DAY, False
        self.answered(plan.passenger, "schedule-skipped")

    def drops(self, plan: Plan) -> None:
        plan.state = PlanState.CANCELLED
        self.answered(plan.passenger, "schedule-dropped")

    # Time.

    def passes(self, moment: datetime) -> None:
        """It is this moment: whatever has become due is done and told."""
        assert moment > self.now
        self.now = moment
        for trip in self.trips:
            self._lapse(trip)
        for plan in self.plans:
            self._due(plan)
        for person in self.people:
            silent = person.located_at is not None and self.now - person.located_at > SILENT_AFTER
            if person.online and silent and self.open_trip(person) is None:
                person.online = False
                self.hears(person, "silent-offline")

    def _lapse(self, trip: Trip) -> None:
        if trip.state not in WAITING:
            return
        if trip.expires_at <= self.now:
            trip.state = TripState.EXPIRED
            self._close_offers(trip, OfferState.WITHDRAWN, "offer-withdrawn")
            self.hears(trip.passenger, "told-expired")
        elif trip.asked and trip.offered_at + OFFER_LASTS <= self.now:
            self._close_offers(trip, OfferState.EXPIRED, "offer-lapsed")
            self._exhausted(trip)

    def _due(self, plan: Plan) -> None:
        if plan.trip is not None and plan.trip.state not in OPEN:
            self._settle(plan)
        if plan.state is not PlanState.ACTIVE or plan.trip is not None:
            return
        if self.now >= plan.at - MATCH_BEFORE:
            self._match(plan)
        elif self.now >= plan.at - REMIND_BEFORE and not plan.reminded:
            plan.reminded = True
            self.hears(plan.passenger, "told-reminder")

    def _match(self, plan: Plan) -> None:
        if plan.nobody_told and self.now >= plan.at + PLAN_GRACE:
            self._missed(plan, "told-missed")
        elif not plan.nobody_told and self.now > plan.at + LATE_AFTER:
            self._missed(plan, "told-late")
        elif self.open_trip(plan.passenger) is not None:
            self._missed(plan, "told-busy")
        elif self.near(plan.corner, plan.vehicle):
            plan.trip = self._made(plan.passenger, plan.corner, plan.vehicle, plan.at + PLAN_GRACE, planned=True)
        elif not plan.nobody_told:
            plan.nobody_told = True
            self.hears(plan.passenger, "told-nobody-yet")

    def _missed(self, plan: Plan, key: str) -> None:
        self.hears(plan.passenger, key)
        self._settle(plan)

    def _settle(self, plan: Plan) -> None:
        """That ride is over: a daily one has its next."""
        plan.trip, plan.reminded, plan.nobody_told = None, False, False
        if not plan.daily:
            plan.state = PlanState.DONE
            return
        plan.at += DAY
        while plan.at <= self.now:
            plan.at += DAY
