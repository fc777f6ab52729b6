"""Rides as they go in a town, each from the first word to an end: the happenings that a day is made of.

Another story is one more function in STORIES, made of deeds, each of which tells the model what follows.
"""

import random
from collections.abc import Callable, Generator
from typing import TypeAlias

from tests.days.acts import Act, Deed
from tests.days.deeds import (
    accepts,
    advances,
    agrees,
    asks,
    declines,
    gives_up,
    goes_online,
    rates,
    says_nobody_came,
    starts,
    stops,
    talks,
)
from tests.days.model import Model
from tests.days.values import Person, Plan, Trip

# Who rides, from which corner, in what; their dice are theirs alone, so that nobody else's pace changes a throw.
Story: TypeAlias = Callable[[Model, random.Random, Person, int, str], Deed]


def ridden(model: Model, dice: random.Random, passenger: Person, corner: int, vehicle: str) -> Deed:
    """Somebody accepts and drives; both give stars."""
    yield from asks(model, passenger, corner, vehicle)
    trip = _trip_of(model, passenger)
    yield from accepts(model, dice.choice(trip.asked), trip)
    yield from driven(model, dice, trip)


def ridden_with_the_second(model: Model, dice: random.Random, passenger: Person, corner: int, vehicle: str) -> Deed:
    """One driver declines, another one comes; when there is only one, that one is asked in vain."""
    yield from asks(model, passenger, corner, vehicle)
    trip = _trip_of(model, passenger)
    yield from declines(model, dice.choice(trip.asked), trip)
    if trip.asked:
        yield from accepts(model, dice.choice(trip.asked), trip)
        yield from driven(model, dice, trip)
    else:
        yield from gives_up(model, passenger, trip, "found")


def talked_over(model: Model, dice: random.Random, passenger: Person, corner: int, vehicle: str) -> Deed:
    """Both write to each other on the way, and exchange their numbers."""
    trip = yield from _accepted(model, dice, passenger, corner, vehicle)
    both = [passenger, _driver_of(trip)]
    for person in (*both, passenger):
        yield from talks(model, person, trip)
    dice.shuffle(both)
    for person in both:
        yield from agrees(model, person, trip)
    yield from driven(model, dice, trip)


def given_up_while_asking(model: Model, dice: random.Random, passenger: Person, corner: int, vehicle: str) -> Deed:
    """The passenger has other plans before anybody has answered."""
    yield from asks(model, passenger, corner, vehicle)
    yield from gives_up(model, passenger, _trip_of(model, passenger), "plans")


def given_up_while_waiting(model: Model, dice: random.Random, passenger: Person, corner: int, vehicle: str) -> Deed:
    """The passenger waits too long for a driver who has accepted."""
    trip = yield from _accepted(model, dice, passenger, corner, vehicle)
    yield from gives_up(model, passenger, trip, "wait")


def given_up_by_the_driver(model: Model, dice: random.Random, passenger: Person, corner: int, vehicle: str) -> Deed:
    """The driver's vehicle does not make it to the pickup."""
    trip = yield from _accepted(model, dice, passenger, corner, vehicle)
    yield from gives_up(model, _driver_of(trip), trip, dice.choice(("vehicle", "far", "other")))


def nobody_there(model: Model, dice: random.Random, passenger: Person, corner: int, vehicle: str) -> Deed:
    """The driver is at the pickup, the passenger is not, and the driver does not wait until it may be said."""
    trip = yield from _accepted(model, dice, passenger, corner, vehicle)
    yield from advances(model, trip)
    yield from says_nobody_came(model, _driver_of(trip))
    yield from gives_up(model, _driver_of(trip), trip, "other")


def wanted_by_nobody(model: Model, dice: random.Random, passenger: Person, corner: int, vehicle: str) -> Deed:
    """Everybody declines, and the passenger goes another way."""
    yield from asks(model, passenger, corner, vehicle)
    trip = _trip_of(model, passenger)
    for driver in dice.sample(trip.asked, len(trip.asked)):
        yield from declines(model, driver, trip)
    yield from gives_up(model, passenger, trip, "found")


def stopped_by_the_passenger(model: Model, dice: random.Random, passenger: Person, corner: int, vehicle: str) -> Deed:
    """The passenger wants silence while the driver is on the way, and comes back."""
    yield from _accepted(model, dice, passenger, corner, vehicle)
    yield from stops(model, passenger)
    yield from starts(model, passenger)


def stopped_by_the_driver(model: Model, dice: random.Random, passenger: Person, corner: int, vehicle: str) -> Deed:
    """The driver wants silence on the way to the pickup, comes back and goes online again."""
    trip = yield from _accepted(model, dice, passenger, corner, vehicle)
    driver = _driver_of(trip)
    yield from stops(model, driver)
    yield from starts(model, driver)
    yield from goes_online(model, driver, corner, vehicle)


STORIES: tuple[Story, ...] = (
    ridden,
    ridden_with_the_second,
    talked_over,
    given_up_while_asking,
    given_up_while_waiting,
    given_up_by_the_driver,
    nobody_there,
    wanted_by_nobody,
    stopped_by_the_passenger,
    stopped_by_the_driver,
)


def driven(model: Model, dice: random.Random, trip: Trip) -> Deed:
    """From accepted to the stars."""
    for _ in range(3):
        yield from advances(model, trip)
    yield from rates(model, _driver_of(trip), trip, dice.randint(1, 5))
    if not trip.passenger.silent:
        yield from rates(model, trip.passenger, trip, dice.randint(1, 5))


def planned_ride(model: Model, dice: random.Random, plan: Plan) -> Deed:
    """A ride whose drivers were asked because its time had come."""
    assert plan.trip is not None
    trip = plan.trip
    yield from accepts(model, dice.choice(trip.asked), trip)
    yield from driven(model, dice, trip)


def _accepted(
    model: Model, dice: random.Random, passenger: Person, corner: int, vehicle: str
) -> Generator[Act, None, Trip]:
    yield from asks(model, passenger, corner, vehicle)
    trip = _trip_of(model, passenger)
    yield from accepts(model, dice.choice(trip.asked), trip)
    return trip


def _trip_of(model: Model, passenger: Person) -> Trip:
    trip = model.open_trip(passenger)
    assert trip is not None
    return trip


def _driver_of(trip: Trip) -> Person:
    assert trip.driver is not None
    return trip.driver
