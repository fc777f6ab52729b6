"""What will happen to a mesh, drawn wholly from a seed before anything starts."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

GATEWAYS = ("gateway-1", "gateway-2")
PROFILES = ("profile-1", "profile-2")
TRIPS = ("trips-1", "trips-2")
SERVICES = (*GATEWAYS, *PROFILES, *TRIPS)
SIMULATOR, POSTGRES = "simulator", "postgres"

# Faults on a track follow each other after so many seconds; two tracks run side by side, so that faults overlap.
_TRACKS = 2
_GAP_SECONDS = (0.5, 2.5)

_SHORT_LEASES = {"GATEWAY_LEASE_SECONDS": "2", "EVENT_LEASE_SECONDS": "5"}
# Offers and requests that lapse while people still think.
_SHORT_OFFERS = {"OFFER_TTL_SECONDS": "6", "TRIP_REQUEST_TTL_SECONDS": "15"}
_LONG_OFFERS = {"OFFER_TTL_SECONDS": "3600", "TRIP_REQUEST_TTL_SECONDS": "3600"}


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong `at` seconds after the start and lasts for some time.

    `kind` is kill (-9, then started again), stop (SIGTERM, then started again), pause (SIGSTOP), or cut: then
    `targets` are wires and `mode` is what happens to them (wires.py).
    """

    at: float
    kind: str
    targets: tuple[str, ...]
    seconds: float
    mode: str = ""
    delay_seconds: float = 0.0
    # So long before, everybody who thinks about what to write writes it: there is work at every step of the way.
    rush_seconds: float = 0.1

    def __str__(self) -> str:
        how = f"cut ({self.mode})" if self.kind == "cut" else self.kind
        return f"{self.at:5.1f} s  {how:<12} for {self.seconds:.1f} s: {', '.join(_short(self.targets))}"


@dataclass(frozen=True)
class Plan:
    """A run: the faults in their order, the services' settings, how the providers misbehave, who plays."""

    seed: int
    seconds: float
    people: int
    faults: tuple[Fault, ...]
    settings: Mapping[str, str]
    # Kind -> probability, with the kind's first parameter behind a colon, as SIMULATOR_MISBEHAVE has it.
    misbehaviour: Mapping[str, str]

    def lines(self) -> list[str]:
        """For whoever wants to read it."""
        said = [f"seed {self.seed}: {self.people} people, {self.seconds:g} s of faults"]
        said.append("settings: " + ", ".join(f"{name}={value}" for name, value in self.settings.items()))
        said.append("providers: " + ", ".join(f"{kind}={share}" for kind, share in self.misbehaviour.items()))
        return [*said, *map(str, self.faults)]


def wires() -> list[str]:
    """The name of every wire of the mesh."""
    names = [f"{gateway}>{other}" for gateway in GATEWAYS for other in (*PROFILES, *TRIPS, SIMULATOR)]
    names += [f"{service}>{POSTGRES}" for service in SERVICES]
    return names + [f"{SIMULATOR}>{gateway}" for gateway in GATEWAYS]


def drawn(seed: int, seconds: float, people: int) -> Plan:
    """The plan of this seed, always the same; with fewer seconds it is the beginning of the longer one."""
    dice = random.Random(f"chaos {seed}")
    settings = {
        "SEARCH_RADIUS_METERS": "500",
        **(_SHORT_LEASES if dice.random() < 0.75 else {}),
        **(_SHORT_OFFERS if dice.random() < 0.25 else _LONG_OFFERS),
    }
    misbehaviour = _misbehaviour(dice)
    faults = [fault for track in range(_TRACKS) for fault in _track(seed, track, seconds)]
    faults.sort(key=lambda one: (one.at, one.kind, one.targets))
    return Plan(seed, seconds, people, tuple(faults), settings, misbehaviour)


Scene = Callable[[random.Random, float], Iterator[Fault]]


def _track(seed: int, track: int, seconds: float) -> Iterator[Fault]:
    dice = random.Random(f"chaos {seed}, track {track}")
    deck = _deck(dice)
    at = dice.uniform(1.0, 2.0)
    while at < seconds:
        scene = [replace(one, rush_seconds=dice.uniform(0.01, 0.4)) for one in next(deck)(dice, at)]
        yield from scene
        at = max(one.at + one.seconds for one in scene) + dice.uniform(*_GAP_SECONDS)


def _deck(dice: random.Random) -> Iterator[Scene]:
    """Every scene in a drawn order, over and over, so that a run meets most of them."""
    while True:
        cards = list(_SCENES)
        dice.shuffle(cards)
        yield from cards


def _one_dies(dice: random.Random, at: float) -> Iterator[Fault]:
    yield Fault(at, "kill", (dice.choice(SERVICES),), dice.uniform(0.1, 2.5))


def _a_gateway_dies(dice: random.Random, at: float) -> Iterator[Fault]:
    yield Fault(at, "kill", (dice.choice(GATEWAYS),), dice.uniform(0.1, 2.5))


def _a_service_dies_whole(dice: random.Random, at: float) -> Iterator[Fault]:
    yield Fault(at, "kill", dice.choice((GATEWAYS, PROFILES, TRIPS)), dice.uniform(0.1, 2.0))


def _one_freezes(dice: random.Random, at: float) -> Iterator[Fault]:
    yield Fault(at, "pause", (dice.choice(SERVICES),), dice.uniform(0.2, 4.0))


def _a_service_freezes_whole(dice: random.Random, at: float) -> Iterator[Fault]:
    yield Fault(at, "pause", dice.choice((GATEWAYS, PROFILES, TRIPS)), dice.uniform(0.2, 4.0))


def _one_is_rolled(dice: random.Random, at: float) -> Iterator[Fault]:
    yield Fault(at, "stop", (dice.choice(SERVICES),), dice.uniform(0.1, 1.5))


def _the_database_dies(dice: random.Random, at: float) -> Iterator[Fault]:
    yield Fault(at, dice.choice(("kill", "kill", "stop")), (POSTGRES,), dice.uniform(0.1, 2.0))


def _the_database_freezes(dice: random.Random, at: float) -> Iterator[Fault]:
    yield Fault(at, "pause", (POSTGRES,), dice.uniform(0.2, 4.0))


def _the_database_dies_while_gateways_are_frozen(dice: random.Random, at: float) -> Iterator[Fault]:
    frozen = dice.uniform(1.0, 4.0)
    yield Fault(at, "pause", GATEWAYS, frozen)
    yield Fault(at + dice.uniform(0.1, 0.5), "kill", (POSTGRES,), dice.uniform(0.1, frozen))


def _the_provider_goes_away(dice: random.Random, at: float) -> Iterator[Fault]:
    yield Fault(at, dice.choice(("kill", "kill", "pause")), (SIMULATOR,), dice.uniform(0.2, 3.0))


def _somebody_is_cut_off(dice: random.Random, at: float) -> Iterator[Fault]:
    """One part loses the database, the providers, or a service."""
    yield _cut(dice, at, (dice.choice(wires()),))


def _one_loses_its_database(dice: random.Random, at: float) -> Iterator[Fault]:
    """And everybody else keeps theirs."""
    yield _cut(dice, at, (f"{dice.choice((*GATEWAYS, *SERVICES))}>{POSTGRES}",))


def _the_database_is_cut_off(dice: random.Random, at: float) -> Iterator[Fault]:
    one = dice.choice((GATEWAYS, PROFILES, TRIPS))
    yield _cut(dice, at, tuple(f"{name}>{POSTGRES}" for name in one))


def _a_service_is_cut_off(dice: random.Random, at: float) -> Iterator[Fault]:
    one = dice.choice((PROFILES, TRIPS))
    yield _cut(dice, at, tuple(f"{gateway}>{name}" for gateway in GATEWAYS for name in one))


def _the_provider_is_cut_off(dice: random.Random, at: float) -> Iterator[Fault]:
    inwards = dice.random() < 0.5
    yield _cut(
        dice,
        at,
        tuple(f"{SIMULATOR}>{gateway}" if inwards else f"{gateway}>{SIMULATOR}" for gateway in GATEWAYS),
    )


def _a_gateway_is_cut_off_from_everything(dice: random.Random, at: float) -> Iterator[Fault]:
    gateway = dice.choice(GATEWAYS)
    yield _cut(dice, at, tuple(name for name in wires() if gateway in name.split(">")))


_SCENES: tuple[Scene, ...] = (
    _one_dies,
    _a_gateway_dies,
    _a_service_dies_whole,
    _one_freezes,
    _a_service_freezes_whole,
    _one_is_rolled,
    _the_database_dies,
    _the_database_freezes,
    _the_database_dies_while_gateways_are_frozen,
    _the_provider_goes_away,
    _somebody_is_cut_off,
    _one_loses_its_database,
    _one_loses_its_database,
    _the_database_is_cut_off,
    _a_service_is_cut_off,
    _the_provider_is_cut_off,
    _a_gateway_is_cut_off_from_everything,
)


def _cut(dice: random.Random, at: float, names: tuple[str, ...]) -> Fault:
    mode = dice.choice(("refuse", "hang", "hang", "deaf", "deaf", "reset", "delay"))
    seconds = 0.1 if mode == "reset" else dice.uniform(0.3, 4.0)
    return Fault(at, "cut", names, seconds, mode, dice.uniform(0.02, 0.3) if mode == "delay" else 0.0)


def _misbehaviour(dice: random.Random) -> dict[str, str]:
    """Each kind not at all, now and then, or more often, with its first parameter where it has one."""
    found = {}
    for kind, (probability, parameter) in _MISBEHAVIOUR.items():
        share = probability * dice.choice((0, 0.5, 1, 2))
        if share:
            found[kind] = f"{share:g}" + (f":{parameter:g}" if parameter is not None else "")
    return found


# What providers do, and how they may fail, while everything can still come right: nothing here is a final refusal. The
# kinds that keep a send waiting for its time-out are rare, because each keeps its recipient waiting as well.
_MISBEHAVIOUR: dict[str, tuple[float, float | None]] = {
    "duplicate": (0.1, None),
    "duplicate_later": (0.05, 2),
    "rebatch": (0.15, 0.3),
    "reorder": (0.1, 1),
    "delay": (0.05, 1),
    "answer_dropped": (0.05, None),
    "connection_cut": (0.05, None),
    "slow_body": (0.03, 1),
    "forged": (0.1, None),
    "resigned": (0.05, None),
    "hide_number": (0.4, None),
    "status_early": (0.05, None),
    "status_backwards": (0.1, None),
    "status_flood": (0.02, 10),
    "status_late": (0.05, 3),
    "outage": (0.002, 2),
    "500": (0.01, None),
    "503": (0.01, None),
    "429": (0.01, None),
    "131056": (0.01, None),
    "130429": (0.005, None),
    "131000": (0.005, None),
    "20429": (0.01, None),
    "500_after_accept": (0.01, None),
    "timeout_before_accept": (0.003, None),
    "timeout_after_accept": (0.003, None),
    "reset_after_accept": (0.01, None),
    "slow_answer": (0.02, 1),
}


def _short(targets: tuple[str, ...]) -> list[str]:
    return [*targets] if len(targets) <= 4 else [*targets[:3], f"and {len(targets) - 3} more"]
