"""Writes .env.example from the declared settings, so that it misses none: `python -m launcher.env_example`."""

from chassis.settings import Declaration
from launcher import catalogue
from launcher.environment import ROOT

PATH = ROOT / ".env.example"

_TITLES = {
    "chassis": "Every service",
    "services.gateway": "Gateway",
    "services.profile": "Profile",
    "services.trips": "Trips",
    "services.metrics": "Metrics",
    "launcher": "The hailwire command",
    "simulator": "Simulator (development and tests only)",
    "loadtest": "Load test",
}

_HEAD = """\
# Every setting of Hailwire, with its default. Copy this file to .env and remove the # of what you change; a variable of
# the environment wins over .env. `hailwire up` needs none of them. Written by `make generate`.
"""


def render() -> str:
    """The text of the file."""
    found: dict[str, dict[str, Declaration]] = {title: {} for title in _TITLES}
    seen: set[str] = set()
    rooms = list(_TITLES)
    declared_in = [
        (next(room for room in rooms if cls.__module__.startswith(room)), it) for cls, it in catalogue.every()
    ]
    for room, declared in sorted(declared_in, key=lambda pair: rooms.index(pair[0])):
        if declared.env not in seen:  # shared settings are told once, where they matter most
            seen.add(declared.env)
            found[room][declared.env] = declared
    sections = [_HEAD]
    for room, settings in found.items():
        if settings:
            entries = "\n".join(_entry(declared) for declared in settings.values())
            sections.append(f"# ---- {_TITLES[room]}\n\n{entries}")
    return "\n".join(sections)


def _entry(declared: Declaration) -> str:
    first = "" if "://" in declared.help.split()[0] else declared.help[0].upper()
    notes = [first + declared.help[len(first) :].rstrip(".") + "."]
    if declared.choices:
        notes.append(f"One of {', '.join(declared.choices)}.")
    if declared.minimum is not None and declared.maximum is not None:
        notes.append(f"{declared.minimum:g} to {declared.maximum:g}.")
    elif declared.minimum is not None:
        notes.append(f"At least {declared.minimum:g}.")
    if declared.development is not None:
        notes.append(f"Required outside development; there it is {declared.development}.")
    elif declared.required:
        notes.append("Required.")
    default = "" if declared.required or declared.default is None else declared.default
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    return f"# {' '.join(notes)}\n# {declared.env}={shown}\n"


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
