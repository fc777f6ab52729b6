"""A flood is told of, not copied into the log."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chassis import logs
from chassis.thinned import Thinned


class _Lines(logs.Log):
    """A log whose lines can be read."""

    def __init__(self) -> None:
        super().__init__("test")
        self.lines: list[dict[str, Any]] = []

    def warning(self, event: str, **fields: Any) -> None:
        self.lines.append({"event": event, **fields})


@given(st.lists(st.tuples(st.sampled_from(["signature", "overloaded"]), st.floats(0, 0.4)), max_size=120))
def test_every_warning_is_written_or_counted(flood: list[tuple[str, float]]) -> None:
    """Of each kind at most so many lines stand in a second, and with what they say was left out all are told."""
    now = 0.0
    log = _Lines()
    thinned = Thinned(log, most=3, clock=lambda: now)
    moments: dict[tuple[str, int], int] = {}
    for kind, later in flood:
        now += later
        before = len(log.lines)
        thinned.warning("refused", kind, reason=kind)
        moments[kind, int(now)] = moments.get((kind, int(now)), 0) + len(log.lines) - before
    assert all(count <= 3 for count in moments.values())
    now += 1
    for kind in ("signature", "overloaded"):
        thinned.warning("refused", kind, reason=kind)
        told = sum(1 + line.get("left_out", 0) for line in log.lines if line["reason"] == kind)
        assert told == 1 + sum(one == kind for one, _ in flood)
