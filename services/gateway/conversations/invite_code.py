"""Invitation codes in what people write: "INVITE GO-7K3QX2F", as links into the chat have it, or the code alone.

Only its shape is known here. Whose it is, and whether it is a code at all, is the profile service's to say.
"""

import re

from services.gateway.conversations.flows.invite import WORDS
from services.gateway.conversations.places import folded

# Without 0, 1, I, L and O, which look like each other.
_BARE = "[2-9a-hjkmnp-z]{7}"
# Whoever adds words of their own to a link's text leaves the code as it is; a hyphen keeps "go between" apart from it.
_ANYWHERE = re.compile(rf"(?<!\w)go[-\u2010-\u2015]({_BARE})(?!\w)", re.IGNORECASE | re.ASCII)
# Behind the word it may be spaced, and stand without its prefix when there is a digit in it: "invite parents" is none.
_BEHIND = re.compile(rf"(?:go)?({_BARE})", re.ASCII)
_LONGEST = 500
_WORDS = sorted(map(folded, WORDS), key=len, reverse=True)


def read(text: str) -> str:
    """The code that a message tells, as it is written; empty when it tells none."""
    if len(text) > _LONGEST:
        return ""
    found = _ANYWHERE.search(text)
    if found is not None:
        return _written(found[1])
    words = folded(text)
    for word in _WORDS:
        if words.startswith(f"{word} "):
            typed = words[len(word) :].replace(" ", "")
            found = _BEHIND.fullmatch(typed)
            if found is not None and (len(typed) > len(found[1]) or re.search("[0-9]", found[1])):
                return _written(found[1])
    return ""


def _written(bare: str) -> str:
    return f"GO-{bare.upper()}"
