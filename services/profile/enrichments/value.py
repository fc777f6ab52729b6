"""What can be understood from somebody's words: a place, a time, a contact. Plain values; nothing is awaited."""

import datetime
from collections.abc import Sequence
from dataclasses import field
from enum import IntEnum
from typing import TypeAlias

from chassis import errors, pages
from chassis.records import record
from services.profile.places.place import LONGEST_NAME, Called, Spot, clean_name, folded
from services.profile.wallet import codes

EVERY_DAY = 0b1111111
_MINUTES_PER_DAY = 24 * 60


class ItemInvalid(errors.InvalidArgument):
    """Nothing that can be kept: not one thing, no time, no wallet code, or a number that the contract does not have."""

    reason = "ITEM_INVALID"


class Kind(IntEnum):
    """As in the contract."""

    PLACE = 1
    TIME = 2
    CONTACT = 3


@record
class Place:
    """Where, and what it is to the person."""

    called: Called
    spot: Spot


@record
class Moment:
    """Once."""

    at: datetime.datetime

    @classmethod
    def checked(cls, at: datetime.datetime) -> "Moment":
        """Raises ItemInvalid for what no ride of ours can be at."""
        if not pages.BEGINNING <= at < pages.END:
            raise ItemInvalid
        return cls(at)


@record
class Weekly:
    """A time of day in the service area, in minutes; days as bits: 1 Monday, 2 Tuesday, 4 Wednesday and so on."""

    minute_of_day: int
    weekdays: int

    @classmethod
    def checked(cls, minute_of_day: int, weekdays: Sequence[int]) -> "Weekly":
        """Days as the contract counts them, 1 to 7, none for every day; raises ItemInvalid."""
        if not 0 <= minute_of_day < _MINUTES_PER_DAY or not all(1 <= day <= 7 for day in weekdays):
            raise ItemInvalid
        return cls(minute_of_day, sum(1 << (day - 1) for day in set(weekdays)) or EVERY_DAY)

    @property
    def days(self) -> tuple[int, ...]:
        """As the contract counts them; none for every day."""
        if self.weekdays == EVERY_DAY:
            return ()
        return tuple(day for day in range(1, 8) if self.weekdays >> (day - 1) & 1)


@record
class Contact:
    """What a person calls somebody, and that one's wallet code. Not shown by its repr, which may end in a log."""

    name: str = field(repr=False)
    code: str = field(repr=False)

    @classmethod
    def checked(cls, name: str, typed_code: str) -> "Contact":
        """Raises ItemInvalid."""
        clean, code = clean_name(name), codes.read(typed_code[:40])
        if not folded(clean) or len(clean) > LONGEST_NAME or code is None:
            raise ItemInvalid
        return cls(clean, code)

    def is_like(self, other: "Contact") -> bool:
        """Whether both cannot be kept beside each other: one name for two, or two names for one."""
        return self.code == other.code or folded(self.name) == folded(other.name)

    def says_the_same(self, other: "Contact") -> bool:
        """Whether a person could not tell them apart."""
        return self.code == other.code and folded(self.name) == folded(other.name)


# What becomes a note; a place becomes a saved place.
Notable: TypeAlias = Moment | Weekly | Contact
Value: TypeAlias = Place | Notable


def kind_of(value: Value) -> Kind:
    """What sort of thing it is."""
    match value:
        case Place():
            return Kind.PLACE
        case Contact():
            return Kind.CONTACT
        case _:
            return Kind.TIME
