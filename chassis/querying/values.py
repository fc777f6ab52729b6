"""The types that a column may have: what they are called in SQL, which values they hold, how a cursor carries one."""

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Type:
    """A type of PostgreSQL. `carried` and `restored` turn a value into something JSON holds exactly, and back."""

    sql: str
    holds: Callable[[Any], bool]
    # Any value, for whoever looks at a statement and has none at hand.
    example: Any
    carried: Callable[[Any], Any] = lambda value: value
    restored: Callable[[Any], Any] = lambda value: value


def _whole(bits: int) -> Callable[[Any], bool]:
    bound = 2 ** (bits - 1)
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and -bound <= value < bound


def _is_text(value: Any) -> bool:
    """PostgreSQL stores no NUL, UTF-8 no surrogates."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_moment(value: Any) -> bool:
    """In a zone, and not of the first or last year: asyncpg takes the ends of time for infinity."""
    return isinstance(value, datetime.datetime) and value.tzinfo is not None and 1 < value.year < 9999


def _microseconds(moment: datetime.datetime) -> int:
    return (moment - _EPOCH) // datetime.timedelta(microseconds=1)


def _moment(microseconds: Any) -> datetime.datetime:
    if not isinstance(microseconds, int) or isinstance(microseconds, bool):
        raise TypeError("a moment is carried as a whole number")
    return _EPOCH + datetime.timedelta(microseconds=microseconds)


SMALLINT = Type("smallint", _whole(16), 1)
INTEGER = Type("integer", _whole(32), 1)
BIGINT = Type("bigint", _whole(64), 1)
BOOLEAN = Type("boolean", lambda value: isinstance(value, bool), True)
# NaN equals nothing in Python and itself in PostgreSQL: nobody means it.
FLOAT = Type("double precision", lambda value: isinstance(value, float) and math.isfinite(value), 0.0)
TEXT = Type("text", _is_text, "")
_SOME_DAY = datetime.datetime(2026, 1, 6, tzinfo=datetime.UTC)
TIMESTAMPTZ = Type("timestamptz", _is_moment, _SOME_DAY, _microseconds, _moment)
