"""Whether a webhook body comes from Meta: HMAC-SHA256 over the bytes as received, before anything parses them."""

import hmac
from collections.abc import Sequence

from chassis.settings import Secret

_PREFIX = b"sha256="


def verify(raw: bytes, header: bytes | str | None, secrets: Sequence[Secret]) -> bool:
    """Check `X-Hub-Signature-256` against each app secret (two while one is rotated out), in constant time.

    Never raises: a missing or garbled header, or no secret that is not empty, is False.
    """
    if isinstance(header, str):
        # Header values reach us decoded as Latin-1; anything else cannot have been a header.
        header = header.encode("utf-8", "replace")
    if not header:
        return False
    valid = False
    for secret in secrets:
        if secret:
            digest = hmac.digest(secret.reveal().encode(), raw, "sha256").hex().encode()
            # No early return: which secret matched is nobody's business.
            valid |= hmac.compare_digest(_PREFIX + digest, header)
    return valid
