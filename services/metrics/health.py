"""Healthy, degraded or unhealthy, and why: judged by what was done lately and by who does not answer.

Nothing is awaited here. Without work there is no error rate and no latency, so an idle or fresh mesh is healthy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chassis.records import record
from services.metrics.work import Work

HEALTHY, DEGRADED, UNHEALTHY = "healthy", "degraded", "unhealthy"
_ORDER = (HEALTHY, DEGRADED, UNHEALTHY)

# (degraded above, unhealthy above)
_ERROR_RATE = (0.05, 0.10)
_MEAN_SECONDS = (1.0, 2.0)
_QUEUE_SECONDS = (30.0, 120.0)
# One failure among three calls is an accident and no rate.
_LEAST = 10
# How long a process may take to start before its silence is news; and how long one may be silent while another works,
# because an update replaces them one by one.
_STARTING_SECONDS = 15.0
# How long all may be silent: one answer that came late is none.
_SILENT_SECONDS = 2.5

# Whose age says that messages are not being worked on; replies may wait for good reasons (limits, quiet hours).
_QUEUES = {"inbox": "the oldest message", "events": "the oldest event"}


@record
class Seat:
    """A replica as health sees it; ages in seconds."""

    address: str
    reason: str
    silent_seconds: float
    ever_answered: bool
    serving: bool
    age_seconds: float

    @property
    def starting(self) -> bool:
        """Whether it may still be on its way."""
        if self.reason:
            return not self.ever_answered and self.silent_seconds < _STARTING_SECONDS
        return not self.serving and self.age_seconds < _STARTING_SECONDS

    @property
    def works(self) -> bool:
        """Whether it answers and says that it serves."""
        return not self.reason and self.serving


@record
class Ward:
    """A service as health sees it."""

    name: str
    seats: Sequence[Seat]
    work: Sequence[Work]
    queue_seconds: dict[str, float] = field(default_factory=dict)
    problem: str = ""


@dataclass(slots=True)
class Verdict:
    """The worst of what was found, with a sentence for each."""

    status: str = HEALTHY
    reasons: list[str] = field(default_factory=list)

    def found(self, status: str, reason: str) -> None:
        """Something is wrong."""
        self.status = max(self.status, status, key=_ORDER.index)
        self.reasons.append(reason)


def judge(ward: Ward) -> Verdict:
    """How one service is."""
    verdict = Verdict()
    _judge_replicas(ward, verdict)
    for work in ward.work:
        _judge_work(ward.name, work, verdict)
    for queue, seconds in ward.queue_seconds.items():
        if queue in _QUEUES and (status := _graded(seconds, _QUEUE_SECONDS)):
            verdict.found(status, f"{ward.name}: {_QUEUES[queue]} has waited for {seconds:.0f} s")
    return verdict


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """How the whole is: as its worst part."""
    total = Verdict()
    for verdict in verdicts:
        total.status = max(total.status, verdict.status, key=_ORDER.index)
        total.reasons += verdict.reasons
    return total


def _judge_replicas(ward: Ward, verdict: Verdict) -> None:
    if ward.problem and not ward.seats:
        verdict.found(UNHEALTHY, f"{ward.name}: its name leads nowhere ({ward.problem})")
        return
    patience = _STARTING_SECONDS if any(seat.works for seat in ward.seats) else _SILENT_SECONDS
    missing = [
        seat
        for seat in ward.seats
        if not seat.works and not seat.starting and not (seat.reason and seat.silent_seconds < patience)
    ]
    status = UNHEALTHY if len(missing) == len(ward.seats) else DEGRADED
    for seat in missing:
        if seat.reason:
            what = f"has not answered for {seat.silent_seconds:.0f} s ({seat.reason})"
        else:
            what = "answers, and says that it cannot serve"
        verdict.found(status, f"{ward.name}: {seat.address} {what}")


def _judge_work(name: str, work: Work, verdict: Verdict) -> None:
    if work.total >= _LEAST and work.error_rate is not None and (status := _graded(work.error_rate, _ERROR_RATE)):
        verdict.found(
            status,
            f"{name}: {work.error_rate:.0%} of {work.total:.0f} {work.kind.noun} failed",
        )
    mean = work.durations.mean
    if work.durations.count >= _LEAST and mean is not None and (status := _graded(mean, _MEAN_SECONDS)):
        verdict.found(status, f"{name}: {work.kind.noun} took {mean:.1f} s on average")


def _graded(value: float, limits: tuple[float, float]) -> str:
    """The grade of a value; empty when it is fine."""
    degraded, unhealthy = limits
    return UNHEALTHY if value > unhealthy else DEGRADED if value > degraded else ""
