"""When a provider posts a webhook again: Meta for days, Twilio only as far as the URL's fragment asks."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from typing import Protocol
from urllib.parse import parse_qs

# Twilio's whole exchange with a webhook, retries included.
TWILIO_SECONDS = 15.0


class Failure(Enum):
    """Why a post was not taken."""

    UNREACHABLE = "ct"
    SLOW = "rt"
    CLIENT_ERROR = "4xx"
    SERVER_ERROR = "5xx"


class RetryPolicy(Protocol):
    """Decides after each failed post."""

    def wait(self, attempts: int, failure: Failure, elapsed: float) -> float | None:
        """Seconds until the next attempt after `attempts` of them, or None to give up."""
        ...


@dataclass(frozen=True, slots=True)
class MetaRetries:
    """At once, then with growing waits, until `give_up_after` seconds have passed; waits are multiplied by `scale`."""

    give_up_after: float
    scale: float = 1.0

    def wait(self, attempts: int, failure: Failure, elapsed: float) -> float | None:
        """Any failure is retried; the longest wait is short so that a restarted gateway soon hears again."""
        del failure
        if elapsed > self.give_up_after:
            return None
        return self.scale * (0.05 if attempts == 1 else min(5.0, 0.25 * 2 ** min(attempts - 2, 10)))


@dataclass(frozen=True, slots=True)
class TwilioRetries:
    """Connection overrides: at most `count` retries, for the failures in `policy`, inside 15 s altogether.

    With more `patience` than that, which Twilio has not, only time limits the retries that were asked for.
    """

    count: int = 1
    policy: AbstractSet[str] = frozenset({"ct"})
    patience: float = TWILIO_SECONDS
    scale: float = 1.0

    @classmethod
    def asked_by(cls, url: str, patience: float = TWILIO_SECONDS, scale: float = 1.0) -> "TwilioRetries":
        """Read `rc` (0 to 5) and `rp` (ct, rt, 4xx, 5xx, all) from the fragment; what is unreadable counts as unset."""
        asked = parse_qs(url.partition("#")[2])
        count = asked.get("rc", ["1"])[0]
        policy = frozenset(asked.get("rp", ["ct"])[0].split(","))
        return cls(min(int(count), 5) if count.isdecimal() else 1, policy, patience, scale)

    def wait(self, attempts: int, failure: Failure, elapsed: float) -> float | None:
        """Retries come quickly because the whole exchange has 15 s."""
        counted_out = attempts > self.count and (self.patience <= TWILIO_SECONDS or self.count == 0)
        if counted_out or elapsed > self.patience or not self.policy & {"all", failure.value}:
            return None
        return self.scale * min(2.0, 0.1 * attempts)
