"""Tokens that say where a page ended: the values by which its last row was ordered, and which list it was.

A token is sealed with a digest of the list (its filters and their values, its order), so that one of another list, one
cut short or one made by hand is refused instead of giving pages that make no sense. It is no secret and gives no
right: whatever it says, it is only a place in a list that its holder may read anyway.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from chassis.querying.refusals import PageTokenInvalid
from chassis.querying.values import Type

_VERSION = b"\x02"
_SEAL_BYTES = 8
# Ours hold two or three values; nobody's name is that long.
_LONGEST = 2000


def token(types: Sequence[Type], values: Sequence[Any], of_list: bytes) -> str:
    """The place behind a row with these values."""
    carried = [one.carried(value) for one, value in zip(types, values, strict=True)]
    payload = json.dumps(carried, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_VERSION + _seal(of_list, payload) + payload).decode()


def place(types: Sequence[Type], page_token: str, of_list: bytes) -> tuple[Any, ...]:
    """The values that a token of this list stands for; raises PageTokenInvalid for any other text."""
    try:
        if len(page_token) > _LONGEST:
            raise ValueError("too long")
        raw = base64.b64decode(page_token.encode("ascii"), altchars=b"-_", validate=True)
        version, seal, payload = raw[:1], raw[1 : 1 + _SEAL_BYTES], raw[1 + _SEAL_BYTES :]
        if version != _VERSION or seal != _seal(of_list, payload):
            raise ValueError("not the seal of this list")
        values = tuple(one.restored(value) for one, value in zip(types, json.loads(payload), strict=True))
        if not all(one.holds(value) for one, value in zip(types, values, strict=True)):
            raise ValueError("other types")
        if token(types, values, of_list) != page_token:
            raise ValueError("written in another way")
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
        raise PageTokenInvalid("page_token is not one of ours for this list") from error
    return values


def _seal(of_list: bytes, payload: bytes) -> bytes:
    return hashlib.blake2b(
        payload, digest_size=_SEAL_BYTES, key=hashlib.blake2b(of_list, digest_size=32).digest()
    ).digest()
