"""What a person is told whose message has to wait because a service is away: a note that needs no service itself."""

from services.gateway.conversations import catalogue, routing
from services.gateway.conversations.dispatch import words_of
from services.gateway.messages import UNANSWERED, Channel, Message, Text


def note(message: Message, channel: Channel, language: str) -> Text | None:
    """That it is safe and will be answered; None when whoever wrote it expects no answer of ours.

    Without a chosen language in each that we speak.
    """
    if message.kind in UNANSWERED or _is_for_the_carrier(message, channel):
        return None
    languages = (catalogue.spoken(language),) if language else catalogue.LANGUAGES
    return Text("\n".join(catalogue.t(one, "answer-takes-longer") for one in languages))


def _is_for_the_carrier(message: Message, channel: Channel) -> bool:
    """STOP, and whatever else the carrier answers: who asks for silence hears nothing more than its confirmation."""
    words = words_of(message)
    if message.opt_out_type or words in routing.STOP_WORDS:
        return True
    carried = routing.CARRIER_STOP_WORDS | routing.START_WORDS | routing.CARRIER_HELP_WORDS
    return channel == "sms" and words in carried
