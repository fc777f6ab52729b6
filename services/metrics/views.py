"""What people and scripts are shown: every number, together and per replica, and the usual questions answered.

Counters and histograms are shown since the last reset; gauges are what they are now.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chassis.records import record
from services.metrics import joining
from services.metrics.fleet import Fleet, Service
from services.metrics.percentiles import durations
from services.metrics.reading import HISTOGRAM, WORDS, Metric, Numbers, Reading, Series

Json = dict[str, Any]


@record
class View:
    """The numbers of a service together, or of one replica."""

    numbers: Numbers
    metrics: Mapping[str, Metric]

    def of(self, metric: str) -> Iterator[tuple[dict[str, str], float]]:
        """(labels, value) of a counter or gauge."""
        for series, value in self.numbers.items():
            if series.metric == metric:
                yield series.label, value

    def total(self, metric: str, **wanted: str) -> float:
        """The sum over all series with these labels."""
        return sum(value for labels, value in self.of(metric) if wanted.items() <= labels.items())

    def one(self, metric: str, **wanted: str) -> float | None:
        """The same, None when there is no such series."""
        found = [value for labels, value in self.of(metric) if wanted.items() <= labels.items()]
        return sum(found) if found else None

    def timings(self, metric: str) -> list[Json]:
        """Each histogram of that name: labels, count, mean and percentiles; the busiest first."""
        found = durations(self.numbers, metric)
        ordered = sorted(found.items(), key=lambda pair: -pair[1].seconds)
        return [{**dict(labels), **one.told()} for labels, one in ordered if one.count]


def now(service: Service) -> View:
    """The gauges of the replicas that answer as one; nothing that was counted, which takes long to add up."""
    readings = service.readings
    return View(joining.gauges(readings), joining.metrics(readings))


def together(service: Service) -> View:
    """All replicas as one, those that are gone included in what was counted."""
    gauges = now(service)
    return View({**gauges.numbers, **service.totals.together()}, gauges.metrics)


def of_replica(service: Service, reading: Reading) -> View:
    """One replica."""
    return View({**reading.momentary, **service.totals.of(reading.instance_id)}, reading.metrics)


def each(fleet: Fleet) -> Iterator[tuple[Service, View, list[tuple[Reading, View]]]]:
    """Every service with its numbers together and per replica."""
    for service in fleet.services.values():
        readings = joining.distinct(service.readings)
        yield service, together(service), [(reading, of_replica(service, reading)) for reading in readings]


def everything(view: View) -> Json:
    """Every metric by name, with its kind and its values."""
    grouped: dict[str, list[tuple[Series, float]]] = {}
    for series, value in view.numbers.items():
        grouped.setdefault(series.metric, []).append((series, value))
    shown: Json = {}
    for name, samples in sorted(grouped.items()):
        metric = view.metrics.get(name)
        kind = metric.kind if metric is not None else 0
        if kind == HISTOGRAM or any(series.name.endswith("_bucket") for series, _ in samples):
            values = [
                {"labels": dict(labels), "sum": one.seconds, **one.told()}
                for labels, one in durations(dict(samples), name).items()
            ]
        else:
            values = [{"labels": series.label, "value": value} for series, value in samples]
        shown[name] = {"kind": WORDS.get(kind, "counter"), "help": metric.help if metric else "", "values": values}
    return shown


def cache(view: View) -> list[Json]:
    """Each cache of a service; no rate without a lookup."""
    names = {labels.get("cache", "") for labels, _ in view.of("hailwire_cache_lookups_total")}
    names |= {labels.get("cache", "") for labels, _ in view.of("hailwire_cache_entries")}
    found = []
    for name in sorted(names):
        hits = view.total("hailwire_cache_lookups_total", cache=name, result="hit")
        misses = view.total("hailwire_cache_lookups_total", cache=name, result="miss")
        found.append(
            {
                "cache": name,
                "hits": hits,
                "misses": misses,
                "hit_rate": _share(hits, hits + misses),
                "entries": view.one("hailwire_cache_entries", cache=name),
                "evictions": view.total("hailwire_cache_evictions_total", cache=name),
            }
        )
    return found


def database(view: View) -> Json:
    """Statements by the time that they took, errors, and the pool."""
    return {
        "statements": view.timings("hailwire_database_statement_seconds"),
        "errors": [
            {**labels, "count": value} for labels, value in view.of("hailwire_database_statement_errors_total") if value
        ],
        "pool": pool(view),
    }


def pool(view: View) -> Json | None:
    """The connections to PostgreSQL; None for a service that has none."""
    most = view.one("hailwire_database_connections_max")
    if most is None:
        return None
    states = {
        state: view.total("hailwire_database_connections", state=state) for state in ("idle", "in_use", "waiting")
    }
    acquires = view.total("hailwire_database_acquires_total")
    waited = view.total("hailwire_database_acquire_seconds_total")
    return {
        "size": states["idle"] + states["in_use"],
        "max": most,
        **states,
        "acquires": acquires,
        "mean_wait_ms": None if not acquires else round(waited / acquires * 1000, 3),
    }


_POOL = {
    "size": "hailwire_pool_size",
    "healthy": "hailwire_pool_healthy",
    "in_use": "hailwire_pool_in_use",
    "waiting": "hailwire_pool_waiting",
    "max": "hailwire_pool_max",
    "total_uses": "hailwire_pool_uses_total",
    "oldest_client_age": "hailwire_pool_oldest_client_age_seconds",
}


def pools(view: View) -> list[Json]:
    """The same numbers for every pool: leased connections, shared channels and HTTP clients."""
    names = sorted({labels.get("pool", "") for labels, _ in view.of(_POOL["max"])})
    return [{"pool": name, **{word: view.total(metric, pool=name) for word, metric in _POOL.items()}} for name in names]


_WARMUP = {0: "not started", 1: "warming", 2: "warmed", 3: "partly warmed"}


def warmup(view: View) -> Json | None:
    """How far a process is prepared; None for a service that needs no warmup."""
    state = view.one("hailwire_warmup_state")
    if state is None:
        return None
    steps = [
        {
            "step": labels.get("step", ""),
            "result": labels.get("result", ""),
            "ms": round(view.total("hailwire_warmup_step_ms", step=labels.get("step", "")), 1),
        }
        for labels, _ in view.of("hailwire_warmup_step_ok")
    ]
    return {"state": _WARMUP.get(int(state), ""), "steps": sorted(steps, key=lambda one: str(one["step"]))}


def connections(view: View) -> Json:
    """Who is connected with whom: pools, what is under way, calls to other services and to providers."""
    return {
        "database": pool(view),
        "pools": pools(view),
        "http_in_flight": view.total("hailwire_http_server_in_flight"),
        "rpcs_in_flight": view.total("hailwire_rpc_server_in_flight"),
        "turns_in_flight": view.one("hailwire_turns_in_flight"),
        "lanes_held": view.one("hailwire_lanes_held"),
        "rpc_clients": view.timings("hailwire_rpc_client_seconds"),
        "providers": view.timings("hailwire_provider_call_seconds"),
    }


def dedup(view: View) -> Json | None:
    """What arrived again; None for a service that takes nothing in."""
    items = list(view.of("hailwire_inbox_items_total"))
    if not items:
        return None
    known = sum(value for labels, value in items if labels.get("new") == "no")
    total = sum(value for _, value in items)
    return {"items": total, "duplicates": known, "share": _share(known, total), "window": _dedup_window(view)}


def _dedup_window(view: View) -> Json | None:
    """How much of it was known from memory; None where nothing is kept in memory."""
    keys = view.one("hailwire_dedup_window_keys")
    if keys is None:
        return None
    hits = view.total("hailwire_dedup_window_lookups_total", result="hit")
    misses = view.total("hailwire_dedup_window_lookups_total", result="miss")
    return {
        "hits": hits,
        "misses": misses,
        "hit_rate": _share(hits, hits + misses),
        "keys": keys,
        "evictions": view.total("hailwire_dedup_window_evictions_total"),
    }


def handlers(view: View) -> list[Json]:
    """How each conversation handler fared."""
    broken = {labels.get("handler", ""): labels.get("error") for labels, _ in view.of("hailwire_handler_last_error")}
    found = []
    for labels, loaded in view.of("hailwire_handler_loaded"):
        name = labels.get("handler", "")
        uses = view.total("hailwire_handler_uses_total", handler=name)
        seconds = view.total("hailwire_handler_run_seconds_total", handler=name)
        found.append(
            {
                "handler": name,
                "loaded": loaded,
                "load_ms": view.total("hailwire_handler_load_ms", handler=name),
                "uses": uses,
                "failed_loads": view.total("hailwire_handler_load_failures_total", handler=name),
                "last_error": broken.get(name),
                "mean_ms": None if not uses else round(seconds / uses * 1000, 3),
            }
        )
    return sorted(found, key=lambda one: (-one["uses"], one["handler"]))


def queues(view: View) -> list[Json]:
    """What waits, and for how long."""
    oldest = {labels.get("queue", ""): value for labels, value in view.of("hailwire_queue_oldest_seconds")}
    return [
        {"queue": name, "items": value, "oldest_seconds": round(oldest.get(name, 0.0), 1)}
        for name, value in sorted((labels.get("queue", ""), value) for labels, value in view.of("hailwire_queue_items"))
    ]


def memory(view: View) -> Json:
    """What the processes occupy and have used."""
    return {
        "resident_bytes": view.one("hailwire_process_resident_bytes"),
        "proportional_bytes": view.one("hailwire_process_proportional_bytes"),
        "cpu_seconds": view.one("hailwire_process_cpu_seconds_total"),
    }


def stats(view: View) -> Json:
    """What a service has done, how fast, and what waits."""
    return {
        "http": view.timings("hailwire_http_server_seconds"),
        "rpcs": view.timings("hailwire_rpc_server_seconds"),
        "turns": view.timings("hailwire_turn_seconds"),
        "dedup": dedup(view),
        "handlers": handlers(view),
        "caches": cache(view),
        "queues": queues(view),
        "spool_files": view.one("hailwire_spool_files"),
        "spool_bytes": view.one("hailwire_spool_bytes"),
        "memory": memory(view),
        "cold_start_duration_ms": view.one("hailwire_cold_start_duration_ms"),
        "cold_start_cpu_ms": view.one("hailwire_cold_start_cpu_ms"),
        "warmup": warmup(view),
    }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def labelled(pairs: Iterable[tuple[str, Any]]) -> Json:
    """Only what is there."""
    return {name: value for name, value in pairs if value not in (None, [], {})}
