"""Which handler answers what: routes as data, by word, by tap, by open question and by event.

Words are compared folded (places.folded): any case, without accents. Apart from STOP and START no word here is one that
a carrier takes for an opt-out or opt-in.
"""

import importlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from chassis.telemetry import Telemetry
from hailwire.trips.v1 import events_pb2
from services.gateway.conversations import memory
from services.gateway.conversations.lazy import Lazy, LoadStats, RouteBroken
from services.gateway.conversations.places import folded
from services.gateway.conversations.turn import EventTurn, Outcome, Turn

TurnHandler: TypeAlias = Callable[[Turn], Awaitable[Outcome]]
EventHandler: TypeAlias = Callable[[EventTurn], Awaitable[Outcome]]

_HERE = "services.gateway.conversations"


@dataclass(frozen=True, slots=True)
class Route:
    """A handler and when it may run. `acts`: it creates, accepts or advances, so a stale message must not reach it."""

    handler: Lazy[TurnHandler]
    acts: bool = False


_handlers: dict[str, Lazy[TurnHandler]] = {}


def _to(path: str, *, acts: bool = False) -> Route:
    name = path.replace(":", ".")
    if name not in _handlers:
        _handlers[name] = Lazy(name, f"{_HERE}.{path}")
    return Route(_handlers[name], acts)


def _event(path: str) -> Lazy[EventHandler]:
    return Lazy(path.replace(":", "."), f"{_HERE}.{path}")


# The names of languages, which are always understood.
LANGUAGE_NAMES = {
    "english": "en",
    "anglais": "en",
    "en": "en",
    "francais": "fr",
    "french": "fr",
    "fr": "fr",
}

# One handler, several words: English first, then French, then what people write besides.
_WORDS = {
    _to("ride:begin"): ("ride", "get a ride", "course", "trajet", "trouver une course"),
    _to("drive:begin"): ("drive", "conduire"),
    _to("drive:go_offline"): ("offline", "go offline", "pause", "hors ligne"),
    _to("trip:list_trips"): ("trips", "my trips", "courses", "trajets", "mes courses", "mes trajets"),
    _to("language:begin"): ("language", "langue"),
    _to("home:show_help"): ("help", "aide", "info"),
    _to("home:show_menu"): ("menu", "accueil"),
    _to("home:go_back"): ("back", "retour"),
    _to("home:greet"): ("hello", "hi", "hey", "bonjour", "bonsoir", "salut", "muraho", "good morning"),
}
KEYWORDS: dict[str, Route] = {folded(word): route for route, words in _WORDS.items() for word in words}
CHOOSES_LANGUAGE = (_to("language:choose"), _to("language:answer"))
KEYWORDS |= dict.fromkeys(LANGUAGE_NAMES, CHOOSES_LANGUAGE[1])

STOP = _to("consent:stop")
START = _to("consent:start")
CARRIER_HELP = _to("consent:carrier_help")

# What carriers take for an opt-out on SMS; WhatsApp has no carrier, so there only the words that can mean nothing else.
CARRIER_STOP_WORDS = frozenset(
    {"stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"}
)
STOP_WORDS = frozenset({"stop", "stopall", "stop all", "unsubscribe", "optout", "opt out"})
START_WORDS = frozenset({"start", "unstop"})
# Carriers opt in on YES only whoever had opted out; for anybody else it is a word like any other.
CARRIER_START_WORDS_AFTER_STOP = frozenset({"yes"})
CARRIER_HELP_WORDS = frozenset({"help", "info"})

# Words that count only where no carrier takes them for its own, and only while there is something they can mean.
GIVE_UP_WORDS = frozenset({"cancel", "annuler"})
GIVE_UP = _to("trip:give_up")
YES_WORDS = frozenset({"yes", "oui"})
SHOW_REQUESTS = _to("offer:show_requests")

TAPS: dict[str, Route] = {
    "go:ride": _to("ride:begin"),
    "go:drive": _to("drive:begin"),
    "go:offline": _to("drive:go_offline"),
    "go:trips": _to("trip:list_trips"),
    "go:menu": _to("home:show_menu"),
    "lang:set": CHOOSES_LANGUAGE[0],
    "ride:vehicle": _to("ride:choose_vehicle"),
    "ride:here": _to("ride:from_here"),
    "ride:at": _to("ride:search_at"),
    "ride:ask": _to("ride:ask", acts=True),
    "ride:retry": _to("ride:retry", acts=True),
    "drive:vehicle": _to("drive:choose_vehicle"),
    "drive:here": _to("drive:from_here"),
    "drive:at": _to("drive:online_at", acts=True),
    "offer:accept": _to("offer:accept", acts=True),
    "offer:decline": _to("offer:decline"),
    "trip:arrived": _to("trip:arrive", acts=True),
    "trip:start": _to("trip:start", acts=True),
    "trip:complete": _to("trip:complete", acts=True),
    "trip:leave": _to("trip:ask_why"),
    "trip:drop": _to("trip:drop"),
    "trip:show": _to("trip:show"),
}

# Free text, places and anything else while a question is open.
ANSWERS: dict[str, Route] = {
    memory.LANGUAGE: CHOOSES_LANGUAGE[1],
    memory.RIDE_VEHICLE: _to("ride:answer_vehicle"),
    memory.RIDE_LOCATION: _to("ride:take_pickup", acts=True),
    memory.RIDE_DRIVER: _to("ride:another_pick"),
    memory.DRIVE_VEHICLE: _to("drive:answer_vehicle"),
    memory.DRIVE_LOCATION: _to("drive:take_place", acts=True),
}

