"""Copies of values as bytes: what comes back is equal, and what was not written so does not come back at all."""

import dataclasses
import datetime
from dataclasses import dataclass, make_dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.caching.copies import Shape, Unreadable
from services.profile.person import Person
from services.trips.presence import Presence
from services.trips.trip import Trip

KINDS: tuple[Any, ...] = (Person, Trip, Presence)
SHAPES = {kind: Shape(kind) for kind in KINDS}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
st.register_type_strategy(str, texts)
st.register_type_strategy(int, st.integers(-(2**63), 2**63 - 1))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(Decimal, st.decimals(allow_nan=False, allow_infinity=False))
st.register_type_strategy(datetime.datetime, st.datetimes(timezones=st.just(datetime.UTC)))


@given(st.one_of(*(st.from_type(kind) for kind in KINDS)))
def test_there_and_back(value: Any) -> None:
    """Any person, trip or presence is the same afterwards."""
    shape = SHAPES[type(value)]
    assert shape.read(orjson.loads(shape.write(value))) == value


json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(allow_nan=False), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)


@given(st.from_type(Person), st.sampled_from([*(field.name for field in dataclasses.fields(Person)), "more"]), json)
def test_anything_else_is_unreadable_or_of_its_types(person: Person, name: str, instead: Any) -> None:
    """Whatever stands in a field: a person whose fields have their types, or no person; never another error."""
    shape = SHAPES[Person]
    stored = orjson.loads(shape.write(person)) | {name: instead}
    try:
        found = shape.read(stored)
    except Unreadable:
        return
    assert shape.read(orjson.loads(shape.write(found))) == found
    assert name != "more"


def test_other_fields_have_another_name() -> None:
    """Versions that keep other fields, types or choices do not read each other's copies."""

    class Colour(IntEnum):
        RED = 1

    class Paint(IntEnum):
        RED = 1
        BLUE = 2

    kinds: list[list[tuple[str, Any]]] = [
        [("one", int)],
        [("other", int)],
        [("one", str)],
        [("one", int), ("two", int)],
        [("one", Colour)],
        [("one", Paint)],
        [("one", tuple[int, ...])],
        [("one", int | None)],
    ]
    names = {Shape(make_dataclass("Thing", fields)).name for fields in kinds}
    assert len(names) == len(kinds)


def test_what_cannot_be_written_is_refused_at_the_start() -> None:
    """A field of a type that has no copy is found when the service begins, not when somebody asks."""

    @dataclass(frozen=True)
    class Odd:
        thing: object

    with pytest.raises(TypeError, match="object"):
        Shape(Odd)
