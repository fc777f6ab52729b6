"""Typed times, language by language; what could be meant in two ways is never guessed."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.environment import ROOT
from services.gateway.conversations.moments import Every, read_word, word_of
from services.gateway.conversations.when import read

KIGALI = ZoneInfo("Africa/Kigali")
# Monday, 23 November 2026, 14:00 in Kigali.
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

# Language, text, and the local times that it may mean: day of November (or month-day) and hour.
READ = [
    ("en", "Friday 7am", ["27 07:00"]),
    ("en", "friday at 7 am", ["27 07:00"]),
    ("en", "Fri 7:30 p.m.", ["27 19:30"]),
    ("en", "tomorrow 8:15", ["24 08:15"]),
    ("en", "tomorrow at 18:00", ["24 18:00"]),
    ("en", "7am", ["24 07:00"]),
    ("en", "5pm", ["23 17:00"]),
    ("en", "12pm", ["24 12:00"]),
    ("en", "12am", ["24 00:00"]),
    ("en", "noon on wednesday", ["25 12:00"]),
    ("en", "tomorrow midnight", ["24 00:00"]),
    ("en", "tonight at 8", ["23 20:00"]),
    ("en", "tomorrow evening 6:30", ["24 18:30"]),
    ("en", "Monday 7am", ["30 07:00"]),
    ("en", "monday 5pm", ["23 17:00"]),
    ("en", "3 December 7am", ["12-03 07:00"]),
    ("en", "dec 3 at 7:30", ["12-03 07:30"]),
    ("en", "12/12 9am", ["12-12 09:00"]),
    ("en", "day after tomorrow 9am", ["25 09:00"]),
    ("en", "in 45 minutes", ["23 14:45"]),
    ("en", "in two hours", ["23 16:00"]),
    ("en", "in an hour", ["23 15:00"]),
    ("en", "in half an hour", ["23 14:30"]),
    # Morning or evening?
    ("en", "Friday 7", ["27 07:00", "27 19:00"]),
    ("en", "tomorrow at 8", ["24 08:00", "24 20:00"]),
    ("en", "today at 7", ["23 19:00"]),
    # This week's or that of the week after?
    ("en", "next friday 7am", ["27 07:00", "12-04 07:00"]),
    ("fr", "vendredi 7h", ["27 07:00"]),
    ("fr", "vendredi à 7h30", ["27 07:30"]),
    ("fr", "demain 19 h", ["24 19:00"]),
    ("fr", "demain à 7 heures du soir", ["24 19:00"]),
    ("fr", "ce soir à 8h", ["23 20:00"]),
    ("fr", "après-demain midi", ["25 12:00"]),
    ("fr", "dans 2 heures", ["23 16:00"]),
    ("fr", "dans une demi-heure", ["23 14:30"]),
    ("fr", "le 3 décembre à 14h", ["12-03 14:00"]),
    ("fr", "Friday 7am", ["27 07:00"]),
    ("fr", "samedi à 9", ["28 09:00", "28 21:00"]),
    # The Swahili clock: hour two of the morning is eight o'clock.
    ("sw", "kesho saa mbili asubuhi", ["24 08:00"]),
    ("sw", "kesho saa 2 asubuhi", ["24 08:00"]),
    ("sw", "kesho asubuhi saa moja na nusu", ["24 07:30"]),
    ("sw", "ijumaa saa kumi na mbili jioni", ["27 18:00"]),
    ("sw", "leo saa tatu usiku", ["23 21:00"]),
    ("sw", "ijumaa saa nane mchana", ["27 14:00"]),
    ("sw", "kesho saa 8 asubuhi", ["24 08:00"]),
    ("sw", "kesho saa 14:00", ["24 14:00"]),
    ("sw", "keshokutwa saa sita mchana", ["25 12:00"]),
    ("sw", "baada ya dakika 30", ["23 14:30"]),
    ("sw", "3 desemba saa mbili asubuhi", ["12-03 08:00"]),
    # By day or by night, by which clock: asked back.
    ("sw", "kesho saa mbili", ["24 08:00", "24 20:00"]),
    ("sw", "kesho saa 2", ["24 02:00", "24 08:00", "24 14:00", "24 20:00"]),
    ("sw", "kesho saa 3 usiku", ["24 03:00", "24 21:00"]),
    ("sw", "kesho 7:30", ["24 01:30", "24 07:30", "24 13:30", "24 19:30"]),
    ("sw", "kesho 07:30", ["24 07:30"]),
    ("sw", "tomorrow 7am", ["24 07:00"]),
    ("rw", "ejo saa mbiri za mu gitondo", ["24 08:00"]),
    ("rw", "ejo mu gitondo saa moya n'igice", ["24 07:30"]),
    ("rw", "ku wa gatanu saa kumi n'imwe za nimugoroba", ["27 17:00"]),
    ("rw", "kuwa gatandatu saa munani z'amanywa", ["28 14:00"]),
    ("rw", "uyu munsi saa mbiri za nijoro", ["23 20:00"]),
    ("rw", "ejobundi saa 2 za mu gitondo", ["25 08:00"]),
    ("rw", "ku cyumweru 09:00", ["29 09:00"]),
    ("rw", "mu minota 30", ["23 14:30"]),
    ("rw", "3 ukuboza saa tatu za mu gitondo", ["12-03 09:00"]),
    ("rw", "ejo saa mbiri", ["24 08:00", "24 20:00"]),
    ("rw", "ejo saa cyenda", ["24 03:00", "24 15:00"]),
]


@pytest.mark.parametrize(("language", "text", "expected"), READ, ids=[f"{one[0]}: {one[1]}" for one in READ])
async def test_a_time_is_read(language: str, text: str, expected: list[str]) -> None:
    """Each text means these times and no other, in the zone of the service area."""
    found = await read(text, language, NOW, KIGALI)
    said = [moment.astimezone(KIGALI) for moment in found.choices if isinstance(moment, datetime)]
    assert [one.strftime("%d %H:%M" if one.month == 11 else "%m-%d %H:%M") for one in said] == expected, found


DAILY = [
    ("en", "every day at 7am", Every(7, 0)),
    ("en", "every morning at 7:30", Every(7, 30)),
    ("en", "every Monday 6pm", Every(18, 0, frozenset({0}))),
    ("fr", "tous les jours à 7h", Every(7, 0)),
    ("fr", "chaque vendredi 18h30", Every(18, 30, frozenset({4}))),
    ("sw", "kila siku saa moja asubuhi", Every(7, 0)),
    ("rw", "buri munsi saa moya za mu gitondo", Every(7, 0)),
]


@pytest.mark.parametrize(("language", "text", "expected"), DAILY)
async def test_a_time_that_comes_again_is_read(language: str, text: str, expected: Every) -> None:
    """Every day, or on one day of the week."""
    assert (await read(text, language, NOW, KIGALI)).choices == (expected,)


PROBLEMS = [
    ("en", "today at 7am", "past"),
    ("en", "this morning at 9", "past"),
    ("fr", "ce matin à 8h", "past"),
    ("en", "24 december 7am", "far"),
    ("en", "in 40 days", "far"),
    *(
        (language, text, "unknown")
        for language in ("en", "fr", "rw", "sw")
        for text in (
            "",
            "?",
            "hello",
            "friday",
            "moto",
            "25:00",
            "13am",
            "not friday 7am",
            "7 8 9",
            "2026",
            "saa",
            "1" * 500,
        )
    ),
    ("en", "Tuesday 3 December 7am", "unknown"),  # it is a Thursday
    ("en", "31 february 7am", "unknown"),
]


@pytest.mark.parametrize(("language", "text", "problem"), PROBLEMS)
async def test_no_time_that_can_be_booked(language: str, text: str, problem: str) -> None:
    """What is over, too far away or not understood is told apart; nothing is guessed."""
    found = await read(text, language, NOW, KIGALI)
    assert not found.choices
    assert found.problem == problem


@given(st.sampled_from(["en", "fr", "rw", "sw"]), st.text(max_size=60))
async def test_any_text_is_read_without_an_accident(language: str, text: str) -> None:
    """Whatever is found lies ahead and within 30 days."""
    for moment in (await read(text, language, NOW, KIGALI)).choices:
        assert isinstance(moment, Every) or NOW < moment <= NOW + timedelta(days=30)


@given(
    hour=st.integers(1, 12),
    period=st.sampled_from([("asubuhi", range(5, 12)), ("mchana", range(11, 17)), ("jioni", range(16, 20))]),
)
async def test_the_part_of_the_day_is_always_kept(hour: int, period: tuple[str, range]) -> None:
    """No hour that is read lies outside of the part of the day that was said, whichever clock it is told by."""
    word, hours = period
    for moment in (await read(f"kesho saa {hour} {word}", "sw", NOW, KIGALI)).choices:
        assert isinstance(moment, datetime)
        assert moment.astimezone(KIGALI).hour in hours


async def test_clocks_that_jump() -> None:
    """Eight o'clock in Paris is eight on either side of the change; an hour that is left out is later."""
    paris, before = ZoneInfo("Europe/Paris"), datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    for text, expected in (("demain 8h", "29 06:00"), ("lundi 8h", "30 06:00"), ("demain 2h30", "29 01:30")):
        (moment,) = (await read(text, "fr", before, paris)).choices
        assert isinstance(moment, datetime)
        assert moment.strftime("%d %H:%M") == expected


def test_words_of_taps_are_read_back() -> None:
    """What a button carries is what it meant."""
    for when in (NOW, Every(7, 5), Every(23, 59, frozenset({0, 6}))):
        assert read_word(word_of(when)) == when


def test_the_parser_is_imported_when_it_is_needed() -> None:
    """Dateparser takes a good part of a cold start, and is not needed for it."""
    script = "import sys, services.gateway.conversations.when; print('dateparser' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
