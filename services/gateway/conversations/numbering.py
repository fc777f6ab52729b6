"""Which tap a typed number or title stands for: of what was offered last, and of the list that is open."""

import re
from dataclasses import replace

from services.gateway.conversations.flows import HOME, QUESTIONS
from services.gateway.conversations.memory import Memory, remembered
from services.gateway.conversations.places import folded
from services.gateway.conversations.turn import Outcome, Turn
from services.gateway.messages import Buttons, LocationRequest, Menu, Text

# "2", "2.", "#2", "(2)".
_CHOICE = re.compile(r"\W{0,3}(\d{1,2})\W{0,3}", re.ASCII)
# Numbers that may be open at once; the pattern above reads two digits.
_MOST_NUMBERS = 30


def typed(turn: Turn, words: str) -> str:
    """The tap that a typed number or title stands for; empty when it is none of those offered last."""
    choices = remembered(turn).choices
    number = _CHOICE.fullmatch(turn.message.text.strip())
    if number is not None and QUESTIONS[turn.state.name].numbers:
        return ""
    if number is not None and 1 <= int(number[1]) <= len(choices):
        return choices[int(number[1]) - 1][0]
    meant = [tap for tap, title in choices if words and folded(title) == words]
    return meant[0] if len(meant) == 1 else ""


def numbered_on(listed: tuple[tuple[str, str], ...], outcome: Outcome) -> Outcome:
    """What an event offers, numbered on from the list that is open: a number typed for that one still means it."""
    added = _choices(outcome)
    if not added or len(listed) + len(added) > _MOST_NUMBERS:
        return offered(outcome.state.name, outcome)
    replies = tuple(
        replace(reply, first=len(listed) + 1) if isinstance(reply, Buttons | Menu) else reply
        for reply in outcome.replies
    )
    memory = replace(Memory.of(outcome.state), choices=(*listed, *added))
    return replace(outcome, replies=replies, state=memory.keeping(outcome.state))


def offered(before: str, outcome: Outcome) -> Outcome:
    """Remember what was offered last, so that a typed number or title finds its tap; `before` was asked until now."""
    choices = _choices(outcome)
    if choices is None and outcome.state.name not in {HOME, before}:
        # Another question, to be answered in words: numbers of an older list mean nothing to it.
        choices = ()
    if choices is None:
        return outcome
    memory = replace(Memory.of(outcome.state), choices=choices)
    return replace(outcome, state=memory.keeping(outcome.state))


def _choices(outcome: Outcome) -> tuple[tuple[str, str], ...] | None:
    """What the last reply that says anything about choices offers; None when none does."""
    choices: tuple[tuple[str, str], ...] | None = None
    for reply in outcome.replies:
        match reply:
            case Buttons(buttons=buttons):
                choices = tuple((button.id, button.title) for button in buttons)
            case Menu(rows=rows):
                choices = tuple((row.id, row.title) for row in rows)
            case LocationRequest():
                # A number typed now is no choice of an earlier question.
                choices = ()
            case Text():
                pass
    return choices
