"""The metrics service over a whole mesh: what people do is seen, and every name is documented."""

import contextlib
import importlib
import pkgutil
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from chassis.settings import load
from hailwire.ops.v1 import ops_pb2, ops_pb2_grpc
from services.gateway import app as gateway_app
from services.gateway import openapi
from services.gateway.conversations import routing
from services.gateway.conversations.lazy import LoadStats
from services.metrics.reading import WORDS
from services.profile.app import open_service as open_profile
from services.profile.settings import ProfileSettings
from services.trips.app import open_service as open_trips
from services.trips.settings import TripsSettings
from tests.gateway.mesh import Mesh, payload, text, until
from tests.gateway.opening import open_mesh
from tests.metrics.conftest import Api, opened

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
ROW = re.compile(r"^\| `(hailwire_\w+)` \| (\w+) \| ([\w, ]+) \| (.+) \|$", re.MULTILINE)


@dataclass
class Watched:
    """A mesh and the metrics service that watches it; `profile` ends the profile service."""

    mesh: Mesh
    api: Api
    targets: dict[str, str]
    profile: contextlib.AsyncExitStack


@pytest.fixture
async def watched(
    fresh_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, however_slow: None
) -> AsyncIterator[Watched]:
    """Everything in the test's own process."""
    monkeypatch.setattr(gateway_app, "LOOK_SECONDS", 0.1)
    common = {"HAILWIRE_ENV": "development", "DATABASE_URL": fresh_database_url}
    async with contextlib.AsyncExitStack() as stack:
        own = {"PROFILE_GRPC_PORT": "0", "PROFILE_PROMETHEUS_PORT": "0"}
        life = await stack.enter_async_context(contextlib.AsyncExitStack())
        profile = await life.enter_async_context(open_profile(load(ProfileSettings, {**common, **own})))
        own = {"TRIPS_GRPC_PORT": "0", "TRIPS_PROMETHEUS_PORT": "0"}
        trips = await stack.enter_async_context(open_trips(load(TripsSettings, {**common, **own})))
        targets = {"profile": f"127.0.0.1:{profile.port}", "trips": f"127.0.0.1:{trips.port}"}
        mesh = await stack.enter_async_context(
            open_mesh(fresh_database_url, tmp_path, PROFILE_TARGET=targets["profile"], TRIPS_TARGET=targets["trips"])
        )
        targets["gateway"] = f"127.0.0.1:{mesh.grpc_port}"
        asked = ",".join(f"{name}={address}" for name, address in targets.items())
        yield Watched(mesh, await stack.enter_async_context(opened(asked)), targets, life)


async def handlers(api: Api) -> dict[str, Any]:
    """How each handler of the gateway fared, by its name."""
    seen = (await api.ask("stats"))["services"]["gateway"]["together"]["handlers"]
    return {one["handler"]: one for one in seen}


