"""What batch and list RPCs have in common: how many items a call may hold and how a page names the next one."""

import base64
import binascii
import struct
from collections.abc import Sized

from chassis import errors

MAX_BATCH = 1000
_DEFAULT_PAGE = 50
_MAX_PAGE = 1000


def check_batch(items: Sized) -> None:
    """Raise InvalidArgument for more than MAX_BATCH items."""
    if len(items) > MAX_BATCH:
        raise errors.InvalidArgument(f"at most {MAX_BATCH} items", reason="BATCH_TOO_LARGE")


def page_size(asked: int) -> int:
    """How many a page holds: 0 means the default, more than the maximum is cut (AIP-158). Negative is refused."""
    if asked < 0:
        raise errors.InvalidArgument("page_size must not be negative", reason="PAGE_SIZE_INVALID")
    return min(asked or _DEFAULT_PAGE, _MAX_PAGE)


def token(last_id: int) -> str:
    """The page after this id. Opaque, so that it may hold something else one day."""
    return base64.urlsafe_b64encode(b"\x01" + struct.pack(">q", last_id)).decode()


def last_id(page_token: str, first: int) -> int:
    """The id that a token stands for; `first` for the first page. Raises InvalidArgument for anything not ours."""
    if not page_token:
        return first
    try:
        raw = base64.urlsafe_b64decode(page_token.encode("ascii"))
        value: int = struct.unpack(">xq", raw)[0]
    except (binascii.Error, UnicodeEncodeError, struct.error):
        value = first
    if token(value) != page_token:
        raise errors.InvalidArgument("page_token is not one of ours", reason="PAGE_TOKEN_INVALID")
    return value
