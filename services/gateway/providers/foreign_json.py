"""JSON as strangers write it: whatever a provider may legally send is read, and nothing that is read can break later.

orjson does the usual body in one pass. What it refuses although it is JSON enough to hold somebody's message (a lone
surrogate, NaN, a number beyond doubles, absurd nesting) is read again, slowly and tolerantly.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import orjson

from chassis.errors import InvalidArgument

# No payload that means anything to us is nested a tenth as deep; orjson writes at most 254 levels.
MAX_DEPTH = 100

# A string (closed or cut off by the end) or a bracket. Possessive, so that no input makes it backtrack.
_TOKENS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


class MalformedBody(InvalidArgument):
    """A signed body that is not what its content type says."""

    reason = "MALFORMED_BODY"


def loads(raw: bytes) -> Any:
    """Parse UTF-8 JSON; MalformedBody when it is none. Values deeper than MAX_DEPTH and NaN come as None."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(
            _without_depths(raw.decode()), parse_constant=lambda _: None, parse_int=_integer, parse_float=_finite
        )
    except ValueError as error:
        raise MalformedBody("the body is not JSON in UTF-8") from error


def dumps(value: Any) -> bytes:
    """Write what `loads` gave, keys sorted so that equal values are equal bytes; never raises for those."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        # Lone surrogates leave as the escapes that they came as.
        return json.dumps(_pruned(value, MAX_DEPTH), sort_keys=True, separators=(",", ":")).encode()


def _integer(digits: str) -> int | float | None:
    # Python refuses to convert thousands of digits, and databases those beyond 64 bits.
    return int(digits) if len(digits) <= 18 else _finite(digits)


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _without_depths(text: str) -> str:
    """Replace each array or object below MAX_DEPTH by null, without recursion."""
    return "".join(_shallow_pieces(text))


def _shallow_pieces(text: str) -> Iterator[str]:
    depth = 0
    kept_from = 0
    for token in _TOKENS.finditer(text):
        match token.group():
            case "[" | "{":
                depth += 1
                if depth == MAX_DEPTH + 1:
                    yield text[kept_from : token.start()]
                    yield "null"
            case "]" | "}":
                if depth == MAX_DEPTH + 1:
                    kept_from = token.end()
                depth -= 1
            case _:
                pass
    if depth <= MAX_DEPTH:
        yield text[kept_from:]


def _pruned(value: Any, depth: int) -> Any:
    match value:
        case dict() | list() if depth == 0:
            return None
        case dict():
            return {key: _pruned(one, depth - 1) for key, one in value.items()}
        case list():
            return [_pruned(one, depth - 1) for one in value]
        case _:
            return value
