"""Finds the time in a sentence that says other things, too: "kimironko market tomorrow at 7am".

Only words that are known to be about time are read (clock_words.py), by the same rules as an answer to the question
when. What could be meant in two ways is no time here: there was no question, so nobody waits for another one.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from services.gateway.conversations import clock_words as words
from services.gateway.conversations import when
from services.gateway.conversations.moments import When

# "7", "7am", "07:30", "7h30", "18h", "12/12".
_NUMBER = re.compile(r"\d{1,2}(?:[:h.][0-5]\d)?(?:[ap]m|h)?|\d{1,2}/\d{1,2}", re.ASCII)
_HALVES = frozenset({"am", "pm"})

_PHRASES = (
    *(*words.PERIODS, *words.DAYS, *words.WEEKDAYS, *words.EVERY_DAY, *words.HOURS),
    *(*words.HALF_PAST, *words.QUARTER_PAST, *words.NOON, *words.MIDNIGHT, *words.NEXT),
)
# By their last word phrases are known, "every" by its first; the others mean something only before one of these.
_CLEAR = {phrase.split()[-1] for phrase in _PHRASES} | {phrase.split()[0] for phrase in words.EVERY} | {*words.UNITS}
_WITH_OTHERS = {
    word for phrase in (*_PHRASES, *words.EVERY, *words.AHEAD, *words.COUNTS, *words.FILLERS) for word in phrase.split()
} - _CLEAR
# Words of time in one language that are everyday words of another.
_ELSEWHERE = {"en": frozenset({"none"}), "fr": frozenset({"mon"})}


async def taken(tokens: Sequence[str], language: str, now: datetime, zone: ZoneInfo) -> tuple[When | None, list[str]]:
    """The one time that is said, and the tokens that say something else; without a certain time all of them."""
    bare = [when.bare(token) for token in tokens]
    about = _about_time(bare, _ELSEWHERE.get(language, frozenset()))
    if not about:
        return None, list(tokens)
    read = await when.read(" ".join(bare[place] for place in sorted(about)), language, now, zone)
    if len(read.choices) != 1:
        return None, list(tokens)
    return read.choices[0], [token for place, token in enumerate(tokens) if place not in about]


def _about_time(bare: Sequence[str], elsewhere: frozenset[str]) -> set[int]:
    """The places of words of time, and of little words that lead to one."""
    found: set[int] = set()
    leading: list[int] = []
    for place, word in enumerate(bare):
        number = bool(_NUMBER.fullmatch(word))
        half = word in _HALVES and place - 1 in found and _NUMBER.fullmatch(bare[place - 1]) is not None
        if number or half or (word in _CLEAR and word not in elsewhere):
            found |= {*leading, place}
            leading = []
        elif word in _WITH_OTHERS:
            leading.append(place)
        else:
            leading = []
    return found
