"""What Meta tells the business about a message after taking it: sent, delivered, read or failed, in batches."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self

from simulator.addresses import is_bsuid
from simulator.clock import Clock
from simulator.courier import Courier, Parcel
from simulator.graph_errors import in_status
from simulator.outbox import Received
from simulator.phones import Bubble, Phone, PhoneBook
from simulator.pump import Pump
from simulator.retries import MetaRetries
from simulator.settings import SimulatorSettings
from simulator.signatures import sign_meta

_PRICING = {"billable": False, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"}


class MetaWebhooks:
    """Builds and signs what Meta posts to the business's one webhook URL."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._url = settings.public_url + "/webhooks/whatsapp"
        self._secret = settings.app_secret.reveal()
        self._retries = MetaRetries(settings.retry_seconds)
        self._metadata = {
            "display_phone_number": settings.phone_number.removeprefix("+"),
            "phone_number_id": settings.phone_number_id,
        }

    def parcel(self, content: dict[str, Any]) -> Parcel:
        """A signed webhook whose one change holds this content (contacts, messages or statuses)."""
        value = {"messaging_product": "whatsapp", "metadata": self._metadata, **content}
        change = {"value": value, "field": "messages"}
        payload = {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": [change]}]}
        # Meta escapes both non-ASCII letters and slashes, and signs the bytes that it sends.
        body = json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": sign_meta(self._secret, body),
        }
        return Parcel("whatsapp", self._url, body, headers, self._retries)


class MetaStatuses:
    """Follows each accepted message to the phone."""

    def __init__(
        self, settings: SimulatorSettings, clock: Clock, courier: Courier, phones: PhoneBook, webhooks: MetaWebhooks
    ) -> None:
        self._on = settings.statuses
        self._delay = settings.status_delay_ms / 1000
        self._most = settings.queue_max
        self._clock = clock
        self._courier = courier
        self._phones = phones
        self._webhooks = webhooks
        self._expected = 0
        self.pump: Pump[dict[str, Any]] = Pump(
            self._post, workers=settings.status_workers, batch=settings.status_batch, most=settings.queue_max
        )

    async def __aenter__(self) -> Self:
        await self.pump.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.pump.__aexit__(kind, error, trace)

    def accepted(self, received: Received, opaque: str | None, fails_with: int | None) -> None:
        """Tell of this message as it travels; with `fails_with` it ends in `failed`."""
        if not self._on:
            self._phones.advance(received.id, "failed" if fails_with else "delivered")
            return
        if self._expected >= self._most:
            self.pump.dropped += 1
            return
        self._expected += 1
        steps = ["failed"] if fails_with else ["sent", "delivered"]
        self._later(received, opaque, steps, fails_with)

    def read(self, phone: Phone, bubbles: list[Bubble]) -> None:
        """The person has opened the conversation: these messages are read."""
        for bubble in bubbles:
            self._phones.advance(bubble.id, "read")
            if self._on:
                opaque = bubble.content.get("biz_opaque_callback_data")
                self.pump.put(self._status(bubble.id, phone.address, "read", opaque, None))

    def _later(self, received: Received, opaque: str | None, steps: list[str], fails_with: int | None) -> None:
        asyncio.get_running_loop().call_later(self._delay, self._step, received, opaque, steps, fails_with)

    def _step(self, received: Received, opaque: str | None, steps: list[str], fails_with: int | None) -> None:
        state = steps.pop(0)
        # "read" is the only step that may have been told already: somebody opened the phone in the meantime.
        if state != "read" or not self._phones.is_read(received.id):
            self.pump.put(self._status(received.id, received.to, state, opaque, fails_with))
            self._phones.advance(received.id, state)
        if steps:
            self._later(received, opaque, steps, fails_with)
        elif state == "delivered" and self._phones.is_open("whatsapp", received.to):
            self._later(received, opaque, ["read"], None)
        else:
            self._expected -= 1

    def _status(self, message_id: str, to: str, state: str, opaque: str | None, error: int | None) -> dict[str, Any]:
        status: dict[str, Any] = {"id": message_id, "status": state, "timestamp": str(int(self._clock.now()))}
        phone = self._phones.find("whatsapp", to)
        number, bsuid = (None, to) if is_bsuid(to) else (to, phone.bsuid if phone is not None else None)
        if number is not None:
            status["recipient_id"] = number.removeprefix("+")
        if bsuid is not None:
            status["recipient_user_id"] = bsuid
        if opaque is not None:
            status["biz_opaque_callback_data"] = opaque
        if error is not None:
            status["errors"] = [in_status(error)]
        else:
            status["pricing"] = _PRICING
        return status

    async def _post(self, statuses: list[dict[str, Any]]) -> None:
        await self._courier.deliver(self._webhooks.parcel({"statuses": statuses}))
