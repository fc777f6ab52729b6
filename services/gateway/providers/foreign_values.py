"""Single values out of foreign JSON or forms: each function takes anything and gives a value of one type."""

import math
import re
from datetime import UTC, datetime
from typing import Any, Literal

from services.gateway.messages import MAX_TEXT_CHARACTERS, Address

# E.164 as the providers use it: test numbers are shorter than any real subscriber's.
_DIGITS = re.compile(r"[1-9][0-9]{5,14}")
# ISO country, a dot, up to 128 characters; the parent form has "ENT." in between.
_USER_ID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[0-9A-Za-z]{1,128}")
# A user id in a field of its own may look otherwise one day; the profile service takes 160 characters.
_ANY_USER_ID = re.compile(r"[0-9A-Za-z._:-]{1,160}")


def as_dict(value: Any) -> dict[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """An array, or an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """A text as it came, or the digits of an integer, or nothing."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def as_words(value: Any, most: int = MAX_TEXT_CHARACTERS) -> str:
    """A text that every database and API takes: no NUL, no lone surrogate, at most `most` characters."""
    if not isinstance(value, str):
        return ""
    text = value.replace("\0", "")
    if not text.isascii():
        # Escaped pairs that were split by somebody's substring come together again here.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text[:most]


def as_integer(value: Any) -> int | None:
    """An integer of at most 18 digits, or the one that a text spells in ASCII digits."""
    if isinstance(value, str):
        return int(value) if len(value) <= 18 and value.isascii() and value.isdigit() else None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return value
    return None


def as_degrees(value: Any, most: float) -> float | None:
    """A latitude (most=90) or longitude (most=180)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        degrees = float(value)
    except (ValueError, OverflowError):
        return None
    return degrees if math.isfinite(degrees) and abs(degrees) <= most else None


def as_time(value: Any) -> datetime | None:
    """Unix seconds, as a number or a text, between the years 1 and 9999."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def number_address(value: Any, channel: Literal["whatsapp", "sms"], *, relayed: bool = False) -> Address | None:
    """The address of a number given with or without "+"; None when it is none (a short code, a sender's name)."""
    digits = as_text(value).removeprefix("+")
    return Address(channel, "number", "+" + digits, relayed) if _DIGITS.fullmatch(digits) else None


def user_address(value: Any, *, relayed: bool = False) -> Address | None:
    """The address of a user id that came in a field for user ids."""
    text = as_text(value)
    return Address("whatsapp", "user", text, relayed) if _ANY_USER_ID.fullmatch(text) else None


def whatsapp_address(value: Any, *, relayed: bool = False) -> Address | None:
    """The address in a field that should hold a number but may hold a user id."""
    text = as_text(value)
    if _USER_ID.fullmatch(text):
        return Address("whatsapp", "user", text, relayed)
    return number_address(text, "whatsapp", relayed=relayed)
