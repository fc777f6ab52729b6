"""What is honoured however much its sender writes, and what they are told who write too much."""

from datetime import datetime, timedelta

from services.gateway.conversations import catalogue, routing, wording
from services.gateway.conversations.consent import opted_out
from services.gateway.conversations.dispatch import words_of
from services.gateway.conversations.flows import consent
from services.gateway.conversations.turn import OPTED_OUT, Outcome, Turn
from services.gateway.messages import Channel, Message, Text

_HELP = routing.KEYWORDS["help"]
_WORDS = {"ordinary": "limited-ordinary", "expensive": "limited-expensive"}
_MINUTE = timedelta(minutes=1)


def vital(message: Message, channel: Channel) -> bool:
    """STOP, START and HELP, in every word that counts for one of them."""
    if message.opt_out_type:
        return True
    words = words_of(message)
    if words in consent.START_WORDS or routing.KEYWORDS.get(words) == _HELP:
        return True
    if channel == "sms":
        # Whether YES opts in again is known when the person is.
        carried = consent.CARRIER_STOP_WORDS | consent.CARRIER_START_WORDS_AFTER_STOP | consent.CARRIER_HELP_WORDS
        return words in carried
    return words in consent.STOP_WORDS


def notice(turn: Turn, limit: str, until: datetime) -> Outcome:
    """That nothing more is read until then; without a chosen language in each that we speak."""
    if opted_out(turn):
        return Outcome(turn.state, silent_reason=OPTED_OUT)
    # The clock on a wall has no seconds: a minute that has begun is not over yet.
    until += -(until - datetime.min.replace(tzinfo=until.tzinfo)) % _MINUTE
    languages = (turn.language,) if turn.person.language else catalogue.LANGUAGES
    lines = (catalogue.t(one, _WORDS[limit], when=wording.moment(one, until, turn.zone)) for one in languages)
    return Outcome(turn.state, (Text("\n".join(lines)),))
