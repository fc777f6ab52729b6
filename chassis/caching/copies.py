"""Frozen dataclasses as bytes and back, strictly: what is not exactly what was written is no value at all.

For copies that others keep. Their bytes are read like a stranger's: numbers, texts and lists of a known shape, nothing
that could run. The shape has a name, so that versions with other fields do not read each other's copies.
"""

import dataclasses
import datetime
import hashlib
import types
import typing
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Generic, TypeVar

import orjson

Value = TypeVar("Value")
Read = Callable[[Any], Any]

_PLAIN = (bool, int, str)


class Unreadable(ValueError):
    """Bytes that are no copy of such a value."""


class Shape(Generic[Value]):
    """How one dataclass is written: numbers, amounts, texts, moments, enums, and tuples or dataclasses of those."""

    def __init__(self, kind: type[Value]) -> None:
        """Raises TypeError for a field of any other type."""
        described: list[str] = []
        self._read = _reader(kind, described)
        self.name = hashlib.blake2b("\n".join(described).encode(), digest_size=6).hexdigest()

    def write(self, value: Value) -> bytes:
        """The bytes."""
        return orjson.dumps(value, default=_plain)

    def read(self, stored: Any) -> Value:
        """The value out of what JSON made of the bytes; raises Unreadable."""
        try:
            value: Value = self._read(stored)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise Unreadable from error
        return value


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)


def _reader(kind: Any, described: list[str]) -> Read:
    described.append(str(kind))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        fields = {field.name: _field(field.name, hints[field.name], described) for field in dataclasses.fields(kind)}
        return lambda stored: _dataclass(kind, fields, stored)
    if kind in _PLAIN:
        return lambda stored: _exactly(kind, stored)
    if kind is float:
        return _float
    if kind is datetime.datetime:
        return _moment
    if kind is Decimal:
        return _decimal
    if isinstance(kind, type) and issubclass(kind, Enum):
        described.append(str([member.value for member in kind]))
        return kind
    parts = typing.get_args(kind)
    if typing.get_origin(kind) in {types.UnionType, typing.Union} and len(parts) == 2 and types.NoneType in parts:
        inner = _reader(next(part for part in parts if part is not types.NoneType), described)
        return lambda stored: None if stored is None else inner(stored)
    if typing.get_origin(kind) is tuple and len(parts) == 2 and parts[1] is Ellipsis:
        inner = _reader(parts[0], described)
        return lambda stored: tuple(inner(one) for one in _exactly(list, stored))
    if typing.get_origin(kind) is frozenset:
        inner = _reader(parts[0], described)
        return lambda stored: frozenset(inner(one) for one in _exactly(list, stored))
    raise TypeError(f"copies hold no {kind}")


def _field(name: str, kind: Any, described: list[str]) -> Read:
    described.append(name)
    return _reader(kind, described)


def _dataclass(kind: type, fields: Mapping[str, Read], stored: Any) -> Any:
    if _exactly(dict, stored).keys() != fields.keys():
        raise Unreadable
    return kind(**{name: read(stored[name]) for name, read in fields.items()})


def _exactly(kind: type, stored: Any) -> Any:
    if type(stored) is not kind:
        raise Unreadable
    return stored


def _float(stored: Any) -> float:
    if type(stored) not in {int, float}:
        raise Unreadable
    return float(stored)


def _decimal(stored: Any) -> Decimal:
    try:
        amount = Decimal(_exactly(str, stored))
    except InvalidOperation as error:
        raise Unreadable from error
    if not amount.is_finite():
        raise Unreadable
    return amount


def _moment(stored: Any) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(_exactly(str, stored))
    if moment.tzinfo is None:
        raise Unreadable
    return moment.astimezone(datetime.UTC)
