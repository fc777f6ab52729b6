"""Each alert is silent while all is well, and speaks, alone or with those that follow from it, when its case occurs."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.metrics import work
from tests.deploy.promtool import PROMETHEUS, ROOT, promtool

RULES = yaml.safe_load((PROMETHEUS / "rules" / "alerts.yml").read_text(encoding="utf-8"))
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}
RUNBOOK = ROOT / "docs" / "runbook.md"

WEBHOOKS = (
    'hailwire_http_server_requests_total{service="gateway",route="/webhooks/whatsapp",method="POST",status="200"}'
)
RPCS = (
    'hailwire_rpc_server_requests_total{service="trips",'
    'method="/hailwire.trips.v1.TripsService/BatchGetTrips",code="OK"}'
)
TURNS = 'hailwire_turns_total{service="gateway",ending="done"}'
SENDS = 'hailwire_sends_total{service="gateway",provider="whatsapp",result="accepted"}'

# A mesh that is well: one message a second comes in and is answered. 14 minutes, a sample every 30 s.
WELL = {
    **{f'up{{job="hailwire",service="{name}",instance="{name}"}}': "1x28" for name in ("gateway", "profile", "trips")},
    'hailwire_serving{service="gateway",instance="gateway"}': "1x28",
    'hailwire_inbox_items_total{service="gateway",kind="message",new="yes"}': "0+30x28",
    TURNS: "0+30x28",
    'hailwire_turn_wait_seconds_bucket{service="gateway",le="1.0"}': "0+30x28",
    'hailwire_turn_wait_seconds_bucket{service="gateway",le="30.0"}': "0+30x28",
    'hailwire_turn_wait_seconds_bucket{service="gateway",le="+Inf"}': "0+30x28",
    SENDS: "0+30x28",
    WEBHOOKS: "0+30x28",
    RPCS: "0+30x28",
    # Those who watch us and those who poll, more than all real work.
    **{
        f'hailwire_http_server_requests_total{{service="gateway",route="{route}",status="200"}}': "0+90x28"
        for route in ("/healthz", "/readyz", "/metrics", "other")
    },
    **{
        f'hailwire_rpc_server_requests_total{{service="trips",method="{method}",code="OK"}}': "0+90x28"
        for method in (
            "/grpc.health.v1.Health/Check",
            "/hailwire.ops.v1.PerformanceService/GetPerformance",
            "/hailwire.trips.v1.EventsService/TakeEvents",
            "/hailwire.profile.v1.ProfileService/WatchPeople",
        )
    },
    'hailwire_queue_items{service="gateway",queue="dead letters"}': "0x28",
    'hailwire_queue_oldest_seconds{service="gateway",queue="inbox"}': "0.1x28",
    'hailwire_provider_paused{service="gateway",provider="whatsapp"}': "0x28",
    'hailwire_spool_files{service="gateway",instance="gateway"}': "0x28",
    'hailwire_database_connections{service="trips",instance="trips",state="waiting"}': "0x28",
}

# A quiet night: nobody writes, and who watches us goes on.
QUIET = {
    series: "0x28"
    for series in WELL
    if series in {WEBHOOKS, RPCS, TURNS, SENDS} or "_inbox_items_" in series or "_bucket" in series
}


def failing(series: str, **labels: str) -> str:
    """The same series with other labels."""
    for name, value in labels.items():
        series = re.sub(f'{name}="[^"]*"', f'{name}="{value}"', series)
    return series


def costs(limit: int, *counted: str) -> dict[str, str]:
    """Replicas that share a limit for a day, and what each of them counts."""
    found = {}
    for replica, values in enumerate(counted or ("0+1x28",)):
        labels = f'service="gateway",instance="{replica}"'
        found[f'hailwire_provider_cost_total{{{labels},channel="sms"}}'] = values
        found[f"hailwire_provider_cost_daily_limit{{{labels}}}"] = f"{limit}x28"
    return found


# What happens -> the series that are different or new, and the alerts that speak at the end.
CASES: dict[str, tuple[dict[str, str], set[str]]] = {
    "all is well": ({}, set()),
    "nobody writes": (QUIET, set()),
    "a single failure of each kind": (
        QUIET
        | {
            failing(TURNS, ending="failed"): "0x22 1x6",
            failing(WEBHOOKS, status="500"): "0x22 1x6",
            failing(RPCS, code="INTERNAL"): "0x22 1x6",
            failing(SENDS, result="unknown"): "0x22 1x6",
        },
        set(),
    ),
    "replies to dead numbers": (QUIET | {failing(SENDS, result="final"): "0x20 0+3x8"}, set()),
    "ten senders reach a limit": (
        {'hailwire_limits_reached_total{service="gateway",limit="expensive",instance="gateway"}': "_x22 10x6"},
        set(),
    ),
    "a crowd of senders reaches a limit": (
        {'hailwire_limits_reached_total{service="gateway",limit="ordinary",instance="gateway"}': "0x12 0+1x16"},
        {"HailwireRateLimited"},
    ),
    "a day costs what it may": (costs(30), set()),
    "costs without a limit": (costs(0), set()),
    "a day costs too much": (costs(20), {"HailwireCostAboveLimit"}),
    "a day costs too much, on replicas that restart": (
        costs(20, "0+0.5x14 0+0.5x13", "0+0.5x14 0+0.5x13"),
        {"HailwireCostAboveLimit"},
    ),
    "no answers": (
        {SENDS: "7x28"},
        {"HailwireNoAnswers"},
    ),
    "turns are late": (
        {
            'hailwire_turn_wait_seconds_bucket{service="gateway",le="1.0"}': "0+20x28",
            'hailwire_turn_wait_seconds_bucket{service="gateway",le="30.0"}': "0+20x28",
        },
        {"HailwireTurnsLate"},
    ),
    "an old queue": (
        {'hailwire_queue_oldest_seconds{service="gateway",queue="inbox"}': "0x16 20+30x12"},
        {"HailwireQueueOld"},
    ),
    "replies that wait a little": (
        {'hailwire_queue_oldest_seconds{service="gateway",queue="outbox"}': "200+10x28"},
        set(),
    ),
    "replies that wait for long": (
        {'hailwire_queue_oldest_seconds{service="gateway",queue="outbox unknown"}': "400+10x28"},
        {"HailwireQueueOld"},
    ),
    "an old dead letter": (
        {
            'hailwire_queue_oldest_seconds{service="gateway",queue="dead letters"}': "0+30x28",
            'hailwire_queue_items{service="gateway",queue="dead letters"}': "3x28",
        },
        set(),
    ),
    "a new dead letter": (
        {'hailwire_queue_items{service="gateway",queue="dead letters"}': "0x16 1x12"},
        {"HailwireDeadLetter"},
    ),
    "old dead letters, after a gap": (
        {'hailwire_queue_items{service="gateway",queue="dead letters"}': "3x5 _x16 3x7"},
        set(),
    ),
    "a dead letter is discarded": (
        {
            'hailwire_queue_items{service="gateway",queue="dead letters"}': "3x26 0x2",
            'hailwire_queue_items{service="gateway",instance="another",queue="dead letters"}': "3x27 0x1",
        },
        set(),
    ),
    "the first copy": (
        {'hailwire_extra_sends_total{service="gateway",provider="twilio"}': "_x16 1x12"},
        {"HailwireExtraSends"},
    ),
    "another copy": (
        {'hailwire_extra_sends_total{service="gateway",provider="twilio"}': "5x16 6x12"},
        {"HailwireExtraSends"},
    ),
    "duplicates": (
        {'hailwire_inbox_items_total{service="gateway",kind="message",new="no"}': "0+30x28"},
        {"HailwireDuplicates"},
    ),
    "one turn in ten fails": (
        {failing(TURNS, ending="failed"): "0+4x28"},
        {"HailwireTurnErrors"},
    ),
    "every turn fails": (
        {failing(TURNS, ending="failed"): "0+4x28", TURNS: "9x28"},
        {"HailwireTurnErrors", "HailwireEverythingFails"},
    ),
    "every webhook fails": (
        {failing(WEBHOOKS, status="503"): "0+30x28", WEBHOOKS: "9x28"},
        {"HailwireHttpErrors", "HailwireEverythingFails"},
    ),
    "every RPC fails": (
        {failing(RPCS, code="UNAVAILABLE"): "0+30x28", RPCS: "9x28"},
        {"HailwireRpcErrors", "HailwireEverythingFails"},
    ),
    "a method is missing": (
        {failing(RPCS, code="UNIMPLEMENTED"): "0+30x28", RPCS: "9x28"},
        {"HailwireRpcErrors", "HailwireEverythingFails"},
    ),
    "every send fails": (
        {failing(SENDS, result="retry"): "0+30x28", SENDS: "9x28"},
        {"HailwireNoAnswers", "HailwireEverythingFails", "HailwireProviderOutage"},
    ),
    "probes fail": (
        {
            series.replace('status="200"', 'status="503"').replace('code="OK"', 'code="UNAVAILABLE"'): "0+90x28"
            for series in WELL
            if "/readyz" in series or "/hailwire.ops." in series or "/TakeEvents" in series or "/WatchPeople" in series
        },
        set(),
    ),
    "one request in ten fails": (
        {failing(WEBHOOKS, status="503"): "0+4x28"},
        {"HailwireHttpErrors"},
    ),
    "callers err": (
        {
            failing(WEBHOOKS, status="403"): "0+40x28",
            failing(RPCS, code="NOT_FOUND"): "0+40x28",
        },
        set(),
    ),
    "one RPC in ten fails": (
        {failing(RPCS, code="INTERNAL"): "0+4x28"},
        {"HailwireRpcErrors"},
    ),
    "a provider is paused": (
        {'hailwire_provider_paused{service="gateway",provider="whatsapp"}': "0x16 1x12"},
        {"HailwireProviderOutage"},
    ),
    "a provider takes little": (
        {failing(SENDS, result="retry"): "0+60x28"},
        {"HailwireProviderOutage"},
    ),
    "a replica is missing": (
        {'up{job="hailwire",service="trips",instance="another"}': "1x16 0x12"},
        {"HailwireReplicaMissing"},
    ),
    "a service is missing": (
        {'up{job="hailwire",service="trips",instance="trips"}': "1x16 0x12"},
        {"HailwireReplicaMissing", "HailwireServiceMissing"},
    ),
    "not serving": ({'hailwire_serving{service="gateway",instance="gateway"}': "1x16 0x12"}, {"HailwireNotServing"}),
    "a spool fills": (
        {'hailwire_spool_files{service="gateway",instance="gateway"}': "0x16 4x12"},
        {"HailwireSpoolNotEmpty"},
    ),
    "a pool is exhausted": (
        {'hailwire_database_connections{service="trips",instance="trips",state="waiting"}': "0x16 2x12"},
        {"HailwirePoolExhausted"},
    ),
}


def test_each_alert_speaks_in_its_case_only(tmp_path: Path) -> None:
    """Every case of the table raises exactly the alerts that it names, and every alert has a case."""
    assert set().union(*(alerts for _, alerts in CASES.values())) == set(ALERTS)
    tests: list[dict[str, Any]] = [
        {
            "name": case,
            "interval": "30s",
            "input_series": [{"series": name, "values": values} for name, values in {**WELL, **changed}.items()],
            "promql_expr_test": [
                {
                    "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                    "eval_time": "13m30s",
                    "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(speaking)],
                }
            ],
        }
        for case, (changed, speaking) in CASES.items()
    ]
    tried(tests, tmp_path)


def tried(tests: list[dict[str, Any]], folder: Path) -> None:
    """Let Prometheus play them with our rules."""
    rules = sorted(str(path) for path in (PROMETHEUS / "rules").glob("*.yml"))
    file = folder / "cases.yml"
    file.write_text(yaml.safe_dump({"rule_files": rules, "evaluation_interval": "30s", "tests": tests}))
    promtool("test", "rules", str(file))


def test_each_missing_service_is_named(tmp_path: Path) -> None:
    """When several services have no replica, each has an alert that says which it is."""
    gone = {f'up{{job="hailwire",service="{name}",instance="{name}"}}': "1x10 _x17" for name in ("profile", "trips")}
    expected = [
        {"labels": f'{{alertname="HailwireServiceMissing",service="{name}"}}', "value": 1}
        for name in ("profile", "trips")
    ]
    asked = {
        "expr": 'count by (alertname, service) (ALERTS{alertstate="firing"})',
        "eval_time": "13m30s",
        "exp_samples": expected,
    }
    series = [{"series": name, "values": values} for name, values in {**WELL, **gone}.items()]
    tried([{"interval": "30s", "input_series": series, "promql_expr_test": [asked]}], tmp_path)


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_says_what_to_do(name: str) -> None:
    """A summary, a description and a section of the runbook that exists."""
    alert = ALERTS[name]
    assert set(alert["annotations"]) == {"summary", "description", "runbook"}
    assert alert["labels"]["severity"] in {"warning", "critical"}
    assert alert["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"
    headings = re.findall(r"^## (\w+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    assert name in headings


def test_the_runbook_has_no_other_alerts() -> None:
    """A section whose alert is gone would send somebody the wrong way."""
    assert set(re.findall(r"^## (Hailwire\w+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)) == set(ALERTS)


def test_what_counts_is_what_health_counts() -> None:
    """Rules and the metrics service leave out the same probes and call the same a failure."""
    recorded = (PROMETHEUS / "rules" / "recording.yml").read_text(encoding="utf-8")
    (routes,) = set(re.findall(r'route!~"([^"]*)"', recorded))
    assert set(routes.split("|")) == work._WATCHING_ROUTES
    (methods,) = set(re.findall(r'method!~"([^"]*)"', recorded))
    found = {method.replace("[.]", ".").removesuffix(".*") for method in methods.split("|")}
    assert found == set(work._WATCHING_METHODS)
    (codes,) = re.findall(r'code=~"([^"]*)"', recorded)
    assert set(codes.split("|")) == work._OUR_CODES
    (results,) = re.findall(r'result=~"([^"]*)"', recorded)
    (sends,) = [kind for kind in work.KINDS if kind.name == "send"]
    assert all(sends.failed({"result": result}) for result in results.split("|"))


def test_only_pods_that_run_are_read() -> None:
    """A pod that has ended is no replica that is missing."""
    (job,) = yaml.safe_load((PROMETHEUS / "kubernetes.yml").read_text(encoding="utf-8"))["scrape_configs"]
    phases = [rule for rule in job["relabel_configs"] if rule["source_labels"] == ["__meta_kubernetes_pod_phase"]]
    assert [(rule["action"], rule["regex"]) for rule in phases] == [("keep", "Running")]


@pytest.mark.parametrize("name", ["prometheus.yml", "local.yml", "kubernetes.yml"])
def test_the_scrape_configurations_are_valid(name: str, tmp_path: Path) -> None:
    """Prometheus itself accepts them with their rules; Debian's knows no Kubernetes, so that part is left out."""
    content = yaml.safe_load((PROMETHEUS / name).read_text(encoding="utf-8"))
    for job in content["scrape_configs"]:
        job.pop("kubernetes_sd_configs", None)
    content["rule_files"] = [str(PROMETHEUS / pattern) for pattern in content["rule_files"]]
    file = tmp_path / name
    file.write_text(yaml.safe_dump(content))
    promtool("check", "config", str(file))
