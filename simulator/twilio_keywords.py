"""The words that Twilio itself answers: a phone that writes one of them is unsubscribed, back, or told how."""

from collections import OrderedDict
from typing import Literal

Keyword = Literal["STOP", "START", "HELP"]

_STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
_START = {"START", "YES", "UNSTOP"}
_HELP = {"HELP", "INFO"}
_MOST_PHONES = 100_000

REPLIES: dict[Keyword, str] = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}


def keyword(text: str) -> Keyword | None:
    """The keyword that this text is: one exact word in any case, nothing around it."""
    word = text.strip().upper()
    if word in _STOP:
        return "STOP"
    if word in _START:
        return "START"
    return "HELP" if word in _HELP else None


class OptOuts:
    """The numbers that wrote STOP."""

    def __init__(self) -> None:
        self._out: OrderedDict[str, None] = OrderedDict()

    def hear(self, number: str, text: str) -> Keyword | None:
        """Note what a phone wrote; the keyword when Twilio answers it by itself."""
        heard = keyword(text)
        if heard == "STOP":
            self._out[number] = None
            if len(self._out) > _MOST_PHONES:
                self._out.popitem(last=False)
        elif heard == "START":
            if number not in self._out:
                return None  # YES and START are ordinary words for whoever never left
            del self._out[number]
        return heard

    def is_out(self, number: str) -> bool:
        """Whether messages to this number are refused."""
        return number in self._out
