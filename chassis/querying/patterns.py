r"""Patterns of LIKE and ILIKE: `%` is anything, `_` one character, and a backslash takes their meaning from them."""

import re

_SPECIAL = re.compile(r"([\\%_])")


def literal(text: str) -> str:
    """A pattern that matches this very text, whatever is in it."""
    return _SPECIAL.sub(r"\\\1", text)


def starting_with(text: str) -> str:
    """A pattern that matches what begins with this very text."""
    return literal(text) + "%"


def containing(text: str) -> str:
    """A pattern that matches what has this very text in it."""
    return f"%{literal(text)}%"


def is_whole(pattern: str) -> bool:
    """Whether PostgreSQL takes it: a last backslash would have nothing to escape."""
    return (len(pattern) - len(pattern.rstrip("\\"))) % 2 == 0
