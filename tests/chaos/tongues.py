"""In which language is this? Told by the phrases of our own catalogues."""

import re
from functools import cache

from services.gateway.conversations import catalogue
from tests.mesh.phones import folded

# Shorter phrases may be words of both.
_LEAST = 8
_PLACEHOLDER = re.compile(r"\{[^{}]*\}|[\n|]")
# Names that are the same in every language, and lists of words that name each other's.
_NEUTRAL = {"language-name", "first-contact", "help"}


def foreign_words(language: str, text: str) -> str:
    """A phrase of another language that the text holds; empty when there is none."""
    words = folded(text)
    own = [phrase for phrase in _phrases(language) if phrase in words]
    for other in catalogue.LANGUAGES:
        if other == language:
            continue
        for phrase in _phrases(other):
            if phrase in words and not any(phrase in mine for mine in own):
                return phrase
    return ""


@cache
def _phrases(language: str) -> tuple[str, ...]:
    """What a catalogue says between its placeholders, folded; without what another one says too."""
    found = _said(language)
    others = set().union(*(_said(other) for other in catalogue.LANGUAGES if other != language))
    return tuple(sorted(found - others))


@cache
def _said(language: str) -> frozenset[str]:
    lines = (catalogue.LOCALES / f"{language}.ftl").read_text(encoding="utf-8").splitlines()
    texts = []
    for line in lines:
        key, equals, value = line.partition("=")
        if equals and line[:1].isalpha() and key.strip() not in _NEUTRAL:
            texts.append(value)
        elif line.strip().startswith(("[", "*[")):
            texts.append(line.partition("]")[2])
    return frozenset(
        phrase for one in texts for piece in _PLACEHOLDER.split(one) if len(phrase := folded(piece).strip()) >= _LEAST
    )
