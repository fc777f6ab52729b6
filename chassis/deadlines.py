"""How much time is left: the deadline of the call being served, shrunk for the calls that it makes.

Each hop keeps a little for itself, so that the inner call fails first and its failure can still be reported upwards.
"""

import contextlib
import contextvars
import time
from collections.abc import Iterator

# Enough to turn an inner DEADLINE_EXCEEDED into an answer and send it, on a busy machine.
HOP_SECONDS = 0.02
# For callers that said nothing.
DEFAULT_SECONDS = 5.0

_deadline: contextvars.ContextVar[float | None] = contextvars.ContextVar("deadline", default=None)


def remaining(default: float = DEFAULT_SECONDS) -> float:
    """Seconds that an outgoing call may take: what is left of ours less one hop, at most `default`; 0 when over."""
    deadline = _deadline.get()
    if deadline is None:
        return default
    return max(0.0, min(default, deadline - time.monotonic() - HOP_SECONDS))


def current() -> float | None:
    """The deadline in force on the monotonic clock; None without one."""
    return _deadline.get()


@contextlib.contextmanager
def until(deadline: float | None) -> Iterator[None]:
    """Replace the deadline in force, for work that belongs to several callers."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


@contextlib.contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Everything in the block must be over in that many seconds (None: no new limit); an outer limit stays."""
    outer = _deadline.get()
    inner = None if seconds is None else time.monotonic() + seconds
    limits = [limit for limit in (outer, inner) if limit is not None]
    token = _deadline.set(min(limits) if limits else None)
    try:
        yield
    finally:
        _deadline.reset(token)
