"""docs/features.md is true: every row names tests, and every test that it names exists."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FEATURES = ROOT / "docs" / "features.md"
ROW = re.compile(r"^\| (?P<row>[ABCD]\d{1,2}|P\d) [^|]*\| (?P<what>[^|]+) \| (?P<tests>[^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def rows() -> list[tuple[str, str]]:
    return [(match["row"], match["tests"]) for match in ROW.finditer(FEATURES.read_text(encoding="utf-8"))]


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test_")}


def test_every_row_names_tests() -> None:
    """A feature that is listed names at least one test that proves it."""
    found = rows()
    assert len(found) >= 15
    assert [row for row, tests in found if not TEST.search(tests)] == []


def test_every_named_test_exists() -> None:
    """A test that is named can be found under its name."""
    missing = []
    for row, tests in rows():
        for path, name in TEST.findall(tests):
            file = ROOT / path
            if not file.is_file() or (name and name not in functions(file)) or not functions(file):
                missing.append(f"{row}: {path}::{name}")
    assert missing == []