async def test_what_people_do_is_seen(watched: Watched) -> None:
    """Messages, duplicates, replies, handlers, statements, pools and caches are there, and the mesh is healthy."""
    api = watched.api
    fresh = await api.ask("health")
    assert (fresh["status"], fresh["reasons"]) == ("healthy", [])
    assert (await caches(api, "profile"))["people"]["hit_rate"] is None  # nobody has asked it yet
    before = await handlers(api)
    webhook = payload(text("250788000001", "hello"))
    for _ in range(2):
        assert (await watched.mesh.whatsapp(webhook)).status == 200

    async def answered() -> bool:
        return await api.counted("gateway", "hailwire_sends_total", result="accepted") >= 2

    assert (await watched.mesh.whatsapp(payload(text("250788000001", "English")))).status == 200
    await until(answered, "replies")
    stats = (await api.ask("stats"))["services"]
    gateway = stats["gateway"]["together"]
    assert gateway["dedup"]["duplicates"] == 1
    assert gateway["dedup"]["items"] >= 2
    assert gateway["dedup"]["window"]["hits"] == 1
    assert gateway["dedup"]["window"]["misses"] >= 2
    assert gateway["dedup"]["window"]["keys"] >= 2
    assert gateway["turns"][0]["count"] >= 1
    (webhooks,) = [one for one in gateway["http"] if one["route"] == "/webhooks/whatsapp"]
    assert webhooks["count"] >= 3  # statuses come by the same door

    async def timed() -> bool:
        # A scrape may fall between the count of a use and that of its time; and handlers are the process's: those that
        # an earlier test could not load have uses and no time.
        used = {name: one for name, one in (await handlers(api)).items() if one["uses"] > before[name]["uses"]}
        return bool(used) and all(one["mean_ms"] > 0 for one in used.values())

    await until(timed, "times of handlers")
    for service in ("gateway", "profile", "trips"):
        together = stats[service]["together"]
        assert together["memory"]["resident_bytes"] > 1e6
        assert together["memory"]["cpu_seconds"] > 0
        assert together["cold_start_duration_ms"] > 0
    database = (await api.ask("database"))["services"]["gateway"]["together"]
    assert {"gateway.inbox_store", "gateway.backlog"} <= {one["statement"] for one in database["statements"]}
    connections = (await api.ask("connections"))["services"]["gateway"]["together"]
    pool = connections["database"]
    assert 1 <= pool["size"] <= pool["max"]
    assert pool["acquires"] > 0
    pools = {one.pop("pool"): one for one in connections["pools"]}
    assert pools.keys() == {"database", "profile", "trips", "providers"}
    for one in pools.values():
        assert one.keys() == {"size", "healthy", "in_use", "waiting", "max", "total_uses", "oldest_client_age"}
        assert one["total_uses"] > 0
        assert one["size"] <= one["max"]

    async def warmed() -> bool:
        told = (await api.ask("stats"))["services"]["gateway"]["together"]["warmup"]
        return told["state"] == "warmed" and {one["result"] for one in told["steps"]} == {"ok"}

    await until(warmed, "the end of the warmup")
    assert (await caches(api, "profile"))["identities"]["misses"] >= 1
    assert set(await caches(api, "trips")) == {"open_trips", "presences", "trips"}
    dedup = (await api.ask("cache"))["services"]["gateway"]["together"]["dedup"]
    assert dedup["window"]["hit_rate"] == dedup["window"]["hits"] / dedup["items"]
    health = await api.ask("health")
    assert (health["status"], health["reasons"]) == ("healthy", [])
    assert {one["kind"] for one in health["services"]["gateway"]["work"]} >= {"http", "turn", "send", "statement"}


