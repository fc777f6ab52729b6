"""Every word that people read, in every language we speak, from services/gateway/locales/*.ftl (Project Fluent)."""

from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fluent.runtime import FluentBundle

LOCALES = Path(__file__).resolve().parent.parent / "locales"
LANGUAGES = ("en", "fr", "rw", "sw")
DEFAULT_LANGUAGE = "en"
# How many texts with arguments are kept: distances, ages and counts of everybody near are the same few hundred.
_KEPT = 4096


class WordsMissing(LookupError):
    """A key, a language or an argument of a text is missing: our bug, found by the tests of the catalogue."""


@lru_cache(maxsize=256)
def spoken(language: str) -> str:
    """The language that we speak with somebody who asked for this one: "fr-RW" is "fr", anything unknown English."""
    base = language.partition("-")[0].lower()
    return base if base in LANGUAGES else DEFAULT_LANGUAGE


@cache
def bundle(language: str) -> "FluentBundle":
    """The parsed catalogue of one language, loaded once."""
    # Imported here: it brings a calendar of every language along, and nobody is written to before we serve.
    from fluent.runtime import FluentBundle, FluentResource

    # No isolating marks around arguments: SMS would pay for them, and all languages run left to right.
    loaded = FluentBundle([language], use_isolating=False)
    loaded.add_resource(FluentResource((LOCALES / f"{language}.ftl").read_text(encoding="utf-8")))
    return loaded


def t(language: str, key: str, **arguments: str | int) -> str:
    """The words of a key; raises WordsMissing. Numbers only choose plural forms; written numbers are passed as text."""
    return _formatted(language, key, tuple(arguments.items()))


def load() -> None:
    """Parse every language now instead of at its first text."""
    for language in LANGUAGES:
        bundle(language)


def keys(language: str) -> frozenset[str]:
    """Every key of a language, for checks."""
    source = (LOCALES / f"{language}.ftl").read_text(encoding="utf-8")
    return frozenset(
        line.partition("=")[0].strip() for line in source.splitlines() if line[:1].isalpha() and "=" in line
    )


@lru_cache(maxsize=_KEPT)
def _formatted(language: str, key: str, arguments: tuple[tuple[str, str | int], ...]) -> str:
    # Formatting costs tens of microseconds, and a list of drivers has twenty texts: most of what a turn costs.
    catalogue = bundle(language)
    if not catalogue.has_message(key):
        raise WordsMissing(f"{language} has no words for {key}")
    pattern = catalogue.get_message(key).value
    if pattern is None:
        raise WordsMissing(f"{key} has no value in {language}")
    words, errors = catalogue.format_pattern(pattern, dict(arguments))
    if errors:
        raise WordsMissing(f"{key} in {language}: {errors[0]}")
    return str(words)
