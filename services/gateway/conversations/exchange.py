"""Exchanging numbers: both sides of a trip say yes, then each is told the other's; a no keeps everything as it was."""

from chassis.errors import NotFound, Refused
from hailwire.profile.v1 import profile_pb2
from hailwire.trips.v1 import relay_pb2
from services.gateway.conversations import taps
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import EVENT_OUTDATED, EventTurn, Moment, Outcome, Turn
from services.gateway.messages import Button, Buttons, MessageKind, Reply, Text

_NUMBERS = frozenset({profile_pb2.IDENTITY_KIND_WHATSAPP_NUMBER, profile_pb2.IDENTITY_KIND_SMS_NUMBER})


async def agree(turn: Turn) -> Outcome:
    """Yes: the other side is asked, or, when they had asked, both are told."""
    trip_id = _trip(turn)
    if not trip_id:
        return Outcome(turn.state, (Text(turn.say("exchange-nobody")),))
    if not any(identity.kind in _NUMBERS for identity in turn.person.identities):
        return Outcome(turn.state, (Text(turn.say("exchange-no-number")),))
    exchange = await turn.world.share_number("share", trip_id, agreed=True)
    if exchange.both:
        return Outcome(turn.state, (await _number(turn, exchange),))
    return Outcome(turn.state, (_offering(turn, turn.say("exchange-asked"), "keep", trip_id, "button-keep-number"),))


async def withdraw(turn: Turn) -> Outcome:
    """No, or no longer."""
    trip_id = _trip(turn)
    if trip_id:
        await turn.world.share_number("keep", trip_id, agreed=False)
    return Outcome(turn.state, (Text(turn.say("exchange-kept")),))


async def offered(turn: EventTurn) -> Outcome:
    """The other side would like to: say how to agree, and that nothing happens otherwise."""
    trip = turn.event.trip
    driving = trip.driver_id == turn.person.person_id
    words = turn.say("exchange-passenger-asks" if driving else "exchange-driver-asks")
    return Outcome(turn.state, (_offering(turn, words, "share", trip.trip_id, "button-share-number"),))


async def exchanged(turn: EventTurn) -> Outcome:
    """The other side agreed, too: their number, unless either has thought again meanwhile."""
    try:
        exchange = await turn.world.exchange(turn.event.trip.trip_id)
    except (NotFound, Refused):
        return Outcome(turn.state, silent_reason=EVENT_OUTDATED)  # the two sides are one person by now
    if not exchange.both:
        return Outcome(turn.state, silent_reason=EVENT_OUTDATED)
    return Outcome(turn.state, (await _number(turn, exchange),))


async def _number(moment: Moment, exchange: relay_pb2.Exchange) -> Text:
    try:
        number = await moment.world.number_of(exchange.other_id, exchange.trip_id)
    except NotFound:
        number = ""  # erased meanwhile
    if not number:
        return Text(moment.say("exchange-none"))
    # Put together here: the catalogue keeps the texts that it has filled in.
    words = moment.say("exchange-passenger-number" if exchange.by_driver else "exchange-driver-number")
    return Text(f"{words} {number}")


def _offering(moment: Moment, words: str, step: str, trip_id: int, title: str) -> Reply:
    """News with a button. Where choices are numbered the words say what to write: older numbers mean what they did."""
    if moment.words_only:
        return Text(words)
    return Buttons(words, (Button(taps.talk(step, trip_id), moment.say(title)),))


def _trip(turn: Turn) -> int:
    """The trip in the tap, or the one whose other side may be written to; 0 when there is none."""
    if turn.message.kind is MessageKind.TAP and taps.route_of(turn.message.tap).startswith("talk:"):
        return taps.number_of(turn.message.tap)
    return remembered(turn).talking(turn.now)
