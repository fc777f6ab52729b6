"""What the short pages say of settings, metrics and targets is what the code has."""

import re

import pytest

from launcher import catalogue
from tests.docs.shell import PAGES, ROOT

REFERENCE = PAGES["docs/performance-reference.md"].read_text(encoding="utf-8")
LOAD_TEST = PAGES["docs/loadtest.md"].read_text(encoding="utf-8")


def test_defaults() -> None:
    """Each setting of the quick reference has the default that stands there."""
    shown = dict(re.findall(r"^\| `([A-Z_]+)` \| (\d+) \|", REFERENCE, re.MULTILINE))
    assert len(shown) > 5
    declared = {one.env: one.default for _, one in catalogue.every()}
    assert shown == {name: str(declared[name]) for name in shown}


@pytest.mark.parametrize("page", ["docs/performance-reference.md", "docs/deployment-checklist.md", "docs/loadtest.md"])
def test_settings_exist(page: str) -> None:
    """Each setting that a page names is declared somewhere."""
    text = PAGES[page].read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", text))
    assert named - {declared.env for _, declared in catalogue.every()} == set()


@pytest.mark.parametrize("page", ["docs/performance-reference.md", "docs/loadtest.md"])
def test_metrics_exist(page: str) -> None:
    """Each metric that a page names is in the list of all."""
    listed = PAGES["docs/metrics.md"].read_text(encoding="utf-8")
    named = set(re.findall(r"\b(hailwire_[a-z_]+)\b", PAGES[page].read_text(encoding="utf-8")))
    assert named
    assert [name for name in named if f"| `{name}` |" not in listed] == []


def test_every_target_of_the_load_test_is_explained() -> None:
    """Whoever misses one finds it in the table, and the table has no others; Meta's are in words of their own."""
    source = (ROOT / "loadtest" / "targets.py").read_text(encoding="utf-8")
    named = re.findall(r"(?:Target|_largest)\(\s*\"([^\"]+)\"", source)
    targets = [name for name in named if not name.startswith("Meta: ")]
    assert len(targets) > 15
    explained = [
        name
        for row in re.findall(r"^\| (`[^|]+) \|", LOAD_TEST, re.MULTILINE)
        for name in re.findall(r"`([^`]+)`", row)
    ]
    assert [target for target in targets if not any(target.startswith(name) for name in explained)] == []
    assert [name for name in explained if not any(target.startswith(name) for target in targets)] == []
