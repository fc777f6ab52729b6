"""Log lines: one JSON object each, with its trace and without what people wrote."""

import asyncio
import contextlib
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from chassis import errors, logs
from chassis.telemetry import Telemetry

PERSONAL = "Amina +250788000111"


class Lines:
    """What was logged since, as a service would print it."""

    def __init__(self) -> None:
        self._printed = io.StringIO()

    def configure(self, level: str) -> None:
        with contextlib.redirect_stdout(self._printed):
            logs.configure("test", level)

    def __call__(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._printed.getvalue().splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything from DEBUG on, until the test is over."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    printed = Lines()
    printed.configure("DEBUG")
    yield printed
    root.handlers[:] = before
    root.setLevel(level)


def test_one_line_of_json_per_event(lines: Lines) -> None:
    """Fields are keywords, and a text with line breaks stays in its line."""
    log = logs.get("services.trips")
    log.info("trip accepted", trip_id=7, late=False, seconds=0.25, ids=(1, 2))
    log.warning("two\nlines", reason="a\nb", odd="\ud800")
    log.debug("small")
    log.error("big")
    first, second, third, fourth = lines()
    assert first == {
        "time": first["time"],
        "level": "info",
        "service": "test",
        "event": "trip accepted",
        "logger": "services.trips",
        "trip_id": 7,
        "late": False,
        "seconds": 0.25,
        "ids": [1, 2],
    }
    assert first["time"].endswith("Z")
    assert (second["level"], second["reason"], second["odd"]) == ("warning", "a\nb", "\ud800")
    assert (third["level"], fourth["level"]) == ("debug", "error")


def test_fields_cannot_pretend(lines: Lines) -> None:
    """A field never replaces what the line itself says."""
    logs.get("x").info("something", service="other", level="fatal", time="never", logger="y")
    (line,) = lines()
    assert (line["service"], line["level"], line["logger"]) == ("test", "info", "x")


def test_the_line_names_its_trace(lines: Lines, traced: Telemetry) -> None:
    """Inside a span the trace id is part of the line, outside there is none."""
    with traced.span("webhook") as span:
        logs.get("x").info("inside")
        trace_id = f"{span.get_span_context().trace_id:032x}"
    logs.get("x").info("outside")
    inside, outside = lines()
    assert inside["trace_id"] == trace_id
    assert "trace_id" not in outside


def test_exceptions_are_frames_and_a_type(lines: Lines) -> None:
    """Where it went wrong is logged, what the exception says is not, whoever logs it."""

    def fail() -> None:
        try:
            raise errors.Refused(PERSONAL)
        except errors.Refused as error:
            raise ValueError(PERSONAL) from error

    try:
        fail()
    except ValueError as error:
        logs.get("ours").exception("it failed", error, step=3)
        logging.getLogger("library").exception("it failed")
    ours, library = lines()
    assert ours["step"] == 3
    for line in (ours, library):
        assert line["error"] == "ValueError"
        assert line["frames"][-1].endswith(" fail")
        assert "test_logs.py" in line["frames"][-1]
    assert PERSONAL not in json.dumps(lines())


async def test_what_the_loop_says_of_unhandled_exceptions(lines: Lines) -> None:
    """Asyncio quotes exceptions and arguments of callbacks; our lines do not."""
    loop = asyncio.get_running_loop()

    def receive(payload: str) -> None:
        raise ValueError(payload)

    async def fail() -> None:
        raise ValueError(PERSONAL)

    loop.call_soon(receive, PERSONAL)
    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    del task
    await asyncio.sleep(0)
    assert len(lines()) == 2
    assert {line["error"] for line in lines()} == {"ValueError"}
    assert {line["event"] for line in lines()} == {"unhandled exception in the event loop"}
    assert PERSONAL not in json.dumps(lines())


def test_levels(lines: Lines) -> None:
    """What is below the level is not written; access logs, which hold URLs, never are."""
    lines.configure("WARNING")
    logs.get("x").info("quiet")
    logging.getLogger("uvicorn.access").error("GET /webhooks?token=secret")
    logging.getLogger("aiohttp.access").error("GET /outbox?to=+250")
    logs.get("x").warning("loud")
    assert [line["event"] for line in lines()] == ["loud"]
