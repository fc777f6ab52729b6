"""`delete me`: everything that is known of a person is erased, once they have said twice that they want it."""

from decimal import Decimal

from services.gateway.conversations import menus, taps, trip_card, wording
from services.gateway.conversations.flows.erase import ERASE
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import Moment, Outcome, State, Turn
from services.gateway.messages import Button, Buttons, Text


async def begin(turn: Turn) -> Outcome:
    """`delete me`: what it means, and the question."""
    return await ask(turn)


async def ask(moment: Moment, lead: str = "") -> Outcome:
    """Ask, again."""
    question = Buttons(
        menus.body(lead, moment.say("erase-question")),
        (
            Button("erase:confirm", moment.say("button-erase")),
            Button(taps.GO_MENU, moment.say("button-erase-not")),
        ),
    )
    return Outcome(remembered(moment).asking(ERASE, moment.now), (question,))


async def answer(turn: Turn) -> Outcome:
    """Whatever else is said: only the button is a yes."""
    return await ask(turn, turn.say("choose-first"))


async def confirm(turn: Turn) -> Outcome:
    """The button; it counts only while the question is open, and while nobody is on the way to them or with them."""
    if turn.state.name != ERASE:
        return await ask(turn)
    # Fresh: what is decided by it cannot be taken back.
    on_trip = await trip_card.show_open(turn, turn.say("erase-on-trip"), fresh=True)
    if on_trip is not None:
        return on_trip
    wallet = await turn.world.wallet()
    if Decimal(wallet.balance.amount) > 0:
        # Nobody could be given it any more.
        balance = wording.money(turn.language, wallet.balance)
        return Outcome(remembered(turn).home(), (Text(turn.say("erase-money", balance=balance)),))
    return Outcome(State(), (Text(turn.say("erased")),), erase=True)
