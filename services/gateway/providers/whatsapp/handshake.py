"""Meta's check, when a webhook is configured, that the endpoint is ours."""

import hmac
import re
from collections.abc import Mapping

from chassis.settings import Secret

# Meta sends an integer. A token of word characters is all that is ever echoed, so that no markup can be reflected.
_CHALLENGE = re.compile(r"[0-9A-Za-z_-]{1,128}")


def answer(query: Mapping[str, str], verify_token: Secret) -> str | None:
    """The challenge to echo as text/plain with 200, or None to refuse with 403."""
    challenge = query.get("hub.challenge", "")
    token = query.get("hub.verify_token", "").encode("utf-8", "replace")
    expected = verify_token.reveal().encode()
    known = bool(expected) and hmac.compare_digest(token, expected)
    if known and query.get("hub.mode") == "subscribe" and _CHALLENGE.fullmatch(challenge):
        return challenge
    return None
