"""Percentiles and means of durations that were counted in buckets, however many processes did the counting."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf, isinf

from services.metrics.reading import Labels, Numbers

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


@dataclass(slots=True)
class Durations:
    """Durations in cumulative buckets by their upper bound, in seconds."""

    count: float = 0.0
    seconds: float = 0.0
    buckets: dict[float, float] = field(default_factory=dict)

    def add(self, other: "Durations") -> None:
        """Join those of another process or label."""
        self.count += other.count
        self.seconds += other.seconds
        for bound, value in other.buckets.items():
            self.buckets[bound] = self.buckets.get(bound, 0.0) + value

    @property
    def mean(self) -> float | None:
        """None when there were none."""
        return self.seconds / self.count if self.count else None

    def quantile(self, share: float) -> float | None:
        """The duration that `share` of all stay below; None when there were none.

        Between two bounds the durations are taken to be spread evenly; beyond the last bound it is that bound.
        """
        bounds = sorted(self.buckets)
        total = self.buckets[bounds[-1]] if bounds else 0.0
        if not total:
            return None
        wanted = share * total
        below, lower = 0.0, 0.0
        for bound in bounds:
            upto = self.buckets[bound]
            if upto >= wanted and upto > below:
                return lower if isinf(bound) else lower + (bound - lower) * max(0.0, wanted - below) / (upto - below)
            below, lower = max(below, upto), lower if isinf(bound) else bound
        return lower

    def told(self) -> dict[str, float | None]:
        """For people: count, mean and percentiles in milliseconds."""
        return {
            "count": self.count,
            "mean_ms": _ms(self.mean),
            **{f"{name}_ms": _ms(self.quantile(share)) for name, share in QUANTILES.items()},
        }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)


def durations(numbers: Numbers, metric: str) -> dict[Labels, Durations]:
    """The durations of one histogram by their labels."""
    found: dict[Labels, Durations] = {}
    for series, value in numbers.items():
        if series.metric != metric:
            continue
        labels = tuple(pair for pair in series.labels if pair[0] != "le")
        one = found.setdefault(labels, Durations())
        if series.name.endswith("_bucket"):
            bound = bound_of(series.label)
            one.buckets[bound] = one.buckets.get(bound, 0.0) + value
        elif series.name.endswith("_sum"):
            one.seconds += value
        else:
            one.count += value
    return found


def joined(several: Iterable[Durations]) -> Durations:
    """All of them as one."""
    total = Durations()
    for one in several:
        total.add(one)
    return total


def bound_of(labels: Mapping[str, str]) -> float:
    """The upper bound of a bucket."""
    text = labels["le"]
    return inf if text == "+Inf" else float(text)
