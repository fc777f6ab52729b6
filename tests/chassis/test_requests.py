"""Every HTTP request is measured by its route, has ids, and is logged when it is slow."""

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest

from chassis import logs, request_ids
from chassis.http import serve_http
from chassis.requests import Measured, Routes
from chassis.settings import load
from chassis.telemetry import Telemetry, TelemetrySettings, open_telemetry
from tests.chassis.polling import until

log = logs.get(__name__)
TEMPLATES = ("/slow", "/items/{id}", "/items", "/fails")


class App:
    """Answers /items, waits on /slow until it may go on, breaks on /fails."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.begun = asyncio.Event()
        self.ids: request_ids.RequestIds | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.ids = request_ids.current.get()
        if scope["path"] == "/slow":
            self.begun.set()
            await self.go_on.wait()
        if scope["path"] == "/fails":
            raise RuntimeError("a bug")
        log.info("answering")
        status = 404 if scope["path"] == "/items/none" else 200
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


class Site:
    """A running app and a client for it."""

    def __init__(self, app: App, telemetry: Telemetry, session: aiohttp.ClientSession, port: int) -> None:
        self.app = app
        self.telemetry = telemetry
        self.session = session
        self.url = f"http://127.0.0.1:{port}"

    async def get(self, path: str, **headers: str) -> tuple[int, Mapping[str, str]]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(self.url + path, headers=named) as response:
            await response.read()
            return response.status, response.headers

    def counted(self, **labels: str) -> float:
        return self.telemetry.counter("http_server_requests", "").value(**labels)

    def in_flight(self) -> dict[str, float]:
        (gauge,) = [one for one in self.telemetry.instruments if one.name == "hailwire_http_server_in_flight"]
        return {labels["route"]: value for value, labels in gauge.read()}


@contextlib.asynccontextmanager
async def opened(**environ: str) -> AsyncIterator[Site]:
    app = App()
    async with (
        open_telemetry("test", load(TelemetrySettings, environ)) as telemetry,
        serve_http(Measured(app, telemetry, TEMPLATES), host="127.0.0.1", port=0) as port,
        aiohttp.ClientSession() as session,
    ):
        yield Site(app, telemetry, session, port)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """An app that is measured."""
    async with opened() as site:
        yield site


async def test_counted_by_route(site: Site) -> None:
    """Requests count under the template of their route, by method and status; what is not ours under one name."""
    for path in ("/items/1", "/items/2", "/items/none", "/items", "/250788000111", "/items/1/2"):
        await site.get(path)
    assert site.counted(route="/items/{id}", method="GET", status="200") == 2
    assert site.counted(route="/items/{id}", method="GET", status="404") == 1
    assert site.counted(route="/items", method="GET", status="200") == 1
    assert site.counted(route="other", method="GET", status="200") == 2
    counts = {
        labels["route"]: sum(durations.counts)
        for labels, durations in site.telemetry.histogram("http_server", "").read()
    }
    assert counts == {"/items/{id}": 3, "/items": 1, "other": 2}


async def test_methods_of_nobody(site: Site) -> None:
    """A method that we do not know is no label."""
    async with site.session.request("PROPFIND", site.url + "/items") as response:
        await response.read()
    assert site.counted(route="/items", method="other", status="200") == 1


async def test_in_flight_goes_down_again(site: Site) -> None:
    """What is under way is seen while it is, and is zero afterwards, however it ended."""
    asking = [asyncio.create_task(site.get("/slow")) for _ in range(3)]
    await until(lambda: site.in_flight().get("/slow") == 3)
    asking[0].cancel()
    site.app.go_on.set()
    await asyncio.gather(*asking, return_exceptions=True)
    await site.get("/fails")
    await until(lambda: set(site.in_flight().values()) == {0})
    assert site.in_flight() == {"/slow": 0, "/fails": 0}


async def test_a_bug_is_a_500(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """What breaks counts as ours."""
    status, _ = await site.get("/fails")
    assert status == 500
    assert site.counted(route="/fails", method="GET", status="500") == 1


async def test_ids_are_made(site: Site) -> None:
    """Each answer has an id of its own, which is the correlation id too, and the time that it took."""
    _, first = await site.get("/items")
    _, second = await site.get("/items")
    assert first["X-Request-ID"] != second["X-Request-ID"]
    assert first["X-Correlation-ID"] == first["X-Request-ID"]
    assert re.fullmatch(r"\d+\.\dms", first["X-Response-Time"])


@pytest.mark.parametrize(
    "given",
    [
        "req-0f3a9c",
        "0190a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b",
        "12345678-1234-1234-1234-123456789012",
        "01J9ZK3W7Q8XN5V2T4B6M1C0DE",
    ],
)
async def test_sane_ids_are_kept(site: Site, given: str) -> None:
    """A caller's own ids come back as they were, and the app knows them."""
    _, headers = await site.get("/items", X_Request_ID=given, X_Correlation_ID="errand-7f")
    assert (headers["X-Request-ID"], headers["X-Correlation-ID"]) == (given, "errand-7f")
    assert site.app.ids == request_ids.RequestIds(given, "errand-7f")


