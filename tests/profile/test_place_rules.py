"""What saving, renaming, deleting, visiting and merging make of places, by themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile.places import matching, place
from services.profile.places.matching import Candidate
from services.profile.places.place import Called, Kind, PlacesTooMany, Recent, Saved, Spot

HERE = Spot(-1.95, 30.06)
FAR = Spot(-1.99, 30.10)


def near(spot: Spot, meters: float) -> Spot:
    """So far north of it."""
    return Spot(spot.latitude + meters / 111_195, spot.longitude)


SPOTS = st.integers(0, 12).map(lambda steps: near(HERE, 30.0 * steps))
CALLED = st.sampled_from(
    [Called(Kind.HOME), Called(Kind.WORK), Called(Kind.SCHOOL), *(Called(Kind.NAMED, name) for name in "abcde")]
)


def _apart(places: tuple[Saved, ...]) -> bool:
    return all(
        not one.spot.is_at(other.spot) and not one.called.is_like(other.called)
        for position, one in enumerate(places)
        for other in places[:position]
    )


def _numbered(places: tuple[Saved, ...], number: int) -> tuple[Saved, ...]:
    return tuple(Saved(one.place_id or number, one.called, one.spot) for one in places)


@given(st.lists(st.tuples(CALLED, SPOTS), max_size=20))
def test_no_two_places_are_the_same(orders: list[tuple[Called, Spot]]) -> None:
    """Whatever is saved in whatever order: no two within 50 metres, no name twice, and the last one is there."""
    places: tuple[Saved, ...] = ()
    for number, (called, spot) in enumerate(orders, 1):
        try:
            result = place.saved(places, called, spot)
        except PlacesTooMany:
            assert len(places) == place.MOST_SAVED
            continue
        assert result.about in result.places
        assert result.about.spot.is_at(spot)
        assert result.merged == (not result.about.called.is_like(called))
        places = _numbered(result.places, number)
        assert _apart(places)
        assert len(places) <= place.MOST_SAVED


def test_fifty_metres() -> None:
    """At 49 metres it is the same place, at 51 another one."""
    first = place.saved((), Called(Kind.NAMED, "gym"), HERE).places
    assert len(place.saved(first, Called(Kind.NAMED, "shop"), near(HERE, 49)).places) == 1
    assert len(place.saved(first, Called(Kind.NAMED, "shop"), near(HERE, 51)).places) == 2


def test_home_keeps_its_name_and_others_take_the_newer_one() -> None:
    """What is saved at home is home; what is saved at the gym is no longer the gym; home takes the gym's place."""
    home = _numbered(place.saved((), Called(Kind.HOME), HERE).places, 1)
    kept = place.saved(home, Called(Kind.NAMED, "shop"), near(HERE, 10))
    assert (kept.places, kept.merged) == (home, True)
    gym = _numbered(place.saved((), Called(Kind.NAMED, "gym"), HERE).places, 1)
    for called in (Called(Kind.NAMED, "shop"), Called(Kind.HOME)):
        (changed,) = place.saved(gym, called, near(HERE, 10)).places
        assert (changed.place_id, changed.called) == (1, called)


def test_a_place_moves() -> None:
    """The same name elsewhere is the same place, moved there, and swallows what was there without a fixed name."""
    places = _numbered(place.saved((), Called(Kind.HOME), HERE).places, 1)
    places = _numbered(place.saved(places, Called(Kind.NAMED, "gym"), FAR).places, 2)
    (moved,) = place.saved(places, Called(Kind.HOME), FAR).places
    assert (moved.place_id, moved.spot) == (1, FAR)


def test_names_are_compared_as_people_read_them() -> None:
    """Case, accents and punctuation make no other name."""
    places = _numbered(place.saved((), Called.checked(0, "  Chez   Amélie! "), HERE).places, 1)
    assert places[0].called.name == "Chez Amélie!"
    assert len(place.saved(places, Called.checked(0, "chez amelie"), FAR).places) == 1


