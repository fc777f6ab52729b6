"""What a person is told whose message has to wait because a service is away: a note that needs no service itself."""

from services.gateway.conversations import catalogue
from services.gateway.conversations.dispatch import words_of
from services.gateway.conversations.flows import consent
from services.gateway.messages import UNANSWERED, Channel, Message, Text


def note(message: Message, channel: Channel, language: str) -> Text | None:
    """That it is safe and will be answered; None when whoever wrote it expects no answer of ours.

    Without a chosen language in each that we speak.
    """
    if message.kind in UNANSWERED or asks_for_silence(message, channel) or _is_for_the_carrier(message, channel):
        return None
    languages = (catalogue.spoken(language),) if language else catalogue.LANGUAGES
    return Text("\n".join(catalogue.t(one, "answer-takes-longer") for one in languages))


def asks_for_silence(message: Message, channel: Channel) -> bool:
    """STOP: who says so hears nothing more than its confirmation, whatever they wrote before."""
    stop_words = consent.CARRIER_STOP_WORDS if channel == "sms" else consent.STOP_WORDS
    return message.opt_out_type.upper() == "STOP" or words_of(message) in stop_words


def _is_for_the_carrier(message: Message, channel: Channel) -> bool:
    """START, HELP: the carrier answers."""
    carried = consent.START_WORDS | consent.CARRIER_HELP_WORDS
    return bool(message.opt_out_type) or (channel == "sms" and words_of(message) in carried)
