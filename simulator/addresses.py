"""How a phone is named: an E.164 number with its plus sign, or a business-scoped user id (BSUID) of WhatsApp."""

import re

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[0-9A-Za-z]{1,128}")
_PUNCTUATION = re.compile(r"[\s().\-]")


def is_number(text: str) -> bool:
    """Whether the text is a number in E.164 form, plus sign included."""
    return _E164.fullmatch(text) is not None


def is_bsuid(text: str) -> bool:
    """Whether the text is a business-scoped user id such as `RW.13491208655302741918`."""
    return _BSUID.fullmatch(text) is not None


def canonical(text: str) -> str | None:
    """The one name of a phone for lookups; None when the text names no phone.

    A missing plus sign is added: it is lost when a query string is not escaped, and a `wa_id` never has one.
    """
    text = text.strip().removeprefix("whatsapp:").strip()
    if is_bsuid(text):
        return text
    number = "+" + _PUNCTUATION.sub("", text).removeprefix("+")
    return number if is_number(number) else None


def as_dialled(text: str, country_code: str) -> str | None:
    """The number that WhatsApp sends to when a business writes `text` as the recipient; None when it is no number.

    Without a plus sign the business's own country code is put in front, whatever the digits are: that is how
    messages meant for another country get lost.
    """
    digits = _PUNCTUATION.sub("", text)
    number = digits if digits.startswith("+") else f"+{country_code}{digits}"
    return number if is_number(number) else None
