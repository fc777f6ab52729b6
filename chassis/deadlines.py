"""How much time is left: the deadline of the call being served, shrunk for the calls that it makes.

Each hop keeps a little for itself, so that the inner call fails first and its failure can still be reported upwards.
"""

import contextvars
import time

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


class until:  # noqa: N801 - read as what it does
    """Replace the deadline in force, for work that belongs to several callers."""

    __slots__ = ("_deadline", "_token")

    _token: contextvars.Token[float | None]

    def __init__(self, deadline: float | None) -> None:
        self._deadline = deadline

    def __enter__(self) -> None:
        # Not a generator: each message passes several of these, and those take twice as long.
        self._token = _deadline.set(self._deadline)

    def __exit__(self, *_: object) -> None:
        _deadline.reset(self._token)


def within(seconds: float | None) -> until:
    """Everything in the block must be over in that many seconds (None: no new limit); an outer limit stays."""
    outer = _deadline.get()
    if seconds is None:
        return until(outer)
    inner = time.monotonic() + seconds
    return until(inner if outer is None else min(outer, inner))
