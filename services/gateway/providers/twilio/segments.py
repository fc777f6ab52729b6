"""What an SMS costs: the parts ("segments") that it takes, in GSM-7 or, for any letter besides, in UCS-2."""

import unicodedata

from services.gateway.providers.fitting import length

# Carriers join ten parts at most; beyond, phones show fragments or nothing.
MAX_SEGMENTS = 10
# Alone, and as one of several, which each carry a header: in septets and in UTF-16 units.
_GSM_ALONE, _GSM_PART = 160, 153
_UCS_ALONE, _UCS_PART = 70, 67

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
# These take two septets.
_GSM_EXTENDED = frozenset("^{}\\[~]|€")
_GSM = _GSM_BASIC | _GSM_EXTENDED
# Typography that says the same in GSM-7; one curly quote alone would halve the characters per segment.
_PLAIN = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201a": "'", "\u00b4": "'", "`": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
    "\u2026": "...", "\u2022": "-", "\u00b7": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\t": " ",
    "\u0153": "oe", "\u0152": "OE", "\u2068": None, "\u2069": None, "\u200b": None, "\ufeff": None,
})  # fmt: skip


def gsm_friendly(text: str) -> str:
    """The same words with plain typography; accents go only when that makes the whole text GSM-7."""
    plain = text.translate(_PLAIN)
    if _GSM.issuperset(plain):
        return plain
    bare = "".join(letter if letter in _GSM else _without_accents(letter) for letter in plain)
    return bare if _GSM.issuperset(bare) else plain


def segments(text: str) -> int:
    """The parts that a text is sent and paid as; at least one."""
    if _GSM.issuperset(text):
        return _gsm_segments(text)
    units = length(text)
    if units <= _UCS_ALONE:
        return 1
    # No character is cut in two: one of two units that does not fit begins the next part.
    parts, room = 1, _UCS_PART
    for character in text:
        size = length(character)
        if size > room:
            parts, room = parts + 1, _UCS_PART
        room -= size
    return parts


def _gsm_segments(text: str) -> int:
    sizes = [2 if character in _GSM_EXTENDED else 1 for character in text]
    if sum(sizes) <= _GSM_ALONE:
        return 1
    parts, room = 1, _GSM_PART
    for size in sizes:
        if size > room:
            parts, room = parts + 1, _GSM_PART
        room -= size
    return parts


def _without_accents(letter: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(one))
