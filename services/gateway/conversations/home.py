"""The ground floor: the menu, help, going back, and answers to what nobody can act upon."""

from hailwire.profile.v1 import enrichments_pb2
from services.gateway.conversations import drive, enrichments, guidance, places, taps, trip_card
from services.gateway.conversations.flows import HOME
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import Outcome, Turn
from services.gateway.messages import Button, Buttons, MessageKind

_UNREADABLE = {
    MessageKind.MEDIA: "cannot-read-media",
    MessageKind.CONTACT: "cannot-read-contact",
    MessageKind.ORDER: "cannot-read-order",
    MessageKind.EDIT: "cannot-read-edit",
}


async def show_menu(turn: Turn) -> Outcome:
    """`menu`: leave whatever was asked."""
    return await guidance.ground(turn)


async def greet(turn: Turn) -> Outcome:
    """A greeting: repeat what is asked, or show what can be done."""
    return await guidance.guide(turn)


async def show_help(turn: Turn) -> Outcome:
    """`help`: the words we understand, then where the person is."""
    return await guidance.guide(turn, turn.say("help"))


async def go_back(turn: Turn) -> Outcome:
    """`back`: one question back, or the menu."""
    return await guidance.go_back(turn)


async def not_understood(turn: Turn) -> Outcome:
    """Words that no handler knows: a place that nobody asked for, perhaps, or something that is worth keeping."""
    found = places.read(turn.message)
    if len(found) == 1 and not turn.stale:
        return await _put_to_use(turn, taps.Spot(found[0].latitude, found[0].longitude, turn.now))
    offered = await enrichments.offer(turn, enrichments_pb2.ITEM_SOURCE_TEXT)
    return offered or await guidance.guide(turn, turn.say("not-understood"))


async def cannot_read(turn: Turn) -> Outcome:
    """Photos, contacts, orders, edits and whatever comes next: say so, and repeat what is asked."""
    lead = turn.say(_UNREADABLE.get(turn.message.kind, "cannot-read"))
    offered = None
    if turn.message.kind is MessageKind.MEDIA and turn.message.text and turn.state.name == HOME:
        # What was written below it can be read.
        offered = await enrichments.offer(turn, enrichments_pb2.ITEM_SOURCE_CAPTION, lead)
    return offered or await guidance.guide(turn, lead)


async def dead_button(turn: Turn) -> Outcome:
    """A button that is none of ours, or of a version that we no longer speak."""
    return await guidance.guide(turn, turn.say("dead-button"))


async def unasked_location(turn: Turn) -> Outcome:
    """A location that nobody asked for."""
    message = turn.message
    if message.latitude is None or message.longitude is None:
        return await cannot_read(turn)
    return await _put_to_use(turn, taps.Spot(message.latitude, message.longitude, turn.now))


async def _put_to_use(turn: Turn, spot: taps.Spot) -> Outcome:
    """A driver who is online has moved; anybody else is asked what the place is for."""
    presence = await turn.world.presence()
    if presence is not None and presence.online:
        moved = await drive.move(turn, spot)
        if moved is not None:
            return moved
    memory = remembered(turn)
    if memory.trip is not None:
        shown = await trip_card.show_open(turn)
        if shown is not None:
            return shown
    question = Buttons(
        turn.say("location-what-for"),
        (
            Button(taps.here("ride", spot), turn.say("button-ride-here")),
            Button(taps.here("drive", spot), turn.say("button-drive-here")),
        ),
    )
    return Outcome(memory.home(), (question,))
