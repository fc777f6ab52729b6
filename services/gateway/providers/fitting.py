"""Words made to fit a provider's field: cut where a reader would, and never empty or invalid."""

import unicodedata

from services.gateway.providers.foreign_values import as_words

# Joins what stands on both sides into one picture.
_ZERO_WIDTH_JOINER = "\u200d"


def length(text: str) -> int:
    """UTF-16 units: at least as many as any provider counts, so that what fits here fits there."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fitted(text: str, most: int, ellipsis: str = "…") -> str:
    """`text` with at most `most` UTF-16 units, cut with an ellipsis; an empty text is the ellipsis alone.

    No picture made of several characters is cut in two, and no letter loses its accent.
    """
    text = as_words(text, len(text)).strip()
    if not text:
        return ellipsis
    if length(text) <= most:
        return text
    room = most - length(ellipsis)
    end = 0
    for character in text:
        room -= length(character)
        if room < 0:
            break
        end += 1
    while end and (_belongs_to_previous(text[end]) or text[end - 1] == _ZERO_WIDTH_JOINER):
        end -= 1
    return text[:end].rstrip() + ellipsis


def fitted_line(text: str, most: int, ellipsis: str = "…") -> str:
    """The same on one line, as titles must be."""
    return fitted(" ".join(text.split()), most, ellipsis)


def _belongs_to_previous(character: str) -> bool:
    # Accents, variation selectors, the joiner itself, and the skin tones of pictures.
    return (
        unicodedata.category(character) in {"Mn", "Me"}
        or character == _ZERO_WIDTH_JOINER
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )
