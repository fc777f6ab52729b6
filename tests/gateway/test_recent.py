"""The set of recent keys: bounded in number and time, and never wrong about what it was told."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.settings import load
from chassis.telemetry import Telemetry, TelemetrySettings, open_telemetry
from services.gateway.recent import RecentKeys


class Clock:
    """The test's own."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def telemetry() -> AsyncIterator[Telemetry]:
    async with open_telemetry("gateway", load(TelemetrySettings, {})) as telemetry:
        yield telemetry


def read(telemetry: Telemetry, name: str, **labels: str) -> float:
    """A number of the window."""
    (instrument,) = [one for one in telemetry.instruments if one.name == f"hailwire_dedup_window_{name}"]
    return sum(value for value, found in instrument.read() if found == labels)


def keys(first: int, count: int) -> list[bytes]:
    return [number.to_bytes(16, "big") for number in range(first, first + count)]


async def test_each_key_has_its_time(telemetry: Telemetry) -> None:
    """A key is known for its seconds from its first storing, however often it is stored again."""
    clock = Clock()
    recent = RecentKeys(telemetry, seconds=30, clock=clock)
    recent.remember(keys(1, 1))
    clock.now = 20
    recent.remember(keys(1, 2))
    clock.now = 29.9
    assert recent.know(keys(1, 2))
    clock.now = 30
    assert not recent.know(keys(1, 1))
    assert recent.know(keys(2, 1))
    clock.now = 50
    assert read(telemetry, "keys") == 0
    assert (read(telemetry, "lookups_total", result="hit"), read(telemetry, "lookups_total", result="miss")) == (3, 1)


async def test_a_flood_does_not_fill_the_memory(telemetry: Telemetry) -> None:
    """There are never more keys than the bound; the oldest go first and are counted."""
    recent = RecentKeys(telemetry, seconds=30, most=1000, clock=Clock())
    for first in range(0, 100_000, 10):
        recent.remember(keys(first, 10))
    assert read(telemetry, "keys") == 1000
    assert read(telemetry, "evictions_total") == 99_000
    assert recent.know(keys(99_000, 1000))
    assert not recent.know(keys(98_999, 1))
    recent.remember(keys(200_000, 5000))  # more than there is room for in one webhook
    assert read(telemetry, "keys") <= 1000


@given(
    st.lists(
        st.tuples(st.sampled_from(["remember", "know"]), st.lists(st.integers(0, 9), min_size=1), st.integers(0, 20))
    )
)
def test_it_never_knows_what_it_was_not_told(course: list[tuple[str, list[int], int]]) -> None:
    """Whatever comes in whatever order, what it knows was remembered less than its seconds ago, and all of it."""
    clock = Clock()
    recent = RecentKeys(_Silent(), seconds=30, most=6, clock=clock)  # type: ignore[arg-type]
    told: dict[int, float] = {}
    for what, numbers, passes in course:
        clock.now += passes
        asked = [number.to_bytes(16, "big") for number in numbers]
        if what == "remember":
            recent.remember(asked)
            told |= dict.fromkeys(numbers, clock.now)
        elif recent.know(asked):
            assert all(number in told and clock.now - told[number] < 30 for number in numbers)
    assert recent._held() <= 6


class _Silent:
    """Telemetry that nobody reads."""

    def tally(self, *_: object) -> None: ...

    def gauge(self, *_: object) -> None: ...
