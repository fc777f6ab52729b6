"""The kinds of work that health is judged by, and what of a process's numbers belongs to each.

A failure is ours or a dependency's. That a caller asked for something wrong (4xx, NOT_FOUND ...) or that somebody
polled us says nothing about how we are.
"""

from collections import Counter
from collections.abc import Callable, Mapping

from chassis.records import record
from services.metrics.percentiles import Durations, bound_of
from services.metrics.reading import Numbers

# Of whoever watches us; they would thin out the failures of real work.
_WATCHING_ROUTES = frozenset({"/healthz", "/readyz", "/metrics", "other"})
_WATCHING_METHODS = (
    "/grpc.",
    "/hailwire.ops.",
    "/hailwire.trips.v1.EventsService/TakeEvents",
    "/hailwire.profile.v1.ProfileService/WatchPeople",
)
_OUR_CODES = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})

Labels = Mapping[str, str]


@record
class Kind:
    """A kind of work: the counter of its ends, which of them are failures, and the histogram of its durations."""

    name: str
    noun: str
    ends: str
    failed: Callable[[Labels], bool]
    seconds: str
    counts: Callable[[Labels], bool] = lambda _labels: True


KINDS = (
    Kind(
        "http",
        "HTTP requests",
        "hailwire_http_server_requests_total",
        lambda labels: labels.get("status", "").startswith("5"),
        "hailwire_http_server_seconds",
        lambda labels: labels.get("route") not in _WATCHING_ROUTES,
    ),
    Kind(
        "rpc",
        "RPCs",
        "hailwire_rpc_server_requests_total",
        lambda labels: labels.get("code") in _OUR_CODES,
        "hailwire_rpc_server_seconds",
        lambda labels: not labels.get("method", "").startswith(_WATCHING_METHODS),
    ),
    Kind(
        "turn",
        "turns",
        "hailwire_turns_total",
        lambda labels: labels.get("ending") in {"failed", "dead"},
        "hailwire_turn_seconds",
    ),
    Kind(
        "send",
        "sends to providers",
        "hailwire_sends_total",
        lambda labels: labels.get("result") in {"retry", "stop", "unknown"},
        "hailwire_provider_call_seconds",
    ),
    Kind(
        "statement",
        "SQL statements",
        "hailwire_database_statement_errors_total",
        lambda labels: labels.get("reason", "").startswith("DATABASE_"),
        "hailwire_database_statement_seconds",
    ),
)
_BY_METRIC = {metric: kind for kind in KINDS for metric in (kind.ends, kind.seconds)}

# What people count: messages that came in and replies that a provider took.
_FLOWS: dict[str, tuple[str, Callable[[Labels], bool]]] = {
    "messages_in": (
        "hailwire_inbox_items_total",
        lambda labels: labels.get("kind") == "message" and labels.get("new") == "yes",
    ),
    "messages_out": ("hailwire_sends_total", lambda labels: labels.get("result") == "accepted"),
}

# A figure of a process: (kind or flow, what of it), for instance ("rpc", "failed").
Figure = tuple[str, str | float]
Figures = dict[Figure, float]


def figures(numbers: Numbers) -> Figures:
    """The few sums that rates, latency and health are made of."""
    found: Counter[Figure] = Counter()
    for series, value in numbers.items():
        kind = _BY_METRIC.get(series.metric)
        labels = series.label
        if kind is not None and kind.counts(labels):
            if series.metric == kind.ends:
                found[kind.name, "total"] += value  # type: ignore[assignment]  # Counter is typed for whole numbers
                if kind.failed(labels):
                    found[kind.name, "failed"] += value  # type: ignore[assignment]
            elif series.name.endswith("_bucket"):
                found[kind.name, bound_of(labels)] += value  # type: ignore[assignment]
            else:
                found[kind.name, series.name.rpartition("_")[2]] += value  # type: ignore[assignment]
        for flow, (metric, counts) in _FLOWS.items():
            if series.metric == metric and counts(labels):
                found[flow, "total"] += value  # type: ignore[assignment]
    return dict(found)


@record
class Work:
    """How much of one kind was done in a stretch of time, and how it went."""

    kind: Kind
    total: float
    failed: float
    durations: Durations

    @property
    def error_rate(self) -> float | None:
        """The share that failed; None when there was nothing."""
        return self.failed / self.total if self.total else None


def work(done: Figures) -> list[Work]:
    """Every kind of work in these figures."""
    found = []
    for kind in KINDS:
        buckets = {what: value for (name, what), value in done.items() if name == kind.name and isinstance(what, float)}
        durations = Durations(done.get((kind.name, "count"), 0.0), done.get((kind.name, "sum"), 0.0), buckets)
        failed = done.get((kind.name, "failed"), 0.0)
        # Of statements only errors are counted apart; their durations tell how many there were.
        total = max(done.get((kind.name, "total"), 0.0), durations.count)
        if total or durations.count:
            found.append(Work(kind, total, failed, durations))
    return found
