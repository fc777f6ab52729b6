"""Answers from memory: everybody's, for a while, and never somebody's."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest

from chassis.http import serve_http
from chassis.requests import Measured
from chassis.response_cache import ResponseCache
from chassis.settings import load
from chassis.telemetry import Telemetry, TelemetrySettings, open_telemetry
from tests.chassis.polling import until

PATHS = {"/page": 60.0, "/brief": 1.0, "/slow": 60.0, "/large": 60.0, "/strange": 60.0, "/off": 0.0}


class App:
    """Answers with the number of the request, its path and its query; the next answer is as the test says."""

    def __init__(self) -> None:
        self.asked = 0
        self.status = 200
        self.headers: list[tuple[bytes, bytes]] = []
        self.size = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.raises: Exception | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        words = f"{self.asked} {scope['path']}?{scope['query_string'].decode()}".encode()
        status, headers = self.status, [(b"content-type", b"text/plain"), *self.headers]
        await self.gate.wait()
        if self.raises is not None:
            raise self.raises
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": words, "more_body": True})
        await send({"type": "http.response.body", "body": b"x" * self.size})


class Site:
    """A running app behind the cache, and a client of it."""

    cache: ResponseCache

    def __init__(self, app: App, telemetry: Telemetry, session: aiohttp.ClientSession) -> None:
        self.app = app
        self.telemetry = telemetry
        self.session = session
        self.url = ""
        self.now = 0.0

    def clock(self) -> float:
        """The test's own."""
        return self.now

    async def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[str, Mapping[str, str]]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, self.url + path, headers=named) as response:
            return (await response.read()).decode("latin-1")[:60], response.headers

    async def number(self, path: str, **headers: str) -> str:
        """Which request of the app the answer was made for."""
        return (await self.ask(path, **headers))[0].partition(" ")[0]

    def counted(self, result: str) -> float:
        return self.telemetry.counter("cache_lookups", "").value(cache="responses", result=result)

    def entries(self) -> float:
        return self._gauge("hailwire_cache_entries")

    def in_flight(self) -> float:
        return self._gauge("hailwire_http_server_in_flight")

    def _gauge(self, name: str) -> float:
        (gauge,) = [one for one in self.telemetry.instruments if one.name == name]
        return sum(value for value, _ in gauge.read())


@contextlib.asynccontextmanager
async def opened(**options: Any) -> AsyncIterator[Site]:
    app = App()
    async with open_telemetry("test", load(TelemetrySettings, {})) as telemetry, aiohttp.ClientSession() as session:
        site = Site(app, telemetry, session)
        site.cache = ResponseCache(app, telemetry, PATHS, clock=site.clock, **options)
        async with serve_http(Measured(site.cache, telemetry, PATHS), host="127.0.0.1", port=0) as port:
            site.url = f"http://127.0.0.1:{port}"
            yield site


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with opened() as site:
        yield site


async def test_the_second_is_answered_from_memory(site: Site) -> None:
    """It has the same status, headers and body, says so with its age in whole seconds, and has ids of its own."""
    first, told = await site.ask("/page")
    assert (told["x-cache"], told["x-cache-age"]) == ("MISS", "0")
    site.now = 12.9
    again, retold = await site.ask("/page")
    assert (again, retold["x-cache"], retold["x-cache-age"]) == (first, "HIT", "12")
    assert told["content-type"] == retold["content-type"] == "text/plain"
    assert told["x-request-id"] != retold["x-request-id"]
    assert (site.app.asked, site.counted("hit"), site.counted("miss"), site.entries()) == (1, 1, 1, 1)


async def test_the_query_is_part_of_the_question(site: Site) -> None:
    """Another path, name or value is another question; another order of the same names is the same."""
    for path in ("/page", "/page?a=1", "/page?a=2", "/page?b=1", "/page?a=1&a=2", "/page?a=2&a=1", "/brief?a=1"):
        assert (await site.ask(path))[1]["x-cache"] == "MISS"
    assert await site.number("/page?a=1") == "2"
    assert await site.number("/page?b=1&a=1") == "8"
    assert await site.number("/page?a=1&b=1") == "8"


async def test_each_path_has_its_time(site: Site) -> None:
    """An answer goes when its path's time is over; a path without a time is never kept."""
    assert [await site.number(path) for path in ("/page", "/brief", "/off", "/off")] == ["1", "2", "3", "4"]
    site.now = 0.9
    assert [await site.number(path) for path in ("/page", "/brief")] == ["1", "2"]
    site.now = 1.0
    assert [await site.number(path) for path in ("/page", "/brief")] == ["1", "5"]
    site.now = 60.0
    assert await site.number("/page") == "6"


async def test_only_the_paths_that_are_named(site: Site) -> None:
    """Any other path, and any other method, passes as if there were no cache."""
    for path in ("/other", "/page/", "/PAGE"):
        assert await site.number(path) != await site.number(path)
        assert "x-cache" not in (await site.ask(path))[1]
    before = site.app.asked
    await site.ask("/page")
    for method in ("POST", "PUT", "DELETE", "HEAD"):
        assert "x-cache" not in (await site.ask("/page", method))[1]
    assert site.app.asked == before + 5


@pytest.mark.parametrize("header", ["Authorization", "Cookie", "Range", "If-None-Match", "If-Modified-Since"])
async def test_who_says_who_they_are_is_answered_alone(site: Site, header: str) -> None:
    """Neither is their answer kept for others, nor are they given what others were."""
    assert await site.number("/page", **{header: "x"}) == "1"
    assert await site.number("/page") == "2"
    assert await site.number("/page", **{header: "x"}) == "3"
    assert await site.number("/page") == "2"
    assert site.entries() == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Set-Cookie", "session=1"),
        ("Cache-Control", "private, max-age=60"),
        ("cache-control", "No-Store"),
        ("Cache-Control", "no-cache"),
        ("Vary", "Authorization"),
        ("Vary", "Cookie"),
        ("vary", "*"),
        ("Vary", "Accept-Language"),
    ],
)
async def test_what_is_somebodys_is_not_kept(site: Site, name: str, value: str) -> None:
    """An answer that sets a cookie, is private, or depends on headers is given to its asker only."""
    site.app.headers = [(name.encode(), value.encode())]
    assert [(await site.ask("/page"))[1]["x-cache"] for _ in range(2)] == ["MISS", "MISS"]
    assert site.entries() == 0


@pytest.mark.parametrize("status", [206, 301, 400, 404, 500, 503])
async def test_only_what_went_well_is_kept(site: Site, status: int) -> None:
    """A refusal or a failure is told to whoever met it, and the next one asks anew."""
    site.app.status = status
    async with site.session.get(site.url + "/page", allow_redirects=False) as response:
        assert (response.status, response.headers["x-cache"]) == (status, "MISS")
    site.app.status = 200
    assert (await site.number("/page"), site.entries()) == ("2", 1)


async def test_a_large_answer_is_passed_on(site: Site) -> None:
    """A body beyond the bound arrives whole and is not kept."""
    site.app.size = 300_000
    async with site.session.get(site.url + "/large") as response:
        assert len(await response.read()) > 300_000
        assert response.headers["x-cache"] == "MISS"
    assert site.entries() == 0
    assert await site.number("/large") == "2"


async def test_the_least_recently_used_goes_first() -> None:
    """However many questions are invented, so many answers are kept and no more."""
    async with opened(entries=3) as site:
        for query in "abc":
            await site.number(f"/page?{query}")
        await site.number("/page?a")
        await site.number("/page?d")
        assert site.entries() == 3
        assert [(await site.ask(f"/page?{query}"))[1]["x-cache"] for query in "acd"] == ["HIT"] * 3
        assert (await site.ask("/page?b"))[1]["x-cache"] == "MISS"
        for number in range(50):
            await site.number(f"/page?{number}")
        assert site.entries() == 3
        assert site.telemetry.counter("cache_evictions", "").value(cache="responses") >= 50


async def test_those_who_ask_at_once_share_an_answer(site: Site) -> None:
    """Twenty who miss at the same time cause one load."""
    site.app.gate.clear()
    asking = [asyncio.create_task(site.ask("/slow")) for _ in range(20)]
    await until(lambda: site.in_flight() == 20)
    site.app.gate.set()
    answers = await asyncio.gather(*asking)
    assert len({words for words, _ in answers}) == 1
    assert site.app.asked == 1
    assert sorted(headers["x-cache"] for _, headers in answers) == ["HIT"] * 19 + ["MISS"]


async def test_a_failure_is_shared_with_nobody(site: Site) -> None:
    """Those who waited for an answer that failed, or that may not be shared, ask for themselves."""
    site.app.gate.clear()
    site.app.headers = [(b"set-cookie", b"a=1")]
    asking = [asyncio.create_task(site.number("/slow")) for _ in range(5)]
    await until(lambda: site.app.asked == 1)
    site.app.gate.set()
    assert sorted(await asyncio.gather(*asking)) == ["1", "2", "3", "4", "5"]
    site.app.headers = []
    site.app.raises = RuntimeError("a bug")
    async with site.session.get(site.url + "/slow") as response:
        assert response.status == 500
    site.app.raises = None
    assert (await site.ask("/slow"))[1]["x-cache"] == "MISS"


async def test_what_was_under_way_when_it_was_cleared(site: Site) -> None:
    """Clearing forgets what is there, and what was asked before and arrives after it."""
    await site.number("/page")
    site.app.gate.clear()
    early = asyncio.create_task(site.number("/slow"))
    await until(lambda: site.app.asked == 2)
    site.cache.clear()
    late = asyncio.create_task(site.number("/slow"))
    await until(lambda: site.app.asked == 3)
    site.app.gate.set()
    assert (await early, await late) == ("2", "3")
    assert await site.number("/slow") == "3"
    assert await site.number("/page") == "4"


async def test_a_slow_reader_holds_nobody_up(site: Site) -> None:
    """Whoever asked first and reads nothing does not keep the answer from those who wait with them."""
    release = asyncio.Event()
    site.app.gate.clear()

    async def never_reads(_message: Any) -> None:
        await release.wait()

    scope = {"type": "http", "method": "GET", "path": "/slow", "query_string": b"", "headers": []}
    first = asyncio.create_task(site.cache(scope, _nothing, never_reads))
    await until(lambda: site.app.asked == 1)
    second = asyncio.create_task(site.number("/slow"))
    site.app.gate.set()
    assert await second == "1"
    release.set()
    await first


async def test_whoever_leaves_takes_nobody_along(site: Site) -> None:
    """When the first of several goes away, the others get an answer all the same."""
    site.app.gate.clear()
    scope = {"type": "http", "method": "GET", "path": "/slow", "query_string": b"", "headers": []}
    first = asyncio.create_task(site.cache(scope, _nothing, _nothing))
    await until(lambda: site.app.asked == 1)
    second = asyncio.create_task(site.number("/slow"))
    await until(lambda: site.in_flight() == 1)
    first.cancel()
    await until(lambda: site.app.asked == 2)
    site.app.gate.set()
    assert await second == "2"


async def _nothing(*_: Any) -> None: ...
