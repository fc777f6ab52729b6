"""What one process said of itself at one moment, as plain values."""

from collections.abc import Mapping
from typing import NamedTuple

from chassis.records import record
from hailwire.ops.v1 import ops_pb2

COUNTER = ops_pb2.METRIC_KIND_COUNTER
GAUGE = ops_pb2.METRIC_KIND_GAUGE
SHARED_GAUGE = ops_pb2.METRIC_KIND_SHARED_GAUGE
HISTOGRAM = ops_pb2.METRIC_KIND_HISTOGRAM

WORDS: dict[int, str] = {COUNTER: "counter", GAUGE: "gauge", SHARED_GAUGE: "gauge", HISTOGRAM: "histogram"}

Labels = tuple[tuple[str, str], ...]


class Series(NamedTuple):
    """One number that a process tells: the metric it belongs to, its own name and its labels in order."""

    metric: str
    name: str
    labels: Labels

    @property
    def label(self) -> dict[str, str]:
        """The labels by name."""
        return dict(self.labels)


Numbers = dict[Series, float]


@record
class Metric:
    """What a metric is."""

    name: str
    kind: int
    help: str

    @property
    def cumulative(self) -> bool:
        """Whether it only grows while its process lives."""
        return self.kind in {COUNTER, HISTOGRAM}


@record
class Reading:
    """Every number of one process."""

    service: str
    instance_id: str
    started_at: float
    metrics: dict[str, Metric]
    numbers: Numbers

    @property
    def cumulative(self) -> Numbers:
        """Counters and histograms."""
        growing = {name for name, metric in self.metrics.items() if metric.cumulative}
        return {series: value for series, value in self.numbers.items() if series.metric in growing}

    @property
    def momentary(self) -> Numbers:
        """Gauges."""
        growing = {name for name, metric in self.metrics.items() if metric.cumulative}
        return {series: value for series, value in self.numbers.items() if series.metric not in growing}


def read(response: ops_pb2.GetPerformanceResponse) -> Reading:
    """The reading behind an answer; histograms as Prometheus tells them, in cumulative buckets."""
    numbers: Numbers = {
        Series(sample.name, sample.name, labels_of(sample.labels)): sample.value for sample in response.samples
    }
    bounds = {one.name: [*map(str, one.bounds), "+Inf"] for one in response.metrics}
    for one in response.histograms:
        labels = labels_of(one.labels)
        name, upto = one.name, 0
        # Of one length unless the process does not keep the contract.
        for bound, count in zip(bounds.get(name, ()), one.counts, strict=False):
            upto += count
            numbers[Series(name, f"{name}_bucket", (*labels, ("le", bound)))] = upto
        numbers[Series(name, f"{name}_count", labels)] = upto
        numbers[Series(name, f"{name}_sum", labels)] = one.seconds
    return Reading(
        service=response.service,
        instance_id=response.instance_id,
        started_at=response.start_time.ToMilliseconds() / 1000,
        metrics={one.name: Metric(one.name, one.kind, one.help) for one in response.metrics},
        numbers=numbers,
    )


def labels_of(labels: Mapping[str, str]) -> Labels:
    """Labels in order."""
    return tuple(sorted(labels.items()))
