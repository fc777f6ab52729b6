"""The Prometheus page of a process: OpenTelemetry's observable instruments over our counters and gauges.

Slow to import, and nobody scrapes a process that does not serve yet: imported when the page is first wanted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from chassis.instruments import BOUNDS, Histogram, Instrument, Kind, Read


class Page:
    """What is scraped. `registry` is prometheus_client's, a new one for each process of a test."""

    def __init__(self, resource: Mapping[str, str], histograms: Callable[[], Iterable[Histogram]]) -> None:
        self.registry = CollectorRegistry()
        reader = PrometheusMetricReader(disable_target_info=True, scope_info_enabled=False, registry=self.registry)
        self._meters = MeterProvider([reader], resource=Resource.create(resource))
        self._meter = self._meters.get_meter("hailwire")
        self._shown = 0
        self.registry.register(_Histograms(histograms))

    def show(self, instruments: Sequence[Instrument]) -> None:
        """Show all of these; those of an earlier call are there already and come first."""
        for one in instruments[self._shown :]:
            read = [_observed(one.read)]
            if one.kind is Kind.COUNTER:
                # The exporter puts its "_total" back.
                self._meter.create_observable_counter(one.name.removesuffix("_total"), read, description=one.help)
            else:
                self._meter.create_observable_gauge(one.name, read, description=one.help)
        self._shown = len(instruments)

    def close(self) -> None:
        """No more scrapes."""
        self._meters.shutdown()


def _observed(read: Read) -> Callable[[CallbackOptions], Iterable[Observation]]:
    """The same as OpenTelemetry wants it."""
    return lambda _options: [Observation(value, labels) for value, labels in read()]


class _Histograms(Collector):
    """Durations as the Prometheus page shows them."""

    def __init__(self, histograms: Callable[[], Iterable[Histogram]]) -> None:
        self._histograms = histograms

    def collect(self) -> Iterator[Metric]:
        """Called for each scrape."""
        bounds = [*map(str, BOUNDS), "+Inf"]
        for histogram in list(self._histograms()):
            by_names: dict[tuple[str, ...], HistogramMetricFamily] = {}
            for labels, durations in histogram.read():
                names = tuple(labels)
                if names not in by_names:
                    by_names[names] = HistogramMetricFamily(histogram.name, histogram.help, labels=names)
                cumulative = list(accumulate(durations.counts))
                buckets = list(zip(bounds, map(float, cumulative), strict=True))
                by_names[names].add_metric(list(labels.values()), buckets, durations.seconds)
            if by_names:
                # Series whose labels have other names belong to the same metric all the same.
                first, *others = by_names.values()
                first.samples += [sample for family in others for sample in family.samples]
                yield first
