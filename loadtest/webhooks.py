"""Webhooks as Meta and Twilio send them, signed and written out as whole HTTP requests."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import orjson

from loadtest import mix
from loadtest.plan import Message
from loadtest.settings import Identity
from simulator.signatures import sign_meta, sign_twilio

_META = "/webhooks/whatsapp"
_TWILIO = "/webhooks/twilio"


class Webhooks:
    """Writes requests for one gateway: `host` and `path` as the wire has them, `public_url` as Twilio knows it."""

    def __init__(self, identity: Identity, *, host: str, path: str, public_url: str, simulator_url: str) -> None:
        self._identity = identity
        self._head = f"Host: {host}\r\nAccept: */*\r\n"
        self._path = path
        self._public_url = public_url.rstrip("/")
        self._media_url = f"{simulator_url.rstrip('/')}/twilio/2010-04-01/Accounts/{identity.account_sid}"

    def of(self, message: Message, now: int) -> bytes:
        """The webhook of a message that is sent at this second of the epoch."""
        if message.person.channel == "sms":
            return self._twilio(message)
        fields = message.content.fields
        if message.driver is not None:
            fields = mix.request(*message.place, now, message.driver_id)
        number = message.person.number.removeprefix("+")
        contact = {"profile": {"name": message.person.name}, "wa_id": number}
        sent = {"from": number, "id": message.ident, "timestamp": str(now), **fields}
        return self._meta({"contacts": [contact], "messages": [sent]})

    def statuses(self, told: Sequence[dict[str, Any]]) -> bytes:
        """A webhook with these statuses."""
        return self._meta({"statuses": list(told)})

    def _meta(self, content: dict[str, Any]) -> bytes:
        value = {
            "messaging_product": "whatsapp",
            "metadata": {
                "display_phone_number": self._identity.phone_number.removeprefix("+"),
                "phone_number_id": self._identity.phone_number_id,
            },
            **content,
        }
        change = {"value": value, "field": "messages"}
        body = orjson.dumps(
            {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": [change]}]}
        )
        signature = sign_meta(self._identity.app_secret.reveal(), body)
        head = f"User-Agent: facebookexternalua\r\nContent-Type: application/json\r\nX-Hub-Signature-256: {signature}"
        return self._request(_META, head, body)

    def _twilio(self, message: Message) -> bytes:
        sid = message.ident
        form = {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": self._identity.account_sid,
            "From": message.person.number,
            "To": self._identity.phone_number,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
            **message.content.fields,
        }
        if message.content.kind == "mms":
            form["MediaUrl0"] = f"{self._media_url}/Messages/{sid}/Media/ME{sid[2:]}"
        signature = sign_twilio(self._identity.auth_token.reveal(), self._public_url + _TWILIO, form.items())
        head = (
            "User-Agent: TwilioProxy/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"X-Twilio-Signature: {signature}"
        )
        return self._request(_TWILIO, head, urlencode(form).encode())

    def _request(self, path: str, head: str, body: bytes) -> bytes:
        start = f"POST {self._path}{path} HTTP/1.1\r\n{self._head}{head}\r\nContent-Length: {len(body)}\r\n\r\n"
        return start.encode("ascii") + body
