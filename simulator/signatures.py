"""How Meta and Twilio sign what they post to a business."""

import base64
import hashlib
import hmac
from collections.abc import Iterable


def sign_meta(app_secret: str, body: bytes) -> str:
    """The value of `X-Hub-Signature-256` for these raw bytes."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def sign_twilio(auth_token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """The value of `X-Twilio-Signature` for a form posted to this URL; a fragment is never part of what is signed.

    Fields are sorted by name, then by value, and repeated pairs count once.
    """
    text = url.partition("#")[0] + "".join(name + value for name, value in sorted(set(fields)))
    digest = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
