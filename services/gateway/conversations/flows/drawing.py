"""The declared flows as a Mermaid flowchart: questions are boxes, each arrow says what leads along it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from services.gateway.conversations.flows.declaration import BACK, HOME, STAY, Flow, Question, Step

# Where words and taps are understood whatever is asked, and where whatever is asked stays asked.
_ANYWHERE, _SAME = "anywhere", "same"
_MOST_IN_A_LINE = 4


def mermaid(flows: Iterable[Flow]) -> str:
    """All flows in one drawing."""
    flows = list(flows)
    lines = ["flowchart LR", f'  {_ANYWHERE}{{{{"whatever is asked"}}}}', f'  {_SAME}(["what was asked stays asked"])']
    for flow in flows:
        boxes = [_box(question) for question in flow.questions]
        if len(boxes) == 1:
            lines.append(f"  {boxes[0]}")
        elif boxes:
            lines += [f'  subgraph {flow.name}_flow["{flow.name}"]', *(f"    {box}" for box in boxes), "  end"]
    labels: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    offered = {route for flow in flows for question in flow.questions for route in question.offers}
    for flow in flows:
        for start, arrow, end, label in _arrows(flow, flows, offered):
            if label not in labels[start, arrow, end]:
                labels[start, arrow, end].append(label)
    for (start, arrow, end), said in labels.items():
        lines.append(f'  {_id(start)} {arrow}|"{_wrapped(said)}"| {_id(end)}')
    return "\n".join(lines) + "\n"


def _box(question: Question) -> str:
    if question.lifetime is None:
        return f'{_id(question.name)}["{question.name}"]'
    minutes = int(question.lifetime.total_seconds() // 60)
    return f'{_id(question.name)}["{question.name}<br/>{minutes} min"]'


def _arrows(flow: Flow, flows: list[Flow], offered: set[str]) -> Iterator[tuple[str, str, str, str]]:
    """(from, arrow, to, label) of everything that this flow declares."""
    for step in flow.steps:
        for label in _triggers(flow, step, offered):
            yield from ((_ANYWHERE, "-->", end, label) for end in _ends(step, _SAME))
    taps = {route: step for each in flows for route, step in each.taps.items()}
    for question in flow.questions:
        asked = question.name
        for route in question.offers:
            yield from ((asked, "-->", end, f"[{route}]") for end in _ends(taps[route], asked))
        if question.answer is not None:
            yield from ((asked, "-->", end, "answer") for end in _ends(question.answer, asked))
        if asked != HOME:
            yield asked, "-->", question.back, "back"
        for instead in question.otherwise:
            yield asked, "-.->", instead, "cannot be asked again"
        if question.after_refusal:
            yield asked, "-.->", question.after_refusal, "refused"


def _triggers(flow: Flow, step: Step, offered: set[str]) -> Iterator[str]:
    """What sets a step off whatever is asked: a word (its first in English), taps and events."""
    if step in flow.words:
        yield flow.words[step][0]
    yield from (f"[{route}]" for route, tapped in flow.taps.items() if tapped == step and route not in offered)
    if step in flow.events.values():
        yield f"({step.name.partition('.')[2].replace('_', ' ')})"
    if step in flow.others:
        yield step.name.partition(".")[2].replace("_", " ")


def _ends(step: Step, same: str) -> Iterator[str]:
    # Where back leads is drawn with each question.
    return (same if to == STAY else to for to in step.to if to != BACK)


def _id(name: str) -> str:
    return name.replace(".", "_")


def _wrapped(labels: list[str]) -> str:
    rows = [labels[first : first + _MOST_IN_A_LINE] for first in range(0, len(labels), _MOST_IN_A_LINE)]
    return "<br/>".join(", ".join(row) for row in rows)
