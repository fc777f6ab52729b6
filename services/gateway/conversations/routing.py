"""Which handler answers what: the declared flows (flows/) turned into tables by word, tap, open question and event.

Words are compared folded (places.folded): any case, without accents.
"""

import importlib
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeAlias

from chassis.records import record
from chassis.telemetry import Telemetry
from hailwire.trips.v1 import events_pb2
from services.gateway.conversations.flows import (
    FLOWS,
    QUESTIONS,
    Step,
    consent,
    home,
    invite,
    language,
    offer,
    quiet,
    relay,
    trip,
)
from services.gateway.conversations.lazy import Lazy, LoadStats, RouteBroken
from services.gateway.conversations.places import folded
from services.gateway.conversations.turn import EventTurn, Moment, Outcome, Turn

TurnHandler: TypeAlias = Callable[[Turn], Awaitable[Outcome]]
EventHandler: TypeAlias = Callable[[EventTurn], Awaitable[Outcome]]
Asking: TypeAlias = Callable[[Moment, str], Awaitable[Outcome]]

AnyHandler: TypeAlias = Lazy[TurnHandler] | Lazy[EventHandler] | Lazy[Asking]

_HERE = "services.gateway.conversations"


@record
class Route:
    """A handler and when it may run: see flows.declaration.Step."""

    handler: Lazy[TurnHandler]
    acts: bool = False
    wish: bool = True


_handlers: dict[str, Lazy[TurnHandler]] = {}


def _to(step: Step) -> Route:
    if step.name not in _handlers:
        _handlers[step.name] = Lazy(step.name, f"{_HERE}.{step.path}")
    return Route(_handlers[step.name], step.acts, step.wish)


def _event(step: Step) -> Lazy[EventHandler]:
    return Lazy(step.name, f"{_HERE}.{step.path}")


KEYWORDS: dict[str, Route] = {
    folded(word): _to(step) for flow in FLOWS for step, words in flow.words.items() for word in words
}
TAPS: dict[str, Route] = {tap: _to(step) for flow in FLOWS for tap, step in flow.taps.items()}
# Free text, places and anything else while a question is open.
ANSWERS: dict[str, Route] = {
    question.name: _to(question.answer) for question in QUESTIONS.values() if question.answer is not None
}
# What asks a question, again and again.
ASKING: dict[str, Lazy[Asking]] = {
    question.name: Lazy(question.asks.replace(":", "."), f"{_HERE}.{question.asks}") for question in QUESTIONS.values()
}
EVENTS: dict[events_pb2.EventKind.ValueType, Lazy[EventHandler]] = {
    kind: _event(step) for flow in FLOWS for kind, step in flow.events.items()
}

CHOOSES_LANGUAGE = (_to(language.CHOOSE), _to(language.ANSWER))
STOP = _to(consent.STOP)
START = _to(consent.START)
CARRIER_HELP = _to(consent.CARRIER_HELP)
GIVE_UP = _to(trip.GIVE_UP)
ACCEPT = _to(offer.ACCEPT)
SHOW_REQUESTS = _to(offer.SHOW_REQUESTS)
RELAY = _to(relay.TELL)
QUIET_HOURS = _to(quiet.SAID)
ACCEPT_INVITATION = _to(invite.ACCEPT_INVITATION)
UNASKED_LOCATION = _to(home.UNASKED_LOCATION)
NOT_UNDERSTOOD = _to(home.NOT_UNDERSTOOD)
CANNOT_READ = _to(home.CANNOT_READ)
DEAD_BUTTON = _to(home.DEAD_BUTTON)

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


def handlers() -> Iterator[AnyHandler]:
    """Every handler once."""
    yield from _handlers.values()
    yield from EVENTS.values()
    yield from ASKING.values()
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
    ours: list[AnyHandler] = [*_handlers.values(), *EVENTS.values(), *ASKING.values()]

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
