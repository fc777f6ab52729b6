"""Help that fits where the person is: the open question again, the trip they are on, or the menu."""

from services.gateway.conversations import menus, offer_card, routing, trip_card
from services.gateway.conversations.flows import HOME, QUESTIONS
from services.gateway.conversations.memory import remembered
from services.gateway.conversations.turn import Moment, Outcome


async def guide(moment: Moment, lead: str = "") -> Outcome:
    """Say `lead`, then repeat what is asked; when nothing is, show where the person is."""
    return await ask(moment, moment.state.name, lead)


async def ask(moment: Moment, question: str, lead: str = "") -> Outcome:
    """Ask this question with `lead` above it; one that this version does not know leads to the ground floor."""
    outcome: Outcome = await routing.ASKING[question if question in QUESTIONS else HOME].run(moment, lead)
    return outcome


async def go_back(moment: Moment) -> Outcome:
    """Ask the question before the open one."""
    question = QUESTIONS.get(moment.state.name)
    return await ask(moment, question.back if question else HOME)


async def after_refusal(moment: Moment, lead: str) -> Outcome:
    """Say why something was refused, and where to go on."""
    question = QUESTIONS.get(moment.state.name)
    return await ask(moment, (question and question.after_refusal) or moment.state.name, lead)


async def ground(moment: Moment, lead: str = "") -> Outcome:
    """Leave every question: the open trip when there is one, then requests that wait, the menu otherwise."""
    memory = remembered(moment)
    if memory.trip is not None:
        shown = await trip_card.show_open(moment, lead)
        if shown is not None:
            return shown
        moment = trip_card.forgotten(moment)
        memory = remembered(moment)
    offers = memory.open_offers(moment.now)
    if offers:
        words = menus.body(lead, moment.say("offers-waiting"))
        return Outcome(memory.home(), (offer_card.card(moment, words, offers),))
    return Outcome(memory.home(), (menus.home(moment, memory, lead),))
