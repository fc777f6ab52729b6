"""What the documentation says of this checkout is true."""

import importlib
import re
import shlex
from pathlib import Path

import pytest

from chassis.settings import declarations
from launcher import catalogue, cli
from launcher.settings import UpSettings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page: Path) -> None:
    """Every link inside the checkout leads somewhere."""
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (page.parent / link).exists()] == []


def test_commands() -> None:
    """The README names every command of `hailwire`."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in cli.COMMANDS if f"`{name}" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets(page: Path) -> None:
    """Every make target that a page names exists, with a sentence of its own in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    explained = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
    named = set()
    for line in re.findall(r"(?:^|`)make ([a-z][a-z -]*)", page.read_text(encoding="utf-8"), re.MULTILINE):
        named |= set(line.split("  ")[0].split())
    assert named - explained == set()


def test_ports() -> None:
    """The addresses in the README are the default ports."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    defaults = {str(declared.default) for _, declared in declarations(UpSettings) if "PORT" in declared.env}
    assert set(re.findall(r"127\.0\.0\.1:(\d+)", text)) <= defaults


COMMAND = re.compile(r"(?:^|[ `(/])hailwire ([a-z-]+)([^`\n#]*)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_command_lines(page: Path) -> None:
    """Every `hailwire` command that a page shows exists, and the arguments in its examples are understood."""
    text = page.read_text(encoding="utf-8")
    examples = "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    quoted = "\n".join(re.findall(r"`([^`\n]*)`", text))
    assert [name for name, _ in COMMAND.findall(f"{examples}\n{quoted}") if name not in cli.COMMANDS] == []
    for name, rest in COMMAND.findall(examples):
        module = importlib.import_module(f"launcher.commands.{cli.COMMANDS[name].module}")
        assert cli.parser(name, module.configure).parse_args(shlex.split(rest)).command == name


def test_settings_of_the_readme() -> None:
    """Every setting that the README names is declared somewhere."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b((?:WA|TWILIO|SIMULATOR|HAILWIRE|LOG|PUBLIC)_[A-Z_]+)\b", text))
    assert named - {declared.env for _, declared in catalogue.every()} == set()
