"""Percentiles from joined buckets: as exact as the buckets are, and never outside them."""

import math
from bisect import bisect_left
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.instruments import BOUNDS
from services.metrics.percentiles import Durations, durations, joined
from services.metrics.reading import Numbers, Series

SECONDS = st.lists(st.floats(0, 100, allow_subnormal=False), min_size=1, max_size=200)


def counted(seconds: list[float]) -> Durations:
    counts = [0] * (len(BOUNDS) + 1)
    for one in seconds:
        counts[bisect_left(BOUNDS, one)] += 1
    buckets = dict(zip([*BOUNDS, math.inf], map(float, accumulate(counts)), strict=True))
    return Durations(float(len(seconds)), sum(seconds), buckets)


@given(SECONDS, st.sampled_from([0.01, 0.5, 0.9, 0.99, 1.0]))
def test_in_the_right_bucket(seconds: list[float], share: float) -> None:
    """A percentile lies in the bucket of the true one; beyond the last bound it is that bound."""
    true = sorted(seconds)[max(0, math.ceil(share * len(seconds)) - 1)]
    place = bisect_left(BOUNDS, true)
    lower = BOUNDS[place - 1] if place else 0.0
    upper = BOUNDS[place] if place < len(BOUNDS) else BOUNDS[-1]
    found = counted(seconds).quantile(share)
    assert found is not None
    assert min(lower, upper) - 1e-12 <= found <= upper + 1e-12


@given(SECONDS)
def test_they_ascend(seconds: list[float]) -> None:
    """p50 is at most p90, p90 at most p99."""
    one = counted(seconds)
    quantiles = [one.quantile(share) or 0.0 for share in (0.5, 0.9, 0.99)]
    assert quantiles == sorted(quantiles)


@given(SECONDS, SECONDS)
def test_joined_is_as_if_one_had_counted(left: list[float], right: list[float]) -> None:
    """Two processes joined have the percentiles of one that did the work of both."""
    both, one = joined([counted(left), counted(right)]), counted([*left, *right])
    assert both.buckets == one.buckets
    assert both.seconds == pytest.approx(one.seconds)
    assert both.quantile(0.9) == one.quantile(0.9)


def test_no_durations() -> None:
    """Without any there is no percentile and no mean, rather than zero."""
    assert Durations().told() == {"count": 0.0, "mean_ms": None, "p50_ms": None, "p90_ms": None, "p99_ms": None}
    assert counted([]).quantile(0.5) is None


def test_from_samples() -> None:
    """The samples of a histogram are told apart by their labels, and those of others left out."""
    numbers: Numbers = {}
    for kind, times in (("message", 2.0), ("event", 3.0)):
        for le, share in (("0.5", 0.5), ("+Inf", 1.0)):
            numbers[Series("turn_seconds", "turn_seconds_bucket", (("kind", kind), ("le", le)))] = times * share
        numbers[Series("turn_seconds", "turn_seconds_count", (("kind", kind),))] = times
        numbers[Series("turn_seconds", "turn_seconds_sum", (("kind", kind),))] = times * 0.1
    numbers[Series("turns_total", "turns_total", ())] = 9.0
    found = durations(numbers, "turn_seconds")
    assert {labels[0][1]: (one.count, round(one.seconds, 6)) for labels, one in found.items()} == {
        "message": (2.0, 0.2),
        "event": (3.0, 0.3),
    }
    assert found[("kind", "message"),].buckets == {0.5: 1.0, math.inf: 2.0}