@pytest.mark.parametrize("name", ["", "  ", "?!", "x" * 41, "\0"])
def test_names_that_are_none(name: str) -> None:
    """A name can be found again, and fits a list."""
    with pytest.raises(place.PlaceNameInvalid):
        Called.checked(0, name)


@pytest.mark.parametrize(("latitude", "longitude"), [(91, 0), (0, 181), (float("nan"), 0), (0, float("inf"))])
def test_spots_that_are_none(latitude: float, longitude: float) -> None:
    """No place off the globe, and none that is not a number."""
    with pytest.raises(place.LocationInvalid):
        Spot.checked(latitude, longitude)


@given(st.lists(SPOTS, max_size=30))
def test_recent_places(spots: list[Spot]) -> None:
    """The latest first, no two of them within 50 metres, and never more than are kept."""
    recents: tuple[Recent, ...] = ()
    for spot in spots:
        recents = place.visited(recents, Recent("", spot))
        assert recents[0].spot == spot
        assert len(recents) <= place.MOST_RECENT
        assert all(not one.spot.is_at(recents[0].spot) for one in recents[1:])


def test_a_recent_place_keeps_its_name() -> None:
    """Whoever comes again without telling a name has not forgotten it."""
    recents = place.visited(place.visited((), Recent("Market", HERE)), Recent("", near(HERE, 5)))
    assert [one.name for one in recents] == ["Market"]


@given(st.lists(st.tuples(CALLED, SPOTS), max_size=8), st.lists(st.tuples(CALLED, SPOTS), max_size=8))
def test_two_people_who_are_one(own: list[tuple[Called, Spot]], others: list[tuple[Called, Spot]]) -> None:
    """The survivor keeps all that they had; of the other's places each is kept or left over, and all are apart."""

    def several(orders: list[tuple[Called, Spot]], first: int) -> tuple[Saved, ...]:
        places: tuple[Saved, ...] = ()
        for number, (called, spot) in enumerate(orders, first):
            places = _numbered(place.saved(places, called, spot).places, number)
        return places

    mine, theirs = several(own, 1), several(others, 100)
    kept, left_over = place.joined(mine, theirs)
    assert kept[: len(mine)] == mine
    assert {*kept[len(mine) :], *left_over} == set(theirs)
    assert _apart(kept)


def _candidates(*names: tuple[str, float]) -> list[Candidate]:
    return [Candidate(number, name, like) for number, (name, like) in enumerate(names)]


def test_the_one_whose_name_it_is() -> None:
    """A whole name means that place, however many others begin so."""
    found = matching.chosen("kigali", _candidates(("kigali", 1.0), ("kigali heights", 1.0)))
    assert found == [0]


def test_beginnings_before_guesses() -> None:
    """Places of which each word begins one of the name come alone, the shortest name first."""
    names = (("kigali city tower", 0.6), ("kigali heights", 0.7), ("kigali city market", 0.6), ("acite kigale", 0.9))
    assert matching.chosen("kig cit", _candidates(*names)) == [0, 2]


def test_only_what_is_like_it_is_guessed() -> None:
    """At most three, none that is much less like it than the best, none that is not like it at all."""
    names = (("amahoro", 0.8), ("amahore", 0.7), ("amahori", 0.7), ("amahoru", 0.7), ("amah", 0.6))
    assert len(matching.chosen("amahoto", _candidates(*names))) == 3
    assert matching.chosen("amahoto", _candidates(("kimihurura", 0.4))) == []
    assert matching.chosen("amahoto", _candidates(("amahoro", 0.9), ("amah", 0.6))) == [0]


@pytest.mark.parametrize("text", ["", "a b", "12", "x" * 61, "?!"])
def test_what_is_no_name_is_not_searched_for(text: str) -> None:
    """Short words, long texts and punctuation ask the database nothing."""
    assert matching.searchable(text) == ""


@given(st.text(max_size=200))
def test_whatever_is_typed_is_searched_for_safely(text: str) -> None:
    """A text becomes a folded name of bounded length."""
    wanted = matching.searchable(text)
    assert len(wanted) <= matching.LONGEST_TEXT
    assert wanted == place.folded(wanted)
