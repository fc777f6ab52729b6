"""Values that nobody changes."""

from dataclasses import fields, replace

import pytest

from chassis.records import record


@record
class Place:
    """Somewhere."""

    name: str
    floor: int = 0


@record(kw_only=True)
class Named:
    """What is made by the names of its fields only."""

    name: str


def test_a_record_is_a_value() -> None:
    """It is equal and hashed by its fields, copied with a change, and holds nothing else."""
    here = Place("here")
    assert here == Place("here", 0)
    assert len({here, Place("here"), replace(here, floor=1)}) == 2
    assert [field.name for field in fields(Place)] == ["name", "floor"]
    assert not hasattr(here, "__dict__")


def test_a_record_may_want_names() -> None:
    """With `kw_only` a field is not given by its place."""
    assert Named(name="here") == Named(name="here")
    with pytest.raises(TypeError):
        Named("here")  # type: ignore[call-arg]
