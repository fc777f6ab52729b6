"""One JSON line per thing that happened, with the trace it belongs to and without personal data.

Fields are keywords: `log.info("trip accepted", trip_id=7)`. A field is a number, a bool, an id or a word from a fixed
set; whoever logs a name, a number or a text breaks a promise, and a test looks for it.
"""

import datetime
import json
import logging
import sys
import traceback
from typing import Any

from opentelemetry import trace

from chassis import request_ids

_OURS = ("chassis", "services", "simulator")


class Log:
    """A logger whose fields are keywords."""

    __slots__ = ("_logger",)

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    @property
    def detailed(self) -> bool:
        """Whether debug() writes anything; ask first where a line takes work to put together."""
        return self._logger.isEnabledFor(logging.DEBUG)

    def debug(self, event: str, **fields: Any) -> None:
        """What became of each message, reply and trip: for whoever watches; too much for a busy production."""
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """What an operator may want to know later."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Something went wrong and was dealt with."""
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Something went wrong and somebody should look."""
        self._write(logging.ERROR, event, fields)

    def exception(self, event: str, error: BaseException, **fields: Any) -> None:
        """An error of our own with its traceback: frames only, because exception texts can quote what people wrote."""
        self._write(logging.ERROR, event, {**fields, "error": type(error).__name__, "frames": frames(error)})

    def _write(self, level: int, event: str, fields: dict[str, Any]) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={"fields": fields})


def get(name: str) -> Log:
    """The logger of a module: `log = logs.get(__name__)`."""
    return Log(name)


def frames(error: BaseException) -> list[str]:
    """Where an error came from, innermost last, as "file:line function"; no values and no exception text."""
    stack = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rsplit('/', 3)[-1]}:{frame.lineno} {frame.name}" for frame in stack[-12:]]


def _event(record: logging.LogRecord) -> str:
    if record.name == "asyncio" and record.exc_info:
        # Its message quotes the arguments of callbacks and the repr of the exception.
        return "unhandled exception in the event loop"
    return record.getMessage().split("\n", 1)[0]


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Records of libraries keep a line of their message; exception texts never leave (they may quote data)."""
        moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        line: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "service": self._service,
            "event": _event(record),
            "logger": record.name,
        }
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            line["trace_id"] = f"{context.trace_id:032x}"
        ids = request_ids.current.get()
        if ids is not None:
            line["request_id"] = ids.request_id
            if ids.correlation_id != ids.request_id:
                line["correlation_id"] = ids.correlation_id
        line.update(item for item in getattr(record, "fields", {}).items() if item[0] not in line)
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["frames"] = frames(record.exc_info[1])
        return json.dumps(line, default=str)


def configure(service: str, level: str = "INFO") -> None:
    """Send everything that is logged in this process to standard output as JSON lines."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Only our own code tells details: those of libraries can quote what they were given.
    root.setLevel("INFO" if level == "DEBUG" else level)
    for ours in _OURS:
        logging.getLogger(ours).setLevel(level)
    # Access logs would hold URLs, and with them tokens and numbers; libraries tell at most warnings.
    for noisy in ("uvicorn.access", "httpx", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    for quiet in ("uvicorn", "uvicorn.error", "asyncio", "grpc"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