@pytest.mark.parametrize(
    "given",
    [
        "+250788000111",
        "250788000111",
        "tel:250788000111",
        "250-788-000-111",
        "a b c d e f g",
        "short",
        "x" * 101,
        "Zoë-Uwase",
    ],
)
async def test_other_ids_are_replaced(site: Site, given: str) -> None:
    """What may be a phone number, or could not stand in a log line, is not taken over."""
    _, headers = await site.get("/items", X_Request_ID=given, X_Correlation_ID=given)
    assert re.fullmatch(r"[0-9a-f]{32}", headers["X-Request-ID"])
    assert headers["X-Correlation-ID"] == headers["X-Request-ID"]


async def test_ids_are_in_the_log(site: Site) -> None:
    """What is logged for a request carries its ids; what is logged outside of one carries none."""
    lines: list[dict[str, Any]] = []
    handler = logging.Handler()
    handler.setFormatter(logs.JsonFormatter("test"))
    handler.emit = lambda record: lines.append(json.loads(handler.format(record)))  # type: ignore[method-assign]
    logger = logging.getLogger(__name__)
    logger.addHandler(handler)
    logger.setLevel("INFO")
    try:
        await site.get("/items", X_Request_ID="req-0f3a9c", X_Correlation_ID="errand-7f")
        log.info("outside")
    finally:
        logger.removeHandler(handler)
    inside, outside = lines
    assert (inside["request_id"], inside["correlation_id"]) == ("req-0f3a9c", "errand-7f")
    assert "request_id" not in outside


async def test_slow_requests_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A request above SLOW_REQUEST_MS is a warning with its route; one below is none."""
    # Above and below by far: a quick one, too, may take 50 ms when nobody runs meanwhile.
    async with opened(SLOW_REQUEST_MS="120000") as site:
        await site.get("/items")
    async with opened(SLOW_REQUEST_MS="50") as site:
        asking = asyncio.create_task(site.get("/slow"))
        await site.app.begun.wait()
        await asyncio.sleep(0.06)  # the time that it takes is what is tested
        site.app.go_on.set()
        await asking
        await until(lambda: site.counted(route="/slow", method="GET", status="200") == 1)
    slow = [record for record in caplog.records if record.message == "slow request"]
    assert [vars(record)["fields"]["route"] for record in slow] == ["/slow"]


def test_templates_are_whole() -> None:
    """A template matches the whole path and nothing that merely looks alike."""
    route = Routes(("/api/items/{id}", "/api/items.json"))
    assert route("/api/items/7") == "/api/items/{id}"
    assert route("/api/items.json") == "/api/items.json"
    assert {route("/api/items/7/8"), route("/api/itemsXjson"), route("/x/api/items/7"), route("")} == {"other"}
