"""Codes and amounts: what people type is read as it was meant, or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.profile.wallet import codes
from services.profile.wallet.money import AmountInvalid, Currency

_CODES = st.builds(codes.draw)


@given(_CODES, st.data())
def test_a_code_is_read_however_it_is_typed(code: str, data: st.DataObject) -> None:
    """In any case, with spaces and hyphens anywhere, with HW or without."""
    bare = code.removeprefix(codes.PREFIX)
    typed = data.draw(st.sampled_from(["", "HW", "hw-", " Hw "])) + "".join(
        (one.lower() if data.draw(st.booleans()) else one) + data.draw(st.sampled_from(["", " ", "-", "."]))
        for one in bare
    )
    assert codes.read(typed) == code


@given(_CODES, st.integers(3, 9), st.sampled_from(codes.ALPHABET))
def test_one_wrong_character_is_nobodys_code(code: str, place: int, other: str) -> None:
    """Whichever it is: a slip of the thumb sends no money to a stranger."""
    wrong = code[:place] + other + code[place + 1 :]
    assert codes.read(wrong) == (code if wrong == code else None)


@given(_CODES, st.integers(3, 9), st.integers(3, 9))
def test_two_characters_that_changed_places_are_nobodys_code(code: str, one: int, two: int) -> None:
    """Wherever they stand."""
    swapped = list(code)
    swapped[one], swapped[two] = swapped[two], swapped[one]
    assert codes.read("".join(swapped)) == (code if "".join(swapped) == code else None)


@given(st.text(max_size=20))
def test_anything_else_is_no_code(text: str) -> None:
    """Whatever is typed, what is read is a code as it is written, or nothing."""
    code = codes.read(text)
    assert code is None or codes.read(code) == code


@given(st.decimals(min_value=0, max_value=10**11, places=2, allow_nan=False), st.integers(0, 2))
def test_an_amount_is_what_was_written(amount: Decimal, decimals: int) -> None:
    """An amount goes over the wire and back without losing anything, or is refused for being too exact."""
    currency = Currency("XXX", decimals)
    text = currency.written(amount)
    if amount > 0 and amount == round(amount, decimals):
        assert currency.amount(text, "XXX") == amount
    else:
        with pytest.raises(AmountInvalid):
            currency.amount(text, "XXX")
