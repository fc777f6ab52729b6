"""Random but valid people beside the model of the two days (tests/days): what they do has its effect and its words.

In the town's memory, where no time passes; tests/mesh/test_days.py plays the same deeds on a running mesh.
"""

import asyncio
from datetime import datetime, timedelta

from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.gateway.conversations.catalogue import LANGUAGES
from services.gateway.messages import Channel
from tests.days import deeds
from tests.days.acts import Deed, play
from tests.days.model import Model
from tests.days.values import CONFIRMED_ABOVE, DAY, WAITING, CertificateState, Person, Plan, Trip, TripState
from tests.gateway.conversations.day_stage import StillTown, TownStage

PASSENGERS = DRIVERS = 3
CORNERS = 2
ENDOWED = 20_000
# What each row means in the town, where it is Monday, 2 March 2026, 11:00 in Kigali: how far ahead, and whether daily.
ROWS = {
    "row-in-two-hours": (timedelta(hours=2), False),
    "row-tomorrow-morning": (timedelta(hours=21), False),
    "row-every-evening": (timedelta(hours=7), True),
}
NEXT = {TripState.ACCEPTED, TripState.ARRIVED, TripState.IN_PROGRESS}
# Nobody waits long enough here to say that somebody did not come.
PASSENGERS_REASONS, DRIVERS_REASONS = ("wait", "plans", "found", "other"), ("vehicle", "far", "other")
CHANNELS: tuple[Channel, ...] = ("whatsapp", "sms")

languages, channels = st.sampled_from(LANGUAGES), st.sampled_from(CHANNELS)
stars = st.integers(0, 5)


