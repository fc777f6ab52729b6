"""Which places a text means, of those whose names the database finds most like it. Nothing is awaited."""

from collections.abc import Sequence

from chassis.records import record
from services.profile.places.place import folded

# Nobody's place has a longer name, and comparing long texts takes its time.
LONGEST_TEXT = 60
# Shorter words are in every language, and in no one place's name alone.
_SHORTEST_WORD = 3
# A list holds ten rows.
_MOST_BEGUN = 9
_MOST_GUESSED = 3
# Half of the letter triples: one slip of the pen in a word of six letters, two in one of ten.
_LEAST_LIKE = 0.5
# What is that much less like it than the best is not meant.
_BESIDE_THE_BEST = 0.15


@record
class Candidate:
    """A name of a place, folded, and how much of the text's letter triples it has, in order: 0 to 1."""

    place_id: int
    name: str
    likeness: float


def searchable(text: str) -> str:
    """A text as it is searched for; empty when it is no place's name."""
    wanted = folded(text[:500])
    if len(wanted) > LONGEST_TEXT or all(len(word) < _SHORTEST_WORD for word in wanted.split()):
        return ""
    return wanted


def chosen(wanted: str, candidates: Sequence[Candidate]) -> list[int]:
    """The ids of places, each once: what is called so; else what each word begins a part of; else what is nearly so."""
    exact = [one for one in candidates if one.name == wanted]
    if exact:
        return _each(exact, _MOST_BEGUN)
    words = wanted.split()
    begun = [one for one in candidates if _begins(one.name, words)]
    if begun:
        # What has least besides: "kigali heights" before "kigali heights office building".
        return _each(sorted(begun, key=lambda one: (len(one.name), one.name, one.place_id)), _MOST_BEGUN)
    best = max((one.likeness for one in candidates), default=0.0)
    least = max(_LEAST_LIKE, best - _BESIDE_THE_BEST)
    likely = [one for one in candidates if one.likeness >= least]
    return _each(sorted(likely, key=lambda one: (-one.likeness, one.name, one.place_id)), _MOST_GUESSED)


def _each(candidates: Sequence[Candidate], most: int) -> list[int]:
    return list(dict.fromkeys(one.place_id for one in candidates))[:most]


def _begins(name: str, words: Sequence[str]) -> bool:
    """Whether each word is the beginning of one in the name."""
    return all(any(part.startswith(word) for part in name.split()) for word in words)
