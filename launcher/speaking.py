"""What the `hailwire` command says while it runs: readable on a terminal, JSON lines when somebody pipes it."""

import contextlib
import datetime
import json
from collections.abc import Callable, Mapping
from typing import TextIO

from launcher.pretty import Pretty


class Voice:
    """Prints the lines of every service and its own; whoever reads them may leave, the mesh stays."""

    def __init__(self, output: TextIO, environ: Mapping[str, str], *, log_format: str = "auto") -> None:
        """`log_format` is auto, text or json; auto looks at whether the output is a terminal."""
        self._output = output
        self._pretty = pretty_for(output, environ) if is_text(output, log_format) else None

    def say(self, service: str, line: str) -> None:
        """Print one line of a service's output."""
        if service == "hailwire" or self._pretty is None:
            line = line if _is_record(line) else _record(service, line)
        self._print(line if self._pretty is None else self._pretty.line(service, line))

    def tell(self, event: str, **fields: object) -> None:
        """Print a line of the command's own."""
        self.say("hailwire", _record("hailwire", event, **fields))

    def show(self, text: Callable[[], str], event: str, **fields: object) -> None:
        """Print several lines for a person, or one record for a program."""
        if self._pretty is not None:
            self._print(text())
        else:
            self.tell(event, **fields)

    def _print(self, text: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            print(text, file=self._output, flush=True)


def pretty_for(output: TextIO, environ: Mapping[str, str]) -> Pretty:
    """In colour on a terminal, unless NO_COLOR says otherwise (https://no-color.org)."""
    return Pretty(colour=output.isatty() and not environ.get("NO_COLOR"))


def is_text(output: TextIO, log_format: str) -> bool:
    """Whether a person reads it."""
    return output.isatty() if log_format == "auto" else log_format == "text"


def _is_record(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _record(service: str, event: str, **fields: object) -> str:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": now, "level": "info", "service": service, "event": event, **fields})
