"""Whether a request comes from Twilio: HMAC-SHA1 over the public URL and the sorted fields, before anything uses them.

The URL is the configured public one with the path and query as received: headers that a proxy or a caller may set
(Forwarded, X-Forwarded-*, Host) have no say in what was signed.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from urllib.parse import urlsplit

from chassis.settings import Secret
from services.gateway.providers.twilio.form import pairs

_FORM = "application/x-www-form-urlencoded"


def verify(
    raw: bytes,
    header: bytes | str | None,
    tokens: Sequence[Secret],
    *,
    public_base_url: str,
    path: bytes | str,
    query: bytes,
    content_type: str | None = _FORM,
) -> bool:
    """Check `X-Twilio-Signature` against each auth token (two while one is rotated out), in constant time.

    `path` and `query` are as they stand in the request line, still encoded. Never raises: anything missing or garbled,
    or a body that is no form and comes without its hash, is False.
    """
    if isinstance(header, str):
        header = header.encode("utf-8", "replace")
    if not header:
        return False
    is_form = (content_type or "").partition(";")[0].strip().lower() == _FORM
    hashes = [value for name, value in pairs(query) if name == b"bodySHA256"]
    if hashes or not is_form:
        digest = hashlib.sha256(raw).hexdigest().encode()
        # The hash is part of the signed URL; the body is bound to the signature through it alone.
        if len(hashes) != 1 or not hmac.compare_digest(digest, hashes[0].lower()):
            return False
    signed_fields = _signed_fields(raw) if is_form and not hashes else b""
    valid = False
    for token in tokens:
        if token:
            for url in _spellings(public_base_url, path, query):
                digest = hmac.digest(token.reveal().encode(), url + signed_fields, "sha1")
                valid |= hmac.compare_digest(base64.b64encode(digest), header)
    return valid


def sign(url: str, fields: Sequence[tuple[str, str]], token: Secret) -> str:
    """The signature that Twilio would send for a form; for tools and tests that play Twilio."""
    text = url.encode() + _canonical([(name.encode(), value.encode()) for name, value in fields])
    return base64.b64encode(hmac.digest(token.reveal().encode(), text, "sha1")).decode()


def _signed_fields(raw: bytes) -> bytes:
    return _canonical(pairs(raw))


def _canonical(fields: Sequence[tuple[bytes, bytes]]) -> bytes:
    # Sorted by name, then value; a pair that is given twice counts once, as in Twilio's own libraries.
    return b"".join(name + value for name, value in sorted(set(fields)))


def _spellings(public_base_url: str, path: bytes | str, query: bytes) -> list[bytes]:
    """The URL as configured, without its port and with the scheme's port: Twilio has signed each of them."""
    base = urlsplit(public_base_url)
    userinfo, at, address = base.netloc.rpartition("@")
    # A bracketed IPv6 host has colons of its own.
    host, colon, port = address.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = address, ""
    own_port = port or ("443" if base.scheme == "https" else "80")
    route = path.encode("utf-8", "replace") if isinstance(path, str) else path
    rest = base.path.rstrip("/").encode() + route + (b"?" + query if query else b"")
    heads = {f"{base.scheme}://{userinfo}{at}{place}" for place in (address, host, f"{host}:{own_port}")}
    return [head.encode() + rest for head in sorted(heads)]
