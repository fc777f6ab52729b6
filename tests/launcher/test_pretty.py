"""The readable log."""

from launcher.pretty import Pretty

LINE = (
    '{"time": "2026-01-02T03:04:05.678Z", "level": "warning", "service": "trips", "event": "slow", '
    '"logger": "services.trips.store", "trip_id": 7, "frames": ["store.py:3 fetch"]}'
)


def test_json_line() -> None:
    """Service, time, level, event and fields in one line; frames below."""
    assert Pretty(colour=False).line("trips", LINE) == (
        "trips     03:04:05.678 WARNING slow  trip_id=7\n            at store.py:3 fetch"
    )


def test_colour() -> None:
    """Colours appear only when asked for."""
    assert "\x1b[" in Pretty(colour=True).line("trips", LINE)
    assert "\x1b[" not in Pretty(colour=False).line("trips", LINE)


def test_other_lines() -> None:
    """Whatever is not a log line of ours is passed on as it is."""
    for text in ("Traceback (most recent call last):", "[1, 2]", '{"no": "event"}', "{broken", ""):
        assert Pretty(colour=False).line("gateway", text) == f"gateway   {text}"
