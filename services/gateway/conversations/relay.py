"""From one side of a trip to the other: both write to us, and neither learns how the other is reached.

The trips service knows who the other side is, whether the trip still allows it, and masks what leads past us.
"""

from dataclasses import replace

from chassis.errors import NotFound, Refused
from hailwire.trips.v1 import relay_pb2, trips_pb2
from services.gateway.conversations import guidance, home, menus, places, taps, trip_card, wording
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import EVENT_OUTDATED, RELAYED, EventTurn, Outcome, Turn
from services.gateway.messages import MessageKind, Text

# As an SMS others' words have at most so many characters: three parts, instead of the ten that our own texts may have.
_MOST_BY_SMS = 450
_NOBODY_THERE = frozenset({"RELAY_CLOSED", "TRIP_NOT_FOUND"})


async def tell(turn: Turn) -> Outcome:
    """Words or a place that mean nothing else here go to the other side, if there is one to hear them."""
    memory = remembered(turn)
    driving = memory.trip is not None and memory.trip.role == "driver"
    if turn.message.kind is MessageKind.MEDIA:
        return await _not_a_file(turn)
    place = _place(turn, by_name=driving or memory.trip is None)
    if place is None and not turn.message.text.strip():
        return await _unheard(turn)
    if place is not None and (driving or memory.trip is None):
        # A driver's place is where they are now: the passenger hears of it when it changes the time of arrival.
        return await _unheard(turn)
    try:
        # A place of a passenger goes as one: its digits would be masked as a number.
        relayed = await (
            turn.world.relay("relay", memory.talking(turn.now), location=place)
            if place is not None
            else turn.world.relay("relay", memory.talking(turn.now), text=turn.message.text)
        )
    except (NotFound, Refused) as refusal:
        if refusal.reason in _NOBODY_THERE:
            return await _unheard(turn)
        raise
    return await _told(turn, relayed)


async def heard(turn: EventTurn) -> Outcome:
    """What the other side said, under who says it; what took too long is not worth a word any more."""
    if turn.stale:
        return Outcome(turn.state, silent_reason=EVENT_OUTDATED)
    said = turn.event.said
    words = said.text or _where(turn, said.location)
    if turn.channel == "sms" and len(words) > _MOST_BY_SMS:
        words = words[: _MOST_BY_SMS - 3].rstrip() + "..."
    # Put together here: the catalogue keeps the texts that it has filled in, and this one is nobody else's.
    who = turn.say("relay-driver" if said.from_driver else "relay-passenger")
    return Outcome(remembered(turn).keeping(turn.state), (Text(f"{who} {words}"),))


async def _told(turn: Turn, relayed: relay_pb2.RelayedMessage) -> Outcome:
    """Say so the first time, and whenever it did not go as it was meant; otherwise nothing."""
    memory = remembered(turn)
    if not await turn.world.reaches(relayed.recipient_id):
        silent = "relay-driver-silent" if not relayed.from_driver else "relay-passenger-silent"
        return Outcome(memory.home(), (Text(turn.say(silent)),))
    first = memory.told != relayed.trip_id
    state = replace(memory, told=relayed.trip_id).home()
    told = turn.say("relay-told-passenger" if relayed.from_driver else "relay-told-driver") if first else ""
    words = menus.body(told, turn.say("relay-masked") if relayed.masked else "")
    return Outcome(state, (Text(words),)) if words else Outcome(state, silent_reason=RELAYED)


async def _not_a_file(turn: Turn) -> Outcome:
    """Photos, recordings and files are not handed on."""
    trip = await turn.world.open_trip()
    if trip is None or trip.state not in trip_card.MATCHED_STATES:
        return await home.cannot_read(turn)
    return await guidance.guide(turn, turn.say("relay-no-media"))


async def _unheard(turn: Turn) -> Outcome:
    """What becomes of it when there is nobody to tell."""
    if turn.message.kind is MessageKind.LOCATION:
        return await home.unasked_location(turn)
    return await home.not_understood(turn)


def _place(turn: Turn, *, by_name: bool) -> trips_pb2.Location | None:
    """The place that was shared, or typed and nothing else.

    A passenger who writes the name of a place says something about it, and not necessarily that they are there.
    """
    message = turn.message
    if message.kind is MessageKind.LOCATION:
        if message.latitude is None or message.longitude is None:
            return None
        return taps.Spot(message.latitude, message.longitude, turn.now).location
    found = [one for one in places.read(message) if by_name or not one.name]
    return taps.Spot(found[0].latitude, found[0].longitude, turn.now).location if len(found) == 1 else None


def _where(turn: EventTurn, location: trips_pb2.Location) -> str:
    link = wording.map_link(location)
    landmark = places.near(location.latitude, location.longitude)
    return turn.say("relay-place-near", place=landmark, link=link) if landmark else turn.say("relay-place", link=link)
