"""Sealed values open with their key and in their place only, and tell nothing; hashes find and do not tell."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.settings import Secret, SettingsError
from services.profile.sealing import SealBroken, Sealer

ONE, TWO, HASH = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))


def sealer(keys: str = f"k1:{ONE}", hash_key: str = HASH) -> Sealer:
    return Sealer.of(Secret(keys), Secret(hash_key))


@given(value=st.binary(max_size=200), place=st.binary(max_size=40))
def test_what_is_sealed_opens(value: bytes, place: bytes) -> None:
    """In its place and nowhere else, and never twice alike."""
    here = sealer()
    sealed = here.seal(value, place)
    assert here.open(sealed, place) == value
    assert here.seal(value, place) != sealed
    assert len(value) < 8 or value not in sealed
    with pytest.raises(SealBroken):
        here.open(sealed, place + b"x")


@given(value=st.binary(min_size=1, max_size=40), place=st.integers(min_value=0), flip=st.integers(0, 7))
def test_what_was_changed_does_not(value: bytes, place: int, flip: int) -> None:
    """Any bit of it, its key's name included."""
    here = sealer()
    sealed = bytearray(here.seal(value, b"row"))
    sealed[place % len(sealed)] ^= 1 << flip
    with pytest.raises(SealBroken):
        here.open(bytes(sealed), b"row")


@given(junk=st.binary(max_size=60))
def test_junk_does_not_open(junk: bytes) -> None:
    """Whatever the bytes are."""
    with pytest.raises(SealBroken):
        sealer().open(junk, b"")


def test_keys_change() -> None:
    """The first key seals, every key of the list opens, one that was taken out does not."""
    old, both, new = sealer(f"k1:{ONE}"), sealer(f"k2:{TWO}, k1:{ONE}"), sealer(f"k2:{TWO}")
    sealed = old.seal(b"+250788000001", b"row")
    assert both.open(sealed, b"row") == b"+250788000001"
    again = both.seal(b"+250788000001", b"row")
    assert again.startswith(both.current)
    assert not sealed.startswith(both.current)
    assert new.open(again, b"row") == b"+250788000001"
    with pytest.raises(SealBroken):
        new.open(sealed, b"row")
    assert old.hashed("number", b"x") == new.hashed("number", b"x")


@given(one=st.lists(st.binary(max_size=5), max_size=4), other=st.lists(st.binary(max_size=5), max_size=4))
def test_hashes_tell_apart(one: list[bytes], other: list[bytes]) -> None:
    """Different parts, kinds and keys have different hashes, however the parts are cut."""
    here = sealer()
    assert (here.hashed("a", *one) == here.hashed("a", *other)) == (one == other)
    assert here.hashed("a", *one) != here.hashed("b", *one)
    assert here.hashed("a", *one) != sealer(hash_key=TWO).hashed("a", *one)


@pytest.mark.parametrize(
    ("keys", "hash_key", "problem"),
    [
        ("", HASH, "NUMBER_KEYS: entry 1"),
        (ONE, HASH, "NUMBER_KEYS: entry 1"),
        (f"k1:{ONE},k1:{TWO}", HASH, "NUMBER_KEYS: entry 2"),
        (f"k1:{ONE},k2:short", HASH, "NUMBER_KEYS: entry 2"),
        (f"K 1:{ONE}", HASH, "NUMBER_KEYS: entry 1"),
        (f"k1:{ONE}", "short", "NUMBER_HASH_KEY: must be 32"),
        (f"k1:{ONE}", ONE, "NUMBER_HASH_KEY: must not"),
    ],
)
def test_keys_that_are_none(keys: str, hash_key: str, problem: str) -> None:
    """What is wrong is told by its place, and never with the key."""
    with pytest.raises(SettingsError) as caught:
        sealer(keys, hash_key)
    assert caught.value.problems[0].startswith(problem)
    assert ONE not in str(caught.value)
    assert TWO not in str(caught.value)
