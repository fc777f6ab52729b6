"""Stored Twilio items, read. Nothing here raises, whatever the form holds."""

import base64
import binascii
import re
from typing import Any

from services.gateway.messages import Delivery, Media, Message, MessageKind, Status
from services.gateway.providers.foreign_json import loads
from services.gateway.providers.foreign_values import as_degrees, as_dict, as_integer, as_text, as_words
from services.gateway.providers.twilio.webhook import addresses

_DELIVERIES = {
    "accepted": Delivery.ACCEPTED,
    "scheduled": Delivery.ACCEPTED,
    "queued": Delivery.ACCEPTED,
    "sending": Delivery.ACCEPTED,
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "partially_delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "undelivered": Delivery.FAILED,
    "failed": Delivery.FAILED,
    "canceled": Delivery.FAILED,
}
# Twilio takes ten files per message; no form makes us look for more.
_MOST_FILES = 10
# A concatenated SMS has at least 71 characters, and base64 stretches them by a third.
_BASE64 = re.compile(r"[A-Za-z0-9+/]{94,}={0,2}")


def read_message(raw: bytes) -> Message:
    """What the sender of a stored form did."""
    form = _form(as_dict(loads(raw)))
    return Message(
        profile_name=as_words(form.get("ProfileName"), 256),
        context_id=as_words(form.get("OriginalRepliedMessageSid"), 512),
        opt_out_type=as_words(form.get("OptOutType"), 16).upper(),
        **_content(form),
    )


def _content(form: dict[str, str]) -> dict[str, Any]:
    """The fields of Message that depend on what the form holds."""
    text = as_words(_unwrapped(form))
    if form.get("MessageType") == "reaction":
        return {"kind": MessageKind.REACTION, "text": text}
    for name, title in (("ButtonPayload", "ButtonText"), ("ListId", "ListTitle")):
        if tap := as_words(form.get(name)):
            return {"kind": MessageKind.TAP, "tap": tap, "title": as_words(form.get(title)) or text}
    latitude, longitude = as_degrees(form.get("Latitude"), 90), as_degrees(form.get("Longitude"), 180)
    if latitude is not None and longitude is not None:
        place = as_words(form.get("Label") or form.get("Address"), 256)
        return {
            "kind": MessageKind.LOCATION,
            "text": text,
            "latitude": latitude,
            "longitude": longitude,
            "place_name": place,
        }
    count = min(as_integer(form.get("NumMedia")) or 0, _MOST_FILES)
    media = tuple(
        Media(mime=as_words(form.get(f"MediaContentType{n}"), 256), url=as_words(form.get(f"MediaUrl{n}"), 2048))
        for n in range(count)
    )
    if media:
        return {"kind": MessageKind.MEDIA, "text": text, "media": media}
    return {"kind": MessageKind.TEXT if text else MessageKind.UNSUPPORTED, "text": text}


def read_status(raw: bytes) -> Status:
    """What Twilio says about a message that we sent."""
    item = as_dict(loads(raw))
    form = _form(item)
    word = form.get("MessageStatus") or form.get("SmsStatus", "")
    return Status(
        provider_message_id=as_words(form.get("MessageSid") or form.get("SmsSid"), 512),
        delivery=_DELIVERIES.get(word.lower(), Delivery.UNKNOWN),
        outbox_id=as_integer(item.get("outbox")),
        error_code=as_integer(form.get("ErrorCode")),
        error_detail=as_words(form.get("ErrorMessage"), 1024),
        addresses=addresses(form, "To"),
    )


def _form(item: dict[str, Any]) -> dict[str, str]:
    return {name: as_text(value) for name, value in as_dict(item.get("form")).items()}


def _unwrapped(form: dict[str, str]) -> str:
    """The body; some carriers' concatenated messages arrive base64-encoded.

    Decoded only when it cannot be anything else: several segments, one long unbroken run of the alphabet, and what
    comes out is text with spaces and without control characters.
    """
    body = form.get("Body", "")
    segments = as_integer(form.get("NumSegments")) or 0
    if segments < 2 or len(body) % 4 or not _BASE64.fullmatch(body):
        return body
    try:
        text = base64.b64decode(body, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return body
    return text if " " in text and text.replace("\n", "").replace("\r", "").isprintable() else body
