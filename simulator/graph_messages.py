"""Whether WhatsApp would accept a message: every kind and limit that the Cloud API documents for what is sent."""

import re
from collections.abc import Callable
from typing import Any

from simulator.graph_errors import GraphError
from simulator.graph_fields import (
    Object,
    has_list,
    has_number,
    has_object,
    has_text,
    has_word,
    invalid,
    may_have_text,
    missing,
    no_other_keys,
)
from simulator.graph_interactive import check_interactive

_ENVELOPE = {
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "type",
    "context",
    "biz_opaque_callback_data",
    "ttl",
}
_MEDIA_CAPTIONS = {"image": True, "video": True, "document": True, "audio": False, "sticker": False}
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")


def check_message(message: Object) -> None:
    """Raise the `GraphError` that Meta would answer to this message; the recipient is checked elsewhere."""
    if message.get("messaging_product") != "whatsapp":
        raise GraphError(100, message="The parameter messaging_product is required.")
    if message.get("recipient_type", "individual") not in {"individual", "group"}:
        raise invalid("recipient_type must be one of: group, individual")
    if "context" in message:
        has_text(has_object(message, "context", "context"), "message_id", "context['message_id']", 512)
    if "biz_opaque_callback_data" in message:
        has_text(message, "biz_opaque_callback_data", "biz_opaque_callback_data", 512)
    kind = message.get("type", "text")
    if not isinstance(kind, str) or (kind not in _CHECKS and kind != "contacts"):
        raise GraphError(131051, "Message type is currently not supported")
    no_other_keys(message, "message", _ENVELOPE | {kind})
    if kind == "contacts":
        # The one kind whose content is a list.
        for contact in has_list(message, "contacts", "contacts", 257):
            _check_contact(contact)
    else:
        _CHECKS[kind](has_object(message, kind, kind))


def _check_text(text: Object) -> None:
    no_other_keys(text, "text", {"body", "preview_url"})
    if not isinstance(text.get("preview_url", False), bool):
        raise GraphError(100, "Param text['preview_url'] must be a boolean.")
    body = text.get("body")
    if isinstance(body, str) and len(body) > 4096:
        # Meta words this one differently from the limits of interactive messages, under another code.
        raise GraphError(100, message="Param text['body'] must be at most 4096 characters long.")
    has_text(text, "body", "text['body']", 4096)


def _check_location(location: Object) -> None:
    no_other_keys(location, "location", {"latitude", "longitude", "name", "address"})
    has_number(location, "latitude", "location['latitude']", -90, 90)
    has_number(location, "longitude", "location['longitude']", -180, 180)
    may_have_text(location, "name", "location['name']", 1000)
    may_have_text(location, "address", "location['address']", 1000)


def _check_reaction(reaction: Object) -> None:
    no_other_keys(reaction, "reaction", {"message_id", "emoji"})
    has_text(reaction, "message_id", "reaction['message_id']", 512)
    if not isinstance(reaction.get("emoji"), str):
        raise missing("reaction['emoji']")


def _check_contact(contact: Any) -> None:
    if not isinstance(contact, dict):
        raise GraphError(100, "Param contacts must be an array of JSON objects.")
    name = has_object(contact, "name", "contacts['name']")
    has_text(name, "formatted_name", "contacts['name']['formatted_name']", 512)
    if not any(name.get(part) for part in ("first_name", "last_name", "middle_name", "suffix", "prefix")):
        raise missing("contacts['name'] needs one more part, which")


def _check_template(template: Object) -> None:
    no_other_keys(template, "template", {"name", "language", "components", "namespace"})
    has_text(template, "name", "template['name']", 512)
    language = has_object(template, "language", "template['language']")
    if not _LANGUAGE.fullmatch(has_text(language, "code", "template['language']['code']", 10)):
        raise invalid("template['language']['code'] is not a language")
    if not isinstance(template.get("components", []), list):
        raise GraphError(100, "Param template['components'] must be an array.")


def _check_media(kind: str) -> Callable[[Object], None]:
    def check(media: Object) -> None:
        no_other_keys(media, kind, {"id", "link", "caption", "filename", "provider", "voice"})
        if ("id" in media) == ("link" in media):
            raise missing(f"exactly one of {kind}['id'] and {kind}['link']")
        has_text(media, "id" if "id" in media else "link", kind, 2048)
        if "caption" in media and not _MEDIA_CAPTIONS[kind]:
            raise GraphError(100, f'Unexpected key "caption" on param "{kind}"')
        may_have_text(media, "caption", f"{kind}['caption']", 1024)

    return check


_CHECKS: dict[str, Callable[[Object], None]] = {
    "text": _check_text,
    "interactive": check_interactive,
    "location": _check_location,
    "reaction": _check_reaction,
    "template": _check_template,
    **{kind: _check_media(kind) for kind in _MEDIA_CAPTIONS},
}


def check_read_receipt(message: Object) -> str:
    """The id of the message that the business says it has read."""
    if message.get("messaging_product") != "whatsapp":
        raise GraphError(100, message="The parameter messaging_product is required.")
    no_other_keys(message, "message", {"messaging_product", "status", "message_id", "typing_indicator"})
    has_word(message, "status", "status", {"read"})
    if "typing_indicator" in message:
        indicator = has_object(message, "typing_indicator", "typing_indicator")
        has_word(indicator, "type", "typing_indicator['type']", {"text"})
    return has_text(message, "message_id", "message_id", 512)
