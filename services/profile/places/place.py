"""What a place is, and what saving, renaming and visiting one makes of a person's places. Nothing is awaited."""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import field, replace
from enum import IntEnum

from chassis import errors
from chassis.records import record

# Nearer than this it is the same place: what a phone's location is off by in a street, and a short walk.
SAME_METERS = 50.0
# With the row that adds one and the way to the menu they fill a list of ten.
MOST_SAVED = 8
MOST_RECENT = 5
LONGEST_NAME = 40

_EARTH_RADIUS_METERS = 6_371_009
# PostgreSQL stores no NUL, UTF-8 no surrogates; a name has one line.
_UNSTORABLE = re.compile("[\0-\x1f\x7f\ud800-\udfff]")


class LocationInvalid(errors.InvalidArgument):
    """Not a place on WGS 84."""

    reason = "LOCATION_INVALID"


class PlaceNameInvalid(errors.InvalidArgument):
    """Empty, too long, or without a letter or digit by which it could be found again."""

    reason = "PLACE_NAME_INVALID"


class PlaceNotFound(errors.NotFound):
    """The person has no such place."""

    reason = "PLACE_NOT_FOUND"


class PlaceNameTaken(errors.Refused):
    """Another place of the person has that name."""

    reason = "PLACE_NAME_TAKEN"


class PlacesTooMany(errors.Refused):
    """The person has MOST_SAVED already."""

    reason = "PLACES_TOO_MANY"


class Kind(IntEnum):
    """As in the contract; NAMED is a name of the person's own."""

    NAMED = 0
    HOME = 1
    WORK = 2
    SCHOOL = 3


@record
class Spot:
    """Degrees on WGS 84. Not shown by its repr, which may end in a log."""

    latitude: float = field(repr=False)
    longitude: float = field(repr=False)

    @classmethod
    def checked(cls, latitude: float, longitude: float) -> "Spot":
        """Raises LocationInvalid; NaN is none either."""
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            raise LocationInvalid
        return cls(latitude, longitude)

    def meters(self, other: "Spot") -> float:
        """Great-circle distance."""
        phi, to_phi = math.radians(self.latitude), math.radians(other.latitude)
        half = (
            math.sin((to_phi - phi) / 2) ** 2
            + math.cos(phi) * math.cos(to_phi) * math.sin(math.radians(other.longitude - self.longitude) / 2) ** 2
        )
        return 2 * _EARTH_RADIUS_METERS * math.asin(min(1.0, math.sqrt(half)))

    def is_at(self, other: "Spot") -> bool:
        """Whether both are one place."""
        return self.meters(other) <= SAME_METERS


@record
class Known:
    """A place of the gazetteer."""

    name: str
    spot: Spot


@record
class Called:
    """What a person calls a place. Home, work and school have no other name."""

    kind: Kind
    name: str = field(default="", repr=False)

    @classmethod
    def checked(cls, kind: int, name: str) -> "Called":
        """Raises PlaceNameInvalid; a kind of a later version is a name like any other."""
        if kind in set(Kind) - {Kind.NAMED}:
            return cls(Kind(kind))
        clean = clean_name(name)
        if not folded(clean) or len(clean) > LONGEST_NAME:
            raise PlaceNameInvalid
        return cls(Kind.NAMED, clean)

    def is_like(self, other: "Called") -> bool:
        """Whether a person could not tell them apart."""
        return (self.kind, folded(self.name)) == (other.kind, folded(other.name))


@record
class Saved:
    """A saved place; its id is 0 until it is written."""

    place_id: int
    called: Called
    spot: Spot


@record
class Recent:
    """Where somebody was; the name may be empty."""

    name: str = field(repr=False)
    spot: Spot


@record
class Result:
    """All of a person's saved places after a change, and the one that it was about, which is among them unless gone."""

    places: tuple[Saved, ...]
    about: Saved
    merged: bool = False


def clean_name(text: str) -> str:
    """A name as it can be stored, of any length."""
    return " ".join(_UNSTORABLE.sub(" ", text).split())


def folded(text: str) -> str:
    """Lower case, without accents and punctuation, single spaces: how names are compared."""
    # Taken apart, some signs are capitals after all.
    spelt = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.casefold()).casefold())
    bare = "".join(letter for letter in spelt if not unicodedata.combining(letter))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in bare).split())


def saved(places: Sequence[Saved], called: Called, spot: Spot) -> Result:
    """Save a place, or move the one that is called so; raises PlacesTooMany.

    Home, work and school keep their places: what is saved within 50 metres of one of them is that one. Any other place
    takes the newer name.
    """
    same = next((place for place in places if place.called.is_like(called)), None)
    near = [place for place in places if place is not same and place.spot.is_at(spot)]
    fixed = next((place for place in near if place.called.kind is not Kind.NAMED), None)
    if fixed is not None:
        return Result(tuple(places), fixed, merged=True)
    kept = same or next(iter(near), None)
    if kept is None:
        if len(places) >= MOST_SAVED:
            raise PlacesTooMany
        new = Saved(0, called, spot)
        return Result((*places, new), new)
    changed = replace(kept, called=called, spot=spot)
    left = tuple(changed if place is kept else place for place in places if place is kept or place not in near)
    return Result(left, changed)


def renamed(places: Sequence[Saved], place_id: int, called: Called) -> Result:
    """Call a place something else; raises PlaceNotFound or PlaceNameTaken."""
    place = _one(places, place_id)
    if any(other is not place and other.called.is_like(called) for other in places):
        raise PlaceNameTaken
    changed = replace(place, called=called)
    return Result(tuple(changed if other is place else other for other in places), changed)


def deleted(places: Sequence[Saved], place_id: int) -> Result:
    """Forget a place; raises PlaceNotFound."""
    place = _one(places, place_id)
    return Result(tuple(other for other in places if other is not place), place)


def visited(recents: Sequence[Recent], seen: Recent) -> tuple[Recent, ...]:
    """The latest places after this one, newest first; its name, if it has none, is what the place was called before."""
    before = [recent for recent in recents if recent.spot.is_at(seen.spot)]
    name = seen.name or next((recent.name for recent in before if recent.name), "")
    return (replace(seen, name=name), *(recent for recent in recents if recent not in before))[:MOST_RECENT]


def joined(own: Sequence[Saved], others: Sequence[Saved]) -> tuple[tuple[Saved, ...], tuple[Saved, ...]]:
    """The places of two people who are one, and those of the other that find no room: same name, or the same place.

    Nothing is lost for being more than MOST_SAVED: that many may be saved, more may be had.
    """
    kept = list(own)
    left_over = []
    for place in others:
        if any(other.called.is_like(place.called) or other.spot.is_at(place.spot) for other in kept):
            left_over.append(place)
        else:
            kept.append(place)
    return tuple(kept), tuple(left_over)


def _one(places: Sequence[Saved], place_id: int) -> Saved:
    for place in places:
        if place.place_id == place_id:
            return place
    raise PlaceNotFound
