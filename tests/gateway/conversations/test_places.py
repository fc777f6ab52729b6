"""Places: shared, typed in numbers, as a link, as a plus code, or by name."""

import pytest

from services.gateway.conversations import places
from services.gateway.conversations.gazetteer import PLACES
from services.gateway.messages import Message, MessageKind


def read(text: str) -> tuple[places.Found, ...]:
    return places.read(Message(MessageKind.TEXT, text=text))


@pytest.mark.parametrize(
    "text",
    [
        "-1.95,30.06",
        " -1.95 , 30.06 ",
        "-1.95 30.06",
        "-1,95 30,06",
        "-1,95; 30,06",
        "\u22121.95, 30.06",
        "https://maps.google.com/?q=-1.95,30.06",
        "https://www.google.com/maps/@-1.95,30.06,15z",
        "geo:-1.95,30.06",
        "6GCG3326+22",
        "3326+22 Kigali",
        "3326+22, kigali",
    ],
)
def test_a_place_in_numbers_is_understood(text: str) -> None:
    """However the numbers are written, they are the same place."""
    (found,) = read(text)
    assert places.meters(found.latitude, found.longitude, -1.95, 30.06) < 20


@pytest.mark.parametrize(
    "text", ["", "1", "1 2", "5, 7", "95.5, 30.1", "-1.5, 200.5", "00+", "hello", "a+b", "+", "x" * 5000]
)
def test_what_is_no_place_is_none(text: str) -> None:
    """Choices, greetings and places off the globe are not mistaken for places."""
    assert read(text) == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [("KCC", "Kigali Convention Centre"), ("Marché de Kimironko", "Kimironko Market"), ("aéroport", "Kigali Interna")],
)
def test_a_landmark_is_found_by_its_whole_names(text: str, name: str) -> None:
    """Full names and other names, in any case, with or without accents, need no call."""
    (found,) = read(text)
    assert found.name.startswith(name)


@pytest.mark.parametrize("text", ["kigali", "kimironko", "kimironk market"])
def test_a_part_of_a_name_is_no_name(text: str) -> None:
    """What may mean several places, or one with a slip of the pen, is asked of the gazetteer."""
    assert read(text) == ()


def test_a_shared_location_wins_over_words() -> None:
    """Coordinates of the channel are taken as they are."""
    message = Message(MessageKind.LOCATION, latitude=1.5, longitude=2.5, place_name="Home", text="kcc")
    assert places.read(message) == (places.Found(1.5, 2.5, "Home"),)


def test_landmarks_lie_in_town_and_apart() -> None:
    """Every landmark is within 25 km of the centre, has a title of its own and no name twice."""
    names = [places.folded(name) for place in PLACES for name in (place.name, *place.names)]
    assert len(set(names)) == len(names)
    for place in PLACES:
        assert places.meters(place.latitude, place.longitude, *places.KIGALI) < 25_000
        assert places.near(place.latitude, place.longitude) == place.name
    assert places.near(0, 0) == ""