@pytest.fixture
def unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers that this process has not imported yet, as far as they know."""
    for handler in routing.handlers():
        monkeypatch.setattr(handler, "_handler", None)
        monkeypatch.setattr(handler, "stats", LoadStats())


@pytest.mark.usefixtures("unloaded")
async def test_handlers_are_there_before_anybody_writes(watched: Watched) -> None:
    """Every handler is imported in the background once the gateway is up, and shown with the time that it took."""

    async def loaded() -> bool:
        handlers = (await watched.api.ask("stats"))["services"]["gateway"]["together"]["handlers"]
        return len(handlers) > 20 and all(one["loaded"] and not one["uses"] for one in handlers)

    await until(loaded, "that all handlers are imported")
    handlers = (await watched.api.ask("stats"))["services"]["gateway"]["together"]["handlers"]
    assert {(one["failed_loads"], one["last_error"]) for one in handlers} == {(0, None)}


async def caches(api: Api, service: str) -> dict[str, dict[str, Any]]:
    """The caches of a service by name, as the performance endpoint shows them."""
    shown = (await api.ask("cache"))["services"][service]["together"]["caches"]
    return {one.pop("cache"): one for one in shown}


async def test_most_is_answered_from_memory(watched: Watched) -> None:
    """Of people who chat, more than four lookups in five find whom they look for in memory."""
    for number in range(30):
        for phone in ("250788000011", "250788000012"):
            said = "English" if number == 1 else f"menu {number}"
            assert (await watched.mesh.whatsapp(payload(text(phone, said)))).status == 200

    async def answered() -> bool:
        return await watched.api.counted("gateway", "hailwire_turns_total", kind="message", ending="done") >= 60

    await until(answered, "turns")

    async def found() -> dict[str, dict[str, Any]]:
        shown = await caches(watched.api, "profile")
        shown.pop("numbers")  # of apps' users: nobody asked for one
        return shown

    async def mostly_hits() -> bool:
        # Nothing is kept before the listener is there, which may be late: then they chat on.
        if all(numbers["hit_rate"] > 0.8 for numbers in (await found()).values()):
            return True
        for phone in ("250788000011", "250788000012"):
            await watched.mesh.taken(payload(text(phone, "menu")))
        return False

    await until(mostly_hits, "most lookups answered from memory")
    for numbers in (await found()).values():
        assert numbers["entries"] >= 2
        assert numbers["evictions"] == 0


async def test_what_waits_is_seen(watched: Watched) -> None:
    """A message that waits for a service shows up in its queue with an age that grows; the service is missed."""
    await watched.profile.aclose()
    assert (await watched.mesh.whatsapp(payload(text("250788000001", "hello")))).status == 200

    async def waits() -> bool:
        queues = {one["queue"]: one for one in (await watched.api.ask("live"))["queues"]}
        return bool(queues["inbox"]["items"] == 1 and queues["inbox"]["oldest_seconds"] >= 0.3)

    await until(waits, "a message that waits")

    async def missed() -> bool:
        health = await watched.api.ask("health")
        assert health["services"]["trips"]["status"] == "healthy"
        return bool(health["services"]["profile"]["status"] == "unhealthy")

    await until(missed, "that the service is missed")


async def test_every_metric_is_documented(watched: Watched) -> None:
    """The page lists every metric of every service with its kind and its words, and no other."""
    there: dict[tuple[str, str, str], list[str]] = {}
    own = f"127.0.0.1:{watched.api.grpc_port}"
    for service, address in sorted({**watched.targets, "metrics": own}.items()):
        async with grpc.aio.insecure_channel(address) as channel:
            answer = await ops_pb2_grpc.PerformanceServiceStub(channel).GetPerformance(ops_pb2.GetPerformanceRequest())
        for metric in answer.metrics:
            there.setdefault((metric.name, WORDS[metric.kind], metric.help), []).append(service)
    rows = [(name, kind, ", ".join(services), words) for (name, kind, words), services in sorted(there.items())]
    wanted = "\n".join(f"| `{name}` | {kind} | {services} | {words} |" for name, kind, services, words in rows)
    assert ROW.findall(DOCUMENT.read_text(encoding="utf-8")) == rows, f"the table should be:\n{wanted}"


def contracts() -> dict[str, set[str]]:
    """Every RPC that a process of the mesh serves, by the name of its service there, as the contracts have it."""
    found: dict[str, set[str]] = {}
    for service in ("profile", "trips", "ops"):
        package = importlib.import_module(f"hailwire.{service}.v1")
        for module in pkgutil.iter_modules(package.__path__):
            if module.name.endswith("_pb2"):
                described = importlib.import_module(f"{package.__name__}.{module.name}").DESCRIPTOR
                for one in described.services_by_name.values():
                    found.setdefault(service, set()).update(f"/{one.full_name}/{method.name}" for method in one.methods)
    measuring = found.pop("ops")
    # What happened to people is told by both in the words of one contract.
    events = {method for method in found["trips"] if ".EventsService/" in method}
    return {"gateway": measuring, "profile": found["profile"] | events | measuring, "trips": found["trips"] | measuring}


async def called(address: str, method: str) -> str:
    """What becomes of an RPC with nothing in its request."""
    async with grpc.aio.insecure_channel(address) as channel:
        begin: Any = channel.unary_stream(method)
        call = begin(b"", timeout=30)  # as a stream: some have no end
        try:
            await call.read()
        except grpc.aio.AioRpcError as error:
            return error.code().name
        finally:
            call.cancel()
    return "OK"


async def test_every_rpc_is_measured(watched: Watched) -> None:
    """Each RPC of each contract is served, breaks on no empty request, and counts under its name with its duration."""
    asked = contracts()
    assert sum(map(len, asked.values())) > 50
    for service, methods in asked.items():
        for method in methods:
            outcome = await called(watched.targets[service], method)
            assert outcome not in {"UNIMPLEMENTED", "UNKNOWN", "INTERNAL"}, method

    async def measured() -> bool:
        services = (await watched.api.get("/metrics"))["services"]
        return all(
            methods <= {one["labels"]["method"] for one in services[service]["together"][metric]["values"]}
            for service, methods in asked.items()
            for metric in ("hailwire_rpc_server_requests_total", "hailwire_rpc_server_seconds")
        )

    await until(measured, "that every RPC is measured")


async def test_every_route_is_measured(watched: Watched) -> None:
    """Each HTTP route that the gateway describes, whoever may use it, counts under its template with its duration."""
    asked = {(method.upper(), path) for path, methods in openapi.DOCUMENT["paths"].items() for method in methods}
    for method, path in asked:
        async with watched.mesh.session.request(method, watched.mesh.url + re.sub(r"\{[^}]*\}", "1", path)) as response:
            await response.read()

    async def measured() -> bool:
        gateway = (await watched.api.get("/metrics"))["services"]["gateway"]["together"]
        return all(
            asked <= {(one["labels"]["method"], one["labels"]["route"]) for one in gateway[metric]["values"]}
            for metric in ("hailwire_http_server_requests_total", "hailwire_http_server_seconds")
        )

    await until(measured, "that every route is measured")
