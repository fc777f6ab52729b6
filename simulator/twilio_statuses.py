"""What Twilio posts to a message's StatusCallback: sent, then delivered, or undelivered with the reason."""

import asyncio
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from simulator.clock import Clock
from simulator.courier import Courier, Parcel
from simulator.phones import PhoneBook
from simulator.pump import Pump
from simulator.retries import TwilioRetries
from simulator.settings import SimulatorSettings
from simulator.signatures import sign_twilio
from simulator.twilio_errors import message_of
from simulator.twilio_log import TwilioMessage


class TwilioWebhooks:
    """Builds and signs the forms that Twilio posts."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._token = settings.auth_token.reveal()

    def parcel(self, url: str, fields: dict[str, str], idempotency_token: str) -> Parcel:
        """A signed form; the signature covers the URL without its fragment, which asks for retries."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": idempotency_token,
            "X-Twilio-Signature": sign_twilio(self._token, url, fields.items()),
        }
        return Parcel("twilio", url, urlencode(fields).encode(), headers, TwilioRetries.asked_by(url))


class TwilioStatuses:
    """Follows each accepted message to the phone."""

    def __init__(
        self, settings: SimulatorSettings, clock: Clock, courier: Courier, phones: PhoneBook, webhooks: TwilioWebhooks
    ) -> None:
        self._on = settings.statuses
        self._delay = settings.status_delay_ms / 1000
        self._most = settings.queue_max
        self._clock = clock
        self._courier = courier
        self._phones = phones
        self._webhooks = webhooks
        self._expected = 0
        self.pump: Pump[Parcel] = Pump(self._post, workers=settings.status_workers, batch=1, most=settings.queue_max)

    async def __aenter__(self) -> Self:
        await self.pump.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.pump.__aexit__(kind, error, trace)

    def accepted(self, message: TwilioMessage, fails_with: int | None) -> None:
        """Tell of this message as it travels; the state it was accepted in is never called back."""
        if self._expected >= self._most:
            self.pump.dropped += 1
            return
        self._expected += 1
        self._later(message, ["sent", "undelivered" if fails_with else "delivered"], fails_with)

    def _later(self, message: TwilioMessage, steps: list[str], fails_with: int | None) -> None:
        asyncio.get_running_loop().call_later(self._delay, self._step, message, steps, fails_with)

    def _step(self, message: TwilioMessage, steps: list[str], fails_with: int | None) -> None:
        message.status = steps.pop(0)
        message.updated_at = self._clock.now()
        message.sent_at = message.sent_at or message.updated_at
        if fails_with is not None and not steps:
            message.error_code, message.error_message = fails_with, message_of(fails_with)
        self._phones.advance(message.sid, "failed" if message.status == "undelivered" else message.status)
        if message.status_callback and self._on:
            parcel = self._webhooks.parcel(message.status_callback, _fields(message), f"{message.sid}-{message.status}")
            self.pump.put(parcel)
        if steps:
            self._later(message, steps, fails_with)
        else:
            self._expected -= 1

    async def _post(self, parcels: list[Parcel]) -> None:
        for parcel in parcels:
            await self._courier.deliver(parcel)


def _fields(message: TwilioMessage) -> dict[str, str]:
    fields = {
        "AccountSid": message.account_sid,
        "ApiVersion": "2010-04-01",
        "From": message.sender,
        "MessageSid": message.sid,
        "MessageStatus": message.status,
        "SmsSid": message.sid,
        "SmsStatus": message.status,
        "To": message.to,
    }
    if message.messaging_service_sid:
        fields["MessagingServiceSid"] = message.messaging_service_sid
    if message.error_code is not None:
        fields["ErrorCode"] = str(message.error_code)
    return fields
