"""What Twilio posts to a message's StatusCallback: sent, then delivered, or undelivered with the reason."""

from simulator.clock import Clock
from simulator.journeys import Journey, Journeys
from simulator.letters import Letter
from simulator.mailroom import Mailroom
from simulator.phones import PhoneBook
from simulator.settings import SimulatorSettings
from simulator.twilio_errors import message_of
from simulator.twilio_log import TwilioLog, TwilioMessage

_ORDER = ("accepted", "queued", "sending", "sent", "delivered", "undelivered", "failed")


class TwilioStatuses:
    """Follows each accepted message to the phone."""

    def __init__(
        self, settings: SimulatorSettings, clock: Clock, mailroom: Mailroom, phones: PhoneBook, log: TwilioLog
    ) -> None:
        self._on = settings.statuses
        self._clock = clock
        self._phones = phones
        self._log = log
        self._mailroom = mailroom
        self.journeys = Journeys(settings, clock, mailroom, self._step, lambda _journey, _state: [])

    def accepted(self, journey: Journey) -> None:
        """Tell of this message as it travels; the state it was accepted in is never called back."""
        self.journeys.begin(journey)

    def reached(self, message: TwilioMessage, state: str, fails_with: int | None, at: float) -> None:
        """Note how far a message has come at that time; never backwards."""
        if _ORDER.index(state) <= _ORDER.index(message.status):
            return
        message.status = state
        message.updated_at = at
        message.sent_at = message.sent_at or message.updated_at
        if fails_with is not None and state == "undelivered":
            message.error_code, message.error_message = fails_with, message_of(fails_with)
        self._phones.advance(message.sid, "failed" if state == "undelivered" else state)

    def _step(self, journey: Journey, state: str) -> list[Letter]:
        message = self._log.get(journey.message_id)
        if message is None:  # forgotten beyond the bound
            return []
        now = self._clock.now()
        self.reached(message, state, journey.fails_with, now)
        if not message.status_callback or not self._on:
            return []
        fields = _fields(message, state, journey.fails_with)
        return [
            Letter(
                self._mailroom.next_number(),
                "twilio",
                "statuses",
                journey.to,
                message.sid,
                message.status_callback,
                fields,
                now,
                state,
            )
            for _ in range(journey.times)
        ]


def _fields(message: TwilioMessage, state: str, fails_with: int | None) -> dict[str, str]:
    fields = {
        "AccountSid": message.account_sid,
        "ApiVersion": "2010-04-01",
        "From": message.sender,
        "MessageSid": message.sid,
        "MessageStatus": state,
        "SmsSid": message.sid,
        "SmsStatus": state,
        "To": message.to,
    }
    if message.messaging_service_sid:
        fields["MessagingServiceSid"] = message.messaging_service_sid
    if fails_with is not None and state == "undelivered":
        fields["ErrorCode"] = str(fails_with)
    return fields
