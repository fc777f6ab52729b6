"""The readable log."""

import json
import time
from collections.abc import Iterator

import pytest

from launcher.pretty import Pretty

LINE = (
    '{"time": "2026-01-02T03:04:05.678Z", "level": "warning", "service": "trips", "event": "slow", '
    '"logger": "services.trips.store", "trip_id": 7, "frames": ["store.py:3 fetch"]}'
)


@pytest.fixture
def in_kigali(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two hours ahead of the log's own clock."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "Africa/Kigali")
        time.tzset()
        yield
    time.tzset()


def plain(service: str, text: str) -> str:
    return Pretty(colour=False).line(service, text)


def test_json_line(in_kigali: None) -> None:
    """The reader's time of day, service, level, event and fields in one line; frames below."""
    assert plain("trips", LINE) == (
        "05:04:05.678 trips     WARNING slow             trip=7\n                         at store.py:3 fetch"
    )


def test_turn(in_kigali: None) -> None:
    """A turn shows where the conversation went, how long it took and the beginning of its trace."""
    turn: dict[str, object] = {
        "time": "2026-01-02T03:04:05.678Z",
        "level": "debug",
        "event": "turn done",
        "trace_id": "4bf92f35" * 4,
    }
    turn |= {
        "before": "home",
        "after": "ride.vehicle",
        "kind": "message",
        "replies": 1,
        "ms": 12,
        "request_id": "x" * 32,
    }
    assert plain("gateway", json.dumps(turn)) == (
        "05:04:05.678 gateway   turn done        home → ride.vehicle             replies=1  12 ms  trace=4bf92f35"
    )


def test_colour() -> None:
    """Colours appear only when asked for."""
    assert "\x1b[" in Pretty(colour=True).line("trips", LINE)
    assert "\x1b[" not in Pretty(colour=False).line("trips", LINE)


def test_other_lines() -> None:
    """Whatever is not a log line of ours is passed on as it is."""
    for text in ("Traceback (most recent call last):", "[1, 2]", '{"no": "event"}', "{broken", ""):
        assert plain("gateway", text) == f"{'':12} gateway   {text}"
