"""One webhook of every kind that the providers document, in their own shapes, restamped to now and to a phone."""

import time
import uuid
from typing import Any

from tests.gateway.mesh import message, payload, sms

_CONTEXT = {"from": "15550783881", "id": "wamid.HBgLMTY0NjcwNDM1OTUVAgARGBI1QjJGRjI1RDY0RkE4Nzg4QzcA"}
_FILE = {"mime_type": "image/jpeg", "sha256": "3f1fd7b4ae5e2a9ce5ea5b8e1e3b6c0d", "id": "1003383421387256"}
_REFERRAL = {
    "source_url": "https://fb.me/3cr4Wqqkv",
    "source_id": "120226305854810726",
    "source_type": "ad",
    "headline": "Chat with us",
    "welcome_message": {"text": "Hi there! Let us know how we can help!"},
}

# Messages of a person that get an answer: type, content, further fields.
ANSWERED: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "text": ("text", {"body": "Does it come in another color?"}, {}),
    "text about a product": (
        "text",
        {"body": "Is this still available?"},
        {"context": {**_CONTEXT, "referred_product": {"catalog_id": "194836987003835", "product_retailer_id": "di9"}}},
    ),
    "text from an advertisement": ("text", {"body": "Can I get more info about this?"}, {"referral": _REFERRAL}),
    "voice note": ("audio", {"mime_type": "audio/ogg; codecs=opus", "id": "1908647269898587", "voice": True}, {}),
    "image with a caption": ("image", {**_FILE, "caption": "Look at this"}, {}),
    "video": ("video", {**_FILE, "mime_type": "video/mp4"}, {}),
    "document": ("document", {**_FILE, "mime_type": "application/pdf", "filename": "licence.pdf"}, {}),
    "sticker": ("sticker", {**_FILE, "mime_type": "image/webp", "animated": False}, {}),
    "button of a template": ("button", {"payload": "More", "text": "More"}, {"context": _CONTEXT}),
    "button": (
        "interactive",
        {"type": "button_reply", "button_reply": {"id": "cancel-button", "title": "Cancel"}},
        {"context": _CONTEXT},
    ),
    "row of a list": (
        "interactive",
        {"type": "list_reply", "list_reply": {"id": "priority_express", "title": "Priority", "description": "1 day"}},
        {"context": _CONTEXT},
    ),
    "form": (
        "interactive",
        {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": '{"a": 1}'}},
        {"context": _CONTEXT},
    ),
    "location": ("location", {"latitude": 40.782910059774, "longitude": -73.959075808525, "name": "Guggenheim"}, {}),
    "contact card": (
        "contacts",
        [{"name": {"formatted_name": "Barbara J. Johnson"}, "phones": [{"phone": "+1 (415) 555-0829"}]}],
        {},
    ),
    "order": (
        "order",
        {"catalog_id": "1537566713439863", "product_items": [{"product_retailer_id": "n6k6x0y7oe", "quantity": 1}]},
        {},
    ),
    "unsupported": (
        "unsupported",
        {"type": "edit"},
        {"errors": [{"code": 131051, "title": "Message type unknown", "error_data": {"details": "Not supported."}}]},
    ),
    "a type of next year": ("hologram", {"depth": 3}, {"scent": {"rose": True}}),
}

# Messages that get none: promise 4 excepts them.
SILENT: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "reaction": ("reaction", {"message_id": _CONTEXT["id"], "emoji": "\N{THUMBS UP SIGN}"}, {}),
    "reaction taken back": ("reaction", {"message_id": _CONTEXT["id"], "emoji": ""}, {}),
    "revocation": ("revoke", {"original_message_id": _CONTEXT["id"]}, {}),
    "new number": (
        "system",
        {"body": "User changed from 16505551234 to 12195555358", "wa_id": "12195555358", "type": "user_changed_number"},
        {},
    ),
}


def whatsapp(sort: str, sender: str | None, bsuid: str | None = None) -> dict[str, Any]:
    """A webhook with one message of that sort from that person."""
    kind, content, fields = (ANSWERED | SILENT)[sort]
    return payload(message(sender, kind, content, bsuid=bsuid, **fields))


def _status(word: str, **fields: Any) -> dict[str, Any]:
    stamp = {"id": f"wamid.{uuid.uuid4().hex}", "status": word, "timestamp": str(int(time.time()))}
    return payload(statuses=[{**stamp, "recipient_id": "16505551234", **fields}])


def _account(field: str, value: dict[str, Any]) -> dict[str, Any]:
    change = {"field": field, "value": value}
    entry = {"id": "102290129340398", "time": int(time.time()), "changes": [change]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


_ERROR = {"code": 131049, "title": "Not delivered", "error_data": {"details": "To maintain healthy engagement."}}
_CONTACT = {"wa_id": "16505551234", "detail": "User requested to resume marketing messages", "value": "resume"}


def notices() -> dict[str, dict[str, Any]]:
    """Webhooks that are about nobody's message: kept and never answered."""
    return {
        "sent": _status("sent", conversation={"id": "c1", "origin": {"type": "service"}}, pricing={"billable": True}),
        "delivered": _status("delivered"),
        "read": _status("read"),
        "failed": _status("failed", errors=[_ERROR]),
        "delivered to a user id": _status("delivered", recipient_id=None, recipient_user_id="US.13491208655302741918"),
        "a status of next year": _status("evaporated"),
        "errors of a value": payload(errors=[{"code": 130429, "title": "Rate limit hit"}]),
        "account review": _account("account_review_update", {"decision": "APPROVED"}),
        "quality": _account("phone_number_quality_update", {"event": "THROUGHPUT_UPGRADE"}),
        "preferences": _account("user_preferences", {"user_preferences": [_CONTACT]}),
        "a field of next year": _account("telepathy_update", {"clear": True}),
        "an entry without changes": {"object": "whatsapp_business_account", "entry": [{"id": "1"}]},
    }


def twilio(sender: str) -> dict[str, dict[str, str]]:
    """Forms of that sender, each answered on the channel that it came by."""
    number = sender.removeprefix("+")
    place = {"Latitude": "51.51322977399644", "Longitude": "-0.2197976373036567", "MessageType": "location"}
    relayed = {"To": "whatsapp:+15550783881", "WaId": number, "ProfileName": "Perspective Coffee"}
    return {
        "sms": sms(sender, "Hello", FromCity="KIGALI", FromZip="", ToCountry="US"),
        "mms": sms(sender, "", NumMedia="1", MediaUrl0="https://api.twilio.com/m/1", MediaContentType0="image/jpeg"),
        "empty": sms(sender, ""),
        "fields of next year": sms(sender, "Hello", Scent="rose"),
        "location by WhatsApp": sms(f"whatsapp:{sender}", "", **relayed, **place),
        "text by WhatsApp": sms(f"whatsapp:{sender}", "Hello", **relayed, MessageType="text"),
    }
