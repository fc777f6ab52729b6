"""CPU time of processes and everything that they started, from /proc: what a message costs whoever has to serve it."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")


def seconds(process_ids: Iterable[int]) -> float:
    """User and system time of these processes, their living descendants and all their dead children."""
    return sum(_of_tree(process_id) for process_id in process_ids)


def _of_tree(process_id: int) -> float:
    try:
        text = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii", errors="replace")
        children = [
            int(child)
            for thread in Path(f"/proc/{process_id}/task").iterdir()
            for child in (thread / "children").read_text(encoding="ascii").split()
        ]
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it has ended; its parent has its time by now
    # The name of a process is in brackets and may hold anything; utime is the 14th field, then come stime and the
    # times of children that were waited for.
    fields = text.rpartition(")")[2].split()
    own = sum(int(field) for field in fields[11:15]) * _TICK
    return own + sum(_of_tree(child) for child in children)
