"""What the dashboards show, one line a panel: title, unit, and a query for each legend."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Panel:
    """A graph over time; `queries` maps a legend to a PromQL expression. `steady`: one number instead of a graph."""

    title: str
    unit: str
    queries: Mapping[str, str]
    help: str = ""
    steady: bool = False


@dataclass(frozen=True)
class Dashboard:
    """A page of panels; its file is named after `uid`."""

    uid: str
    title: str
    panels: tuple[Panel, ...]


def _quantile(share: float, histogram: str, by: str, matching: str = "") -> str:
    groups = ", ".join(filter(None, (by, "le")))
    return f"histogram_quantile({share}, sum by ({groups}) (rate({histogram}_bucket{{{matching}}}[$__rate_interval])))"


def _durations(title: str, histogram: str, help: str, by: str = "", matching: str = "") -> Panel:  # noqa: A002
    legend = " ".join(f"{{{{{label}}}}}" for label in by.split(", ")) if by else ""
    shares = {"p50": 0.5, "p99": 0.99} if by else {"p50": 0.5, "p90": 0.9, "p99": 0.99}
    queries = {f"{name} {legend}".strip(): _quantile(share, histogram, by, matching) for name, share in shares.items()}
    return Panel(title, "s", queries, help)


def _rate(counter: str, by: str, matching: str = "") -> str:
    return f"sum by ({by}) (rate({counter}{{{matching}}}[$__rate_interval]))"


def _caches(service: str) -> tuple[Panel, ...]:
    """What a service remembers of its database."""
    here = f'service="{service}"'
    return (
        Panel("Cache", "ops", {"{{cache}} {{result}}": _rate("hailwire_cache_lookups_total", "cache, result", here)}),
        Panel("Answered from memory", "percentunit", {"{{cache}}": f"hailwire:cache_hits:ratio5m{{{here}}}"}),
        Panel("Entries", "short", {"{{cache}}": f"sum by (cache) (hailwire_cache_entries{{{here}}})"}),
    )


def _process(service: str) -> tuple[Panel, ...]:
    """What every service's page ends with."""
    here = f'service="{service}"'
    return (
        Panel(
            "RPCs served",
            "reqps",
            {"{{method}} {{code}}": _rate("hailwire_rpc_server_requests_total", "method, code", here)},
        ),
        _durations("Time to serve an RPC", "hailwire_rpc_server_seconds", "", "method", here),
        Panel(
            "Processor time",
            "short",
            {"{{instance}}": _rate("hailwire_process_cpu_seconds_total", "instance", here)},
            "cores; a Python process can use one",
        ),
        Panel("Memory", "bytes", {"{{instance}}": f"sum by (instance) (hailwire_process_resident_bytes{{{here}}})"}),
        Panel(
            "Serving", "short", {"{{instance}}": f"min by (instance) (hailwire_serving{{{here}}})"}, "1: it can work"
        ),
        Panel(
            "Cold start",
            "ms",
            {"{{instance}}": f"max by (instance) (hailwire_cold_start_duration_ms{{{here}}})"},
            "from the start of the process until it first served",
        ),
    )


OVERVIEW = Dashboard(
    "hailwire-overview",
    "Hailwire: overview",
    (
        Panel("Replicas that answer", "short", {"{{service}}": 'sum by (service) (up{job="hailwire"})'}, steady=True),
        Panel(
            "Dead letters",
            "short",
            {"": 'max(hailwire_queue_items{queue="dead letters"})'},
            "nobody has looked at",
            steady=True,
        ),
        Panel("Oldest message waits", "s", {"": 'max(hailwire_queue_oldest_seconds{queue="inbox"})'}, steady=True),
        Panel(
            "Failed turns",
            "percentunit",
            {"": "hailwire:turn_errors:ratio5m"},
            "share of the last five minutes",
            steady=True,
        ),
        Panel(
            "Messages in, replies out",
            "mps",
            {
                "messages": 'sum(rate(hailwire_inbox_items_total{kind="message",new="yes"}[$__rate_interval]))',
                "replies": 'sum(rate(hailwire_sends_total{result="accepted"}[$__rate_interval]))',
            },
        ),
        Panel("Turns by ending", "ops", {"{{ending}}": _rate("hailwire_turns_total", "ending")}),
        _durations("From storing to the start of the turn", "hailwire_turn_wait_seconds", "how long a message waits"),
        _durations("Turn", "hailwire_turn_seconds", "from claim to commit"),
        Panel("Waiting", "short", {"{{queue}}": "max by (queue) (hailwire_queue_items)"}),
        Panel("Oldest", "s", {"{{queue}}": "max by (queue) (hailwire_queue_oldest_seconds)"}),
        Panel(
            "Failed, by kind of work",
            "percentunit",
            {
                "HTTP {{service}}": "hailwire:http_errors:ratio5m",
                "RPC {{service}}": "hailwire:rpc_errors:ratio5m",
                "sends {{provider}}": "hailwire:send_errors:ratio5m",
                "statements {{service}}": "hailwire:statement_errors:ratio5m",
            },
        ),
        Panel(
            "Processor time",
            "short",
            {"{{service}}": "sum by (service) (rate(hailwire_process_cpu_seconds_total[$__rate_interval]))"},
            "cores of all replicas",
        ),
    ),
)

