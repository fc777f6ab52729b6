"""Form-encoded bodies and queries, on bytes: what was signed is what was received."""

import re
from urllib.parse import unquote_to_bytes

from services.gateway.providers.foreign_json import MalformedBody

Pairs = list[tuple[bytes, bytes]]

_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def pairs(raw: bytes) -> Pairs:
    """The fields in their order, blank ones kept, nothing trimmed. Never raises."""
    found: Pairs = []
    for part in raw.split(b"&"):
        if part:
            name, _, value = part.replace(b"+", b" ").partition(b"=")
            found.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    return found


def fields(raw: bytes) -> dict[str, str]:
    """The fields by name, the last of equal names; MalformedBody when they are not UTF-8 or an escape is broken."""
    if _BROKEN_ESCAPE.search(raw):
        raise MalformedBody("a percent sign begins no escape")
    try:
        return {name.decode(): value.decode() for name, value in pairs(raw)}
    except UnicodeDecodeError as error:
        raise MalformedBody("the form is not UTF-8") from error