UNASKED_LOCATION = _to("home:unasked_location", acts=True)
NOT_UNDERSTOOD = _to("home:not_understood")
CANNOT_READ = _to("home:cannot_read")
DEAD_BUTTON = _to("home:dead_button")

# What is not carried on with after the first choice of a language: the menu that follows answers it.
NOT_INTENTS = frozenset({DEAD_BUTTON, CANNOT_READ, *(KEYWORDS[word] for word in ("hello", "menu", "back", "language"))})

EVENTS: dict[events_pb2.EventKind.ValueType, Lazy[EventHandler]] = {
    events_pb2.EVENT_KIND_OFFER_MADE: _event("events:offer_made"),
    events_pb2.EVENT_KIND_OFFER_CLOSED: _event("events:offer_closed"),
    events_pb2.EVENT_KIND_TRIP_ACCEPTED: _event("events:trip_accepted"),
    events_pb2.EVENT_KIND_DRIVER_ARRIVED: _event("events:driver_arrived"),
    events_pb2.EVENT_KIND_TRIP_STARTED: _event("events:trip_started"),
    events_pb2.EVENT_KIND_TRIP_COMPLETED: _event("events:trip_completed"),
    events_pb2.EVENT_KIND_TRIP_CANCELLED: _event("events:trip_cancelled"),
    events_pb2.EVENT_KIND_OFFERS_EXHAUSTED: _event("events:offers_exhausted"),
    events_pb2.EVENT_KIND_TRIP_EXPIRED: _event("events:trip_expired"),
}

# Words that were registered besides ours: answered before anything else but STOP and START, language chosen or not.
EXTRA_KEYWORDS: dict[str, Route] = {}


def register_keyword(word: str, path: str) -> None:
    """Add a word of somebody else, answered by "package.module:function"; raises RouteBroken.

    For tests and development: extra words are not part of what people are told.
    """
    # Named by its function: words that people write are no label of a metric.
    handler: Lazy[TurnHandler] = Lazy(f"extra.{path.rpartition(':')[2]}", path)
    problem = handler.problem()
    if problem:
        raise RouteBroken([problem])
    EXTRA_KEYWORDS[folded(word)] = Route(handler)


def load_extra_handlers(value: str) -> None:
    """Call each "module:function" of HAILWIRE_EXTRA_HANDLERS, which then registers its words; raises RouteBroken."""
    for path in filter(None, (part.strip() for part in value.split(","))):
        module, _, function = path.partition(":")
        try:
            register = getattr(importlib.import_module(module), function)
        except (ImportError, AttributeError, ValueError) as error:
            raise RouteBroken([f"HAILWIRE_EXTRA_HANDLERS: {path}: {error}"]) from error
        register()


def handlers() -> Iterator[Lazy[TurnHandler] | Lazy[EventHandler]]:
    """Every handler once."""
    yield from _handlers.values()
    yield from EVENTS.values()
    for route in EXTRA_KEYWORDS.values():
        yield route.handler


def check_routes() -> None:
    """Raise RouteBroken, listing each route that leads nowhere; imports no handler."""
    problems = [problem for handler in handlers() if (problem := handler.problem())]
    if problems:
        raise RouteBroken(problems)


async def preload(*names: str) -> None:
    """Import these handlers (none named: all) before somebody waits for them; raises RouteBroken for unknown names.

    One that breaks keeps none of the others from being imported; what it raised is raised at the end.
    """
    known = {handler.name: handler for handler in handlers()}
    unknown = sorted(set(names) - known.keys())
    if unknown:
        raise RouteBroken([f"there is no handler {name}" for name in unknown])
    broken: Exception | None = None
    for name in names or known:
        try:
            await known[name].load()
        except Exception as error:  # noqa: BLE001 - whatever its module does when it is imported
            broken = broken or error
    if broken is not None:
        raise broken


def stats() -> dict[str, LoadStats]:
    """How each handler fared."""
    return {handler.name: handler.stats for handler in handlers()}


def watch(telemetry: Telemetry) -> None:
    """Show how each of our handlers fares in these metrics."""
    ours: list[Lazy[TurnHandler] | Lazy[EventHandler]] = [*_handlers.values(), *EVENTS.values()]

    def each(what: Callable[[LoadStats], float]) -> Callable[[], list[tuple[float, dict[str, str]]]]:
        return lambda: [(what(handler.stats), {"handler": handler.name}) for handler in ours]

    telemetry.gauge(
        "handler_loaded", "1 when the handler is imported", each(lambda one: float(one.loaded)), shared=True
    )
    telemetry.gauge(
        "handler_load_ms", "time of the handler's import, in ms", each(lambda one: one.load_ms), shared=True
    )
    telemetry.gauge(
        "handler_last_error",
        "1 for the kind of the error that broke the handler's last import that failed",
        lambda: [(1.0, {"handler": one.name, "error": one.stats.error_kind}) for one in ours if one.stats.last_error],
        shared=True,
    )
    telemetry.tally("handler_uses", "turns and events that the handler was asked for", each(lambda one: one.uses))
    telemetry.tally("handler_run_seconds", "time that the handler ran", each(lambda one: one.run_seconds))
    telemetry.tally("handler_load_failures", "imports of the handler that failed", each(lambda one: one.failures))
