"""What a process uses and how long it has lived: memory, processor time, threads of its life."""

import contextlib
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

# Adding up what pages are shared walks through all of them: a few milliseconds, so not for every reader.
_PSS_SECONDS = 15.0

_PROC = Path("/proc/self")


def age_seconds() -> float | None:
    """How long ago this process began, its interpreter's start included; None where the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = (_PROC / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return None


def resident_bytes() -> float:
    """Memory that this process occupies, shared pages included."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = int((_PROC / "statm").read_text(encoding="ascii").split()[1])
        return pages * float(os.sysconf("SC_PAGE_SIZE"))
    # Elsewhere only the highest so far is known, in bytes on macOS and in kilobytes on others.
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(most if sys.platform == "darwin" else most * 1024)


class ProportionalMemory:
    """Memory with each shared page divided among those who share it; nothing where the system does not tell."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._read_at = -_PSS_SECONDS
        self._bytes: float | None = None

    def read(self) -> Iterable[tuple[float, dict[str, str]]]:
        """As a gauge wants it, at most some seconds old."""
        if self._clock() - self._read_at >= _PSS_SECONDS:
            self._read_at = self._clock()
            self._bytes = _proportional_bytes()
        return [] if self._bytes is None else [(self._bytes, {})]


def _proportional_bytes() -> float | None:
    with contextlib.suppress(OSError, ValueError):
        for line in (_PROC / "smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return float(line.split()[1]) * 1024
    return None
