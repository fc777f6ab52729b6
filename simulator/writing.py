"""What a person does on a phone, turned into the signed webhook that Meta or Twilio would post."""

from dataclasses import dataclass
from typing import Any

from simulator.addresses import canonical, is_bsuid, is_number
from simulator.clock import Clock
from simulator.courier import Courier
from simulator.graph import new_message_id
from simulator.media import MEGABYTE, MOST_MMS_BYTES, Media, MediaStore
from simulator.meta_statuses import MetaWebhooks
from simulator.outbox import Provider
from simulator.phones import Bubble, Phone, PhoneBook
from simulator.settings import SimulatorSettings
from simulator.twilio import new_message_sid
from simulator.twilio_keywords import REPLIES, OptOuts
from simulator.twilio_log import TwilioLog, TwilioMessage
from simulator.twilio_statuses import TwilioWebhooks


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a message: its id and the gateway's first answer (0: none; it is tried again)."""

    id: str
    status: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it is sent: exactly one of text, tap, location and media; `base_url` is the simulator's."""

    provider: Provider
    address: str
    bsuid: str | None
    name: str
    content: dict[str, Any]
    media: Media | None = None
    base_url: str = ""


class DraftError(ValueError):
    """What was asked to be sent is no message; the text says what is wrong with it."""


