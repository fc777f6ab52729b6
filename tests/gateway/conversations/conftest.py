"""In every test of this folder no handler leads where its flow does not say."""

from typing import Any

import pytest

from services.gateway.conversations import flows
from services.gateway.conversations.lazy import Lazy
from services.gateway.conversations.taps import route_of
from services.gateway.conversations.turn import Outcome
from services.gateway.messages import choices
from tests.gateway.conversations.edges import Walked

_QUESTIONS = {question.asks.replace(":", "."): question for question in flows.QUESTIONS.values()}


@pytest.fixture(autouse=True)
def walked(monkeypatch: pytest.MonkeyPatch) -> Walked:
    """The edges that the test walks, each checked against the declared ones."""
    walked = Walked()
    run = Lazy.run

    async def checked(self: "Lazy[Any]", *arguments: Any) -> Any:
        outcome = await run(self, *arguments)
        if not isinstance(outcome, Outcome):
            return outcome
        came = outcome.state.name
        shown = {route_of(tap) for reply in outcome.replies for tap in choices(reply)}
        walked.shown |= shown
        if self.name in flows.STEPS:
            step, before = flows.STEPS[self.name], arguments[0].state.name
            assert came in flows.after(step, before), f"{step.path} leads from {before} to {came}: not declared"
            walked.steps.add((step.name, before, came))
        elif self.name in _QUESTIONS:
            question = _QUESTIONS[self.name]
            assert came in flows.repeated(question.name), f"{question.asks} leads to {came}: not declared"
            walked.asked.add((question.name, came))
            if came == question.name and came != flows.HOME:
                assert shown <= set(question.offers), f"{question.name} shows {shown}"
        return outcome

    monkeypatch.setattr(Lazy, "run", checked)
    return walked
