"""What is let in while the event loop comes round late, as its rules say; tests/gateway/test_strain.py is the door."""

import asyncio
import time

import uvloop
from hypothesis import given
from hypothesis import strategies as st

from chassis.settings import load
from chassis.strain import Strain, watching
from chassis.telemetry import TelemetrySettings, open_telemetry

_GOOD, _LONG = 0.01, 0.2

pauses = st.floats(0.07, 60.0)


def rounds(strain: Strain, lates: list[float]) -> None:
    """The loop comes round so late each time, one look after the other."""
    now = 0.0
    for late in lates:
        now += 0.05 + late
        strain.look(now, late)


@given(st.lists(pauses, min_size=1, max_size=20))
def test_pauses_turn_nobody_away(each: list[float]) -> None:
    """A collection of cycles or a machine that stood still is no strain, however long, with good rounds between."""
    strain = Strain()
    rounds(strain, [late for pause in each for late in (pause, _GOOD)])
    assert strain.share == 1
    assert all(strain.lets_in() for _ in range(100))


def test_what_lasts_is_a_strain() -> None:
    """Less is let in once every round of a second and a half was long, and never nothing at all."""
    strain = Strain()
    rounds(strain, [_LONG] * 4)
    assert strain.share == 1
    rounds(strain, [_LONG] * 10)
    assert 0 < strain.share < 0.5
    rounds(strain, [_LONG] * 1000)
    assert 0 < strain.share < 0.05
    assert any(strain.lets_in() for _ in range(1000))


@given(st.lists(st.sampled_from([_GOOD, _LONG]), min_size=20, max_size=200))
def test_it_ends(each: list[float]) -> None:
    """After some seconds of good rounds everything is let in again, whatever was before."""
    strain = Strain()
    rounds(strain, [_LONG] * 20 + each + [_GOOD] * 120)
    assert strain.share == 1


@given(st.integers(5, 40), st.integers(1, 500))
def test_the_share_is_what_is_let_in(long: int, asked: int) -> None:
    """Of so many that ask in a row the share gets in, to one more or less."""
    strain = Strain()
    rounds(strain, [_LONG] * long)
    let_in = sum(strain.lets_in() for _ in range(asked))
    assert abs(let_in - asked * strain.share) <= 1


def test_a_loop_that_is_late_is_seen() -> None:
    """A real loop whose rounds take long for more than a second lets in less."""

    async def busy() -> float:
        async with open_telemetry("test", load(TelemetrySettings, {})) as telemetry, watching(telemetry) as strain:
            for _ in range(12):
                _occupied(0.2)
                await asyncio.sleep(0)
            return strain.share

    assert uvloop.run(busy()) < 1


def _occupied(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
