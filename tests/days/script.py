"""Two days in town, from a seed: who meets whom at which hour, given as moments and as what is done side by side.

Thirty passengers and twenty drivers on both channels in four languages. Two drivers share each of ten corners; one more
corner has none. Whoever acts side by side has nobody in common, so that their order changes nothing.
"""

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import TypeAlias

from services.gateway.conversations.catalogue import LANGUAGES
from tests.days.acts import Deed
from tests.days.deeds import (
    asks,
    changes_language,
    drops,
    floods,
    goes_offline,
    goes_online,
    hands_in,
    introduces,
    is_credited,
    is_reviewed,
    looks_around,
    moves,
    moves_plan,
    opens_wallet,
    plans,
    sends,
    skips,
    stops,
)
from tests.days.model import Model
from tests.days.stories import STORIES, Story, planned_ride
from tests.days.values import MOST_PHOTOS, Person

# The clock moves on to this moment, or these are done side by side.
Scene: TypeAlias = datetime | list[Deed]

PASSENGERS, DRIVERS, CORNERS = 30, 20, 10
LONELY_CORNER = CORNERS
_KIGALI_IS_AHEAD = timedelta(hours=2)


def vehicle_of(corner: int) -> str:
    return "moto" if corner % 2 == 0 else "cab"


class TwoDays:
    """The people of two days and what happens to them."""

    def __init__(self, model: Model, seed: int, midnight: datetime) -> None:
        """`midnight` is where the first day begins, in UTC and by the clocks of the service area."""
        self.model = model
        self._midnight = midnight - _KIGALI_IS_AHEAD
        self._dice = random.Random(f"two days {seed}")
        languages = [LANGUAGES[number % len(LANGUAGES)] for number in range(PASSENGERS + DRIVERS)]
        self._dice.shuffle(languages)
        self._languages = iter(languages)
        self._stories = itertools.cycle(self._dice.sample(STORIES, len(STORIES)))
        self.passengers = [self._newcomer("passenger", number, sms=number % 3 == 0) for number in range(PASSENGERS)]
        self.drivers = [self._newcomer("driver", number, sms=number % 5 == 4) for number in range(DRIVERS)]

    def _newcomer(self, role: str, number: int, *, sms: bool) -> Person:
        return self.model.newcomer(f"{role} {number}", "sms" if sms else "whatsapp", "" if sms else "Ada")

    def moment(self, day: int, hour: int, minute: int) -> datetime:
        """By the clocks of the service area; days count from 0."""
        return self._midnight + timedelta(days=day, hours=hour, minutes=minute)

    def scenes(self) -> Iterator[Scene]:
        """Everything, in order. What is drawn depends on the seed alone."""
        yield from self._first_morning()
        yield from self._first_day()
        yield from self._first_evening()
        yield from self._second_morning()

    def _first_morning(self) -> Iterator[Scene]:
        people = [*self.passengers, *self.drivers]
        yield [introduces(self.model, one, next(self._languages)) for one in people]
        yield self._everybody_online()
        yield self.moment(0, 7, 5)
        yield self._rides(range(CORNERS), self.passengers[10:20])
        yield self.moment(0, 8, 10)
        rides = self._plan_rides()
        yield [*rides, *(self._endowed(one) for one in [*self.passengers[20:30], self.passengers[6]])]
        yield [looks_around(self.model, one) for one in self.passengers[:5]]
        yield [self._insured(self.drivers[0], 2), self._insured(self.drivers[1], 1, refused=True)]

    def _plan_rides(self) -> list[Deed]:
        """Nine rides for later, the first four to be driven; times are those of the rows at ten past eight."""
        model, who = self.model, self.passengers
        soon, tonight = self.moment(0, 10, 10), self.moment(0, 18, 0)
        tomorrow, tomorrow_night = self.moment(1, 8, 0), self.moment(1, 18, 0)

        def plan(number: int, corner: int, row: str, at: datetime, *, daily: bool = False) -> Deed:
            return plans(model, who[number], corner, vehicle_of(corner), row, at, daily=daily)

        def and_then(deed: Deed, person: Person, what: Callable[[], Deed]) -> Deed:
            yield from deed
            assert len(model.active_plans(person)) == 1
            yield from what()

        return [
            plan(0, 0, "row-every-evening", tonight, daily=True),
            plan(1, 1, "row-in-two-hours", soon),
            plan(2, LONELY_CORNER, "row-in-two-hours", soon),
            plan(3, 2, "row-tomorrow-morning", tomorrow),
            plan(4, 3, "row-every-morning", tomorrow, daily=True),
            plan(5, 4, "row-tomorrow-morning", tomorrow),
            and_then(
                plan(7, 5, "row-every-morning", tomorrow, daily=True),
                who[7],
                lambda: skips(model, *model.active_plans(who[7])),
            ),
            and_then(
                plan(8, LONELY_CORNER, "row-tomorrow-evening", tomorrow_night),
                who[8],
                lambda: moves_plan(model, model.active_plans(who[8])[0], "row-tomorrow-morning", tomorrow),
            ),
            and_then(
                plan(9, 6, "row-every-evening", tonight, daily=True),
                who[9],
                lambda: drops(model, *model.active_plans(who[9])),
            ),
        ]

    def _insured(self, driver: Person, pages: int, *, refused: bool = False) -> Deed:
        """Somebody whose certificate is good in the end."""
        if refused:
            yield from hands_in(self.model, driver, pages)
            yield from is_reviewed(self.model, driver, approve=False)
        yield from hands_in(self.model, driver, pages)
        yield from is_reviewed(self.model, driver, approve=True)

    def _endowed(self, person: Person) -> Deed:
        yield from opens_wallet(self.model, person)
        if self.passengers.index(person) % 2 == 0:
            yield from is_credited(self.model, person, 300_000)

    def _first_day(self) -> Iterator[Scene]:
        model, who = self.model, self.passengers
        # Nobody has moved for two hours: all are taken off the map, told, and come back. Rides of 10:10 are near.
        yield self.moment(0, 9, 45)
        yield self._everybody_online()
        yield self.moment(0, 10, 0)
        yield [
            asks(model, who[10], 0, vehicle_of(0)),  # in vain: nobody answers
            self._planned(who[1]),
            *self._rides(range(2, CORNERS), who[20:28]),
            asks(model, who[11], LONELY_CORNER, "moto"),
        ]
        yield self.moment(0, 10, 5)  # offers lapse
        yield [
            *(stops(model, one) for one in (who[5], who[6], self.drivers[-1])),
            *self._sent(((20, 21, 500), (22, 23, 50))),
            changes_language(model, who[12], self._dice.choice(LANGUAGES)),
            floods(model, who[13], MOST_PHOTOS + 2),
            goes_offline(model, self.drivers[2]),
            moves(model, self.drivers[3]),
        ]
        yield self.moment(0, 10, 15)  # the request that nobody answered ends
        yield self.moment(0, 10, 50)  # so does the search in the lonely corner

    def _first_evening(self) -> Iterator[Scene]:
        yield self.moment(0, 17, 35)
        yield self._everybody_online()
        yield self.moment(0, 17, 47)
        yield [self._planned(self.passengers[0]), *self._rides(range(1, CORNERS), self.passengers[11:20])]

    def _second_morning(self) -> Iterator[Scene]:
        model, who = self.model, self.passengers
        yield self.moment(1, 7, 32)
        yield self._everybody_online()
        yield self.moment(1, 7, 47)
        corners = [0, 1, *range(4, CORNERS)]
        yield [self._planned(who[3]), self._planned(who[4]), *self._rides(corners, who[10:18])]
        # Wallets are a day old, and send.
        yield self.moment(1, 9, 0)
        yield self._sent(((20, 21, 1_500), (22, 23, 6_000), (24, 25, 999_999), (27, 26, 500)))
        yield self._sent(((21, 20, 700), (23, 22, 100), (26, 6, 200)))
        for amount in (100_000, 100_000, 100):
            yield self._sent(((28, 29, amount),))
        yield [stops(model, who[7]), drops(model, *model.active_plans(who[4]))]
        # What is over is put away.
        yield self.moment(1, 9, 10)

    def _everybody_online(self) -> list[Deed]:
        """Two drivers to a corner, without those who want silence."""
        return [
            goes_online(self.model, driver, number // 2, vehicle_of(number // 2), number % 2)
            for number, driver in enumerate(self.drivers)
            if not driver.silent
        ]

    def _rides(self, corners: Iterable[int], passengers: list[Person]) -> list[Deed]:
        """A story for each passenger, in a corner of their own."""
        return [
            self._ride(next(self._stories), passenger, corner)
            for corner, passenger in zip(corners, passengers, strict=True)
        ]

    def _ride(self, story: Story, passenger: Person, corner: int) -> Deed:
        return story(self.model, self._own_dice(), passenger, corner, vehicle_of(corner))

    def _planned(self, passenger: Person) -> Deed:
        (plan,) = self.model.active_plans(passenger)
        return planned_ride(self.model, self._own_dice(), plan)

    def _sent(self, transfers: tuple[tuple[int, int, int], ...]) -> list[Deed]:
        return [
            sends(self.model, self.passengers[payer], self.passengers[payee], amount)
            for payer, payee, amount in transfers
        ]

    def _own_dice(self) -> random.Random:
        return random.Random(self._dice.random())
