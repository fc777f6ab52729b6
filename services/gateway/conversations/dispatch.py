"""From a message or event to its handler and back: the engine's way into conversations."""

from dataclasses import replace
from typing import TypeVar

from chassis.errors import HailwireError
from hailwire.profile.v1 import profile_pb2
from services.gateway.conversations import (
    catalogue,
    consent,
    guidance,
    invite_code,
    numbering,
    questions,
    quiet_words,
    refusals,
    routing,
    taps,
)
from services.gateway.conversations.flows import HOME, QUESTIONS
from services.gateway.conversations.flows import consent as consenting
from services.gateway.conversations.flows.offer import YES_WORDS
from services.gateway.conversations.flows.trip import GIVE_UP_WORDS
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.places import folded
from services.gateway.conversations.routing import Route
from services.gateway.conversations.turn import (
    OPTED_OUT,
    REACTION,
    REVOKED,
    SYSTEM_NOTICE,
    EventTurn,
    Outcome,
    Turn,
)
from services.gateway.conversations.wording import age
from services.gateway.messages import Message, MessageKind, Text

AnyMoment = TypeVar("AnyMoment", Turn, EventTurn)

_SILENT_KINDS = {
    MessageKind.REACTION: REACTION,
    MessageKind.REVOKED: REVOKED,
    MessageKind.SYSTEM: SYSTEM_NOTICE,
}
# What was written; of contacts, orders and edits it is not what was meant.
_WITH_WORDS = frozenset({MessageKind.TEXT, MessageKind.MEDIA})


class UnknownEvent(LookupError):
    """The trips service tells something that this version has no words for: dead-lettered until it has."""


async def take_turn(turn: Turn) -> Outcome:
    """Answer one message: never without a reply or a silent reason.

    Raises what only waiting or an operator can mend: Unavailable, DeadlineExceeded and our own bugs.
    """
    message, before = turn.message, turn.state.name
    if message.kind in _SILENT_KINDS:
        return Outcome(turn.state, silent_reason=_SILENT_KINDS[message.kind])
    words = words_of(message)
    consented = _consent(turn, words)
    if consented is not None:
        return numbering.offered(before, await _run(consented, turn))
    if consent.opted_out(turn):
        return Outcome(turn.state, silent_reason=OPTED_OUT)
    if words in routing.EXTRA_KEYWORDS:
        return numbering.offered(before, await _run(routing.EXTRA_KEYWORDS[words], turn))
    turn, lapsed = _current(turn)
    turn, route = _resolve(turn, words)
    if lapsed and route is routing.RELAY and message.kind is MessageKind.TEXT:
        route = None  # written to us, however late: it is nobody else's
    if not turn.person.language and route not in routing.CHOOSES_LANGUAGE:
        # Nothing else is said before the language is chosen; what the person came for waits.
        if route is routing.ACCEPT_INVITATION:
            await _noted(turn)
        return numbering.offered(before, questions.ask_language(turn, **_intent(turn, route, words)))
    if route is not None:
        outcome = await _run(route, turn)
        return numbering.offered(before, await _carry_on(turn, outcome) if outcome.language else outcome)
    # Words without meaning here; perhaps the answer to a question that has lapsed.
    if lapsed:
        return numbering.offered(before, await guidance.guide(turn, turn.say(lapsed)))
    return numbering.offered(before, await _run(routing.NOT_UNDERSTOOD, turn))


async def take_event(turn: EventTurn) -> Outcome:
    """Tell somebody what happened; raises like take_turn."""
    lazy = routing.EVENTS.get(turn.event.kind)
    if lazy is None:
        raise UnknownEvent(f"there is no handler for events of kind {turn.event.kind}")
    outcome: Outcome = await lazy.run(turn)
    if consent.opted_out(turn):
        return Outcome(outcome.state, silent_reason=OPTED_OUT)
    # A question that has lapsed is left to the next message, whose writer is then told; its list is not open any more.
    if turn.words_only and _current(turn)[0].state.name != HOME:
        return numbering.numbered_on(remembered(turn).choices, outcome)
    return numbering.offered(turn.state.name, outcome)


def apology(language: str) -> Text:
    """What a person is told when their message has ended in the dead letters."""
    return Text(catalogue.t(catalogue.spoken(language), "apology"))


def words_of(message: Message) -> str:
    """What counts as written: a text, a caption, or what a template's button says that has no id of ours."""
    if message.kind in _WITH_WORDS:
        return folded(message.text)
    if message.kind is MessageKind.TAP and taps.route_of(message.tap) not in routing.TAPS:
        return folded(message.title or message.tap)
    return ""


def _consent(turn: Turn, words: str) -> Route | None:
    told = turn.message.opt_out_type.upper()
    by_carrier = turn.channel == "sms"
    if told == "STOP" or words in (consenting.CARRIER_STOP_WORDS if by_carrier else consenting.STOP_WORDS):
        return routing.STOP
    if told == "START" or words in consenting.START_WORDS:
        return routing.START
    stopped = consent.opted_out(turn) or remembered(turn).silenced
    if by_carrier and stopped and words in consenting.CARRIER_START_WORDS_AFTER_STOP:
        return routing.START
    if told == "HELP" or (by_carrier and words in consenting.CARRIER_HELP_WORDS):
        return routing.CARRIER_HELP
    return None


def _current(moment: AnyMoment) -> tuple[AnyMoment, str]:
    """The moment in a state that this version knows and that has not lapsed; and the key of what to say if not."""
    state = moment.state
    question = QUESTIONS.get(state.name)
    if question is None or question.version != state.version:
        return _at_home(moment), "restarted-changed"
    if state.expires_at is not None and state.expires_at <= moment.now:
        return _at_home(moment), "restarted-lapsed"
    return moment, ""


