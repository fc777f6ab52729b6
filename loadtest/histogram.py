"""Durations in buckets that grow with what they hold: each is told at most 1/128 too long, from a microsecond on."""

import math
from collections import Counter
from typing import Any

_BITS = 7
_EXACT = 1 << (_BITS + 1)  # below that each microsecond has a bucket of its own


class Histogram:
    """As HdrHistogram keeps them: 128 buckets for each power of two, so that no range has to be guessed beforehand."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self.count = 0
        self._sum = 0
        self._least = 0
        self._most = 0

    def record(self, seconds: float) -> None:
        """Count one duration; one below zero counts as zero."""
        micros = max(0, round(seconds * 1e6))
        self._buckets[_ceiling(micros)] += 1
        self._least = min(self._least, micros) if self.count else micros
        self._most = max(self._most, micros)
        self._sum += micros
        self.count += 1

    @property
    def mean(self) -> float | None:
        """In seconds, exact; None when nothing was recorded."""
        return self._sum / self.count / 1e6 if self.count else None

    @property
    def least(self) -> float | None:
        """The shortest in seconds, exact."""
        return self._least / 1e6 if self.count else None

    @property
    def most(self) -> float | None:
        """The longest in seconds, exact."""
        return self._most / 1e6 if self.count else None

    def quantile(self, share: float) -> float | None:
        """The seconds that `share` of all do not exceed; never told too short. None when nothing was recorded."""
        wanted = max(1, math.ceil(share * self.count))
        seen = 0
        for ceiling in sorted(self._buckets):
            seen += self._buckets[ceiling]
            if seen >= wanted:
                return min(ceiling, self._most) / 1e6
        return None

    def share_above(self, seconds: float) -> float | None:
        """The share of all that took longer, as exactly as the buckets are; None when nothing was recorded."""
        limit = round(seconds * 1e6)
        longer = sum(count for ceiling, count in self._buckets.items() if ceiling > limit)
        return longer / self.count if self.count else None

    def told(self) -> dict[str, Any]:
        """For the report: in milliseconds, and the buckets, so that any other percentile can be had later."""
        quantiles = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}
        return {
            "count": self.count,
            "min_ms": _ms(self.least),
            "avg_ms": _ms(self.mean),
            **{f"{name}_ms": _ms(self.quantile(share)) for name, share in quantiles.items()},
            "max_ms": _ms(self.most),
            "up_to_us": [[ceiling, self._buckets[ceiling]] for ceiling in sorted(self._buckets)],
        }


def _ceiling(micros: int) -> int:
    """The largest value of the bucket, which names it."""
    if micros < _EXACT:
        return micros
    shift = micros.bit_length() - _BITS - 1
    return (((micros >> shift) + 1) << shift) - 1


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)