class Writer:
    """Sends what phones write."""

    def __init__(
        self,
        settings: SimulatorSettings,
        clock: Clock,
        courier: Courier,
        phones: PhoneBook,
        log: TwilioLog,
        opt_outs: OptOuts,
        meta: MetaWebhooks,
        twilio: TwilioWebhooks,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._courier = courier
        self._phones = phones
        self._log = log
        self._opt_outs = opt_outs
        self._meta = meta
        self._twilio = twilio

    async def send(self, draft: Draft) -> Written:
        """Post the message and say how the gateway answered."""
        phone = self._phones.take(draft.provider, draft.address, draft.bsuid)
        phone.name = draft.name or phone.name
        if draft.provider == "whatsapp":
            return await self._send_whatsapp(phone, draft)
        return await self._send_sms(phone, draft)

    async def _send_whatsapp(self, phone: Phone, draft: Draft) -> Written:
        message_id = new_message_id()
        self._phones.write(phone, message_id, draft.content)
        contact: dict[str, Any] = {"profile": {"name": phone.name or "Somebody"}}
        message = {"id": message_id, "timestamp": str(int(self._clock.now())), **draft.content}
        if phone.number is not None:
            contact["wa_id"] = message["from"] = phone.number.removeprefix("+")
        if phone.bsuid is not None:
            contact["user_id"] = message["from_user_id"] = phone.bsuid
        parcel = self._meta.parcel({"contacts": [contact], "messages": [message]})
        return self._written(message_id, await self._courier.deliver(parcel))

    async def _send_sms(self, phone: Phone, draft: Draft) -> Written:
        sid = new_message_sid() if draft.media is None else "MM" + new_message_sid()[2:]
        text = draft.content["text"]["body"] if draft.media is None else _caption(draft)
        own, now = self._settings.phone_number, self._clock.now()
        self._phones.write(phone, sid, draft.content)
        message = TwilioMessage(
            sid=sid,
            account_sid=self._settings.account_sid,
            direction="inbound",
            sender=phone.address,
            to=own,
            body=text,
            created_at=now,
            status="received",
            sent_at=now,
            messaging_service_sid=self._settings.messaging_service_sid,
            media=int(draft.media is not None),
        )
        self._log.add(message)
        fields = {
            "AccountSid": message.account_sid,
            "ApiVersion": "2010-04-01",
            "Body": text,
            "From": phone.address,
            "MessageSid": sid,
            "NumMedia": "0",
            "NumSegments": message.rendered()["num_segments"],
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": own,
        }
        if draft.media is not None:
            root = (self._settings.twilio_api_url or f"{draft.base_url}/twilio").rstrip("/")
            path = f"2010-04-01/Accounts/{message.account_sid}/Messages/{sid}/Media/{draft.media.sid}"
            fields |= {
                "NumMedia": "1",
                "MediaContentType0": draft.media.mime_type.partition(";")[0],
                "MediaUrl0": f"{root}/{path}",
            }
        heard = self._opt_outs.hear(phone.address, text)
        if self._settings.messaging_service_sid:
            fields["MessagingServiceSid"] = self._settings.messaging_service_sid
            if heard is not None:
                fields["OptOutType"] = heard
        parcel = self._twilio.parcel(self._settings.public_url + "/webhooks/twilio", fields, sid)
        status = await self._courier.deliver(parcel)
        if heard is not None:
            # Twilio answers its keywords by itself; the business neither sends this nor is told of it.
            content = {"Body": REPLIES[heard], "carrier": True}
            self._phones.show(phone, Bubble(new_message_sid(), "business", self._clock.now(), content, "delivered"))
        return self._written(sid, status)

    def _written(self, message_id: str, status: int) -> Written:
        self._phones.advance(message_id, "delivered" if 200 <= status < 300 else "accepted")
        return Written(message_id, status)


def read_draft(asked: Any, business_number: str, media: MediaStore, base_url: str) -> Draft:
    """Check what the page or a test asks to send; raises DraftError with a sentence that says what is wrong."""
    if not isinstance(asked, dict):
        raise DraftError("a JSON object is needed")
    provider = asked.get("provider")
    if provider not in {"whatsapp", "twilio"}:
        raise DraftError("provider must be whatsapp or twilio")
    address, bsuid = _address(asked.get("from")), asked.get("bsuid") or None
    if bsuid is not None and not (isinstance(bsuid, str) and is_bsuid(bsuid)):
        raise DraftError("bsuid must look like RW.13491208655302741918")
    if provider == "twilio" and not is_number(address):
        raise DraftError("an SMS comes from a number such as +250788000001")
    kinds = [kind for kind in ("text", "tap", "location", "media") if asked.get(kind) is not None]
    if len(kinds) != 1:
        raise DraftError("exactly one of text, tap, location and media is needed")
    if provider == "twilio" and kinds not in (["text"], ["media"]):
        raise DraftError("an SMS is text, with or without a photo or a recording")
    attached: Media | None = None
    if kinds == ["text"]:
        content = _text(asked["text"], 1600 if provider == "twilio" else 4096)
    elif kinds == ["tap"]:
        content = _tap(asked["tap"], asked.get("in_reply_to"), business_number)
    elif kinds == ["media"]:
        attached = _attached(asked["media"], media, provider)
        content = _carrying(attached, asked["media"])
    else:
        content = _location(asked["location"])
    name = asked.get("name")
    name = name[:100] if isinstance(name, str) else ""
    return Draft(provider, address, bsuid, name, content, attached, base_url.rstrip("/"))


def _address(given: Any) -> str:
    address = canonical(given) if isinstance(given, str) else None
    if address is None:
        raise DraftError("from must be a number such as +250788000001 or a BSUID")
    return address


def _text(text: Any, most: int) -> dict[str, Any]:
    if not isinstance(text, str) or not 1 <= len(text) <= most:
        raise DraftError(f"text must have 1 to {most} characters")
    return {"type": "text", "text": {"body": text}}


def _tap(tap: Any, in_reply_to: Any, business_number: str) -> dict[str, Any]:
    if not isinstance(tap, dict) or tap.get("kind") not in {"button_reply", "list_reply"}:
        raise DraftError("tap needs a kind (button_reply or list_reply), an id and a title")
    chosen = {name: tap[name] for name in ("id", "title", "description") if isinstance(tap.get(name), str)}
    if "id" not in chosen or "title" not in chosen:
        raise DraftError("tap needs an id and a title")
    content: dict[str, Any] = {"type": "interactive", "interactive": {"type": tap["kind"], tap["kind"]: chosen}}
    if isinstance(in_reply_to, str) and in_reply_to:
        content["context"] = {"from": business_number.removeprefix("+"), "id": in_reply_to}
    return content


def _location(location: Any) -> dict[str, Any]:
    if not isinstance(location, dict):
        raise DraftError("location needs a latitude and a longitude")
    place: dict[str, Any] = {}
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = location.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not -most <= value <= most:
            raise DraftError(f"{name} must be a number between -{most} and {most}")
        place[name] = value
    place |= {name: location[name] for name in ("name", "address") if isinstance(location.get(name), str)}
    return {"type": "location", "location": place}


def _caption(draft: Draft) -> str:
    return str(draft.content[draft.content["type"]].get("caption", ""))


def _attached(asked: Any, media: MediaStore, provider: Provider) -> Media:
    """The file that was put into POST /phones/media before."""
    found = media.get(str(asked.get("id"))) if isinstance(asked, dict) else None
    if found is None:
        raise DraftError("media needs the id of a file that was attached a short while ago")
    if provider == "twilio" and len(found.content) > MOST_MMS_BYTES:
        raise DraftError(f"an MMS carries at most {MOST_MMS_BYTES // MEGABYTE} MB")
    return found


def _carrying(media: Media, asked: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"mime_type": media.mime_type, "sha256": media.sha256, "id": media.id}
    caption = asked.get("caption")
    if media.kind == "audio":
        content["voice"] = asked.get("voice") is True
    elif isinstance(caption, str) and caption:
        content["caption"] = caption[:1024]
    if media.kind == "document" and isinstance(asked.get("filename"), str):
        content["filename"] = asked["filename"][:240]
    return {"type": media.kind, media.kind: content}
