"""A driver's answer to a request: the first to accept wins."""

from dataclasses import replace

from chassis.errors import HailwireError
from services.gateway.conversations import guidance, menus, offer_card, refusals, taps, trip_card
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import Outcome, Turn


async def accept(turn: Turn) -> Outcome:
    """Accept: the trip and its first step, or the kind truth that it went to somebody else."""
    return await _answer(turn, accept=True)


async def decline(turn: Turn) -> Outcome:
    """Decline."""
    return await _answer(turn, accept=False)


async def show_requests(turn: Turn) -> Outcome:
    """A yes that may mean something else: the requests that wait, and whatever is asked stays open."""
    offers = remembered(turn).open_offers(turn.now)
    return Outcome(turn.state, (offer_card.card(turn, turn.say("offers-waiting"), offers),))


async def _answer(turn: Turn, *, accept: bool) -> Outcome:
    offer_id = taps.number_of(turn.message.tap)
    memory = remembered(turn).answered(offer_id)
    turn = replace(turn, state=memory.keeping(turn.state))
    try:
        trip = await turn.world.answer_offer("accept" if accept else "decline", offer_id, accept)
    except HailwireError as error:
        key = refusals.words_for(error)
        if key is None:
            raise
        return await guidance.guide(turn, turn.say(key))
    if not accept:
        return await guidance.guide(turn, turn.say("declined"))
    memory = memory.on_trip(trip, turn.person.person_id)
    lead = menus.body(turn.say("accepted"), turn.say("relay-hint-passenger"))
    return Outcome(memory.home(), (trip_card.card(turn, trip, lead),))
