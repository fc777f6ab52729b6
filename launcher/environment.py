"""The environment that a command sees: the process's own, completed by the checkout's .env file."""

from collections.abc import Mapping
from pathlib import Path

from chassis.settings import SettingsError

ROOT = Path(__file__).resolve().parent.parent
FILE_SETTING = "HAILWIRE_ENV_FILE"


def read(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` with what the file adds; the environment wins. HAILWIRE_ENV_FILE names another file than .env."""
    path = ROOT / environ.get(FILE_SETTING, ".env")
    if not path.is_file():
        return dict(environ)
    return {**parse(path.read_text(encoding="utf-8"), path.name), **environ}


def parse(text: str, name: str) -> dict[str, str]:
    """The settings in a file of NAME=value lines; blank lines and lines that begin with # say nothing."""
    found: dict[str, str] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        key, equals, value = bare.partition("=")
        key = key.removeprefix("export ").strip()
        if not equals or not key.isidentifier():
            problems.append(f"{name} line {number} is not NAME=value")
            continue
        value = value.strip()
        quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'"
        found[key] = value[1:-1] if quoted else value
    if problems:
        raise SettingsError(problems)
    return found