def _at_home(moment: AnyMoment) -> AnyMoment:
    return replace(moment, state=remembered(moment).home())


def _resolve(turn: Turn, words: str) -> tuple[Turn, Route | None]:
    """The handler of a message, a typed choice turned into the tap it stands for; None for words without meaning."""
    message = turn.message
    match message.kind:
        case MessageKind.TAP:
            known = routing.TAPS.get(taps.route_of(message.tap)) or routing.KEYWORDS.get(words)
            return turn, known or routing.DEAD_BUTTON
        case MessageKind.LOCATION:
            return turn, routing.ANSWERS.get(turn.state.name) or _between_sides(turn) or routing.UNASKED_LOCATION
        case MessageKind.MEDIA if message.media and QUESTIONS[turn.state.name].files:
            return turn, routing.ANSWERS[turn.state.name]
        case MessageKind.TEXT | MessageKind.MEDIA if words in routing.KEYWORDS:
            return turn, routing.KEYWORDS[words]
        case MessageKind.TEXT if quiet_words.said(message.text):
            return turn, routing.QUIET_HOURS
        case MessageKind.TEXT if invite_code.read(message.text):
            return turn, routing.ACCEPT_INVITATION
        case MessageKind.TEXT:
            tap = numbering.typed(turn, words)
            if tap:
                return _resolve(replace(turn, message=replace(message, kind=MessageKind.TAP, tap=tap)), words)
            return _in_context(turn, words)
        case MessageKind.MEDIA:
            return turn, _between_sides(turn) or routing.CANNOT_READ
        case _:
            return turn, routing.CANNOT_READ


def _between_sides(turn: Turn) -> Route | None:
    """Whatever means nothing else here is meant for the other side of a trip, for whoever is or just was on one."""
    return routing.RELAY if turn.state.name == HOME and remembered(turn).talking(turn.now) else None


def _in_context(turn: Turn, words: str) -> tuple[Turn, Route | None]:
    """Words that mean something only during a trip or a request, and never on SMS; otherwise an answer."""
    memory = remembered(turn)
    if turn.channel == "whatsapp" and turn.person.language:
        if words in GIVE_UP_WORDS and memory.trip is not None:
            return turn, routing.GIVE_UP
        offers = memory.open_offers(turn.now)
        if words in YES_WORDS and offers:
            tap = taps.offer("accept", offers[0].offer_id)
            certain = len(offers) == 1 and turn.state.name == HOME and memory.trip is None
            # And nothing else was offered since that a yes could answer.
            if certain and tap in {shown for shown, _ in memory.choices}:
                return replace(turn, message=replace(turn.message, kind=MessageKind.TAP, tap=tap)), routing.ACCEPT
            return turn, routing.SHOW_REQUESTS
    return turn, routing.ANSWERS.get(turn.state.name) or _between_sides(turn)


async def _run(route: Route, turn: Turn) -> Outcome:
    """Run a handler; what it is refused becomes words, and so does a command that comes too late."""
    if route.acts and turn.stale:
        return await guidance.guide(turn, turn.say("late", age=age(turn.language, turn.age_seconds)))
    outcome: Outcome
    try:
        outcome = await route.handler.run(turn)
    except taps.TapUnreadable:
        outcome = await routing.DEAD_BUTTON.handler.run(turn)
    except HailwireError as error:
        key = refusals.words_for(error)
        if key is None:
            raise
        return await guidance.after_refusal(turn, turn.say(key))
    return outcome


async def _noted(turn: Turn) -> None:
    """The invitation that a newcomer's message tells. Imported when it is wanted, as handlers are."""
    from services.gateway.conversations.invite import accept_unheard

    await accept_unheard(turn)


def _intent(turn: Turn, route: Route | None, words: str) -> dict[str, str]:
    """What to carry on with once the language is chosen: a command or a place, never a person's own words."""
    message = turn.message
    told = {"at": str(int(turn.now.timestamp()))}
    if turn.stale or (route is not None and not route.wish):
        return {}
    if message.kind is MessageKind.TAP:
        return {"tap": message.tap[:256], **told}
    if message.latitude is not None and message.longitude is not None:
        return {"place": str(taps.Spot(message.latitude, message.longitude, turn.now)), **told}
    if route is routing.ACCEPT_INVITATION:
        return {"word": invite_code.read(message.text), **told}
    if words in routing.KEYWORDS:
        return {"word": words, **told}
    return {}


async def _carry_on(turn: Turn, chosen: Outcome) -> Outcome:
    """After the first choice of a language: what the person had come for, unless that is long ago."""
    gathered = remembered(turn).gathered
    message = _intended(gathered)
    told = gathered.get("at", "")
    if message is None or chosen.language is None or not told.isdecimal():
        return chosen
    if turn.now.timestamp() - int(told) > turn.stale_after_seconds:
        return chosen
    person = profile_pb2.Person()
    person.CopyFrom(turn.person)
    person.language = chosen.language
    turn = replace(turn, person=person, state=chosen.state, message=message, age_seconds=0.0)
    turn, route = _resolve(turn, folded(message.text))
    outcome = await _run(route or routing.NOT_UNDERSTOOD, turn)
    replies = (Text(turn.say("language-chosen")), *outcome.replies)
    return replace(outcome, replies=replies, silent_reason="", language=chosen.language)


def _intended(gathered: dict[str, str]) -> Message | None:
    if "tap" in gathered:
        return Message(MessageKind.TAP, tap=gathered["tap"])
    if "place" in gathered:
        try:
            spot = taps.Spot.read(gathered["place"])
        except taps.TapUnreadable:
            return None
        return Message(MessageKind.LOCATION, latitude=spot.latitude, longitude=spot.longitude)
    return Message(MessageKind.TEXT, text=gathered["word"]) if "word" in gathered else None
