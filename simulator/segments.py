"""How many SMS segments a text takes."""

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_EXTENSION = frozenset("^{}\\[~]|€\f")


def count_segments(text: str) -> int:
    """GSM-7 packs 160 characters into one segment and 153 into each of several; anything else 70 and 67."""
    if all(character in _GSM7 or character in _GSM7_EXTENSION for character in text):
        units, alone, joined = len(text) + sum(character in _GSM7_EXTENSION for character in text), 160, 153
    else:
        units, alone, joined = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if units <= alone else -(-units // joined)
