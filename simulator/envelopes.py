"""Letters turned into the signed bytes that Meta and Twilio post; also in other bytes, and badly forged."""

import json
import secrets
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote_plus, urlencode

import orjson

from simulator.graph_errors import in_status
from simulator.letters import Letter, Parcel
from simulator.retries import MetaRetries, TwilioRetries
from simulator.settings import SimulatorSettings
from simulator.signatures import sign_meta, sign_twilio

# Ids that a forgery invents contain this, so that a trace of one is found wherever it is left.
FORGED = "F04CED"
# The ways to put several letters into one webhook: one change, a change each, an entry each.
SHAPES = 3
STYLES = 5


class Envelopes(Protocol):
    """How one provider wraps what it tells."""

    def seal(self, letters: Sequence[Letter], shape: int = 0) -> Parcel:
        """A signed webhook with these letters."""
        ...

    def resealed(self, parcel: Parcel) -> Parcel:
        """The same content in other bytes, signed as well as the first."""
        ...

    def forged(self, letter: Letter, style: int) -> Parcel:
        """Something false about the same phone whose signature is wrong or missing."""
        ...


class MetaEnvelopes:
    """Builds and signs what Meta posts to the business's one webhook URL."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._url = settings.public_url + "/webhooks/whatsapp"
        self._secret = settings.app_secret.reveal()
        self._retries = MetaRetries(settings.retry_seconds, settings.retry_scale)
        self._metadata = {
            "display_phone_number": settings.phone_number.removeprefix("+"),
            "phone_number_id": settings.phone_number_id,
        }

    def seal(self, letters: Sequence[Letter], shape: int = 0) -> Parcel:
        """Every letter's contacts, messages and statuses, in one of the shapes."""
        contents = [letter.content for letter in letters]
        values = [_merged(contents)] if shape == 0 else contents
        changes = [self._change(value) for value in values]
        grouped = [[change] for change in changes] if shape == 2 else [changes]
        entries = [{"id": "102290129340398", "changes": group} for group in grouped]
        # Meta escapes both non-ASCII letters and slashes, and signs the bytes that it sends.
        payload = {"object": "whatsapp_business_account", "entry": entries}
        body = json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode()
        return self._parcel(body, letters, sign_meta(self._secret, body))

    def resealed(self, parcel: Parcel) -> Parcel:
        """Keys the other way round, indented, letters unescaped."""
        body = json.dumps(_turned(json.loads(parcel.body)), indent=1, ensure_ascii=False)
        raw = body.encode("utf-8", "surrogatepass")
        return self._parcel(raw, parcel.letters, sign_meta(self._secret, raw))

    def forged(self, letter: Letter, style: int) -> Parcel:
        """A message that nobody wrote, or a failure that never was."""
        content = orjson.loads(orjson.dumps(letter.content))
        for message in content.get("messages", ()):
            message["id"] = f"wamid.{FORGED}{secrets.token_hex(16)}"
            for kind in ("interactive", "location", "context"):
                message.pop(kind, None)
            message |= {"type": "text", "text": {"body": FORGED}}
        for status in content.get("statuses", ()):
            status |= {"status": "failed", "errors": [in_status(131026)]}
        change = [{"id": "102290129340398", "changes": [self._change(content)]}]
        body = json.dumps({"object": "whatsapp_business_account", "entry": change}).encode()
        true = sign_meta(self._secret, body)
        signatures = (
            None,
            sign_meta(self._secret + "x", body),
            # The signature of a true webhook over another body.
            sign_meta(self._secret, orjson.dumps(letter.content)),
            true[:-1] + ("0" if true[-1] != "0" else "1"),
            "sha256=" + "é" * 32,
        )
        return self._parcel(body, (), signatures[style % STYLES])

    def _change(self, content: dict[str, Any]) -> dict[str, Any]:
        value = {"messaging_product": "whatsapp", "metadata": self._metadata, **content}
        return {"value": value, "field": "messages"}

    def _parcel(self, body: bytes, letters: Sequence[Letter], signature: str | None) -> Parcel:
        headers = {"Content-Type": "application/json", "User-Agent": "facebookexternalua"}
        if signature is not None:
            headers["X-Hub-Signature-256"] = signature
        return Parcel("whatsapp", self._url, body, headers, self._retries, tuple(letters))


class TwilioEnvelopes:
    """Builds and signs the forms that Twilio posts, always one message or status each."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._token = settings.auth_token.reveal()
        self._patience = settings.twilio_retry_seconds
        self._scale = settings.retry_scale

    def seal(self, letters: Sequence[Letter], shape: int = 0) -> Parcel:
        """The form of the one letter."""
        del shape
        (letter,) = letters
        body = urlencode(letter.content).encode()
        return self._parcel(letter, body, sign_twilio(self._token, letter.url, letter.content.items()), (letter,))

    def resealed(self, parcel: Parcel) -> Parcel:
        """The fields the other way round, spelt otherwise, with one more that nobody knows yet."""
        (letter,) = parcel.letters
        fields = [*reversed(parse_qsl(parcel.body.decode(), keep_blank_values=True)), ("NewThing", "1")]
        body = "&".join(f"{quote_plus(name)}={quote_plus(value).replace('+', '%20')}" for name, value in fields)
        return self._parcel(letter, body.encode(), sign_twilio(self._token, letter.url, fields), parcel.letters)

    def forged(self, letter: Letter, style: int) -> Parcel:
        """A message that nobody wrote, or a failure that never was."""
        fields = dict(letter.content)
        if letter.about == "messages":
            sid = f"SM{FORGED}{secrets.token_hex(13)}"
            fields |= {"MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "Body": FORGED}
        else:
            fields |= {"MessageStatus": "failed", "SmsStatus": "failed", "ErrorCode": "30008"}
        true = sign_twilio(self._token, letter.url, fields.items())
        signatures = (
            None,
            sign_twilio(self._token + "x", letter.url, fields.items()),
            sign_twilio(self._token, letter.url, letter.content.items()),
            true[:-2] + ("A=" if true[-2] != "A" else "B="),
            "é" * 14,
        )
        return self._parcel(letter, urlencode(fields).encode(), signatures[style % STYLES], ())

    def _parcel(self, letter: Letter, body: bytes, signature: str | None, letters: Sequence[Letter]) -> Parcel:
        """The signature covers the URL without its fragment, which asks for retries."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": f"{letter.subject}{letter.state and '-' + letter.state}",
        }
        if signature is not None:
            headers["X-Twilio-Signature"] = signature
        retries = TwilioRetries.asked_by(letter.url, self._patience, self._scale)
        return Parcel("twilio", letter.url, body, headers, retries, tuple(letters))


def _merged(contents: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """All lists of the same name joined; a contact that wrote twice is named once."""
    merged: dict[str, list[Any]] = {}
    for content in contents:
        for name, items in content.items():
            known = merged.setdefault(name, [])
            known += [item for item in items if name != "contacts" or item not in known]
    return merged


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _turned(value[name]) for name in reversed(value)}
    return [_turned(item) for item in value] if isinstance(value, list) else value
