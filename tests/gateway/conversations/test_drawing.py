"""The drawing of the conversation is what is declared, and the page shows it."""

import re
from pathlib import Path

import pytest

from launcher import cli
from launcher.failure import ExitCode
from services.gateway.conversations.flows import FLOWS, QUESTIONS
from services.gateway.conversations.flows.drawing import mermaid

PAGE = Path(__file__).resolve().parents[3] / "docs" / "flows.md"


def test_the_page_shows_the_declared_flows(capsys: pytest.CaptureFixture[str]) -> None:
    """docs/flows.md holds what `hailwire flows` prints."""
    assert cli.main(["flows", "--format", "mermaid"]) == ExitCode.DONE
    printed = capsys.readouterr().out
    shown = re.search(r"```mermaid\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert shown is not None
    assert shown[1] == printed, "put the output of `hailwire flows` into docs/flows.md"


def test_nothing_that_is_declared_is_left_out() -> None:
    """Every question has its box, every tap, first word and event its label, and every arrow two ends that exist."""
    drawing = mermaid(FLOWS)
    for name in QUESTIONS:
        assert f'"{name}' in drawing
    for flow in FLOWS:
        for route in flow.taps:
            assert f"[{route}]" in drawing
        for step, words in flow.words.items():
            if step.name != "home.go_back":
                assert words[0] in drawing
        for step in flow.events.values():
            assert step.name.partition(".")[2].replace("_", " ") in drawing
    boxes = set(re.findall(r"^\s+(\w+)[\[({]", drawing, re.MULTILINE))
    for start, end in re.findall(r"^\s+(\w+) -\S*\|.*\| (\w+)$", drawing, re.MULTILINE):
        assert {start, end} <= boxes
