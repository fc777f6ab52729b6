"""The dashboards: written by their generator, every expression understood, every metric one of ours, no panel empty."""

import contextlib
import json
import math
import re
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import promql_parser
import pytest
import yaml

from deploy.grafana import build
from launcher import ports
from launcher.tether import tethered
from tests.chassis.polling import until_awaited
from tests.deploy.promtool import GRAFANA, PROMETHEUS, ROOT, command
from tests.gateway.opening import open_mesh
from tests.mesh.deliveries import open_deliveries
from tests.mesh.harness import PUBLIC_URL
from tests.mesh.phones import Phone
from tests.mesh.posting import open_postman
from tests.mesh.test_ride import ENGLISH, _introduced, _ridden
from tests.metrics.conftest import opened

RULES = [
    rule
    for name in ("recording.yml", "alerts.yml")
    for group in yaml.safe_load((PROMETHEUS / "rules" / name).read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
RECORDED = [rule["record"] for rule in RULES if "record" in rule]
# (dashboard, panel, expression), with Grafana's interval as it is with a scrape each second.
QUERIES = [
    (page["title"], panel["title"], target["expr"].replace("$__rate_interval", "30s"))
    for page in map(json.loads, build.files().values())
    for panel in page["panels"]
    for target in panel["targets"]
]


def names_in(expression: str) -> set[str]:
    """The metrics that it asks for."""
    return set(re.findall(r"\bhailwire[\w:]+", re.sub(r'"[^"]*"', "", expression)))


def test_the_committed_dashboards_are_current() -> None:
    """What lies in deploy/grafana/dashboards is what the generator writes now."""
    there = {path.name: path.read_text(encoding="utf-8") for path in (GRAFANA / "dashboards").iterdir()}
    assert there == build.files(), "run: python -m deploy.grafana.build"


def test_every_expression_is_promql() -> None:
    """A parser of its own understands each query and each rule."""
    for expression in [*(query for _, _, query in QUERIES), *(rule["expr"] for rule in RULES)]:
        promql_parser.parse(expression)


def test_every_metric_is_one_of_ours() -> None:
    """Queries and rules ask for what docs/metrics.md lists, which is compared with the code, or for a rule."""
    document = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(hailwire_\w+)` \| (\w+) \|", document, re.MULTILINE))
    known = set(RECORDED)
    for name, kind in listed.items():
        known |= {name + part for part in ("_bucket", "_count", "_sum")} if kind == "histogram" else {name}
    asked = set().union(*(names_in(expression) for _, _, expression in QUERIES))
    asked |= set().union(*(names_in(rule["expr"]) for rule in RULES))
    assert asked - known == set()


def test_panels_do_not_overlap() -> None:
    """Each has its own place on the page, inside of it."""
    for page in map(json.loads, build.files().values()):
        taken: set[tuple[int, int]] = set()
        for panel in page["panels"]:
            place = panel["gridPos"]
            assert place["x"] + place["w"] <= 24
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken
            taken |= cells


class Prometheus:
    """A real one."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    async def get(self, path: str, **parameters: str) -> Any:
        async with self._session.get(f"{self._url}/api/v1/{path}", params=parameters) as response:
            answer = await response.json()
            assert answer["status"] == "success", answer
            return answer["data"]

    async def up(self) -> int:
        """How many targets answer; none while it starts, when it is not there or answers 503 in words."""
        with contextlib.suppress(aiohttp.ClientConnectionError, aiohttp.ContentTypeError):
            return len((await self.get("query", query="up == 1"))["result"])
        return 0

    async def shows(self, expression: str) -> bool:
        """Whether a graph of the last minutes would show anything."""
        now = time.time()
        data = await self.get("query_range", query=expression, start=str(now - 120), end=str(now), step="2")
        return any(math.isfinite(float(value)) for series in data["result"] for _, value in series["values"])


def _started(arguments: list[str]) -> subprocess.Popen[bytes]:
    """It ends with us, whatever becomes of us."""
    return subprocess.Popen(tethered(arguments, signal.SIGKILL))


@contextlib.asynccontextmanager
async def prometheus(folder: Path, targets: dict[str, int]) -> AsyncIterator[Prometheus]:
    """Reads these ports each second, with the rules and labels of deploy/prometheus/local.yml."""
    config = yaml.safe_load((PROMETHEUS / "local.yml").read_text(encoding="utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(PROMETHEUS / "rules" / "*.yml")]
    (job,) = config["scrape_configs"]
    for target in job["static_configs"]:
        target["targets"] = [f"127.0.0.1:{targets[target['labels']['service']]}"]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = ports.choose(1)[0]
    arguments = [
        command("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    process = _started(arguments)
    try:
        async with aiohttp.ClientSession() as session:
            yield Prometheus(f"http://127.0.0.1:{port}", session)
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_no_panel_is_empty(fresh_database_url: str, tmp_path: Path) -> None:
    """Prometheus reads a mesh in which a ride is played, and every panel and recorded rule has something to show."""
    command("prometheus")
    async with contextlib.AsyncExitStack() as stack:
        mesh = await stack.enter_async_context(open_mesh(fresh_database_url, tmp_path, PUBLIC_BASE_URL=PUBLIC_URL))
        own = ports.choose(1)[0]
        watched = f"gateway=127.0.0.1:{mesh.grpc_port},metrics=127.0.0.1:{own}"
        api = await stack.enter_async_context(opened(watched, METRICS_GRPC_PORT=str(own)))
        targets = {**mesh.prometheus_ports, "metrics": api.prometheus_port}
        prom = await stack.enter_async_context(prometheus(tmp_path, targets))
        postman = await stack.enter_async_context(open_postman([mesh.url]))
        deliveries = await stack.enter_async_context(open_deliveries(mesh.simulator.url))

        async def everybody_is_read() -> bool:
            return await prom.up() == len(targets)

        await until_awaited(everybody_is_read, every=0.2)
        driver = Phone(postman, deliveries, "+250788000001")
        await _introduced(driver, ENGLISH)
        await driver.say("drive")
        await driver.choose("Moto")
        await driver.share(-1.95, 30.06)
        await driver.hear(ENGLISH.online)
        passengers = [
            Phone(postman, deliveries, "+250788000002"),
            Phone(postman, deliveries, "+250730000003", sms=True),
        ]
        for passenger in passengers:
            await _introduced(passenger, ENGLISH)
            await _ridden(driver, passenger, ENGLISH)
        wanted = [*QUERIES, *(("rules", name, name) for name in RECORDED)]

        async def nothing_is_empty() -> bool:
            nonlocal wanted
            for passenger in passengers:
                await passenger.say("menu")
            await driver.share(-1.95, 30.06)
            await api.ask("stats")
            wanted = [one for one in wanted if not await prom.shows(one[2])]
            return not wanted

        with contextlib.suppress(TimeoutError):
            await until_awaited(nothing_is_empty, 120, every=1)  # Prometheus reads once a second
        assert not wanted, f"nothing to see in {wanted}"
        groups = (await prom.get("rules"))["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        assert len(rules) == len(RULES)
        assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] != "ok"} == {}
