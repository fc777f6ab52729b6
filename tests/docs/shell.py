"""The commands in the documentation: each line of a fenced block that a shell would run."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = {str(page.relative_to(ROOT)): page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}

# What a block may say that it is: commands, or else a drawing or what a program prints.
COMMANDS, SHOWN = "sh", frozenset({"mermaid", "text"})

_BLOCK = re.compile(r"^ *```(.*)\n((?:.*\n)*?) *```$", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|\s+)# .*$")


def blocks(page: Path) -> list[tuple[str, str]]:
    """(what it is, content) of each fenced block."""
    return _BLOCK.findall(page.read_text(encoding="utf-8"))


def commands(page: Path) -> list[str]:
    """In their order, without comments, each on one line."""
    lines = [
        _COMMENT.sub("", line).strip()
        for kind, block in blocks(page)
        if kind not in SHOWN
        for line in re.sub(r"\s*\\\n\s*", " ", block).splitlines()
    ]
    return [line for line in lines if line]


def here(command: str, places: dict[str, str], programs: Path) -> str:
    """The same with other addresses, by the port that the documentation names, and with our programs of this folder."""

    def moved(found: re.Match[str]) -> str:
        return f"{found[1]}:{places[found[2]]}"

    return re.sub(r"(127\.0\.0\.1|localhost):(\d+)", moved, command).replace(".venv/bin/", f"{programs}/")
