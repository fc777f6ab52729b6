"""One readable line for each JSON line that a service logs, with the service's name in its colour."""

import datetime
import io
import json
from collections.abc import Callable, Iterator
from typing import Any, TextIO

_COLOURS = {"gateway": 36, "profile": 32, "trips": 35, "metrics": 94, "simulator": 33, "hailwire": 34}
_LEVEL_COLOURS = {"warning": 33, "error": 31, "critical": 31}
_NAME_WIDTH = max(map(len, _COLOURS))
_EVENT_WIDTH = 16
_WAY_WIDTH = 30  # of "drive.vehicle → drive.location"
# Fields with a place of their own, and ids that say the same as the trace at greater length.
_OWN = {"time", "level", "service", "event", "logger", "frames", "trace_id", "before", "after", "ms"}
_OWN |= {"request_id", "correlation_id"}
_USUAL = ("kind", "message")  # of a turn; events are named
_TRACE_LETTERS = 8  # enough to find a trace again among those of a day

Say = Callable[[str, str], None]  # a service, and a line of its output


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
            return f"{'':12} {self._name(service)} {text}"
        return self._record(service, record)

    def _record(self, service: str, record: dict[str, Any]) -> str:
        level = str(record.get("level", "info"))
        event = f"{record['event']:<{_EVENT_WIDTH}}"
        if level not in {"info", "debug"}:
            event = self._paint(f"{level.upper()} {event}", _LEVEL_COLOURS.get(level, 0))
        elif level == "info":
            event = self._paint(event, 1)
        details = self._paint("  ".join(_details(record)), 2)
        frames = "".join(f"\n{'':{_NAME_WIDTH + 13}}   at {frame}" for frame in record.get("frames", ()))
        return f"{_clock(record)} {self._name(service)} {event} {details}".rstrip() + frames

    def _name(self, service: str) -> str:
        return self._paint(f"{service:<{_NAME_WIDTH}}", _COLOURS.get(service.split("-", maxsplit=1)[0], 0))

    def _paint(self, text: str, code: int) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour and text else text


def _details(record: dict[str, Any]) -> Iterator[str]:
    """Where it went from and to, then the fields as they came, then how long it took, then the trace."""
    if "before" in record:
        before, after = record["before"], record.get("after", record["before"])
        yield f"{after if before == after else f'{before} → {after}':<{_WAY_WIDTH}}"
    for key, value in record.items():
        if key not in _OWN and value is not None and (key, value) != _USUAL:
            yield f"{key.removesuffix('_id')}={value}"
    if "ms" in record:
        yield f"{record['ms']} ms"
    if "trace_id" in record:
        yield f"trace={str(record['trace_id'])[:_TRACE_LETTERS]}"


def _clock(record: dict[str, Any]) -> str:
    """The time of day where the reader is."""
    try:
        moment = datetime.datetime.fromisoformat(str(record.get("time"))).astimezone()
    except ValueError:
        return f"{'':12}"
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03}"


class Readable(io.TextIOBase):
    """A service's standard output when a person looks at it: its JSON lines arrive readable."""

    def __init__(self, service: str, terminal: TextIO, pretty: Pretty) -> None:
        self._service = service
        self._terminal = terminal
        self._pretty = pretty
        self._rest = ""

    def write(self, text: str) -> int:
        """Print what has become whole lines."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._terminal.write(self._pretty.line(self._service, line) + "\n")
        return len(text)

    def flush(self) -> None:
        """Nothing is kept but an unfinished line."""
        self._terminal.flush()
