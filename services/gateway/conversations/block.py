"""Never again with this one: a block by either side of a trip, which the other one is not told of, and its end."""

from chassis.errors import NotFound, Refused
from services.gateway.conversations import taps, wording
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import Outcome, Turn
from services.gateway.messages import Menu, MessageKind, Row, Text

# A list on WhatsApp holds ten rows, one of them the way out.
_MOST_LISTED = 9
_MOST_IN_A_TITLE = 24


async def block(turn: Turn) -> Outcome:
    """The other side of the trip in the tap, or of the one that is open or just ended."""
    tapped = turn.message.kind is MessageKind.TAP and taps.route_of(turn.message.tap) == "talk:block"
    trip_id = taps.number_of(turn.message.tap) if tapped else remembered(turn).talking(turn.now)
    try:
        if not trip_id:
            raise NotFound
        await turn.world.block("block", trip_id, blocked=True)
    except (NotFound, Refused):
        # No such trip, not theirs, or nobody drives it.
        return Outcome(turn.state, (Text(turn.say("block-nobody")),))
    return Outcome(turn.state, (Text(turn.say("block-done")),))


async def list_blocked(turn: Turn) -> Outcome:
    """`blocked`: whom the person has blocked, by the rides that they had; a tap takes a block back."""
    blocks = (await turn.world.blocks())[:_MOST_LISTED]
    if not blocks:
        return Outcome(turn.state, (Text(turn.say("blocked-none")),))
    rows = [
        Row(
            taps.talk("unblock", one.trip_id),
            wording.moment(turn.language, wording.utc(one.trip_time), turn.zone)[:_MOST_IN_A_TITLE].rstrip(),
            wording.vehicle_name(turn.language, one.vehicle),
        )
        for one in blocks
    ]
    rows.append(Row(taps.GO_MENU, turn.say("button-menu")))
    return Outcome(turn.state, (Menu(turn.say("blocked-list"), turn.say("label-blocked"), tuple(rows)),))


async def unblock(turn: Turn) -> Outcome:
    """They may be matched again."""
    await turn.world.block("unblock", taps.number_of(turn.message.tap), blocked=False)
    return Outcome(turn.state, (Text(turn.say("unblocked")),))
