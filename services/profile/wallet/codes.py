"""Wallet codes: what people tell each other to send money, such as HW-7K3QX2F.

No number has to be shown or typed, and a code leads from nobody to anybody: it is drawn by chance. Its last character
follows from the others, so that one wrong character, or two that changed places, never is another person's code.
"""

import re
import secrets

PREFIX = "HW-"
# Without 0, 1, I, L and O, which look like each other. As many as a prime, which is what makes the check exact.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_PLACES = {character: place for place, character in enumerate(ALPHABET)}
# 31 to the sixth are 887 million: guesses meet one of a hundred thousand wallets once in nine thousand times.
_DRAWN = 6
_NOISE = re.compile(r"[\s.\-_]+")


def draw(prefix: str = PREFIX) -> str:
    """A new code; other kinds of codes have another prefix of two letters."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(_DRAWN))
    return prefix + drawn + _check(drawn)


def read(text: str, prefix: str = PREFIX) -> str | None:
    """The code that somebody typed, however they spaced it, with the prefix or without; None when it cannot be one."""
    typed = _NOISE.sub("", text.upper())
    bare = typed[2:] if len(typed) == _DRAWN + 3 and typed.startswith(prefix[:2]) else typed
    if len(bare) != _DRAWN + 1 or not set(bare) <= _PLACES.keys() or _check(bare[:-1]) != bare[-1]:
        return None
    return prefix + bare


def _check(drawn: str) -> str:
    # Weights 2, 3, 4 ...: all different and none 0 modulo a prime; that of the check itself is 1.
    weighted = sum(weight * _PLACES[character] for weight, character in enumerate(drawn, start=2))
    return ALPHABET[-weighted % len(ALPHABET)]
