"""Amounts of money as people type them: "1500", "1 500", "1,500 RWF", "12.50"."""

import re
import unicodedata
from decimal import Decimal

# What may stand before or after the digits: a currency's code or name, in a few letters.
_AMOUNT = re.compile(r"(?:[a-z]{1,10}\.? ?)?([0-9][0-9 .,']*?)[.,]?(?: ?[a-z]{1,10}\.?)?", re.ASCII)
_PLAIN = re.compile(r"[0-9]+", re.ASCII)
# Thousands in threes, all with the same separator, and at most two decimals after another one.
_GROUPED = re.compile(
    r"[0-9]{1,3}(?:(?P<group>[ .,'])[0-9]{3})(?:(?P=group)[0-9]{3})*(?:[.,](?P<cents>[0-9]{1,2}))?", re.ASCII
)
_WITH_CENTS = re.compile(r"(?P<whole>[0-9]+)[.,](?P<cents>[0-9]{1,2})", re.ASCII)
_LONGEST = 40


def read(text: str) -> Decimal | None:
    """The amount; None when it is none, or could be two.

    What stands behind a point or comma are decimals when they are one or two digits, and thousands when they are three:
    our currencies have at most two decimals, so that "1.500" means the same in every language.
    """
    if len(text) > _LONGEST:
        return None
    # All spaces are one, and digits of other scripts ours.
    typed = " ".join(unicodedata.normalize("NFKC", text).lower().replace("\u2019", "'").split())
    found = _AMOUNT.fullmatch(typed)
    if found is None:
        return None
    digits = found[1].strip()
    if _PLAIN.fullmatch(digits):
        return Decimal(digits)
    if (grouped := _GROUPED.fullmatch(digits)) is not None:
        cents = grouped["cents"]
        if cents is None or digits[-len(cents) - 1] != grouped["group"]:
            whole = digits if cents is None else digits[: -len(cents) - 1]
            return _joined(re.sub(r"[^0-9]", "", whole), cents)
    if (exact := _WITH_CENTS.fullmatch(digits)) is not None:
        return _joined(exact["whole"], exact["cents"])
    return None


def _joined(whole: str, cents: str | None) -> Decimal:
    return Decimal(f"{whole}.{cents}" if cents else whole)
