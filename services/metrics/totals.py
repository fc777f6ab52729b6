"""What all processes of a service have counted together: never less than before, whoever starts, stops or vanishes.

A process is known by its instance id, so a replica that comes back with counters at zero is a new process and adds to
what the old one had counted. A reset moves the point from which we count; nothing in the processes changes.
"""

from collections import Counter
from collections.abc import Mapping

from services.metrics.reading import Numbers, Series

# Processes whose last numbers are kept one by one. Those before them are only a sum: were one of them to come back
# after so many others, it would count twice.
_MOST_PROCESSES = 64


class Totals:
    """The cumulative numbers of one service."""

    def __init__(self) -> None:
        self._last: dict[str, Mapping[Series, float]] = {}  # by instance id, longest silent first
        self._gone: Counter[Series] = Counter()
        self._reset_at = 0.0
        self._baseline: Numbers = {}
        self._baselines: dict[str, Numbers] = {}

    def take(self, instance_id: str, started_at: float, numbers: Mapping[Series, float]) -> None:
        """The newest numbers of a process."""
        if instance_id not in self._last and started_at < self._reset_at:
            # It was there before the reset and only now tells us: all that we can say is what it does from here.
            self._baselines[instance_id] = dict(numbers)
            for series, value in numbers.items():
                self._baseline[series] = self._baseline.get(series, 0.0) + value
        self._last.pop(instance_id, None)
        self._last[instance_id] = numbers
        while len(self._last) > _MOST_PROCESSES:
            oldest = next(iter(self._last))
            self._gone.update(self._last.pop(oldest))
            self._baselines.pop(oldest, None)

    def ever(self) -> Numbers:
        """Everything that was counted since the processes that we know of started."""
        total = Counter(self._gone)
        for numbers in self._last.values():
            for series, value in numbers.items():
                total[series] += value  # type: ignore[assignment]  # Counter is typed for whole numbers
        return dict(total)

    def together(self) -> Numbers:
        """The same since the last reset."""
        return _less(self.ever(), self._baseline)

    def counted(self, metric: str) -> Numbers:
        """One metric of `together`, without adding up all the others."""
        every: list[Mapping[Series, float]] = [self._gone, *self._last.values()]
        total: Numbers = {}
        for numbers in every:
            for series, value in numbers.items():
                if series.metric == metric:
                    total[series] = total.get(series, 0.0) + value
        return _less(total, self._baseline)

    def of(self, instance_id: str) -> Numbers:
        """What one process has counted since the last reset, or since its start if that was later."""
        return _less(self._last.get(instance_id, {}), self._baselines.get(instance_id, {}))

    def reset(self, now: float) -> None:
        """Count from here."""
        self._reset_at = now
        self._baseline = self.ever()
        self._baselines = {instance_id: dict(numbers) for instance_id, numbers in self._last.items()}


def _less(numbers: Mapping[Series, float], baseline: Mapping[Series, float]) -> Numbers:
    return {series: max(0.0, value - baseline.get(series, 0.0)) for series, value in numbers.items()}
