"""The last minutes of every service: what was done when, so that rates and health speak of now and not of for ever."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from itertools import pairwise

from services.metrics.work import Figure, Figures

WINDOW_SECONDS = 300.0
# A little more than the window, so that it always begins with a moment that we know.
_KEPT_SECONDS = WINDOW_SECONDS + 60.0
# Moments closer together than this are one: readers who press for fresh readings must not fill the memory.
_STEP_SECONDS = 1.0


class History:
    """What the processes of one service did, moment by moment.

    A process that is met for the first time brings its past along only if it began after we did.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._began_at = wall()
        self._last: dict[str, Figures] = {}
        self._total: Figures = {}
        self._moments: deque[tuple[float, Figures]] = deque()

    def take(self, instance_id: str, started_at: float, figures: Figures) -> None:
        """The newest figures of a process."""
        known = self._last.get(instance_id)
        if known is None:
            known = {} if started_at >= self._began_at else figures
            while len(self._last) >= 64:  # processes that are long gone
                self._last.pop(next(iter(self._last)))
        for figure, value in figures.items():
            self._total[figure] = self._total.get(figure, 0.0) + max(0.0, value - known.get(figure, 0.0))
        self._last.pop(instance_id, None)
        self._last[instance_id] = figures

    def mark(self) -> None:
        """The processes have been asked: this is a moment."""
        now = self._clock()
        if len(self._moments) > 1 and now - self._moments[-2][0] < _STEP_SECONDS:
            self._moments.pop()
        self._moments.append((now, dict(self._total)))
        while now - self._moments[0][0] > _KEPT_SECONDS:
            self._moments.popleft()

    def window(self, seconds: float = WINDOW_SECONDS) -> Figures:
        """What was done in the last seconds, or since we look if that is less."""
        if not self._moments:
            return {}
        return _between(self._since(seconds)[1], self._moments[-1][1])

    def per_second(self, figure: Figure, seconds: float = 10.0) -> float:
        """How often something happened lately."""
        if len(self._moments) < 2:
            return 0.0
        start, before = self._since(seconds)
        end, now = self._moments[-1]
        return max(0.0, now.get(figure, 0.0) - before.get(figure, 0.0)) / max(end - start, _STEP_SECONDS)

    def line(self, figure: Figure) -> list[tuple[float, float]]:
        """(seconds ago, per second) over the window, oldest first."""
        now = self._clock()
        return [
            (now - end, max(0.0, after.get(figure, 0.0) - before.get(figure, 0.0)) / (end - start))
            for (start, before), (end, after) in pairwise(self._moments)
            if end > start
        ]

    def _since(self, seconds: float) -> tuple[float, Figures]:
        """The last moment that is at least so long ago, else the first."""
        start = self._clock() - seconds
        found = self._moments[0]
        for moment in self._moments:
            if moment[0] > start:
                break
            found = moment
        return found


def _between(before: Mapping[Figure, float], after: Mapping[Figure, float]) -> Figures:
    return {figure: value - before.get(figure, 0.0) for figure, value in after.items()}
