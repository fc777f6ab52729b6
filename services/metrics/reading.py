"""What one process said of itself at one moment, as plain values."""

from dataclasses import dataclass
from typing import NamedTuple

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


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric is."""

    name: str
    kind: int
    help: str

    @property
    def cumulative(self) -> bool:
        """Whether it only grows while its process lives."""
        return self.kind in {COUNTER, HISTOGRAM}


@dataclass(frozen=True, slots=True)
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
    """The reading behind an answer; samples of no metric (of another version) are left out."""
    metrics = {one.name: Metric(one.name, one.kind, one.help) for one in response.metrics}
    numbers = {
        Series(sample.metric, sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for sample in response.samples
        if sample.metric in metrics
    }
    return Reading(
        service=response.service,
        instance_id=response.instance_id,
        started_at=response.start_time.ToMilliseconds() / 1000,
        metrics=metrics,
        numbers=numbers,
    )
