"""Settings read from the environment into frozen dataclasses, with everything that is wrong told at once."""

import dataclasses
import math
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

T = TypeVar("T")

_REQUIRED: Any = object()
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


class Secret:
    """A text that does not show itself in logs, reprs or tracebacks; `reveal()` gives it to whoever needs it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__


class SettingsError(Exception):
    """Settings are missing or wrong; `problems` has one sentence for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(self.problems))


@dataclasses.dataclass(frozen=True)
class Declaration:
    """How one setting is read: the name of its variable, what it is for and what is accepted."""

    env: str
    help: str
    default: Any = _REQUIRED
    development: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] | None = None

    @property
    def required(self) -> bool:
        """Whether there is no default outside development."""
        return self.default is _REQUIRED


def setting(
    env: str,
    *,
    help: str,  # noqa: A002 - reads as the field's help where settings are declared
    default: Any = _REQUIRED,
    development: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Sequence[str] | None = None,
) -> Any:
    """Declare a field of a settings dataclass.

    `development` is a value that is accepted, and then the default, only when HAILWIRE_ENV=development: anywhere else
    a well-known secret is refused as if it were missing.
    """
    declaration = Declaration(env, help, default, development, minimum, maximum, tuple(choices) if choices else None)
    return dataclasses.field(metadata={"setting": declaration})


def declarations(cls: type) -> Iterator[tuple[str, Declaration]]:
    """(field name, declaration) of every setting of a settings dataclass, nested ones left out."""
    for field in dataclasses.fields(cls):
        if "setting" in field.metadata:
            yield field.name, field.metadata["setting"]


def load(cls: type[T], environ: Mapping[str, str]) -> T:
    """Read every setting of `cls` from `environ`; raise SettingsError that lists all problems. Blank means unset."""
    hints = typing.get_type_hints(cls)
    development = environ.get("HAILWIRE_ENV") == "development"
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, declared in declarations(cls):
        text = environ.get(declared.env, "").strip()
        try:
            values[name] = _value(declared, hints[name], text, development)
        except ValueError as error:
            problems.append(f"{declared.env}: {error}")
    if problems:
        raise SettingsError(problems)
    return cls(**values)


def _value(declared: Declaration, kind: Any, text: str, development: bool) -> Any:  # noqa: FBT001
    if declared.development is not None and not development and text == declared.development:
        raise ValueError("this is the public development value; set a real one")
    if not text:
        if development and declared.development is not None:
            text = declared.development
        elif declared.required:
            raise ValueError(f"is missing ({declared.help})")
        else:
            return Secret(declared.default) if kind is Secret else declared.default
    value = _cast(kind, text)
    if declared.choices is not None and value not in declared.choices:
        raise ValueError(f"must be one of {', '.join(declared.choices)}")
    if declared.minimum is not None and value < declared.minimum:
        raise ValueError(f"must be at least {declared.minimum:g}")
    if declared.maximum is not None and value > declared.maximum:
        raise ValueError(f"must be at most {declared.maximum:g}")
    return value


def _cast(kind: Any, text: str) -> Any:
    if isinstance(kind, types.UnionType):
        kind = next(member for member in typing.get_args(kind) if member is not types.NoneType)
    if kind is bool:
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise ValueError("must be true or false")
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ValueError("must be a whole number") from None
    if kind is float:
        try:
            number = float(text)
        except ValueError:
            raise ValueError("must be a number") from None
        if not math.isfinite(number):  # "nan" is within any bounds
            raise ValueError("must be a number")
        return number
    if kind is Decimal:
        try:
            exact = Decimal(text)
        except InvalidOperation:
            raise ValueError("must be a decimal number") from None
        if not exact.is_finite():
            raise ValueError("must be a decimal number")
        return exact
    if kind is Secret:
        return Secret(text)
    return text
