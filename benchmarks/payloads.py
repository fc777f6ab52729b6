"""Webhooks as Meta sends them, signed, and already written out as HTTP requests: sending one costs next to nothing."""

import hashlib
import hmac
from typing import Any

import orjson

APP_SECRET = "dev-app-secret"  # noqa: S105 - the public development value
PHONE_NUMBER_ID = "106540352242922"
PATH = "/webhooks/whatsapp"

# The middle of the town where everything happens, and the side of a square around it, in degrees (about 5 km).
LATITUDE, LONGITUDE = -1.9500, 30.0600
TOWN_DEGREES = 0.05


def number(rider: int) -> str:
    """The WhatsApp number of a passenger."""
    return f"25078{rider:07}"


def driver_number(driver: int) -> str:
    """The WhatsApp number of a driver."""
    return f"25073{driver:07}"


def spot(one: int) -> tuple[float, float]:
    """Somewhere in town, always the same for the same number."""
    first, second = (one * 7919) % 1000 / 1000, (one * 104_729) % 1000 / 1000
    return (
        round(LATITUDE + (first - 0.5) * TOWN_DEGREES, 6),
        round(LONGITUDE + (second - 0.5) * TOWN_DEGREES, 6),
    )


def location(one: int) -> dict[str, Any]:
    """A place that was shared."""
    latitude, longitude = spot(one)
    return {"type": "location", "location": {"latitude": latitude, "longitude": longitude}}


def tap(ident: str, title: str) -> dict[str, Any]:
    """A row of a list that was tapped."""
    reply = {"type": "list_reply", "list_reply": {"id": ident, "title": title}}
    return {"type": "interactive", "interactive": reply}


def body(rider: int, message_id: str, sent_at: int, content: dict[str, Any]) -> bytes:
    """One webhook with one message."""
    address = number(rider)
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": PHONE_NUMBER_ID},
        "contacts": [{"profile": {"name": f"Rider {rider}"}, "wa_id": address}],
        "messages": [{"from": address, "id": message_id, "timestamp": str(sent_at), **content}],
    }
    change = {"value": value, "field": "messages"}
    return orjson.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": [change]}]}
    )


def signature(raw: bytes) -> str:
    """The value of X-Hub-Signature-256."""
    return "sha256=" + hmac.digest(APP_SECRET.encode(), raw, hashlib.sha256).hex()


def request(raw: bytes) -> bytes:
    """The whole HTTP request."""
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: facebookexternalua\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(raw)}\r\nX-Hub-Signature-256: {signature(raw)}\r\n\r\n"
    )
    return head.encode("ascii") + raw
