"""What a run must reach, one by one; a figure that nobody could take misses its target."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from loadtest.generator import Generator
from loadtest.inside import Inside
from loadtest.ledger import Ledger
from loadtest.order import Order
from loadtest.wire import Wire

_MEGABYTE = 2**20
# It has one thread: with more of a core than this it would answer for part of the latencies that it measures.
_BUSY_PERCENT = 90
# A plan of Meta's five minutes takes a fifth of it; what grows with a run beyond its plan would show.
_GENERATOR_MEGABYTES = 512


@dataclass(frozen=True, slots=True)
class Target:
    """`value` None: there is no figure. `beyond`: the bound itself is not good enough."""

    name: str
    value: float | None
    bound: float
    unit: str = ""
    at_most: bool = True
    beyond: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether it is reached."""
        if self.value is None or (self.beyond and self.value == self.bound):
            return False
        return self.value <= self.bound if self.at_most else self.value >= self.bound

    @property
    def wanted(self) -> str:
        """The bound as people read it."""
        sign = ("<" if self.at_most else ">") if self.beyond else ("at most" if self.at_most else "at least")
        return f"{sign} {self.bound:g}"

    def told(self) -> dict[str, Any]:
        """As the results file keeps it."""
        value = None if self.value is None else round(self.value, 3)
        shown = {"name": self.name, "value": value, "unit": self.unit, "target": self.wanted, "met": self.met}
        return shown | ({"note": self.note} if self.note else {})


@dataclass(frozen=True)
class Evidence:
    """All that was seen of a run. `trips` are those of the `requested` rides that were made and told to the driver.

    `statuses_each` is how many statuses the stand-in tells of each message that it accepted, `others` the webhooks that
    it posted itself. `kept_bytes` is what the load test itself took for plan and ledger. `cold_starts` are
    ms of each service alone; without them those of the mesh count, whose services start at once.
    """

    order: Order
    ledger: Ledger
    generator: Generator
    wire: Wire
    inside: Inside
    requested: int
    statuses_each: int
    trips: int = 0
    others: int = 0
    kept_bytes: float = 0.0
    cold_starts: Mapping[str, float] = field(default_factory=dict)

    @property
    def expected_statuses(self) -> int:
        """At least so many statuses must be settled in the outbox."""
        return self.ledger.statuses_taken + self.statuses_each * self.ledger.accepted


def judge(seen: Evidence) -> list[Target]:
    """Every target with its figure."""
    ledger, answers = seen.ledger, seen.ledger.latencies()
    settings = seen.order.settings
    targets = [
        Target("messages sent", ledger.sent, 0, at_most=False, beyond=True),
        Target("answered at the far end", _percent(answers.count, ledger.sent), 95, "%", at_most=False, beyond=True),
        Target("taken with 200, never answered", ledger.lost(), 0),
        Target("answered before it was due", ledger.early(), 0),
        Target("answer accepted, average", answers.mean, 5, "s", beyond=True),
        Target("answer accepted, p95", answers.quantile(0.95), 10, "s", beyond=True),
        Target("webhooks open at once", seen.wire.most_in_flight, settings.concurrency, at_most=False),
        Target("webhook answered, p50", _times(ledger.webhooks.quantile(0.5), 1000), 50, "ms", beyond=True),
        Target("webhook answered, p99", ledger.webhooks.quantile(0.99), 1, "s", beyond=True),
        Target("trips made and told", _percent(seen.trips, seen.requested), 95, "%", at_most=False, beyond=True),
        *_deduplication(seen),
        Target("generator late, p99", _times(seen.generator.lags.quantile(0.99), 1000), settings.max_lag, "ms"),
        Target("generator late, most", _times(seen.generator.lags.most, 1000), 10 * settings.max_lag, "ms"),
        Target("generator, share of a core", _times(seen.generator.share_of_a_core, 100), _BUSY_PERCENT, "%"),
        Target("generator, memory of the run", seen.kept_bytes / _MEGABYTE, _GENERATOR_MEGABYTES, "MB", beyond=True),
    ]
    if seen.order.settings.profile == "meta":
        targets += _meta(seen)
    return [*targets, *_within(seen)]


def bottleneck(judged: Iterable[Target]) -> str:
    """A sentence when the generator itself bounded the run; empty when it did not."""
    missed = [target.name for target in judged if target.name.startswith("generator") and not target.met]
    if not missed:
        return ""
    return f"the generator itself bounded this run ({'; '.join(missed)}): it says little about the mesh"


def _deduplication(seen: Evidence) -> list[Target]:
    twice = seen.ledger.twice()
    if not twice and seen.order.settings.duplicates == 0:
        return []
    known = sum(message.known == message.statuses.count(200) - 1 for message in twice)
    right = max(0, known - seen.ledger.surplus())
    return [
        Target("second deliveries known, no effect", _percent(right, len(twice)), 99, "%", at_most=False, beyond=True)
    ]


def _meta(seen: Evidence) -> Iterable[Target]:
    """Meta's standard for whoever receives webhooks, for messages and statuses alike."""
    ledger = seen.ledger
    lost = ledger.statuses_posted - ledger.statuses_taken
    for name, histogram in (("messages", ledger.webhooks), ("statuses", ledger.status_webhooks)):
        yield Target(f"Meta: webhooks of {name}, median", _times(histogram.quantile(0.5), 1000), 250, "ms")
        above = histogram.share_above(1.0)
        yield Target(f"Meta: webhooks of {name} above 1 s", _times(above, 100), 1, "%", beyond=True)
    untaken = sum(not message.taken for message in ledger.messages())
    yield Target("Meta: messages not taken", untaken if ledger.sent else None, 0)
    yield Target("Meta: statuses not taken", lost if ledger.statuses_posted else None, 0)


def _within(seen: Evidence) -> Iterable[Target]:
    """What the mesh's own numbers must be."""
    inside = seen.inside
    statuses = inside.statuses()
    due = max(statuses["new"], seen.expected_statuses)
    slowest = inside.slowest_statement()
    posts = seen.others + seen.ledger.posts + seen.ledger.status_posts - seen.ledger.unanswered_posts
    if due:
        yield Target("statuses settled", _percent(statuses["settled"], due), 99, "%", at_most=False)
    yield Target("dead letters", inside.dead_letters(), 0)
    yield Target("cache hit rate", _times(inside.hit_rate(), 100), 80, "%", at_most=False, beyond=True)
    yield _largest("database connections of a service", inside.connections, 10, "")
    yield Target(
        "slowest statement, p99",
        None if slowest is None else slowest[1] * 1000,
        100,
        "ms",
        beyond=True,
        note="" if slowest is None else slowest[0],
    )
    yield _largest("memory of a service", {k: v / _MEGABYTE for k, v in inside.memory().items()}, 128, "MB")
    yield _largest("cold start of a service, CPU time", seen.cold_starts or inside.cold_starts(), 500, "ms")
    yield Target("webhooks in its own numbers", _percent(inside.requests(), posts), 100, "%", at_most=False)


def _largest(name: str, values: Mapping[str, float], bound: float, unit: str) -> Target:
    if not values:
        return Target(name, None, bound, unit, beyond=True)
    worst = max(values, key=lambda one: values[one])
    return Target(name, values[worst], bound, unit, beyond=True, note=worst)


def _percent(part: float, whole: float) -> float | None:
    """None of nothing: zero requests reach no target."""
    return 100 * part / whole if whole else None


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
