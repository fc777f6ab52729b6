"""What is read out of free text: places, times and contacts that are clear, and nothing out of small talk."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hailwire.profile.v1 import enrichments_pb2 as pb
from hailwire.profile.v1 import places_pb2
from services.gateway.conversations import enrichments_words, time_words, understanding
from services.gateway.conversations.catalogue import LANGUAGES, t
from services.gateway.conversations.moments import EVERY_DAY, Every, When
from services.gateway.conversations.turn import State, Turn
from services.gateway.messages import Message, MessageKind
from tests.gateway.conversations.town import Town
from tests.gateway.conversations.town_schedules import KIGALI

# As drawn once: what tests are called is the same in every process.
CODE, ANOTHER = "HW-22DGQRB", "HW-Q7RFWA8"


async def read(words: str, language: str = "en", age_seconds: float = 1) -> list[pb.Understood]:
    """What a text says to somebody who has nothing saved; it is Monday, 2 March 2026, 11:00 in Kigali."""
    town = Town()
    phone = town.phone(language=language)
    turn = Turn(
        person=phone.person,
        state=State(),
        channel="whatsapp",
        now=town.now,
        age_seconds=age_seconds,
        world=town.world(phone.person_id, 1),
        message=Message(MessageKind.TEXT, text=words),
    )
    return await understanding.read(turn)


def kinds(found: list[pb.Understood]) -> list[str]:
    return [one.WhichOneof("value") or "" for one in found]


@pytest.mark.parametrize(
    ("language", "words", "name"),
    [
        ("en", "Please pick me up at Kimironko Market", "Kimironko Market"),
        ("en", "i am near kimironko, thanks", "Kimironko Market"),
        ("fr", "Je suis à l'aéroport de Kigali", "Kigali International Airport"),
        ("fr", "Bonjour, chez Mille Collines svp", "Hotel des Mille Collines"),
        ("rw", "Ndi kuri Amahoro Stadium", "Amahoro Stadium"),
        ("sw", "Niko karibu na Nyamirambo Mosque", "Nyamirambo Mosque"),
        ("en", "waiting at KCC", "Kigali Convention Centre"),
    ],
)
async def test_a_place_among_other_words(language: str, words: str, name: str) -> None:
    """Greetings and wishes around the name of a place are no part of it."""
    (found,) = await read(words, language)
    assert found.place.name == name
    assert found.place.kind == places_pb2.PLACE_KIND_UNSPECIFIED


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_a_place_is_to_somebody(language: str) -> None:
    """Home, work and school by their words in each language; whoever only goes there says nothing about where it is."""
    for key, kind in (
        ("row-place-home", places_pb2.PLACE_KIND_HOME),
        ("row-place-work", places_pb2.PLACE_KIND_WORK),
        ("row-place-school", places_pb2.PLACE_KIND_SCHOOL),
    ):
        (found,) = await read(f"{t(language, key)}: Kicukiro Centre", language)
        assert (found.place.kind, found.place.name) == (kind, "Kicukiro Centre")
    (found,) = await read("take me home from Kicukiro Centre")
    assert found.place.kind == places_pb2.PLACE_KIND_UNSPECIFIED


@pytest.mark.parametrize(
    ("language", "words", "expected"),
    [
        ("en", "Kimironko Market tomorrow at 7am", datetime(2026, 3, 3, 5, 0, tzinfo=UTC)),
        ("en", "tomorrow 7 am, Kimironko Market please", datetime(2026, 3, 3, 5, 0, tzinfo=UTC)),
        ("en", "to Kimironko Market in two hours", datetime(2026, 3, 2, 11, 0, tzinfo=UTC)),
        ("en", "I go to Kimironko Market every day at 07:30", Every(7, 30)),
        ("fr", "Kimironko demain à 7h du matin", datetime(2026, 3, 3, 5, 0, tzinfo=UTC)),
        ("fr", "mon chauffeur à Kimironko à 18h30", datetime(2026, 3, 2, 16, 30, tzinfo=UTC)),
        ("rw", "Kimironko ejo saa moya za mu gitondo", datetime(2026, 3, 3, 5, 0, tzinfo=UTC)),
        ("sw", "Kimironko kila ijumaa saa mbili asubuhi", Every(8, 0, frozenset({4}))),
    ],
)
async def test_a_place_and_a_time(language: str, words: str, expected: When) -> None:
    """Both, each by its own words, by the clocks of the language."""
    place, time = await read(words, language)
    assert place.place.name == "Kimironko Market"
    assert enrichments_words.when(time) == expected


@pytest.mark.parametrize("words", ["tomorrow at 7", "friday 7", "at 7", "12/12", "the 3 of us", "in the morning"])
async def test_what_could_be_two_times_is_none(words: str) -> None:
    """Where one would have to ask back, nothing is kept."""
    assert "time" not in kinds(await read(words))


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (f"Ann {CODE}", "Ann"),
        (f"{CODE.lower()} is my sister's code", "sister"),
        (f"{CODE.replace('-', ' ')} Jean-Pierre Habimana", "Jean-Pierre Habimana"),
        (f"le code de Chloé, {CODE}", "Chloé"),
        (f"send 5000 to Ann {CODE}", "Ann"),
        (f"Ann +250788123456 {CODE}", "Ann"),
        (f"Ann, tel:0788-123-456, {CODE}", "Ann"),
        (f"{CODE} Ann 0788 123 456", "Ann"),
    ],
)
async def test_a_contact(words: str, name: str) -> None:
    """A name beside a wallet code, whatever stands around it; amounts and phone numbers are no part of it."""
    (found,) = await read(words)
    assert (found.contact.name, found.contact.wallet_code) == (name, CODE)


@pytest.mark.parametrize(
    "words",
    [
        CODE,
        f"{CODE} {ANOTHER} Ann",
        f"Ann {CODE}X",
        f"0788123456 {CODE}",
        "Ann +250788123456",
        "my number is 0788 123 456",
        f"{'very ' * 8}long {CODE}",
    ],
)
async def test_what_is_no_contact(words: str) -> None:
    """A code without a name, two codes, half a code, and numbers of people, who are not asked."""
    assert await read(words) == []


@pytest.mark.parametrize(
    "words",
    [
        *(
            "thank you very much",
            "hurry up",
            "and my hat",
            "what?",
            "er, hm",
            "nowhere in particular",
            "gibberish",
            "?",
        ),
        *("how much is it", "hello driver where are you", "kigali", "bus park", "merci beaucoup", "murakoze cyane"),
        "x" * 300,
        "word " * 25,
    ],
)
async def test_small_talk_is_nothing(words: str) -> None:
    """Nobody is asked about what is none of the three, or could be several places."""
    assert await read(words) == []


async def test_what_was_long_under_way_is_nothing() -> None:
    """Tomorrow is another day then."""
    assert await read("Kimironko Market tomorrow at 7am", age_seconds=5000) == []


WORDS = ["tomorrow", "7am", "at", "in", "two", "hours", "every", "friday", "kimironko", "market", "saa", "mbili", CODE]


@settings(max_examples=200, deadline=None)
@given(
    words=st.lists(st.sampled_from(WORDS) | st.text(max_size=12), max_size=10),
    language=st.sampled_from(LANGUAGES),
)
async def test_anything_may_be_written(words: list[str], language: str) -> None:
    """At most one of each kind, never both a place and a contact, and never an error; read twice it is the same."""
    text = " ".join(words)
    found = await read(text, language)
    assert len(set(kinds(found))) == len(found) <= 2
    assert set(kinds(found)) != {"place", "contact"}
    assert await read(text, language) == found


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)), st.integers(0, 1439), st.sets(st.integers(0, 6)))  # noqa: DTZ001
def test_times_go_there_and_back(moment: datetime, minute: int, days: set[int]) -> None:
    """A time of ours is the same after it was the contract's."""
    every = Every(minute // 60, minute % 60, frozenset(days) or EVERY_DAY)
    for at in (moment.replace(tzinfo=UTC), every):
        assert enrichments_words.when(pb.Understood(time=enrichments_words.time(at))) == at


async def test_only_words_of_time_are_taken() -> None:
    """What leads to something else than a time stays where it was."""
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    said = ["pick", "me", "at", "the", "station", "at", "7am", "in", "the", "rain"]
    at, rest = await time_words.taken(said, "en", now, KIGALI)
    assert at == datetime(2026, 3, 3, 5, 0, tzinfo=UTC)
    assert rest == ["pick", "me", "at", "the", "station", "in", "the", "rain"]
