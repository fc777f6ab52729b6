"""Stops asking somebody who does not answer, and tries again now and then."""

import time
from collections.abc import Callable

# One lost answer says nothing; three in a row say that the fourth would cost its time as well.
_FAILURES = 3
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 10.0


class Breaker:
    """Closed while all is well. After failures in a row it opens for a pause, then lets one through to see.

    Each pause is twice as long as the one before, until something succeeds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._pause = _FIRST_PAUSE_SECONDS
        self._again_at = 0.0
        self._trying = False

    @property
    def open(self) -> bool:
        """Whether nobody is asked at the moment."""
        return self._failures >= _FAILURES and self._clock() < self._again_at

    def may(self) -> bool:
        """Whether to ask; whoever gets leave says afterwards what came of it."""
        if self._failures < _FAILURES:
            return True
        if self._clock() < self._again_at:
            return False
        # The others wait for what this one finds; and if it never says, another goes after the same pause.
        self._trying = True
        self._again_at = self._clock() + self._pause
        return True

    def succeeded(self) -> None:
        """There was an answer."""
        self._failures = 0
        self._trying = False
        self._pause = _FIRST_PAUSE_SECONDS

    def failed(self) -> None:
        """There was none."""
        if self._failures < _FAILURES:
            self._failures += 1
        elif self._trying:
            self._trying = False
            self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)
        else:
            return  # it was on its way when others failed
        self._again_at = self._clock() + self._pause
