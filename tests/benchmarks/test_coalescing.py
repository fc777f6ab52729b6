"""The coalescing table: batches grow with the load, and the figures are of real calls."""

from pathlib import Path

import pytest

from benchmarks import coalescing
from benchmarks.coalescing import CoalescingSize, Seen
from launcher import embedded


@pytest.mark.drill
@pytest.mark.timeout(300)
async def test_batches_grow_with_the_load(reachable_folder: Path) -> None:
    """A lone caller travels alone, many travel together, one by one nobody does; each load has its figures."""
    told: list[str] = []
    with embedded.cluster(reachable_folder) as cluster:
        size = CoalescingSize(rounds=1, seconds=0.3)
        measured, judged = await coalescing.measure(size, cluster, reachable_folder, told.append)
    loads = {one["load"]: one for one in measured["loads"]}
    assert loads["1 in flight"]["batch_mean"] == loads["1 in flight"]["batch_p99"] == 1
    assert loads["64 in flight, one by one"]["batch_p99"] == 1
    assert 1 < loads["16 in flight"]["batch_mean"] <= 16
    assert loads["16 in flight"]["batch_mean"] < loads["256 in flight"]["batch_mean"] <= 64
    for one in (*loads.values(), *measured["tuning"]):
        assert one["per_second"] > 0
        assert 0 < one["p50_ms"] <= one["p99_ms"]
    assert [share for share in loads if "at a rate" in share] == [
        f"{share}% of the most, at a rate" for share in (10, 25, 50, 80)
    ]
    assert len(measured["tuning"]) == 2 * len(coalescing.IN_FLIGHT)
    assert len(told) == len(loads) + len(measured["tuning"])
    gain, cost = judged
    assert (gain.unit, gain.at_most, cost.unit, cost.at_most) == ("times", False, "times", True)
    assert gain.value > 1


def test_a_load_is_told_with_its_batches() -> None:
    """The mean and the size that 99 of 100 batches do not exceed; the median round; all latencies together."""
    seen = Seen("many", per_second=[10, 30, 20])
    seen.sizes.update({1: 98, 8: 1, 64: 1})
    for milliseconds in (1, 1, 5):
        seen.latency.record(milliseconds / 1000)
    assert seen.told() == {
        "load": "many",
        "per_second": 20,
        "batch_mean": 1.7,
        "batch_p99": 8,
        "p50_ms": pytest.approx(1, rel=0.01),
        "p99_ms": pytest.approx(5, rel=0.01),
    }


def test_the_ratios_are_round_by_round() -> None:
    """What many gain and what somebody alone pays, each with the ratio of every round."""
    loads = {
        "64 in flight": Seen("", per_second=[100, 90]),
        "64 in flight, one by one": Seen("", per_second=[20, 30]),
        "1 in flight": Seen("", p50_ms=[1.1, 1.2]),
        "1 in flight, one by one": Seen("", p50_ms=[1.0, 1.0]),
    }
    gain, cost = coalescing.figures(loads)
    assert gain.rounds == (5.0, 3.0)
    assert cost.rounds == (1.1, 1.2)
    assert cost.at_most
