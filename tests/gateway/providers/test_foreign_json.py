"""JSON that orjson refuses but that may hold somebody's message."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.providers.foreign_json import MAX_DEPTH, MalformedBody, dumps, loads

# Everything Python can write as JSON, the not quite legal included: NaN, lone surrogates, huge integers.
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "\0", "\udc00x", "9" * 5000]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=20,
)


@given(ANY_JSON)
def test_what_was_read_can_be_written_and_read_again(value: Any) -> None:
    """Whatever JSON is read survives being stored and read again unchanged."""
    once = loads(json.dumps(value).encode())
    assert loads(dumps(once)) == once


@given(st.binary(max_size=300))
def test_any_bytes_are_json_or_malformed(raw: bytes) -> None:
    """Bytes are parsed or refused as malformed; nothing else happens."""
    try:
        value = loads(raw)
    except MalformedBody:
        return
    assert loads(dumps(value)) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": "\\ud800x"}', {"a": "\ud800x"}),
        (b'{"a": NaN, "b": -Infinity, "c": 1e999}', {"a": None, "b": None, "c": None}),
        (b'{"a": ' + b"9" * 5000 + b"}", {"a": None}),
        (b'{"a": NaN, "b": 9223372036854775808}', {"a": None, "b": 9223372036854775808.0}),
        (b'"a\\u0000b"', "a\0b"),
    ],
)
def test_odd_values(raw: bytes, value: Any) -> None:
    """Lone surrogates and NULs are kept, what is no number becomes None."""
    assert loads(raw) == value


@pytest.mark.parametrize(
    "raw", [b"", b"{not json", b"{", b"\xff\xfe", b'{"a": "\xe9"}', b"[1]]", b"}" * 3000, b"[" * 100_000, b'"' * 99_999]
)
def test_what_is_not_json_is_malformed(raw: bytes) -> None:
    """Broken text, another encoding and brackets that never close are malformed, however long."""
    with pytest.raises(MalformedBody):
        loads(raw)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 2, 300, 2000, 100_000])
def test_absurd_nesting_is_cut_and_the_rest_is_kept(depth: int) -> None:
    """A value nested too deep loses its depths; what stands beside it is untouched."""
    raw = b'{"first": 1, "deep": ' + b'{"[": [' * depth + b"]}" * depth + b', "brackets": "]}\\"[", "last": [2]}'
    value = loads(raw)
    stored = loads(dumps(value))
    assert (stored["first"], stored["brackets"], stored["last"]) == (1, ']}"[', [2])


def test_equal_values_are_equal_bytes() -> None:
    """The order in which keys arrived does not matter."""
    assert dumps(loads(b'{"b": 1, "a": "\\ud800"}')) == dumps(loads(b'{"a": "\\ud800", "b": 1}'))
    assert dumps({"b": 1, "a": 2}) == dumps({"a": 2, "b": 1})
