"""The ids under which a request is known: to its caller, in our answer and in every line that is logged for it."""

import contextvars
import random
import re

from chassis.records import record

# What callers may choose: letters, digits and a few marks. It goes into logs, so nothing that reads like a phone number
# does: that is a run of digits of its own, unless it is part of a UUID.
_SANE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:-]{7,99}")
_UUID = re.compile(rb"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_NUMBER = re.compile(rb"(?<![0-9A-Za-z])[0-9]{7,15}(?![0-9A-Za-z])")


@record
class RequestIds:
    """`request_id` is this request's own; `correlation_id` is shared by all that belong to one errand."""

    request_id: str
    correlation_id: str


current: contextvars.ContextVar[RequestIds | None] = contextvars.ContextVar("request_ids", default=None)


def chosen(request_id: bytes | None, correlation_id: bytes | None) -> RequestIds:
    """The caller's ids where they are sane, new ones where not."""
    request = _sane(request_id) or f"{random.getrandbits(128):032x}"
    return RequestIds(request, _sane(correlation_id) or request)


def _sane(given: bytes | None) -> str | None:
    if given is None or not _SANE.fullmatch(given):
        return None
    if _NUMBER.search(given.replace(b"-", b"").replace(b".", b"")) and not _UUID.fullmatch(given):
        return None
    return given.decode("ascii")
