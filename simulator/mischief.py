"""Decides what goes wrong: what was planned by count first, then the seeded profile; and remembers what it did."""

from collections import Counter, OrderedDict, deque
from dataclasses import asdict, dataclass
from typing import Any

from simulator.clock import Clock, rfc3339
from simulator.faults import Faults, Of
from simulator.kinds import KINDS, Values
from simulator.misbehaviour import Misbehaviour
from simulator.outbox import Provider
from simulator.state_log import StateLog

_MOST_DEEDS = 20_000
_MOST_KEYS = 200_000

Whims = dict[str, Values]


@dataclass(frozen=True, slots=True)
class Deed:
    """One misdeed: which message it happened to, and when."""

    number: int
    at: float
    kind: str
    provider: Provider
    phone: str
    id: str

    def rendered(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "number": self.number,
            "at": rfc3339(self.at),
            "kind": self.kind,
            "provider": self.provider,
            "phone": self.phone,
            "id": self.id,
        }


class Mischief:
    """The one place that is asked before anything goes out."""

    def __init__(self, clock: Clock, faults: Faults, profile: Misbehaviour, state: StateLog) -> None:
        self._clock = clock
        self._state = state
        self._tally: OrderedDict[str, int] = OrderedDict()
        self._number = 0
        self.faults = faults
        self.profile = profile
        self.did: Counter[str] = Counter()
        self.deeds: deque[Deed] = deque(maxlen=_MOST_DEEDS)

    def nth(self, key: str) -> int:
        """How many of this key there have been, this one included. Whoever asks records it with what it counts."""
        count = self._tally.pop(key, 0) + 1
        self._tally[key] = count
        if len(self._tally) > _MOST_KEYS:
            self._tally.popitem(last=False)
        return count

    def counted(self, key: str) -> int:
        """The same for what leaves no other line behind: the count itself is recorded."""
        nth = self.nth(key)
        self._state.append("counted", key=key, nth=nth)
        return nth

    def had(self, key: str, nth: int) -> None:
        """There were so many of this key in the process before."""
        self._tally[key] = nth

    def of_send(self, provider: Provider, to: str, key: str) -> tuple[str, Values] | None:
        """What goes wrong with the answer to a send; `key` names the phone whatever it was called."""
        nth = self.counted(f"send {provider}:{key}")
        if self.faults.plans:
            planned = self.faults.take("send", provider, frozenset({to, key}))
            if planned:
                return next(iter(planned.items()))
        if not self.profile.habits:
            return None
        outage = self.profile.decide("api", provider, key, nth)
        if outage:
            self.faults.begin_outage(provider, outage["outage"])
            self.note("outage", provider, to, "")
        return next(iter(self.profile.decide("send", provider, key, nth).items()), None)

    def of_statuses(self, provider: Provider, to: str, key: str, nth: int) -> Whims:
        """What goes wrong with the statuses of a phone's n-th accepted send."""
        return self._webhook("status", provider, to, key, nth, None)

    def of_webhook(self, provider: Provider, phone: str, key: str, nth: int, of: Of) -> Whims:
        """What goes wrong with a webhook about the n-th thing of this key."""
        return self._webhook("webhook", provider, phone, key, nth, of)

    def _webhook(self, about: Any, provider: Provider, phone: str, key: str, nth: int, of: Of | None) -> Whims:
        decided = self.profile.decide(about, provider, key, nth) if self.profile.habits else {}
        planned = self.faults.take(about, provider, frozenset({phone, key}), of) if self.faults.plans else {}
        return decided | planned

    def note(self, kind: str, provider: Provider, phone: str, message_id: str) -> None:
        """It happened."""
        deed = Deed(self._number + 1, self._clock.now(), kind, provider, phone, message_id)
        self.remember(deed)
        if self._state.is_kept:
            self._state.append("did", deed=asdict(deed))

    def remember(self, deed: Deed) -> None:
        """It happened, maybe before this process began."""
        self._number = deed.number
        self.did[deed.kind] += 1
        self.deeds.append(deed)

    def rendered(self) -> dict[str, Any]:
        """The profile and what was done, planned things included."""
        return {**self.profile.rendered(), "did": {kind: self.did[kind] for kind in sorted(self.did)}}

    @staticmethod
    def kinds() -> list[dict[str, Any]]:
        """Everything that can go wrong."""
        return [kind.rendered() for kind in KINDS.values()]
