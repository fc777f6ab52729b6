"""Payloads of both providers for the tests here: built by hand from the documented keys, each part replaceable."""

import json
from typing import Any
from urllib.parse import urlencode

PHONE_NUMBER_ID = "106540352242922"
METADATA = {"display_phone_number": "15550783881", "phone_number_id": PHONE_NUMBER_ID}
RIDER = "250788000001"
RIDER_ID = "RW.13491208655302741918"


def message(kind: str = "text", content: Any = None, **fields: Any) -> dict[str, Any]:
    """One WhatsApp message of RIDER."""
    body = {"body": "hello"} if kind == "text" and content is None else content
    return {"from": RIDER, "id": "wamid.A", "timestamp": "1750000000", "type": kind, kind: body, **fields}


def status(word: str = "delivered", **fields: Any) -> dict[str, Any]:
    """One WhatsApp status of a message to RIDER."""
    return {"id": "wamid.B", "status": word, "timestamp": "1750000001", "recipient_id": RIDER, **fields}


def contact(wa_id: str | None = RIDER, name: str = "Aline", **fields: Any) -> dict[str, Any]:
    """One entry of `contacts`."""
    return {"profile": {"name": name}, **({"wa_id": wa_id} if wa_id else {}), **fields}


def change(field: str = "messages", **value: Any) -> dict[str, Any]:
    """One change with the usual metadata."""
    return {"field": field, "value": {"messaging_product": "whatsapp", "metadata": METADATA, **value}}


def payload(*changes: dict[str, Any]) -> dict[str, Any]:
    """One entry with these changes."""
    return {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": list(changes)}]}


def body(*changes: dict[str, Any]) -> bytes:
    """The same as bytes."""
    return json.dumps(payload(*changes)).encode()


def sms_fields(**fields: str) -> dict[str, str]:
    """The form of an SMS that comes in."""
    return {
        "MessageSid": "SM1",
        "SmsSid": "SM1",
        "SmsMessageSid": "SM1",
        "AccountSid": "AC0",
        "From": "+250730000001",
        "To": "+15550783881",
        "Body": "hello",
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "FromCity": "",
        **fields,
    }


def sms_body(**fields: str) -> bytes:
    """The same as the bytes of a form."""
    return urlencode(sms_fields(**fields)).encode()
