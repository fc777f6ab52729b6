"""The rules of enrichments alone: no item is applied without a yes or twice, and no note stands beside its like."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile.enrichments import effects, item
from services.profile.enrichments.effects import MOST_CONTACTS, MOST_TIMES, Note, NothingToApply
from services.profile.enrichments.item import DECISIONS, Item, ItemApplied, ItemNotConfirmed, Source, Status
from services.profile.enrichments.value import Contact, Kind, Moment, Notable, Place, Weekly, kind_of
from services.profile.places.place import Called, Saved, Spot
from services.profile.places.place import Kind as PlaceKind
from services.profile.wallet import codes

NOW = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
CODES = [codes.draw() for _ in range(6)]

VALUES: st.SearchStrategy[Notable] = (
    st.builds(lambda hours: Moment(NOW + hours * HOUR), st.integers(-3, 5))
    | st.builds(Weekly, st.integers(0, 3), st.sampled_from([1, 127]))
    | st.builds(Contact, st.sampled_from(["Ann", "ann", "Bob", "Eve", "Ida", "Joe", "Kim"]), st.sampled_from(CODES))
)


@given(st.lists(st.sampled_from([*sorted(DECISIONS), Status.APPLIED])))
def test_applied_after_a_yes_and_once(steps: list[Status]) -> None:
    """Whatever is asked in whatever order: applied only from confirmed, at most once, and nothing after it."""
    one = Item(1, 2, Status.PENDING, Source.TEXT, Weekly(450, 127), NOW)
    applied = 0
    for step in steps:
        before = one
        try:
            one = item.applied(one, NOW) if step is Status.APPLIED else item.decided(one, step, NOW)
        except ItemApplied:
            assert before.status is Status.APPLIED
        except ItemNotConfirmed:
            assert step is Status.APPLIED
            assert before.status in {Status.PENDING, Status.REJECTED}
        else:
            assert one.status is step
            applied += step is Status.APPLIED
        assert (one.applied_at is not None) == (one.status is Status.APPLIED)
    assert applied <= 1


@given(st.lists(VALUES, max_size=20))
def test_notes_are_distinct_bounded_and_new(values: list[Notable]) -> None:
    """What was kept is among the notes, whatever would change nothing is refused, and none is over or too many."""
    notes: tuple[Note, ...] = ()
    for number, value in enumerate(values, 1):
        try:
            after = effects.noted(notes, value, NOW)
        except NothingToApply:
            assert value in [note.value for note in notes] or isinstance(value, Contact)
            continue
        except (effects.TimeInPast, effects.NotesTooMany):
            continue
        assert after[-1].value == value
        assert after != notes
        notes = (*after[:-1], Note(number, value))
        contacts = [note.value for note in notes if isinstance(note.value, Contact)]
        assert len(contacts) <= MOST_CONTACTS
        assert len(notes) - len(contacts) <= MOST_TIMES
        assert not any(one.is_like(other) for one in contacts for other in contacts if one is not other)
        assert not any(note.is_over(NOW) for note in notes)


@given(st.lists(VALUES, max_size=6), st.lists(VALUES, max_size=6))
def test_notes_of_two_who_are_one(mine: list[Notable], theirs: list[Notable]) -> None:
    """Of the other's notes those stay that say something else; the survivor's are never touched."""
    own = [Note(number, value) for number, value in enumerate(mine, 1)]
    others = [Note(number, value) for number, value in enumerate(theirs, 100)]
    staying = effects.joined(own, others)
    assert set(staying) <= set(others)
    assert not {note.value for note in staying} & set(mine)
    assert all(note in staying for note in others if not own)


@pytest.mark.parametrize(
    ("called", "spot", "changes"),
    [
        (Called(PlaceKind.NAMED, "Gym"), Spot(-1.95, 30.06), False),
        (Called(PlaceKind.NAMED, "Another name"), Spot(-1.95001, 30.06), False),
        (Called(PlaceKind.NAMED, "Bar"), Spot(-1.99, 30.10), True),
        (Called(PlaceKind.NAMED, "gym"), Spot(-1.99, 30.10), True),
        (Called(PlaceKind.HOME), Spot(-1.90, 30.00), False),
        (Called(PlaceKind.HOME), Spot(-1.95, 30.06), True),
        (Called(PlaceKind.WORK), Spot(-1.90, 30.00), False),
    ],
)
def test_a_place_that_changes_nothing(called: Called, spot: Spot, *, changes: bool) -> None:
    """A name of ours changes no name of theirs; home that moves, a new place and one that is elsewhere now do."""
    own = [
        Saved(1, Called(PlaceKind.NAMED, "Gym"), Spot(-1.95, 30.06)),
        Saved(2, Called(PlaceKind.HOME), Spot(-1.90, 30.00)),
    ]
    if not changes:
        with pytest.raises(NothingToApply):
            effects.placed(own, Place(called, spot))
        return
    result = effects.placed(own, Place(called, spot))
    assert result.places != tuple(own)
    assert result.about.spot == spot


def test_what_each_thing_is() -> None:
    """Places, times and contacts by the kinds of the contract."""
    place = Place(Called(PlaceKind.HOME), Spot(0, 0))
    values = (place, Moment(NOW), Weekly(1, 1), Contact("Ann", CODES[0]))
    assert [kind_of(one) for one in values] == [Kind.PLACE, Kind.TIME, Kind.TIME, Kind.CONTACT]
