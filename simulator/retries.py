"""When a provider posts a webhook again: Meta for days, Twilio only as far as the URL's fragment asks."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from typing import Protocol
from urllib.parse import parse_qs


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
    """At once, then with growing waits, until `give_up_after` seconds have passed."""

    give_up_after: float

    def wait(self, attempts: int, failure: Failure, elapsed: float) -> float | None:
        """Any failure is retried; the longest wait is short so that a restarted gateway soon hears again."""
        del failure
        if elapsed > self.give_up_after:
            return None
        return 0.05 if attempts == 1 else min(5.0, 0.25 * 2 ** min(attempts - 2, 10))


@dataclass(frozen=True, slots=True)
class TwilioRetries:
    """Connection overrides: at most `count` retries, for the failures in `policy`, inside 15 s altogether."""

    count: int = 1
    policy: AbstractSet[str] = frozenset({"ct"})

    @classmethod
    def asked_by(cls, url: str) -> "TwilioRetries":
        """Read `rc` (0 to 5) and `rp` (ct, rt, 4xx, 5xx, all) from the fragment; what is unreadable counts as unset."""
        asked = parse_qs(url.partition("#")[2])
        count = asked.get("rc", ["1"])[0]
        policy = frozenset(asked.get("rp", ["ct"])[0].split(","))
        return cls(min(int(count), 5) if count.isdecimal() else 1, policy)

    def wait(self, attempts: int, failure: Failure, elapsed: float) -> float | None:
        """Retries come quickly because the whole exchange has 15 s."""
        if attempts > self.count or elapsed > 15 or not self.policy & {"all", failure.value}:
            return None
        return 0.1 * attempts
