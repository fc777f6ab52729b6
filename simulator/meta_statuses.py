"""What Meta tells the business about a message after taking it: sent, delivered, read or failed, in batches."""

from typing import Any

from simulator.addresses import is_bsuid
from simulator.clock import Clock
from simulator.graph_errors import in_status
from simulator.journeys import Journey, Journeys
from simulator.letters import Letter
from simulator.mailroom import Mailroom
from simulator.mischief import Mischief
from simulator.phones import Bubble, Phone, PhoneBook
from simulator.settings import SimulatorSettings

_PRICING = {"billable": False, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"}


class MetaStatuses:
    """Follows each accepted message to the phone."""

    def __init__(
        self, settings: SimulatorSettings, clock: Clock, mischief: Mischief, mailroom: Mailroom, phones: PhoneBook
    ) -> None:
        self.is_on = settings.statuses
        self._url = settings.public_url + "/webhooks/whatsapp"
        self._clock = clock
        self._mischief = mischief
        self._phones = phones
        self._mailroom = mailroom
        self.journeys = Journeys(settings, clock, mailroom, self._step, self._after)

    def accepted(self, journey: Journey) -> None:
        """Tell of this message as it travels."""
        if self.is_on:
            self.journeys.begin(journey)
        else:
            self._phones.advance(journey.message_id, "failed" if journey.fails_with else "delivered")

    def read(self, phone: Phone, bubbles: list[Bubble]) -> None:
        """The person has opened the conversation: these messages are read."""
        key = self._phones.name_of("whatsapp", phone.address)
        for bubble in bubbles:
            self._phones.advance(bubble.id, "read")
            if self.is_on:
                nth = self._mischief.counted(f"read whatsapp:{key}")
                opaque = bubble.content.get("biz_opaque_callback_data")
                journey = Journey("whatsapp", bubble.id, phone.address, key, nth, [], told=opaque)
                self._mailroom.tell([self._letter(journey, "read")], key, nth)

    def _step(self, journey: Journey, state: str) -> list[Letter]:
        # "read" is the only step that may have been told already: somebody opened the phone in the meantime.
        if state == "read" and self._phones.is_read(journey.message_id):
            return []
        self._phones.advance(journey.message_id, state)
        return [self._letter(journey, state) for _ in range(journey.times)]

    def _after(self, journey: Journey, state: str) -> list[str]:
        return ["read"] if state == "delivered" and self._phones.is_open("whatsapp", journey.to) else []

    def _letter(self, journey: Journey, state: str) -> Letter:
        status: dict[str, Any] = {"id": journey.message_id, "status": state, "timestamp": str(int(self._clock.now()))}
        phone = self._phones.find("whatsapp", journey.to)
        is_number = not is_bsuid(journey.to)
        number, bsuid = (journey.to, phone and phone.bsuid) if is_number else (None, journey.to)
        if number is not None:
            status["recipient_id"] = number.removeprefix("+")
        if bsuid is not None:
            status["recipient_user_id"] = bsuid
        if journey.told is not None:
            status["biz_opaque_callback_data"] = journey.told
        if state == "failed" and journey.fails_with is not None:
            status["errors"] = [in_status(journey.fails_with)]
        else:
            status["pricing"] = _PRICING
        return Letter(
            self._mailroom.next_number(),
            "whatsapp",
            "statuses",
            journey.to,
            journey.message_id,
            self._url,
            {"statuses": [status]},
            self._clock.now(),
            state,
        )