class People(RuleBasedStateMachine):
    """Three passengers and three drivers in two corners of town, all with money; each does what fits where they are."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.town = StillTown()
        self.model = Model(self.town.now)
        self.stage = TownStage(self.town, self.model)
        self.passengers: list[Person] = []
        self.drivers: list[Person] = []
        self.confirmed: set[tuple[str, str, int, datetime]] = set()

    @initialize(data=st.data())
    def everybody_says_hello(self, data: st.DataObject) -> None:
        for role, people, count in (("passenger", self.passengers, PASSENGERS), ("driver", self.drivers, DRIVERS)):
            for number in range(count):
                person = self.model.newcomer(f"{role} {number}", data.draw(channels))
                self.stage.arrives(person, ENDOWED, self.town.now - 2 * DAY)
                people.append(person)
                self.play(deeds.introduces(self.model, person, data.draw(languages)))
        for number, driver in enumerate(self.drivers):
            self.play(deeds.goes_online(self.model, driver, number % CORNERS, "moto", number))

    def teardown(self) -> None:
        self.runner.close()

    def play(self, deed: Deed) -> None:
        self.runner.run(play(self.stage, self.model, deed))

    def idle(self, people: list[Person]) -> list[Person]:
        return [one for one in people if self.model.idle(one)]

    def answerable(self) -> list[tuple[Person, Trip]]:
        return [(driver, trip) for driver in self.drivers for trip in driver.shown if driver in trip.asked]

    def driven(self) -> list[Trip]:
        return [trip for trip in self.model.trips if trip.state in NEXT]

    def planned(self) -> list[Plan]:
        return [plan for one in self.idle(self.passengers) for plan in self.model.active_plans(one)]

    @precondition(lambda self: self.idle(self.model.people))
    @rule(data=st.data(), language=languages)
    def change_language(self, data: st.DataObject, language: str) -> None:
        person = data.draw(st.sampled_from(self.idle(self.model.people)))
        self.play(deeds.changes_language(self.model, person, language))

    @precondition(lambda self: self.idle(self.model.people))
    @rule(data=st.data())
    def look_around(self, data: st.DataObject) -> None:
        self.play(deeds.looks_around(self.model, data.draw(st.sampled_from(self.idle(self.model.people)))))

    @precondition(lambda self: self.idle(self.drivers))
    @rule(data=st.data(), corner=st.integers(0, CORNERS - 1), away=st.booleans())
    def drive(self, data: st.DataObject, corner: int, *, away: bool) -> None:
        driver = data.draw(st.sampled_from(self.idle(self.drivers)))
        if away and driver.online:
            self.play(deeds.goes_offline(self.model, driver))
        else:
            self.play(deeds.goes_online(self.model, driver, corner, "moto", self.drivers.index(driver)))

    @precondition(lambda self: self.idle(self.passengers))
    @rule(data=st.data(), corner=st.integers(0, CORNERS))
    def ask(self, data: st.DataObject, corner: int) -> None:
        """In a corner where no request is open: a phone with words alone would list two of them."""
        if any(driver.shown for driver in self.model.near(corner, "moto")):
            return
        passenger = data.draw(st.sampled_from(self.idle(self.passengers)))
        self.play(deeds.asks(self.model, passenger, corner, "moto"))

    @precondition(lambda self: self.answerable())
    @rule(data=st.data(), accept=st.booleans())
    def answer(self, data: st.DataObject, *, accept: bool) -> None:
        driver, trip = data.draw(st.sampled_from(self.answerable()))
        self.play((deeds.accepts if accept else deeds.declines)(self.model, driver, trip))

    @precondition(lambda self: self.driven())
    @rule(data=st.data(), drivers_stars=stars, passengers_stars=stars)
    def advance(self, data: st.DataObject, drivers_stars: int, passengers_stars: int) -> None:
        trip = data.draw(st.sampled_from(self.driven()))
        self.play(deeds.advances(self.model, trip))
        if trip.state is not TripState.COMPLETED:
            return
        assert trip.driver is not None
        for person, count in ((trip.driver, drivers_stars), (trip.passenger, passengers_stars)):
            if count:
                self.play(deeds.rates(self.model, person, trip, count))

    @precondition(lambda self: self.driven())
    @rule(data=st.data(), number=st.booleans())
    def talk(self, data: st.DataObject, *, number: bool) -> None:
        """To the other side, perhaps of an exchange of numbers; who agreed once has said it."""
        trip = data.draw(st.sampled_from(self.driven()))
        assert trip.driver is not None
        person = data.draw(st.sampled_from([trip.passenger, trip.driver]))
        if number and person not in trip.agreed:
            self.play(deeds.agrees(self.model, person, trip))
        else:
            self.play(deeds.talks(self.model, person, trip))

    def insurable(self) -> list[Person]:
        return [one for one in self.idle(self.drivers) if one.channel == "whatsapp"]

    @precondition(lambda self: self.insurable())
    @rule(data=st.data(), pages=st.integers(1, 3))
    def hand_in(self, data: st.DataObject, pages: int) -> None:
        """A certificate, or more pages of the one that waits."""
        self.play(deeds.hands_in(self.model, data.draw(st.sampled_from(self.insurable())), pages))

    def waiting(self) -> list[Person]:
        waits = CertificateState.SUBMITTED
        return [one for one in self.drivers if one.certificate is not None and one.certificate.state is waits]

    @precondition(lambda self: self.waiting())
    @rule(data=st.data(), approve=st.booleans())
    def review(self, data: st.DataObject, *, approve: bool) -> None:
        """Whatever the driver is at."""
        self.play(deeds.is_reviewed(self.model, data.draw(st.sampled_from(self.waiting())), approve=approve))

    @precondition(lambda self: any(trip.state in NEXT | WAITING for trip in self.model.trips))
    @rule(data=st.data(), driver=st.booleans())
    def give_up(self, data: st.DataObject, *, driver: bool) -> None:
        """On the way only; whoever rides already stays."""
        open_trips = [one for one in self.model.trips if one.state in (NEXT | WAITING) - {TripState.IN_PROGRESS}]
        if not open_trips:
            return
        trip = data.draw(st.sampled_from(open_trips))
        if driver and trip.driver is not None:
            reason = data.draw(st.sampled_from(DRIVERS_REASONS))
            self.play(deeds.gives_up(self.model, trip.driver, trip, reason))
        else:
            reason = data.draw(st.sampled_from(PASSENGERS_REASONS))
            self.play(deeds.gives_up(self.model, trip.passenger, trip, reason))

    @rule(data=st.data())
    def stop_or_start(self, data: st.DataObject) -> None:
        """At any time: in a trip, with requests open, with rides planned."""
        person = data.draw(st.sampled_from(self.model.people))
        self.play((deeds.starts if person.silent else deeds.stops)(self.model, person))

    @precondition(lambda self: self.idle(self.model.people))
    @rule(data=st.data(), amount=st.sampled_from([50, 100, 700, 5_000, 5_001, 30_000, 150_000]))
    def send_money(self, data: st.DataObject, amount: int) -> None:
        """To anybody else, whatever they are at and whether they want to hear of it or not."""
        payer = data.draw(st.sampled_from(self.idle(self.model.people)))
        payee = data.draw(st.sampled_from([one for one in self.model.people if one is not payer]))
        # A yes is known by its second, so that it counts once: nobody says the same one twice within it.
        said = (payer.name, payee.name, amount, self.town.now)
        assume(amount <= CONFIRMED_ABOVE or said not in self.confirmed)
        self.confirmed.add(said)
        self.play(deeds.sends(self.model, payer, payee, amount))

    def unplanned(self) -> list[Person]:
        return [one for one in self.idle(self.passengers) if not self.model.active_plans(one)]

    @precondition(lambda self: self.unplanned())
    @rule(data=st.data(), row=st.sampled_from(sorted(ROWS)))
    def plan(self, data: st.DataObject, row: str) -> None:
        passenger = data.draw(st.sampled_from(self.unplanned()))
        ahead, daily = ROWS[row]
        self.play(deeds.plans(self.model, passenger, 0, "moto", row, self.town.now + ahead, daily=daily))

    @precondition(lambda self: self.planned())
    @rule(data=st.data(), what=st.sampled_from(["drop", "move", "skip"]))
    def change_plan(self, data: st.DataObject, what: str) -> None:
        plan = data.draw(st.sampled_from(self.planned()))
        if what == "move":
            ahead, _ = ROWS["row-tomorrow-morning"]
            self.play(deeds.moves_plan(self.model, plan, "row-tomorrow-morning", self.town.now + ahead))
        elif what == "skip" and plan.daily:
            self.play(deeds.skips(self.model, plan))
        else:
            self.play(deeds.drops(self.model, plan))

    @invariant()
    def the_town_is_as_the_model_says(self) -> None:
        self.stage.compare()


def test_random_people_beside_the_model() -> None:
    """Whoever does what in whatever order: trips, stars, money, plans and every message are as the model says."""
    run_state_machine_as_test(People, settings=settings(max_examples=30, stateful_step_count=30, deadline=None))
