"""The conversation as data: one file per flow, and this list of them. docs/flows.md has the drawing.

A new flow is a new file and one more line in FLOWS.
"""

from services.gateway.conversations.flows import (
    block,
    consent,
    drive,
    enrichments,
    erase,
    exchange,
    home,
    insurance,
    invite,
    language,
    number,
    offer,
    places,
    prices,
    quiet,
    rating,
    relay,
    ride,
    schedule,
    trip,
    wallet,
    way,
)
from services.gateway.conversations.flows.declaration import BACK, HOME, STAY, Flow, Question, Step

__all__ = ["BACK", "FLOWS", "HOME", "QUESTIONS", "STAY", "STEPS", "Flow", "Question", "Step", "after", "repeated"]

FLOWS: tuple[Flow, ...] = (
    home.FLOW,
    language.FLOW,
    ride.FLOW,
    drive.FLOW,
    offer.FLOW,
    trip.FLOW,
    schedule.FLOW,
    places.FLOW,
    enrichments.FLOW,
    wallet.FLOW,
    invite.FLOW,
    insurance.FLOW,
    number.FLOW,
    consent.FLOW,
    prices.FLOW,
    rating.FLOW,
    way.FLOW,
    erase.FLOW,
    relay.FLOW,
    exchange.FLOW,
    block.FLOW,
    quiet.FLOW,
)

QUESTIONS: dict[str, Question] = {question.name: question for flow in FLOWS for question in flow.questions}
STEPS: dict[str, Step] = {step.name: step for flow in FLOWS for step in flow.steps}


def after(step: Step, before: str) -> frozenset[str]:
    """Where a conversation may be after this step when `before` was asked, whatever version had asked it."""
    found = set(step.to) - {STAY, BACK}
    if STAY in step.to:
        found |= repeated(before)
    if BACK in step.to:
        found |= repeated(QUESTIONS[before].back if before in QUESTIONS else HOME)
    return frozenset(found)


def repeated(name: str) -> frozenset[str]:
    """What may be asked when this question is to be asked again: itself, or what it gives way to."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += QUESTIONS[one].otherwise if one in QUESTIONS else [HOME]
    return frozenset(found)
