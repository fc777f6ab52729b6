"""Percentiles are never told too short, and less than a hundredth too long."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.histogram import Histogram

durations = st.lists(st.integers(0, 3 * 10**9), min_size=1, max_size=300)


def recorded(micros: list[int]) -> Histogram:
    histogram = Histogram()
    for one in micros:
        histogram.record(one / 1e6)
    return histogram


@given(durations, st.floats(0, 1))
def test_relative_error(micros: list[int], share: float) -> None:
    """Any percentile of anything from a microsecond to an hour is at least the true one and at most 1/128 above it."""
    histogram = recorded(micros)
    true = sorted(micros)[max(1, math.ceil(share * len(micros))) - 1] / 1e6
    told = histogram.quantile(share)
    assert told is not None
    assert true - 1e-9 <= told <= true * (1 + 1 / 128) + 1e-9


@given(durations)
def test_exact_ends_and_mean(micros: list[int]) -> None:
    """Count, shortest, longest and mean are exact, and the longest is the last percentile."""
    histogram = recorded(micros)
    assert histogram.count == len(micros)
    assert histogram.least == min(micros) / 1e6
    assert histogram.most == histogram.quantile(1) == max(micros) / 1e6
    assert histogram.mean == pytest.approx(sum(micros) / len(micros) / 1e6)
    told = histogram.told()
    assert sum(count for _, count in told["up_to_us"]) == len(micros)


@given(durations, st.integers(0, 3 * 10**9))
def test_share_above(micros: list[int], limit: int) -> None:
    """Whatever took a hundredth longer than a limit is above it, whatever did not reach it is not."""
    told = recorded(micros).share_above(limit / 1e6)
    assert told is not None
    surely = sum(one > limit for one in micros) / len(micros)
    perhaps = sum(one * (1 + 1 / 128) >= limit for one in micros) / len(micros)
    assert surely <= told <= perhaps


def test_nothing_recorded_is_no_figure() -> None:
    """Without a duration there is no mean, no percentile and no share; zero would look like the best of all."""
    histogram = Histogram()
    assert histogram.mean is None
    assert histogram.quantile(0.5) is None
    assert histogram.share_above(1) is None
    assert histogram.told()["p99_ms"] is None
