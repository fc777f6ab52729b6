"""Each alert is silent while all is well, and speaks, alone or with those that follow from it, when its case occurs."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.promtool import PROMETHEUS, ROOT, promtool

RULES = yaml.safe_load((PROMETHEUS / "rules" / "alerts.yml").read_text(encoding="utf-8"))
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}
RUNBOOK = ROOT / "docs" / "runbook.md"

# A mesh that is well: one message a second comes in and is answered. 14 minutes, a sample every 30 s.
WELL = {
    **{f'up{{job="hailwire",service="{name}",instance="{name}"}}': "1x28" for name in ("gateway", "profile", "trips")},
    'hailwire_serving{service="gateway",instance="gateway"}': "1x28",
    'hailwire_inbox_items_total{service="gateway",kind="message",new="yes"}': "0+30x28",
    'hailwire_turns_total{service="gateway",ending="done"}': "0+30x28",
    'hailwire_turn_wait_seconds_bucket{service="gateway",le="1.0"}': "0+30x28",
    'hailwire_turn_wait_seconds_bucket{service="gateway",le="30.0"}': "0+30x28",
    'hailwire_turn_wait_seconds_bucket{service="gateway",le="+Inf"}': "0+30x28",
    'hailwire_sends_total{service="gateway",provider="whatsapp",result="accepted"}': "0+30x28",
    'hailwire_http_server_requests_total{service="gateway",route="/webhooks/whatsapp",status="200"}': "0+30x28",
    'hailwire_rpc_server_requests_total{service="trips",code="OK"}': "0+30x28",
    'hailwire_queue_items{service="gateway",queue="dead letters"}': "0x28",
    'hailwire_queue_oldest_seconds{service="gateway",queue="inbox"}': "0.1x28",
    'hailwire_provider_paused{service="gateway",provider="whatsapp"}': "0x28",
    'hailwire_spool_files{service="gateway",instance="gateway"}': "0x28",
    'hailwire_database_connections{service="trips",instance="trips",state="waiting"}': "0x28",
}


# What happens -> the series that are different or new, and the alerts that speak at the end.
CASES: dict[str, tuple[dict[str, str], set[str]]] = {
    "all is well": ({}, set()),
    "nobody writes": (
        {series: "0x28" for series in WELL if "_total" in series or "_bucket" in series},
        set(),
    ),
    "no answers": (
        {'hailwire_sends_total{service="gateway",provider="whatsapp",result="accepted"}': "7x28"},
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
        {'hailwire_turns_total{service="gateway",ending="failed"}': "0+4x28"},
        {"HailwireTurnErrors"},
    ),
    "every turn fails": (
        {
            'hailwire_turns_total{service="gateway",ending="failed"}': "0+4x28",
            'hailwire_turns_total{service="gateway",ending="done"}': "9x28",
        },
        {"HailwireTurnErrors", "HailwireEverythingFails"},
    ),
    "one request in ten fails": (
        {'hailwire_http_server_requests_total{service="gateway",status="503"}': "0+4x28"},
        {"HailwireHttpErrors"},
    ),
    "callers err": (
        {
            'hailwire_http_server_requests_total{service="gateway",status="403"}': "0+40x28",
            'hailwire_rpc_server_requests_total{service="trips",code="NOT_FOUND"}': "0+40x28",
        },
        set(),
    ),
    "one RPC in ten fails": (
        {'hailwire_rpc_server_requests_total{service="trips",code="INTERNAL"}': "0+4x28"},
        {"HailwireRpcErrors"},
    ),
    "a provider is paused": (
        {'hailwire_provider_paused{service="gateway",provider="whatsapp"}': "0x16 1x12"},
        {"HailwireProviderOutage"},
    ),
    "a provider takes little": (
        {'hailwire_sends_total{service="gateway",provider="whatsapp",result="retry"}': "0+60x28"},
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
    rules = sorted(str(path) for path in (PROMETHEUS / "rules").glob("*.yml"))
    file = tmp_path / "cases.yml"
    file.write_text(yaml.safe_dump({"rule_files": rules, "evaluation_interval": "30s", "tests": tests}))
    promtool("test", "rules", str(file))


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
