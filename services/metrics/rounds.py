"""The doctor's round: the fleet as health sees it, and as the live page shows it."""

import time
from typing import Any

from services.metrics import health, views
from services.metrics.fleet import Fleet, Service
from services.metrics.health import Seat, Verdict, Ward
from services.metrics.replica import Replica
from services.metrics.views import Json
from services.metrics.work import KINDS, work

# Latency on the page is that of the last minute: long enough to have something, short enough to see a change.
_PAGE_SECONDS = 60.0


def examine(fleet: Fleet) -> tuple[Verdict, dict[str, Verdict]]:
    """The whole and each service."""
    verdicts = {name: health.judge(_ward(service, fleet)) for name, service in fleet.services.items()}
    return health.overall(list(verdicts.values())), verdicts


def report(fleet: Fleet) -> Json:
    """The answer of the health routes."""
    whole, parts = examine(fleet)
    return {
        "status": whole.status,
        "reasons": whole.reasons,
        "services": {
            name: {
                "status": parts[name].status,
                "reasons": parts[name].reasons,
                "replicas": replicas(service),
                "work": _work(service),
            }
            for name, service in fleet.services.items()
        },
    }


def replicas(service: Service) -> list[Json]:
    """Who answers and who does not, since when and why."""
    return [
        {
            "address": replica.address,
            "state": _state(replica),
            "since": stamp(replica.since),
            "reason": replica.reason,
            **_process(replica),
        }
        for replica in service.replicas.values()
    ]


def live(fleet: Fleet) -> Json:
    """All that the live page shows."""
    told = report(fleet)
    flows = {}
    for flow in ("messages_in", "messages_out"):
        histories = [service.history for service in fleet.services.values()]
        flows[flow] = {
            "per_second": round(sum(history.per_second((flow, "total")) for history in histories), 2),
            "line": _line(fleet, flow),
        }
    queues: list[Json] = []
    for service in fleet.services.values():
        view = views.now(service)
        queues += views.queues(view)
        if (count := view.one("hailwire_spool_files")) is not None:
            queues.append({"queue": "spool files", "items": count, "oldest_seconds": None})
    latency = [
        {"service": name, "kind": kind.noun, **one.durations.told()}
        for name, service in fleet.services.items()
        for one in work(service.history.window(_PAGE_SECONDS))
        for kind in KINDS
        if kind is one.kind and one.durations.count
    ]
    costs = [
        {"channel": series.label.get("channel", ""), "cost": round(cost, 2)}
        for service in fleet.services.values()
        for series, cost in sorted(service.totals.counted("hailwire_provider_cost_total").items())
    ]
    return {"at": stamp(time.time()), **told, **flows, "latency": latency, "queues": queues, "costs": costs}


def stamp(seconds: float) -> str:
    """A moment as people and machines read it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _line(fleet: Fleet, flow: str) -> list[list[float]]:
    """[seconds ago, per second] of all services; only one of them has such a flow."""
    for service in fleet.services.values():
        points = service.history.line((flow, "total"))
        if any(rate for _, rate in points):
            return [[round(ago, 1), round(rate, 2)] for ago, rate in points]
    return []


def _work(service: Service) -> list[Json]:
    found: list[Json] = []
    for one in work(service.history.window()):
        mean = one.durations.mean
        found.append(
            {
                "kind": one.kind.name,
                "total": one.total,
                "failed": one.failed,
                "error_rate": one.error_rate,
                "mean_ms": None if mean is None else round(mean * 1000, 3),
            }
        )
    return found


def _ward(service: Service, fleet: Fleet) -> Ward:
    now = time.time()
    view = views.now(service)
    oldest = {labels.get("queue", ""): value for labels, value in view.of("hailwire_queue_oldest_seconds")}
    return Ward(
        name=service.name,
        seats=[_seat(replica, now) for replica in service.replicas.values()],
        work=work(service.history.window()),
        queue_seconds=oldest,
        problem=fleet.addresses.problems.get(service.name, ""),
    )


def _seat(replica: Replica, now: float) -> Seat:
    return Seat(
        address=replica.address,
        reason=replica.reason,
        silent_seconds=max(0.0, now - replica.since) if replica.reason else 0.0,
        ever_answered=replica.ever_answered,
        serving=replica.serving,
        age_seconds=now - replica.reading.started_at if replica.reading is not None else 0.0,
    )


def _state(replica: Replica) -> str:
    if not replica.up:
        return "down"
    return "up" if replica.serving else "not serving"


def _process(replica: Replica) -> dict[str, Any]:
    reading = replica.reading
    if reading is None:
        return {"instance_id": None, "started_at": None}
    return {"instance_id": reading.instance_id, "started_at": stamp(reading.started_at)}
