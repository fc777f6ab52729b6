"""Every way in which the pretended providers can misbehave: one table for planner, seeded profile and page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simulator.outbox import PROVIDERS, Provider

# What a kind is about: a webhook on its way in, the statuses of one send, the answer to one send, a whole API.
About = Literal["webhook", "status", "send", "api"]
Values = Mapping[str, Any]

_DAY_SECONDS = 86_400
_MOST_SECONDS = 8 * _DAY_SECONDS


class NonsenseError(ValueError):
    """What was asked for is no misbehaviour; the text says in a sentence why."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number or word that a kind can be told; without a default it may be absent."""

    name: str
    type: Literal["number", "integer", "choice"]
    default: float | str | None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    def read(self, given: Any) -> Any:
        """The value when it is one; raises NonsenseError with a sentence."""
        if self.type == "choice":
            if given not in self.choices:
                raise NonsenseError(f"{self.name} must be one of {', '.join(self.choices)}")
            return given
        whole = self.type == "integer"
        if isinstance(given, bool) or not isinstance(given, int if whole else (int, float)):
            raise NonsenseError(f"{self.name} must be a {'whole ' if whole else ''}number")
        low, high = self.minimum or 0, self.maximum if self.maximum is not None else _MOST_SECONDS
        if not low <= given <= high:
            raise NonsenseError(f"{self.name} must be between {low:g} and {high:g}")
        return given

    def read_text(self, text: str) -> Any:
        """The same from the command line."""
        if self.type == "choice":
            return self.read(text)
        try:
            number = float(text)
        except ValueError:
            raise NonsenseError(f"{self.name} must be a number") from None
        return self.read(int(number) if self.type == "integer" and number.is_integer() else number)


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to misbehave; `usual` is its probability in the profile "all" (0: whoever wants it names it)."""

    name: str
    about: About
    summary: str
    parameters: tuple[Parameter, ...] = ()
    usual: float = 0.0
    providers: tuple[Provider, ...] = PROVIDERS

    def values(self, given: Values) -> dict[str, Any]:
        """All parameters, the missing ones with their defaults; raises NonsenseError for a wrong one."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                raise NonsenseError(f"{self.name} has no parameter {name}; it has {', '.join(known) or 'none'}")
        return {
            name: parameter.default if given.get(name) is None else parameter.read(given[name])
            for name, parameter in known.items()
        }

    def rendered(self) -> dict[str, Any]:
        """As the page reads it."""
        return {
            "kind": self.name,
            "about": self.about,
            "providers": list(self.providers),
            "summary": self.summary,
            "usual": self.usual,
            "parameters": [
                {
                    "name": parameter.name,
                    "type": parameter.type,
                    "default": parameter.default,
                    "minimum": parameter.minimum,
                    "maximum": parameter.maximum,
                    **({"choices": list(parameter.choices)} if parameter.choices else {}),
                }
                for parameter in self.parameters
            ],
        }


def _seconds(default: float, most: float = _MOST_SECONDS) -> Parameter:
    return Parameter("seconds", "number", default, 0, most)


_RETRY_AFTER = Parameter("retry_after", "integer", None, 0, 3600)
_META: tuple[Provider, ...] = ("whatsapp",)
_TWILIO: tuple[Provider, ...] = ("twilio",)

# The order matters for answers to sends, of which only one can be given: the first kind that wants it has it.
_TABLE = (
    Kind("duplicate", "webhook", "posted twice at the same moment, to two replicas when there are two", usual=0.1),
    Kind("duplicate_later", "webhook", "posted again minutes later", (_seconds(180),), 0.05),
    Kind("duplicate_days", "webhook", "posted again days later", (_seconds(2 * _DAY_SECONDS),), 0.02),
    Kind(
        "rebatch",
        "webhook",
        "waits for company and goes in one payload with other messages, contacts and statuses; "
        "one of them comes again in the next such payload",
        (_seconds(0.3, 60), Parameter("size", "integer", 8, 2, 1000)),
        0.15,
        _META,
    ),
    Kind("reorder", "webhook", "overtaken by the next message of the same phone", (_seconds(2, 600),), 0.05),
    Kind("delay", "webhook", "comes later, and what the phone writes next waits behind it", (_seconds(2),), 0.05),
    Kind("answer_dropped", "webhook", "the gateway's answer is thrown away and the webhook posted again", usual=0.05),
    Kind("connection_cut", "webhook", "the connection is cut before the answer, the webhook posted again", usual=0.05),
    Kind("slow_body", "webhook", "the body trickles in", (_seconds(1, 60),), 0.03),
    Kind("forged", "webhook", "before it comes a forgery with a wrong or missing signature", usual=0.05),
    Kind("resigned", "webhook", "comes again in other bytes that say the same, correctly signed", usual=0.05),
    Kind(
        "hide_number",
        "webhook",
        "a phone that has both a number and a BSUID shows only the BSUID",
        usual=0.3,
        providers=_META,
    ),
    Kind("webhook_twice", "webhook", "posted again after the first time, whatever it is"),
    Kind("webhook_lost", "webhook", "never posted, whatever it is"),
    Kind("status_early", "status", "sent and delivered are posted before the send is answered", usual=0.05),
    Kind("status_backwards", "status", "delivered is posted before sent", usual=0.05),
    Kind(
        "status_flood",
        "status",
        "every status is posted many times",
        (Parameter("times", "integer", 20, 2, 1000),),
        0.01,
    ),
    Kind("status_late", "status", "the statuses come later", (_seconds(60),), 0.02),
    Kind(
        "failed_status",
        "status",
        "accepted, but the delivery fails with this code",
        (Parameter("code", "integer", None, 0, 999_999),),
    ),
    Kind(
        "outage",
        "api",
        "the whole API is out of service",
        (
            _seconds(5, 3600),
            Parameter("how", "choice", "503", choices=("503", "refused")),
        ),
        0.002,
    ),
    Kind("500", "send", "refused with HTTP 500", (_RETRY_AFTER,), 0.02),
    Kind("502", "send", "refused with HTTP 502", (_RETRY_AFTER,)),
    Kind("503", "send", "refused with HTTP 503", (_RETRY_AFTER,), 0.02),
    Kind("504", "send", "refused with HTTP 504", (_RETRY_AFTER,)),
    Kind("429", "send", "refused with HTTP 429 and the provider's code", (_RETRY_AFTER,), 0.02),
    Kind("131056", "send", "refused: too many messages to this person", (_RETRY_AFTER,), 0.02, _META),
    Kind("131047", "send", "refused: more than 24 hours since the person wrote", (_RETRY_AFTER,), 0.0, _META),
    Kind("130429", "send", "refused: throughput reached", (_RETRY_AFTER,), 0.01, _META),
    Kind("131000", "send", "refused: something went wrong", (_RETRY_AFTER,), 0.01, _META),
    Kind("20429", "send", "refused: too many requests", (_RETRY_AFTER,), 0.02, _TWILIO),
    Kind("21610", "send", "refused: the recipient has opted out", (_RETRY_AFTER,), 0.0, _TWILIO),
    Kind("500_after_accept", "send", "accepted, but answered HTTP 500", usual=0.01),
    Kind("timeout_before_accept", "send", "neither accepted nor answered", usual=0.01),
    Kind("timeout_after_accept", "send", "accepted and never answered", usual=0.01),
    Kind("reset_after_accept", "send", "accepted, then the connection breaks in the middle of the answer", usual=0.01),
    Kind("slow_answer", "send", "accepted, and the answer trickles out", (_seconds(1, 120),), 0.02),
)

KINDS = {kind.name: kind for kind in _TABLE}
