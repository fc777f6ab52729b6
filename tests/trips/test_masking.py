"""What leads past us is taken out of words, and what people need to say to each other stays."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trips.masking import MASK, masked

DIGITS = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "fr": ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"],
    "rw": ["zeru", "rimwe", "kabiri", "gatatu", "kane", "gatanu", "gatandatu", "karindwi", "umunani", "icyenda"],
    "sw": ["sifuri", "moja", "mbili", "tatu", "nne", "tano", "sita", "saba", "nane", "tisa"],
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("call 0788123456 please", "call *** please"),
        ("+250 (788) 12-34-56", "+***"),
        ("0 7 8 8 1 2 3 4 5 6", "***"),
        ("0-7-8-8.1.2.3.4.5.6 now", "*** now"),
        ("o788 123 456", "***"),
        ("٠٧٨٨١٢٣٤٥٦", "***"),
        ("0788\n123\n456", "***"),
        ("zero seven eight eight one two three", "***"),
        ("double zero, seven and eight 12345", "double ***"),
        ("zéro sept quatre-vingt-huit douze trente-quatre", "***"),
        ("sifuri saba nane nane moja mbili tatu", "***"),
        ("see https://wa.me/250788123456 there", "see *** there"),
        ("wa.me/xyz", "***"),
        ("www.example.com", "***"),
        ("write to jean.claude@example.rw!", "write to ***!"),
        ("I am @jeanclaude on ig", "I am *** on ig"),
        ("tel:+250788123456", "***"),
    ],
)
def test_what_leads_past_us_is_masked(text: str, shown: str) -> None:
    """Numbers however they are drawn apart or spelt, links, mail, accounts."""
    assert masked(text) == (shown, True)


@pytest.mark.parametrize(
    "text",
    [
        "I am at the blue door, house 12, KN 3 Rd",
        "1500 RWF is fine, 2000 is too much",
        "In 5 minutes, at 7:30 or 8:00",
        "My plate is RAD 123 B.",
        "Two of us, one bag",
        "Ok...see you. Really",
        "J'arrive dans deux ou trois minutes.",
        "Ndaje, tegereza iminota itanu",
        "Nipo karibu na benki, dakika mbili",
        "",
    ],
)
def test_what_people_need_to_say_stays(text: str) -> None:
    """Prices, times, plates, house numbers and small counts pass as they are."""
    assert masked(text) == (text, False)


@given(
    st.text("0123456789", min_size=7, max_size=15),
    st.sampled_from(["", " ", "-", ".", " - ", "\n", "/", " . ", "  "]),
    st.text("abc XYZ", max_size=10),
)
def test_no_number_passes_however_it_is_drawn_apart(number: str, gap: str, around: str) -> None:
    """Seven digits or more with anything short between them are gone, and a mask is in their place."""
    shown, hidden = masked(f"{around}! {gap.join(number)} !{around}")
    assert hidden
    assert MASK in shown
    assert not re.search(r"\d", shown)


@given(st.sampled_from(sorted(DIGITS)), st.lists(st.integers(0, 9), min_size=7, max_size=12))
def test_no_number_passes_in_words(language: str, digits: list[int]) -> None:
    """Digits spelt out in any of our languages are a number, too."""
    words = " ".join(DIGITS[language][digit] for digit in digits)
    assert masked(f"ah: {words}") == (f"ah: {MASK}", True)


@given(st.text(max_size=300))
def test_any_text_is_answered_and_no_seven_digits_stand_together(text: str) -> None:
    """Whatever is written: no run of seven digits is left, and nothing is called masked that is the same."""
    shown, hidden = masked(text)
    assert not re.search(r"\d{7}", shown)
    assert hidden or shown == text
