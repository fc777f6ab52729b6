"""The live page: whole, from here alone, and fed by an answer that has all it draws."""

import re
from pathlib import Path

from tests.metrics.conftest import Api, Process

PAGE = Path(__file__).resolve().parents[2] / "services" / "metrics" / "page"


async def test_it_needs_nothing_from_elsewhere(api: Api) -> None:
    """Everything that the page loads is served here, and its policy forbids the rest."""
    async with api.session.get(api.url + "/") as response:
        html = await response.text()
        policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'")
    assert "unsafe" not in policy
    loaded = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert {"/live.js", "/live.css", "/icon.svg"} <= set(loaded)
    for path in loaded:
        async with api.session.get(api.url + path) as response:
            assert response.status == 200, path
    for file in PAGE.iterdir():
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text
        assert "https://" not in text
        assert "innerHTML" not in text


async def test_files_are_kept_and_numbers_are_not(api: Api) -> None:
    """The page's own files come from memory, with the same policy; whoever asks for numbers gets them fresh."""
    for path in ("/", "/live.js", "/live.css", "/icon.svg"):
        seen = []
        marks = []
        for _ in range(2):
            async with api.session.get(api.url + path) as response:
                seen.append((await response.read(), response.headers["Content-Security-Policy"]))
                assert response.headers["Cache-Control"] == "no-store"
                marks.append(response.headers["X-Cache"])
        assert seen[0] == seen[1]
        assert marks[1] == "HIT"
    for path in ("/metrics", "/healthz", "/api/performance/live", "/api/sms/performance/stats"):
        async with api.session.get(api.url + path) as response:
            assert "X-Cache" not in response.headers


async def test_what_it_draws_is_there(api: Api, gateway: Process) -> None:
    """The answer behind the page has flows with their line, latency, queues, costs, replicas and health."""
    items = gateway.telemetry.counter("inbox_items", "items")
    sends = gateway.telemetry.counter("sends", "sends")
    seconds = gateway.telemetry.histogram("turn", "turns")
    gateway.telemetry.gauge("queue_items", "q", lambda: [(2, {"queue": "inbox"})], shared=True)
    gateway.telemetry.gauge("queue_oldest_seconds", "q", lambda: [(7.04, {"queue": "inbox"})], shared=True)
    items.add(20, kind="message", provider="whatsapp", new="yes")
    items.add(20, kind="message", provider="whatsapp", new="no")
    items.add(20, kind="status", provider="whatsapp", new="yes")
    sends.add(10, provider="whatsapp", result="accepted")
    sends.add(10, provider="whatsapp", result="retry")
    seconds.record(0.3)
    gateway.telemetry.counter("provider_cost", "prices").add(1.25, channel="sms")
    live = await api.ask("live")
    assert live["messages_in"]["per_second"] > live["messages_out"]["per_second"] > 0
    assert live["messages_in"]["per_second"] <= 20
    assert live["messages_in"]["line"]
    turns = [one for one in live["latency"] if one["kind"] == "turns"]
    assert turns[0]["count"] == 1
    assert 250 <= turns[0]["p50_ms"] <= 500
    assert {"queue": "inbox", "items": 2.0, "oldest_seconds": 7.0} in live["queues"]
    assert live["costs"] == [{"channel": "sms", "cost": 1.25}]
    assert live["services"]["gateway"]["replicas"][0]["state"] == "up"
    assert live["status"] in {"healthy", "unhealthy"}
