"""What can be done on a phone, and how deeds are played: act by act, each heard by everybody before the next."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from tests.days.model import Model
from tests.days.values import Person


@dataclass(frozen=True, slots=True)
class Say:
    """Write something."""

    who: Person
    words: str


@dataclass(frozen=True, slots=True)
class SayCode:
    """Write the wallet code that somebody else has read on their phone."""

    who: Person
    of: Person


@dataclass(frozen=True, slots=True)
class Choose:
    """Tap, or type the number of, what the newest message offers under the words of this key."""

    who: Person
    key: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Pick:
    """The same with what the newest message offers first."""

    who: Person


@dataclass(frozen=True, slots=True)
class Share:
    """Send a location in a corner of town; `steps` tells people in one corner apart."""

    who: Person
    corner: int
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Photo:
    """Send a photo."""

    who: Person


@dataclass(frozen=True, slots=True)
class Paper:
    """Send a photo that can be fetched."""

    who: Person


@dataclass(frozen=True, slots=True)
class Review:
    """An operator decides about somebody's certificate."""

    who: Person
    approve: bool


@dataclass(frozen=True, slots=True)
class Credit:
    """An operator brings in money for somebody."""

    who: Person
    amount: int


Act: TypeAlias = Say | SayCode | Choose | Pick | Share | Photo | Paper | Review | Credit
Deed: TypeAlias = Iterator[Act]

# Corners are further apart than drivers are looked for, and far from every landmark.
_CORNER_DEGREES = 0.2
_STEP_DEGREES = 0.0001


def place(corner: int, steps: int = 0) -> tuple[float, float]:
    """Latitude and longitude."""
    latitude = -3.0 - _CORNER_DEGREES * (corner % 6) - _STEP_DEGREES * steps
    return round(latitude, 6), round(30.0 + _CORNER_DEGREES * (corner // 6), 6)


class Stage(Protocol):
    """Where deeds are played."""

    async def perform(self, act: Act) -> None:
        """Do it."""

    async def heard(self, people: frozenset[Person]) -> None:
        """Wait until these people have received what the model says; fails when they receive something else."""


async def play(stage: Stage, model: Model, *deeds: Deed) -> None:
    """Do one deed after the other, each to its end."""
    for deed in deeds:
        while True:
            # Between here and the next await nobody else's deed tells the model anything.
            model.touched.clear()
            act = next(deed, None)
            if act is None:
                break
            concerned = frozenset(model.touched)
            await stage.perform(act)
            await stage.heard(concerned)
