"""Settings: what is accepted, what is refused, and that everything wrong is told at once."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.settings import Secret, SettingsError, declarations, load, setting


@dataclass(frozen=True, kw_only=True)
class Everything:
    """One setting of each sort."""

    port: int = setting("PORT", default=8080, minimum=0, maximum=65535, help="where to listen")
    ratio: float = setting("RATIO", default=0.5, minimum=0, maximum=1, help="how many")
    open: bool = setting("OPEN", default=False, help="whether")
    level: str = setting("LEVEL", default="INFO", choices=("INFO", "DEBUG"), help="how much")
    url: str = setting("URL", help="where from")
    token: Secret = setting("TOKEN", development="dev-token", help="who may")
    spare: Secret = setting("SPARE", default="", help="who else may")
    limit: int | None = setting("LIMIT", default=None, minimum=1, help="at most")
    price: Decimal = setting("PRICE", default=Decimal(1), minimum=0, help="how dear")


REAL = {"URL": "x", "TOKEN": "real"}


def problems(environ: Mapping[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(Everything, environ)
    return caught.value.problems


def test_defaults_and_given_values() -> None:
    """What is not given has its default, what is given is read as the type that the field has."""
    plain = load(Everything, REAL)
    assert (plain.port, plain.ratio, plain.open, plain.level, plain.limit) == (8080, 0.5, False, "INFO", None)
    assert plain.spare == Secret("")
    assert not plain.spare
    given = load(Everything, {**REAL, "PORT": "0", "RATIO": "1", "OPEN": "Yes", "LEVEL": "DEBUG", "LIMIT": "3"})
    assert (given.port, given.ratio, given.open, given.level, given.limit) == (0, 1.0, True, "DEBUG", 3)
    assert given.token.reveal() == "real"
    assert load(Everything, {**REAL, "PRICE": "0.10"}).price == Decimal("0.10")


def test_everything_wrong_is_told_at_once() -> None:
    """Each problem is one sentence that begins with the variable's name, and none hides another."""
    found = problems({"PORT": "70000", "RATIO": "-1", "OPEN": "maybe", "LEVEL": "LOUD", "LIMIT": "0"})
    assert [problem.split(":")[0] for problem in found] == ["PORT", "RATIO", "OPEN", "LEVEL", "URL", "TOKEN", "LIMIT"]
    assert "where from" in found[4]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORT", "eighty"),
        ("PORT", "1.5"),
        ("RATIO", "half"),
        ("RATIO", "nan"),
        ("LIMIT", "many"),
        ("OPEN", "2"),
        ("PRICE", "cheap"),
        ("PRICE", "nan"),
        ("PRICE", "1,5"),
    ],
)
def test_what_is_no_number_or_answer(name: str, text: str) -> None:
    """A value that cannot be read is one problem and no crash."""
    assert [problem.split(":")[0] for problem in problems({**REAL, name: text})] == [name]


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_blank_is_unset(blank: str) -> None:
    """A blank variable is the same as none, for required settings too."""
    assert load(Everything, {**REAL, "PORT": blank, "LIMIT": blank}) == load(Everything, REAL)
    assert problems({**REAL, "URL": blank}) == ["URL: is missing (where from)"]


def test_the_public_value_opens_nothing_outside_development() -> None:
    """A well-known secret is the default in development and refused everywhere else."""
    assert load(Everything, {"URL": "x", "HAILWIRE_ENV": "development"}).token.reveal() == "dev-token"
    for environment in ("", "production", "Development "):
        (problem,) = problems({"URL": "x", "TOKEN": "dev-token", "HAILWIRE_ENV": environment})
        assert problem.startswith("TOKEN: this is the public development value")
    assert load(Everything, {**REAL, "HAILWIRE_ENV": "development"}).token.reveal() == "real"


def test_a_secret_never_shows_itself() -> None:
    """Neither repr nor str nor format, neither in its dataclass nor in a traceback."""
    settings = load(Everything, {**REAL, "TOKEN": "hush-hush"})
    shown = [repr(settings), str(settings), f"{settings.token}", "%s %r" % ((settings.token,) * 2)]
    try:
        raise ValueError(settings.token, settings)
    except ValueError as error:
        shown += traceback.TracebackException.from_exception(error, capture_locals=True).format()
    shown += problems({"URL": "x", "TOKEN": "hush-hush", "PORT": "no"})
    assert not [text for text in shown if "hush-hush" in text]
    assert any("Secret" in text for text in shown)


def test_secrets_are_compared_by_what_they_hide() -> None:
    """Equal secrets are equal and hash alike; a secret is never equal to its text."""
    assert Secret("a") == Secret("a")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a") != "a"


@given(st.integers())
def test_bounds_hold_for_every_number(number: int) -> None:
    """A port is accepted exactly when it lies within the bounds, which are part of them."""
    try:
        assert load(Everything, {**REAL, "PORT": str(number)}).port == number
    except SettingsError:
        assert not 0 <= number <= 65535
    else:
        assert 0 <= number <= 65535


def test_inherited_settings_are_read_too() -> None:
    """A service's settings are made of several classes; each field is declared once."""

    @dataclass(frozen=True, kw_only=True)
    class More(Everything):
        name: str = setting("NAME", default="n", help="what")

    assert load(More, REAL).name == "n"
    assert [declared.env for _, declared in declarations(More)][-2:] == ["LIMIT", "NAME"]
