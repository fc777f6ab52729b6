"""What people do, each a generator: it tells the model what follows, then yields what is to be done on a phone.

Whoever plays a deed does what it yields and waits until everybody has heard what the model says; then the deed goes on.
A deed leaves everybody where another deed can begin.
"""

from datetime import datetime

from tests.days.acts import Choose, Credit, Deed, Paper, Photo, Pick, Review, Say, SayCode, Share
from tests.days.model import Model
from tests.days.values import CONFIRMED_ABOVE, Person, Plan, Trip, TripState

_SAID = "zanzi bolo"

# Who people are.


def introduces(model: Model, person: Person, language: str) -> Deed:
    """Say hello and choose a language."""
    model.answered(person, "first-contact")
    yield Say(person, "hello")
    model.speaks(person, language)
    yield Choose(person, "language-name")


def changes_language(model: Model, person: Person, language: str) -> Deed:
    model.answered(person, "language-question")
    yield Say(person, "language")
    model.speaks(person, language)
    yield Choose(person, "language-name")


def stops(model: Model, person: Person) -> Deed:
    model.stops(person)
    yield Say(person, "STOP")


def starts(model: Model, person: Person) -> Deed:
    model.starts(person)
    yield Say(person, "START")


def looks_around(model: Model, person: Person) -> Deed:
    """Read what changes nothing: prices and the menu."""
    model.answered(person, "prices")
    yield Say(person, "prices")
    model.answered(person, "home-online" if person.online else "home")
    yield Say(person, "menu")


def floods(model: Model, person: Person, photos: int) -> Deed:
    """Send one photo after the other."""
    for _ in range(photos):
        model.shows_photo(person)
        yield Photo(person)


# Driving.


def goes_online(model: Model, driver: Person, corner: int, vehicle: str, steps: int = 0) -> Deed:
    model.answered(driver, "drive-vehicle")
    yield Say(driver, "drive")
    model.answered(driver, "drive-where")
    yield Choose(driver, f"vehicle-{vehicle}")
    model.goes_online(driver, corner, vehicle)
    yield Share(driver, corner, steps)


def moves(model: Model, driver: Person, steps: int = 0) -> Deed:
    """An idle driver tells where they are."""
    model.moves(driver)
    yield Share(driver, driver.corner, steps)


def goes_offline(model: Model, driver: Person) -> Deed:
    model.goes_offline(driver)
    yield Say(driver, "offline")


# Rides.


def asks(model: Model, passenger: Person, corner: int, vehicle: str, steps: int = 5) -> Deed:
    """Ask everybody near for a ride; when nobody is, hear just that."""
    model.answered(passenger, "ride-vehicle")
    yield Say(passenger, "ride")
    model.answered(passenger, "ride-where")
    yield Choose(passenger, f"vehicle-{vehicle}")
    near = len(model.near(corner, vehicle))
    if not near:
        model.answered(passenger, "nobody-near")
        yield Share(passenger, corner, steps)
        return
    model.answered(passenger, "ride-drivers", count=near)
    yield Share(passenger, corner, steps)
    model.asks(passenger, corner, vehicle)
    yield Choose(passenger, "row-ask-all")


def accepts(model: Model, driver: Person, trip: Trip) -> Deed:
    model.accepts(driver, trip)
    yield Choose(driver, "button-accept")


def declines(model: Model, driver: Person, trip: Trip) -> Deed:
    model.declines(driver, trip)
    yield Choose(driver, "button-decline")


_STEPS = {
    TripState.ACCEPTED: "button-arrived",
    TripState.ARRIVED: "button-start",
    TripState.IN_PROGRESS: "button-complete",
}


def advances(model: Model, trip: Trip) -> Deed:
    """The driver takes the next step."""
    assert trip.driver is not None
    button = _STEPS[trip.state]
    model.advances(trip)
    yield Choose(trip.driver, button)


def rates(model: Model, person: Person, trip: Trip, stars: int) -> Deed:
    """Right after the ride, as long as its stars are what the newest message offers."""
    model.rates(person, trip, stars)
    yield Choose(person, "row-stars", stars)


def gives_up(model: Model, person: Person, trip: Trip, reason: str) -> Deed:
    """Passengers say wait, plans, found or other; drivers vehicle, far or other."""
    model.answered(person, "why")
    yield Choose(person, "button-leave")
    model.gives_up(person, trip, reason)
    yield Choose(person, f"row-reason-{reason}")


