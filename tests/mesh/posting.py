"""Posts signed webhooks as Meta and Twilio do: the same bytes again, to the next replica, until one answers 200."""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.mesh.harness import ACCOUNT_SID, APP_SECRET, AUTH_TOKEN, BUSINESS_NUMBER, PHONE_NUMBER_ID, PUBLIC_URL

_TWILIO_PATH = "/webhooks/twilio"


class Postman:
    """Delivers messages to any of the gateways; `answered` are the ids of those that got their 200, in order."""

    def __init__(self, session: aiohttp.ClientSession, gateway_urls: Sequence[str], seconds: float) -> None:
        self.answered: list[str] = []
        self.statuses: Counter[str] = Counter()
        # How far phones' clocks are ahead of the world's, in seconds: a test that shifts the mesh's shifts these too.
        self.ahead_seconds = 0.0
        self._session = session
        self._gateways = itertools.cycle(gateway_urls)
        self._timeout = aiohttp.ClientTimeout(total=seconds)

    async def whatsapp(self, address: str, content: Mapping[str, Any], *, bsuid: str = "", name: str = "Ada") -> str:
        """A message from a number ("+250...") or, without one, from a BSUID; answers its id after the 200."""
        message_id = "wamid." + uuid.uuid4().hex
        contact: dict[str, Any] = {"profile": {"name": name}}
        sent_at = int(time.time() + self.ahead_seconds)
        message: dict[str, Any] = {"id": message_id, "timestamp": str(sent_at), **content}
        if address:
            contact["wa_id"] = message["from"] = address.removeprefix("+")
        if bsuid:
            contact["user_id"] = message["from_user_id"] = bsuid
        await self.post("/webhooks/whatsapp", *meta_webhook([contact], [message]))
        self.answered.append(message_id)
        return message_id

    async def sms(self, number: str, text: str) -> str:
        """An SMS; answers its id after the 200."""
        sid = "SM" + uuid.uuid4().hex
        fields = {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": ACCOUNT_SID,
            "From": number,
            "To": BUSINESS_NUMBER,
            "Body": text,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
        }
        await self.post(_TWILIO_PATH, *twilio_webhook(fields))
        self.answered.append(sid)
        return sid

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Until a gateway says 200."""
        wait = 0.05
        while True:
            status = await self._once(next(self._gateways) + path, body, headers)
            self.statuses[status] += 1
            if status == "200":
                return
            assert status in {"503", "no answer"}, status
            await asyncio.sleep(wait)
            wait = min(wait * 2, 1.0)

    async def _once(self, url: str, body: bytes, headers: Mapping[str, str]) -> str:
        try:
            async with self._session.post(url, data=body, headers=headers, timeout=self._timeout) as response:
                await response.read()
                return str(response.status)
        except (aiohttp.ClientError, OSError, TimeoutError):
            return "no answer"


@asynccontextmanager
async def open_postman(gateway_urls: Sequence[str], *, seconds: float = 10.0) -> AsyncIterator[Postman]:
    """A postman who waits that long for an answer."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield Postman(session, gateway_urls, seconds)


def meta_webhook(contacts: list[dict[str, Any]], messages: list[dict[str, Any]]) -> tuple[bytes, dict[str, str]]:
    """The body and headers of a signed payload with these messages."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": BUSINESS_NUMBER[1:], "phone_number_id": PHONE_NUMBER_ID},
        "contacts": contacts,
        "messages": messages,
    }
    entry = {"id": "102290129340398", "changes": [{"field": "messages", "value": value}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    signature = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return body, {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}


def twilio_webhook(fields: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
    """The body and headers of a signed form."""
    signed = PUBLIC_URL + _TWILIO_PATH + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.new(AUTH_TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": base64.b64encode(digest).decode(),
    }
    return urlencode(fields).encode(), headers


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": words}}


def location(latitude: float, longitude: float) -> dict[str, Any]:
    return {"type": "location", "location": {"latitude": latitude, "longitude": longitude}}


def tap(kind: str, ident: str, title: str) -> dict[str, Any]:
    """`kind` is button_reply or list_reply."""
    return {"type": "interactive", "interactive": {"type": kind, kind: {"id": ident, "title": title}}}
