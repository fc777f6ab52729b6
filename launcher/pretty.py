"""One readable line for each JSON line that a service logs, with the service's name in its colour."""

import json
from typing import Any

_COLOURS = {"gateway": 36, "profile": 32, "trips": 35, "simulator": 33, "hailwire": 34}
_LEVEL_COLOURS = {"warning": 33, "error": 31, "critical": 31}
_NAME_WIDTH = max(map(len, _COLOURS))
_OWN = {"time", "level", "service", "event", "logger", "frames"}


class Pretty:
    """Words log lines for a terminal (`colour`) or a file."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def line(self, service: str, text: str) -> str:
        """What to print for one line of a service's output; a line that is not JSON stays as it is."""
        try:
            record = json.loads(text)
        except ValueError:
            record = None
        if not isinstance(record, dict) or "event" not in record:
            return f"{self._name(service)} {text}"
        return f"{self._name(service)} {self._record(record)}"

    def _record(self, record: dict[str, Any]) -> str:
        clock = str(record.get("time", ""))[11:23]
        level = str(record.get("level", "info"))
        mark = "" if level in {"info", "debug"} else self._paint(level.upper(), _LEVEL_COLOURS.get(level, 0)) + " "
        details = " ".join(f"{key}={value}" for key, value in record.items() if key not in _OWN)
        frames = "".join(f"\n{'':{_NAME_WIDTH}}   at {frame}" for frame in record.get("frames", ()))
        return f"{clock} {mark}{record['event']}{'  ' if details else ''}{self._paint(details, 2)}{frames}"

    def _name(self, service: str) -> str:
        return self._paint(f"{service:<{_NAME_WIDTH}}", _COLOURS.get(service.split("-", maxsplit=1)[0], 0))

    def _paint(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour and text else text