def talks(model: Model, person: Person, trip: Trip) -> Deed:
    """Write to the other side what means nothing in any language."""
    model.talks(person, trip, _SAID)
    yield Say(person, _SAID)


def agrees(model: Model, person: Person, trip: Trip) -> Deed:
    """Say yes to an exchange of numbers."""
    model.agrees(person, trip)
    yield Say(person, "share my number")


def says_nobody_came(model: Model, driver: Person) -> Deed:
    """As soon as they are at the pickup, which is too early."""
    model.answered(driver, "absent-too-early")
    yield Choose(driver, "button-absent")


# Insurance.


def hands_in(model: Model, person: Person, pages: int) -> Deed:
    """Send so many photos of a certificate."""
    model.looks_at_insurance(person)
    yield Say(person, "insurance")
    model.answered(person, "certificate-ask")
    yield Choose(person, "button-certificate")
    for _ in range(pages):
        model.hands_in(person)
        yield Paper(person)
    model.looks_at_insurance(person)
    yield Choose(person, "button-done")


def is_reviewed(model: Model, person: Person, *, approve: bool) -> Deed:
    model.is_reviewed(person, approved=approve)
    yield Review(person, approve)


# Money.


def opens_wallet(model: Model, person: Person) -> Deed:
    model.opens_wallet(person)
    yield Say(person, "wallet")


def is_credited(model: Model, person: Person, amount: int) -> Deed:
    model.is_credited(person, amount)
    yield Credit(person, amount)


def sends(model: Model, payer: Person, payee: Person, amount: int) -> Deed:
    """Send money to whoever has a wallet; what stands against it is read, and the matter left."""
    model.opens_wallet(payer)
    yield Say(payer, "wallet")
    model.answered(payer, "wallet-payee")
    yield Choose(payer, "button-send-money")
    model.answered(payer, "wallet-amount", balance=payer.balance)
    yield SayCode(payer, payee)
    refused = model.against(payer, amount)
    if refused is not None:
        key, numbers = refused
        model.answered(payer, key, **numbers)
        yield Say(payer, str(amount))
        model.answered(payer, "home-online" if payer.online else "home")
        yield Say(payer, "menu")
        return
    if amount > CONFIRMED_ABOVE:
        model.answered(payer, "wallet-confirm", amount=amount)
        yield Say(payer, str(amount))
        model.sends(payer, payee, amount)
        yield Choose(payer, "button-pay")
    else:
        model.sends(payer, payee, amount)
        yield Say(payer, str(amount))


# Rides for later.


def plans(
    model: Model, passenger: Person, corner: int, vehicle: str, row: str, at: datetime, *, daily: bool = False
) -> Deed:
    """Plan a ride by one of the rows, which means the moment `at`."""
    model.answered(passenger, "schedule-vehicle")
    yield Say(passenger, "schedule")
    model.answered(passenger, "ride-where")
    yield Choose(passenger, f"vehicle-{vehicle}")
    model.answered(passenger, "schedule-when")
    yield Share(passenger, corner, 7)
    model.answered(passenger, "schedule-confirm")
    yield Choose(passenger, row)
    model.plans_ride(passenger, corner, vehicle, at, daily=daily)
    yield Choose(passenger, "button-book")


def _looks_at(model: Model, plan: Plan) -> Deed:
    """Find one's only planned ride in the list."""
    model.answered(plan.passenger, "schedule-list")
    yield Say(plan.passenger, "schedules")
    # Nothing but a vehicle and a time: what it offers is seen when that is chosen.
    model.answered(plan.passenger, "schedule-line")
    yield Pick(plan.passenger)


def moves_plan(model: Model, plan: Plan, row: str, at: datetime) -> Deed:
    """Give it another time, once."""
    yield from _looks_at(model, plan)
    model.answered(plan.passenger, "schedule-when")
    yield Choose(plan.passenger, "button-change-time")
    model.answered(plan.passenger, "schedule-confirm-change")
    yield Choose(plan.passenger, row)
    model.moves_plan(plan, at)
    yield Choose(plan.passenger, "button-book")


def skips(model: Model, plan: Plan) -> Deed:
    """Not the next time."""
    yield from _looks_at(model, plan)
    model.skips(plan)
    yield Choose(plan.passenger, "button-skip-ride")


def drops(model: Model, plan: Plan) -> Deed:
    """Not at all."""
    yield from _looks_at(model, plan)
    model.drops(plan)
    yield Choose(plan.passenger, "button-drop-schedule")
