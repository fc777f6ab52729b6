"""Stored WhatsApp items, read: what a person did, how far a message of ours came, who became whom.

Nothing here raises, whatever the payload holds: what is not understood is a message of kind UNSUPPORTED.
"""

from typing import Any

from services.gateway.messages import Address, Delivery, Media, Message, MessageKind, Status
from services.gateway.providers.foreign_json import loads
from services.gateway.providers.foreign_values import (
    as_degrees,
    as_dict,
    as_integer,
    as_list,
    as_text,
    as_words,
    user_address,
    whatsapp_address,
)
from services.gateway.providers.whatsapp.webhook import status_addresses

# The old and the new addresses of one person.
IdentityChange = tuple[tuple[Address, ...], tuple[Address, ...]]

_MEDIA = frozenset({"image", "video", "audio", "voice", "document", "sticker"})
_DELIVERIES = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "played": Delivery.READ,
    "failed": Delivery.FAILED,
}


def read_message(raw: bytes) -> Message:
    """What the sender of a stored message did."""
    item = as_dict(loads(raw))
    message = as_dict(item.get("message"))
    kind = as_text(message.get("type"))
    content = as_dict(message.get(kind))
    return Message(
        profile_name=as_words(as_dict(as_dict(item.get("contact")).get("profile")).get("name"), 256),
        context_id=as_words(as_dict(message.get("context")).get("id"), 512),
        **_content(kind, content),
    )


def _content(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """The fields of Message that depend on the type of message."""
    match kind:
        case "text" if body := as_words(content.get("body")):
            return {"kind": MessageKind.TEXT, "text": body}
        case "button" if tap := as_words(content.get("payload") or content.get("text")):
            return {"kind": MessageKind.TAP, "tap": tap, "title": as_words(content.get("text"))}
        case "interactive":
            return _interactive(content)
        case "location":
            return _location(content)
        case "order":
            return {"kind": MessageKind.ORDER, "text": as_words(content.get("text"))}
        case "edit":
            edited = as_dict(content.get("message"))
            inner = as_dict(edited.get(as_text(edited.get("type"))))
            return {"kind": MessageKind.EDIT, "text": as_words(inner.get("body") or inner.get("caption"))}
        case "contacts":
            return {"kind": MessageKind.CONTACT}
        case "reaction":
            return {"kind": MessageKind.REACTION, "text": as_words(content.get("emoji"))}
        case "revoke":
            return {"kind": MessageKind.REVOKED}
        case "system":
            return {"kind": MessageKind.SYSTEM}
        case _ if kind in _MEDIA:
            media = Media(*(as_words(content.get(name), 2048) for name in ("mime_type", "id", "url")))
            return {"kind": MessageKind.MEDIA, "text": as_words(content.get("caption")), "media": (media,)}
        case _:
            return {"kind": MessageKind.UNSUPPORTED}


def _interactive(content: dict[str, Any]) -> dict[str, Any]:
    for name in ("button_reply", "list_reply"):
        reply = as_dict(content.get(name))
        if tap := as_words(reply.get("id")):
            return {"kind": MessageKind.TAP, "tap": tap, "title": as_words(reply.get("title"))}
    return {"kind": MessageKind.UNSUPPORTED}


def _location(content: dict[str, Any]) -> dict[str, Any]:
    latitude = as_degrees(content.get("latitude"), 90)
    longitude = as_degrees(content.get("longitude"), 180)
    if latitude is None or longitude is None:
        return {"kind": MessageKind.UNSUPPORTED}
    return {
        "kind": MessageKind.LOCATION,
        "latitude": latitude,
        "longitude": longitude,
        "place_name": as_words(content.get("name") or content.get("address"), 256),
    }


def read_status(raw: bytes) -> Status:
    """What Meta says about a message that we sent."""
    item = as_dict(loads(raw))
    status = as_dict(item.get("status"))
    errors = as_list(status.get("errors"))
    error = as_dict(errors[0]) if errors else {}
    detail = as_dict(error.get("error_data")).get("details") or error.get("message") or error.get("title")
    return Status(
        provider_message_id=as_words(status.get("id"), 512),
        delivery=_DELIVERIES.get(as_text(status.get("status")), Delivery.UNKNOWN),
        outbox_id=as_integer(status.get("biz_opaque_callback_data")),
        error_code=as_integer(error.get("code")),
        error_detail=as_words(detail, 1024),
        addresses=status_addresses(status, as_dict(item.get("contact"))),
    )


def read_identity_change(raw: bytes) -> IdentityChange | None:
    """(old, new) addresses when a stored message or notice tells that a person's number or user id changed.

    None for every other item, and when either side cannot be read.
    """
    item = as_dict(loads(raw))
    message = as_dict(item.get("message"))
    if message.get("type") == "system":
        old, new = _system_change(message, as_dict(message.get("system")))
    else:
        user_id = as_dict(as_dict(item.get("user_id_update")).get("user_id"))
        old, new = [user_address(user_id.get("previous"))], [user_address(user_id.get("current"))]
    before = tuple(address for address in old if address)
    after = tuple(address for address in new if address and address not in before)
    return (before, after) if before and after else None


def _system_change(
    message: dict[str, Any], system: dict[str, Any]
) -> tuple[list[Address | None], list[Address | None]]:
    if as_text(system.get("type")) not in {"user_changed_number", "customer_changed_number", "user_changed_user_id"}:
        return [], []
    old = [
        whatsapp_address(message.get("from")),
        user_address(system.get("previous_user_id") or message.get("from_user_id")),
    ]
    number = system.get("wa_id") or system.get("new_wa_id") or system.get("customer")
    return old, [whatsapp_address(number), user_address(system.get("user_id"))]
