"""Misbehaviour that is planned by count: the next so many sends or webhooks of a provider go wrong in one way."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from simulator.kinds import KINDS, About, Kind, NonsenseError, Parameter, Values
from simulator.outbox import Provider

# Which webhooks a plan means. The two oldest kinds mean any.
Of = Literal["messages", "statuses", "any"]
_OF_ANY = {"webhook_lost", "webhook_twice"}
_CODE = re.compile(r"[0-9]{1,6}")
_MOST_PLANS = 1000
_ERROR = (Parameter("retry_after", "integer", None, 0, 3600),)


@dataclass(slots=True)
class Plan:
    """The next `left` sends (or webhooks) of a provider go wrong in this way, to one phone or to any."""

    provider: Provider
    kind: str
    left: int = 1
    to: str | None = None
    retry_after: int | None = None
    values: Values = field(default_factory=dict)
    of: Of | None = None

    def rendered(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "provider": self.provider,
            "kind": self.kind,
            "left": self.left,
            "to": self.to,
            "retry_after": self.retry_after,
            "of": self.of,
            "parameters": dict(self.values),
        }


class Faults:
    """What is planned to go wrong, first planned first, and which API is out of service."""

    def __init__(self, is_known_code: Callable[[Provider, int], bool]) -> None:
        self._is_known_code = is_known_code
        self.plans: list[Plan] = []
        self._outages: dict[Provider, tuple[float, str]] = {}

    def plan(self, plan: Plan) -> None:
        """Add a plan; raises NonsenseError when it makes no sense. An outage begins at once."""
        name, colon, number = plan.kind.partition(":")
        given = dict(plan.values) | ({} if plan.retry_after is None else {"retry_after": plan.retry_after})
        if colon and name == "failed_status":
            plan.kind, given["code"] = name, int(number) if _CODE.fullmatch(number) else number
        kind = self._kind(plan)
        plan.values = kind.values(given)
        code = plan.values.get("code")
        if name == "failed_status" and (code is None or not self._is_known_code(plan.provider, code)):
            raise NonsenseError("code must be an error code of the provider")
        if kind.about == "webhook":
            plan.of = plan.of or ("any" if plan.kind in _OF_ANY else "messages")
        if kind.about != "webhook" and plan.of is not None:
            raise NonsenseError("only plans about webhooks have of")
        if plan.left < 1 or len(self.plans) >= _MOST_PLANS:
            raise NonsenseError(f"count must be positive, and no more than {_MOST_PLANS} plans can wait")
        if kind.about == "api":
            self.begin_outage(plan.provider, plan.values)
        else:
            self.plans.append(plan)

    def _kind(self, plan: Plan) -> Kind:
        kind = KINDS.get(plan.kind)
        if kind is None and _CODE.fullmatch(plan.kind) and self._is_known_code(plan.provider, int(plan.kind)):
            kind = Kind(plan.kind, "send", "", _ERROR)
        if kind is None or plan.provider not in kind.providers:
            names = ", ".join(kind.name for kind in KINDS.values() if plan.provider in kind.providers)
            raise NonsenseError(f"kind must be one of {names}, an error code of the provider, or failed_status:<code>")
        return kind

    def take(self, about: About, provider: Provider, phones: frozenset[str], of: Of | None = None) -> dict[str, Values]:
        """What is planned for this one thing, which has these names; an answer can only go wrong in one way."""
        found: dict[str, Values] = {}
        for plan in list(self.plans):
            kind = KINDS.get(plan.kind)
            if (
                (kind.about if kind is not None else "send") == about
                and plan.provider == provider
                and plan.kind not in found
                and (plan.to is None or plan.to in phones)
                and (of is None or plan.of in {of, "any"})
            ):
                plan.left -= 1
                if plan.left == 0:
                    self.plans.remove(plan)
                found[plan.kind] = plan.values
                if about == "send" or plan.kind in _OF_ANY:
                    break
        return found

    def begin_outage(self, provider: Provider, values: Mapping[str, Any]) -> None:
        """The provider's API is out of service from now on for so many real seconds."""
        self._outages[provider] = (time.monotonic() + values["seconds"], values["how"])

    def outage(self, provider: Provider) -> str | None:
        """How the provider's API is out of service right now; None when it serves."""
        if provider not in self._outages:
            return None
        until, how = self._outages[provider]
        if time.monotonic() >= until:
            del self._outages[provider]
            return None
        return how

    def outages(self) -> dict[str, float]:
        """The seconds that are left of each outage."""
        now = time.monotonic()
        return {provider: round(until - now, 1) for provider, (until, _) in self._outages.items() if until > now}

    def forget(self) -> None:
        """Nothing is planned any more, and every API serves."""
        self.plans.clear()
        self._outages.clear()
