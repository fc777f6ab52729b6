"""What providers take for what we send: a price for each message or part, by channel, and a limit for a day.

For watching only, in the currency that the operator is billed in: what is owed stands on the invoice. Counted is what a
provider took from us, not what it may have taken without our hearing of it, nor what it charges for messages in.
"""

from dataclasses import dataclass

from chassis.settings import setting
from chassis.telemetry import Telemetry
from services.gateway.messages import Channel


@dataclass(frozen=True, kw_only=True)
class CostSettings:
    """Prices of what goes out, all in one currency."""

    whatsapp_message_cost: float = setting(
        "COST_WHATSAPP_MESSAGE",
        default=0.0,
        minimum=0,
        help="price of a WhatsApp message that we send, whoever carries it",
    )
    sms_segment_cost: float = setting(
        "COST_SMS_SEGMENT", default=0.0, minimum=0, help="price of each part of an SMS that we send"
    )
    daily_cost_limit: float = setting(
        "COST_DAILY_LIMIT",
        default=0.0,
        minimum=0,
        help="cost within 24 hours above which an alert speaks; 0: none does",
    )


class Costs:
    """Counts on one process; Prometheus and the metrics service add up processes, those that are gone included."""

    def __init__(self, telemetry: Telemetry, settings: CostSettings) -> None:
        self._settings = settings
        self._cost = telemetry.counter("provider_cost", "price of what providers took from us, by channel")
        telemetry.gauge(
            "provider_cost_daily_limit",
            "cost within 24 hours above which an alert speaks; 0: none does",
            lambda: [(settings.daily_cost_limit, {})],
            shared=True,
        )

    def add(self, channel: Channel, parts: int) -> None:
        """A provider took a message; of an SMS so many parts."""
        cost = self._settings.sms_segment_cost * parts if channel == "sms" else self._settings.whatsapp_message_cost
        # A channel without a price has no series: 0 would say that it is known to be free.
        if cost:
            self._cost.add(cost, channel=channel)
