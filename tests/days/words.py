"""Whether a message is what somebody had to be told: it holds the catalogue's words in the language of that person."""

import re
from functools import cache, lru_cache

from hailwire.profile.v1 import wallet_pb2
from services.gateway.conversations import catalogue, wording
from services.gateway.providers.twilio.segments import gsm_friendly
from tests.chaos.tongues import foreign_words
from tests.days.values import Told
from tests.mesh.phones import folded

CURRENCY = "RWF"
# Stands for whatever the model does not predict: distances, moments, codes.
_ANYTHING = "|"
_ARGUMENT = re.compile(r"\$(\w+)")
# Said in every language at once.
_IN_ALL = {"first-contact"}


@lru_cache(maxsize=10_000)
def wrong_with(told: Told, words: str) -> str:
    """What is wrong with the words of a message that should be `told`; empty when nothing is."""
    language = told.language or catalogue.DEFAULT_LANGUAGE
    message, at = plain(words), 0
    for piece in (*_pieces(language, told.key, told.numbers), plain(told.said)):
        found = message.find(piece, at)
        if found < 0:
            return f"not {told.key} in {language} ({piece!r} is missing): {words!r}"
        at = found + len(piece)
    if told.language and told.key not in _IN_ALL and (foreign := foreign_words(language, words)):
        return f"{told.key} in {language} holds {foreign!r}: {words!r}"
    return ""


def title(language: str, key: str, **numbers: int) -> str:
    """How a button or row begins."""
    return _said(language, key, tuple(numbers.items())).partition(_ANYTHING)[0]


def plain(words: str) -> str:
    """As an SMS may show it, on one line, without accents."""
    return " ".join(folded(gsm_friendly(words)).split())


@cache
def _pieces(language: str, key: str, numbers: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    """What is said for certain, in order."""
    said = _said(language, key, numbers)
    return tuple(piece for one in said.split(_ANYTHING) if (piece := plain(one).strip(" .,:;()")))


def _said(language: str, key: str, numbers: tuple[tuple[str, int], ...]) -> str:
    arguments: dict[str, str | int] = {**dict.fromkeys(_arguments(), _ANYTHING), "count": 1}
    for name, number in numbers:
        arguments[name] = number if name == "count" else _money(language, number)
    return catalogue.t(language, key, **arguments)


def _money(language: str, amount: int) -> str:
    return wording.money(language, wallet_pb2.Money(amount=str(amount), currency_code=CURRENCY))


@cache
def _arguments() -> frozenset[str]:
    """The name of everything that any text leaves open."""
    source = (catalogue.LOCALES / f"{catalogue.DEFAULT_LANGUAGE}.ftl").read_text(encoding="utf-8")
    return frozenset(_ARGUMENT.findall(source))