GATEWAY = Dashboard(
    "hailwire-gateway",
    "Hailwire: gateway",
    (
        Panel("Webhooks", "reqps", {"{{provider}} {{status}}": _rate("hailwire_webhooks_total", "provider, status")}),
        _durations("Time to answer HTTP", "hailwire_http_server_seconds", "", "route", 'service="gateway"'),
        Panel("Items", "ops", {"{{kind}} new: {{new}}": _rate("hailwire_inbox_items_total", "kind, new")}),
        Panel("Duplicates", "percentunit", {"share": "hailwire:duplicates:ratio5m"}, "items that were known already"),
        Panel("Turns", "ops", {"{{kind}} {{ending}}": _rate("hailwire_turns_total", "kind, ending")}),
        Panel("In flight", "short", {"turns": "sum(hailwire_turns_in_flight)", "lanes": "sum(hailwire_lanes_held)"}),
        Panel("Handlers", "ops", {"{{handler}}": _rate("hailwire_handler_uses_total", "handler")}, "turns by handler"),
        Panel(
            "Time in handlers",
            "short",
            {"{{handler}}": _rate("hailwire_handler_run_seconds_total", "handler")},
            "seconds a second",
        ),
        Panel("Sends", "ops", {"{{provider}} {{result}}": _rate("hailwire_sends_total", "provider, result")}),
        _durations("Time of a send", "hailwire_provider_call_seconds", "as the provider answered it", "provider"),
        Panel(
            "Delivery statuses",
            "ops",
            {"{{provider}} {{result}}": _rate("hailwire_statuses_total", "provider, result")},
        ),
        _durations(
            "Time of an RPC to others",
            "hailwire_rpc_client_seconds",
            "as the gateway saw it",
            "method",
            'service="gateway"',
        ),
        Panel("Events taken", "ops", {"events": "sum(rate(hailwire_events_taken_total[$__rate_interval]))"}),
        Panel("Sending paused", "short", {"{{provider}}": "max by (provider) (hailwire_provider_paused)"}),
        Panel("Spool", "short", {"{{instance}}": "sum by (instance) (hailwire_spool_files)"}, "webhooks on disk"),
        *_process("gateway"),
    ),
)

PROFILE = Dashboard(
    "hailwire-profile",
    "Hailwire: profile",
    (
        *_caches("profile"),
        *_process("profile"),
    ),
)

TRIPS = Dashboard(
    "hailwire-trips",
    "Hailwire: trips",
    (
        Panel(
            "Events",
            "ops",
            {
                "handed out": "sum(rate(hailwire_events_handed_out_total[$__rate_interval]))",
                "acknowledged": "sum(rate(hailwire_events_acknowledged_total[$__rate_interval]))",
            },
        ),
        Panel("Events wait", "s", {"oldest": 'max(hailwire_queue_oldest_seconds{queue="events"})'}),
        *_caches("trips"),
        *_process("trips"),
    ),
)

METRICS = Dashboard(
    "hailwire-metrics",
    "Hailwire: metrics",
    (
        Panel(
            "HTTP requests",
            "reqps",
            {
                "{{route}} {{status}}": _rate(
                    "hailwire_http_server_requests_total", "route, status", 'service="metrics"'
                )
            },
        ),
        _durations("Time to answer HTTP", "hailwire_http_server_seconds", "", "route", 'service="metrics"'),
        *_process("metrics"),
    ),
)

DATABASE = Dashboard(
    "hailwire-database",
    "Hailwire: PostgreSQL as the services see it",
    (
        Panel(
            "Connections", "short", {"{{service}} {{state}}": "sum by (service, state) (hailwire_database_connections)"}
        ),
        Panel("Connections at most", "short", {"{{service}}": "sum by (service) (hailwire_database_connections_max)"}),
        Panel("Connections taken", "ops", {"{{service}}": _rate("hailwire_database_acquires_total", "service")}),
        Panel(
            "Wait for a connection",
            "s",
            {
                "{{service}}": "sum by (service) (rate(hailwire_database_acquire_seconds_total[$__rate_interval]))"
                " / sum by (service) (rate(hailwire_database_acquires_total[$__rate_interval]))"
            },
            "mean",
        ),
        Panel("Statements", "ops", {"{{service}}": _rate("hailwire_database_statement_seconds_count", "service")}),
        _durations("Time of a statement", "hailwire_database_statement_seconds", "", "service"),
        Panel(
            "Statements that took most",
            "short",
            {
                "{{statement}}": "topk(10, sum by (statement)"
                " (rate(hailwire_database_statement_seconds_sum[$__rate_interval])))"
            },
            "seconds a second",
        ),
        Panel("Statements that failed", "percentunit", {"{{service}}": "hailwire:statement_errors:ratio5m"}),
    ),
)

DASHBOARDS = (OVERVIEW, GATEWAY, PROFILE, TRIPS, METRICS, DATABASE)
