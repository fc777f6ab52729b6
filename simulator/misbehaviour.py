"""A seeded profile of misbehaviour: each decision follows from the seed, the kind, the phone and a count, nothing else.

There is no stream of random numbers that concurrent requests would share: the same seed decides the same for the n-th
message of a phone, whatever else happens at the same time.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.kinds import KINDS, About, NonsenseError, Values
from simulator.outbox import Provider

_SCALE = 2.0**64


def chance(seed: int, kind: str, key: str, nth: int) -> float:
    """A number from 0 to 1, always the same for the same arguments."""
    text = f"{seed}\0{kind}\0{key}\0{nth}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") / _SCALE


@dataclass(frozen=True, slots=True)
class Habit:
    """One kind of misbehaviour: how likely it is each time, and its parameters."""

    probability: float
    values: Values


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """The kinds with their probabilities, and the seed."""

    seed: int = 0
    habits: Mapping[str, Habit] = field(default_factory=dict)

    def decide(self, about: About, provider: Provider, key: str, nth: int) -> dict[str, Values]:
        """What goes wrong with the n-th thing of this key, kind by kind in the order of the table."""
        return {
            name: habit.values
            for name, habit in self.habits.items()
            if KINDS[name].about == about
            and provider in KINDS[name].providers
            and chance(self.seed, name, key, nth) < habit.probability
        }

    def rendered(self) -> dict[str, Any]:
        """As JSON; `read` takes it back."""
        habits = {name: {"probability": habit.probability, **habit.values} for name, habit in self.habits.items()}
        return {"seed": self.seed, "kinds": habits}


def parse(text: str, seed: int) -> Misbehaviour:
    """A profile from `all`, `duplicate=0.1,delay=0.05:2` or both; after the colon stands the kind's first parameter.

    `all=0.5` halves the usual probabilities; what is named as well has its own. Raises NonsenseError.
    """
    habits: dict[str, Habit] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, rest = part.partition("=")
        number, _, first = rest.partition(":")
        if name == "all":
            share = _number(number, 100.0) if equals else 1.0
            usual = {kind.name: min(1.0, kind.usual * share) for kind in KINDS.values() if kind.usual}
            habits |= {kind: Habit(probability, KINDS[kind].values({})) for kind, probability in usual.items()}
            continue
        kind = KINDS.get(name)
        if kind is None or not equals:
            raise NonsenseError(f"{part!r} is not kind=probability or all; kinds are {', '.join(KINDS)}")
        if first and not kind.parameters:
            raise NonsenseError(f"{name} has no parameter")
        given = {kind.parameters[0].name: kind.parameters[0].read_text(first)} if first else {}
        habits[name] = Habit(_number(number, 1.0), kind.values(given))
    return _profile(seed, habits)


def read(asked: Any, seed: int) -> Misbehaviour:
    """A profile from JSON; without a seed it keeps the one given. Raises NonsenseError.

    `{"seed": 7, "kinds": {"delay": 0.1, "reorder": {"probability": 0.1, "seconds": 1}}}` or `{"misbehave": "all"}`.
    """
    given = asked.get("seed", seed)
    if not isinstance(given, int) or isinstance(given, bool):
        raise NonsenseError("seed must be a whole number")
    seed = int(given)
    if isinstance(asked.get("misbehave"), str):
        return parse(asked["misbehave"], seed)
    kinds = asked.get("kinds")
    if not isinstance(kinds, dict):
        raise NonsenseError('kinds ({"duplicate": 0.1}) or misbehave ("duplicate=0.1") is needed')
    habits: dict[str, Habit] = {}
    for name, given in kinds.items():
        if name not in KINDS:
            raise NonsenseError(f"{name} is no kind; kinds are {', '.join(KINDS)}")
        values = dict(given) if isinstance(given, dict) else {"probability": given}
        habits[name] = Habit(_probability(values.pop("probability", None)), KINDS[name].values(values))
    return _profile(seed, habits)


def _profile(seed: int, habits: Mapping[str, Habit]) -> Misbehaviour:
    for name, habit in habits.items():
        if name == "failed_status" and habit.values["code"] is None:
            raise NonsenseError("failed_status needs a code: failed_status=0.1:131026")
    return Misbehaviour(seed, {name: habits[name] for name in KINDS if name in habits and habits[name].probability > 0})


def _number(text: str, most: float) -> float:
    try:
        return _probability(float(text), most)
    except ValueError:
        raise NonsenseError(f"{text!r} must be a number from 0 to {most:g}") from None


def _probability(given: Any, most: float = 1.0) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= most:
        raise NonsenseError(f"a probability must be a number from 0 to {most:g}")
    return float(given)
