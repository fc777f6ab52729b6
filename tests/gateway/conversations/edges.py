"""The edges of the conversation's machine: those that are declared and those that a test has walked."""

from dataclasses import dataclass, field

from services.gateway.conversations.flows import BACK, HOME, QUESTIONS, STAY, STEPS


@dataclass
class Walked:
    """(step, question before, question after), and (question that was to be asked, question that was)."""

    steps: set[tuple[str, str, str]] = field(default_factory=set)
    asked: set[tuple[str, str]] = field(default_factory=set)
    # The routes of all buttons and rows that were shown.
    shown: set[str] = field(default_factory=set)

    def covers(self, edge: tuple[str, str]) -> bool:
        """Whether this edge was walked in a way that cannot be taken for another one of the same step."""
        name, to = edge
        if name in QUESTIONS:
            return edge in self.asked
        ways = [(before, after) for step, before, after in self.steps if step == name]
        if to == STAY:
            return any(before == after != HOME for before, after in ways)
        if to == BACK:
            return any(before != HOME and QUESTIONS[before].back == after for before, after in ways)
        stays = STAY in STEPS[name].to
        return any(after == to and not (stays and before == after) for before, after in ways)


def declared() -> set[tuple[str, str]]:
    """(step, where it leads) of every step; (question, what it gives way to) of every question."""
    steps = {(step.name, to) for step in STEPS.values() for to in step.to}
    return steps | {(question.name, to) for question in QUESTIONS.values() for to in question.otherwise}
