"""What a person does on a phone, turned into the letter that Meta or Twilio carries to the business."""

from dataclasses import asdict
from typing import Any

from simulator.clock import Clock
from simulator.drafts import Draft
from simulator.graph import new_message_id
from simulator.letters import Letter
from simulator.mailroom import Mailroom
from simulator.mischief import Mischief
from simulator.pair_limit import Throughput
from simulator.phones import Bubble, Phone, PhoneBook
from simulator.settings import SimulatorSettings
from simulator.state_log import StateLog
from simulator.twilio import new_message_sid
from simulator.twilio_keywords import REPLIES, Keyword, OptOuts
from simulator.twilio_log import TwilioLog, TwilioMessage


class Writer:
    """Takes what phones write; it is safe with the provider when `write` returns."""

    def __init__(
        self,
        settings: SimulatorSettings,
        clock: Clock,
        state: StateLog,
        mischief: Mischief,
        mailroom: Mailroom,
        phones: PhoneBook,
        log: TwilioLog,
        opt_outs: OptOuts,
        throughput: Throughput,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._state = state
        self._mischief = mischief
        self._mailroom = mailroom
        self._phones = phones
        self._log = log
        self._opt_outs = opt_outs
        self._throughput = throughput

    def write(self, draft: Draft) -> Letter:
        """The letter on its way; its `first` is how the gateway answers first (0: not at all; it is tried again)."""
        phone = self._phones.take(draft.provider, draft.address, draft.bsuid)
        phone.name = draft.name or phone.name
        key = self._phones.name_of(draft.provider, draft.address)
        nth = self._mischief.nth(f"message {draft.provider}:{key}")
        whims = self._mischief.of_webhook(draft.provider, phone.address, key, nth, "messages")
        message: TwilioMessage | None = None
        heard: Keyword | None = None
        if draft.provider == "whatsapp":
            self._throughput.admit(self._clock.now())
            has_both = phone.number is not None and phone.bsuid is not None
            hidden = has_both and (draft.hide_number or "hide_number" in whims)
            letter = self._whatsapp(phone, draft, hidden=hidden)
            if hidden and "hide_number" in whims:
                self._mischief.note("hide_number", "whatsapp", phone.address, letter.subject)
        else:
            heard = self._opt_outs.hear(phone.address, draft.words)
            message = self._sms(phone, draft)
            letter = self._form(message, draft, heard)
        if self._state.is_kept:
            self._state.append(
                "wrote",
                phone={"address": draft.address, "bsuid": draft.bsuid, "name": draft.name},
                key=key,
                nth=nth,
                content=draft.content,
                letter=letter.kept(),
                message=asdict(message) if message is not None else None,
            )
        self.remember(phone, letter, draft.content, message, heard)
        self._mailroom.write(letter, whims)
        if letter.first is not None:
            letter.first.add_done_callback(lambda _: self._phones.advance(letter.subject, "accepted"))
        return letter

    def remember(
        self,
        phone: Phone,
        letter: Letter,
        content: dict[str, Any],
        message: TwilioMessage | None,
        heard: Keyword | None,
    ) -> None:
        """What a phone has written stands on its screen, and in Twilio's list; maybe since the process before."""
        self._phones.write(phone, letter.subject, content, letter.at)
        if message is not None:
            self._log.add(message)
        if heard is not None:
            # Twilio answers its keywords by itself; the business neither sends this nor is told of it.
            answer = {"Body": REPLIES[heard], "carrier": True}
            self._phones.show(phone, Bubble(new_message_sid(), "business", letter.at, answer, "delivered"))

    def _whatsapp(self, phone: Phone, draft: Draft, *, hidden: bool) -> Letter:
        message_id, now = new_message_id(), self._clock.now()
        contact: dict[str, Any] = {"profile": {"name": phone.name or "Somebody"}}
        message = {"id": message_id, "timestamp": str(int(now)), **draft.content}
        if phone.number is not None and not hidden:
            contact["wa_id"] = message["from"] = phone.number.removeprefix("+")
        if phone.bsuid is not None:
            contact["user_id"] = message["from_user_id"] = phone.bsuid
        content = {"contacts": [contact], "messages": [message]}
        url = self._settings.public_url + "/webhooks/whatsapp"
        number = self._mailroom.next_number()
        return Letter(number, "whatsapp", "messages", phone.address, message_id, url, content, now)

    def _sms(self, phone: Phone, draft: Draft) -> TwilioMessage:
        sid, now = new_message_sid(), self._clock.now()
        return TwilioMessage(
            sid=sid if draft.media is None else "MM" + sid[2:],
            account_sid=self._settings.account_sid,
            direction="inbound",
            sender=phone.address,
            to=self._settings.phone_number,
            body=draft.words,
            created_at=now,
            status="received",
            sent_at=now,
            messaging_service_sid=self._settings.messaging_service_sid,
            media=int(draft.media is not None),
        )

    def _form(self, message: TwilioMessage, draft: Draft, heard: Keyword | None) -> Letter:
        fields = {
            "AccountSid": message.account_sid,
            "ApiVersion": "2010-04-01",
            "Body": message.body,
            "From": message.sender,
            "MessageSid": message.sid,
            "NumMedia": "0",
            "NumSegments": message.rendered()["num_segments"],
            "SmsMessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsStatus": "received",
            "To": message.to,
        }
        if draft.media is not None:
            root = (self._settings.twilio_api_url or f"{draft.base_url}/twilio").rstrip("/")
            path = f"2010-04-01/Accounts/{message.account_sid}/Messages/{message.sid}/Media/{draft.media.sid}"
            fields |= {
                "NumMedia": "1",
                "MediaContentType0": draft.media.mime_type.partition(";")[0],
                "MediaUrl0": f"{root}/{path}",
            }
        if message.messaging_service_sid:
            fields["MessagingServiceSid"] = message.messaging_service_sid
            if heard is not None:
                fields["OptOutType"] = heard
        overrides = self._settings.twilio_overrides.lstrip("#")
        url = self._settings.public_url + "/webhooks/twilio" + (f"#{overrides}" if overrides else "")
        number, now = self._mailroom.next_number(), message.created_at
        return Letter(number, "twilio", "messages", message.sender, message.sid, url, dict(fields), now)
