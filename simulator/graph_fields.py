"""The checks that every field of a Graph request goes through; each failure is the error that Meta gives for it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from simulator.graph_errors import GraphError

Object = Mapping[str, Any]


def missing(path: str) -> GraphError:
    """A required parameter is absent."""
    return GraphError(131008, f"{path} is required")


def invalid(details: str) -> GraphError:
    """A parameter has a value that is not allowed."""
    return GraphError(131009, details)


def no_other_keys(holder: Object, path: str, allowed: Collection[str]) -> None:
    """Graph refuses a key that it does not know, which is how a misspelt field is found."""
    for key in holder:
        if key not in allowed:
            raise GraphError(100, f'Unexpected key "{key}" on param "{path}"')


def has_object(holder: Object, key: str, path: str) -> Object:
    """The object under `key`."""
    value = holder.get(key)
    if value is None:
        raise missing(path)
    if not isinstance(value, dict):
        raise GraphError(100, f"Param {path} must be a JSON object.")
    return value


def has_list(holder: Object, key: str, path: str, most: int) -> Sequence[Any]:
    """The list under `key`, with one to `most` elements."""
    value = holder.get(key)
    if value is None:
        raise missing(path)
    if not isinstance(value, list):
        raise GraphError(100, f"Param {path} must be an array.")
    if not 1 <= len(value) <= most:
        raise invalid(f"{path} has an invalid number of elements. Min: 1, Max: {most}")
    return value


def has_text(holder: Object, key: str, path: str, most: int) -> str:
    """The text under `key`: not blank and at most `most` characters (code points)."""
    value = holder.get(key)
    if value is None:
        raise missing(path)
    if not isinstance(value, str):
        raise GraphError(100, f"Param {path} must be a string.")
    if not value.strip() or len(value) > most:
        raise invalid(f"{path} length invalid. Min length: 1, Max length: {most}")
    return value


def may_have_text(holder: Object, key: str, path: str, most: int) -> None:
    """The same for a text that may be absent."""
    if key in holder:
        has_text(holder, key, path, most)


def has_word(holder: Object, key: str, path: str, allowed: Collection[str]) -> str:
    """The text under `key` when it is one of the allowed words."""
    value = holder.get(key)
    if value is None:
        raise missing(path)
    if not isinstance(value, str) or value not in allowed:
        raise invalid(f"{path} must be one of: {', '.join(sorted(allowed))}")
    return value


def has_number(holder: Object, key: str, path: str, low: float, high: float) -> None:
    """The number under `key` (Graph takes a numeric string as well)."""
    value = holder.get(key)
    if value is None:
        raise missing(path)
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        number = None
    if number is None or not low <= number <= high:
        raise invalid(f"{path} must be a number between {low:g} and {high:g}")
