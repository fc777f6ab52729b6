"""A pretended mesh with its far end, as good or bad as a test wants it; signatures are checked by the real code."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import grpc
import orjson
from aiohttp import web

from chassis.settings import Secret
from hailwire.profile.v1 import profile_pb2, profile_pb2_grpc
from hailwire.trips.v1 import trips_pb2, trips_pb2_grpc
from loadtest.settings import MeshSettings
from services.gateway.providers.twilio import signature as twilio
from services.gateway.providers.whatsapp import signature as whatsapp
from simulator.clock import rfc3339

META, TWILIO = "/webhooks/whatsapp", "/webhooks/twilio"


@dataclass
class World:
    """`answers`: how many messages the sender of each new one gets. `status`: what webhooks are answered with."""

    answers: int = 1
    status: int = 200
    # Whether a second delivery is known as such.
    remembers: bool = True
    tells_drivers: bool = True
    makes_trips: bool = True
    # Whether the stand-in is gone when it is asked for its counts.
    hangs_up: bool = False
    slow_seconds: float = 0.0
    accepted_late_seconds: float = 0.0
    url: str = ""
    grpc_port: int = 0
    posts: int = 0
    forged: int = 0
    seen: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    outbox: list[dict[str, Any]] = field(default_factory=list)
    trips: set[int] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def mesh(self) -> MeshSettings:
        target = f"127.0.0.1:{self.grpc_port}"
        return MeshSettings(
            gateway_url=self.url,
            simulator_url=self.url,
            metrics_url=self.url,
            public_base_url="http://hailwire.example",
            profile_target=target,
            trips_target=target,
        )

    async def whatsapp(self, request: web.Request) -> web.Response:
        raw = await request.read()
        if not whatsapp.verify(raw, request.headers.get("X-Hub-Signature-256"), [Secret("dev-app-secret")]):
            return self._forgery()
        value = orjson.loads(raw)["entry"][0]["changes"][0]["value"]
        if "statuses" in value:
            self.posts += 1
            return web.Response(status=self.status)
        (message,) = value["messages"]
        self.kinds.add(message["type"])
        driver = 0
        tapped = message.get("interactive", {}).get("list_reply", {}).get("id", "")
        if tapped.startswith("ride:ask:"):
            driver = int(tapped.rpartition(":")[2])
        return await self._take(message["id"], "whatsapp", "+" + message["from"], driver)

    async def twilio(self, request: web.Request) -> web.Response:
        raw = await request.read()
        given = request.headers.get("X-Twilio-Signature")
        base = "http://hailwire.example"
        if not twilio.verify(
            raw, given, [Secret("dev-auth-token")], public_base_url=base, path=request.path, query=b""
        ):
            return self._forgery()
        form = dict(parse_qsl(raw.decode(), keep_blank_values=True))
        self.kinds.add("mms" if "MediaUrl0" in form else "sms")
        return await self._take(form["MessageSid"], "twilio", form["From"], 0)

    async def _take(self, ident: str, provider: str, sender: str, driver: int) -> web.Response:
        self.posts += 1
        if self.slow_seconds:
            await asyncio.sleep(self.slow_seconds)
        if self.status != 200:
            return web.Response(status=self.status, headers={"Retry-After": "1"})
        known = ident in self.seen and self.remembers
        self.seen.add(ident)
        if not known:
            for _ in range(self.answers):
                self._accept(provider, sender)
            if driver and self.makes_trips:
                self.trips.add(self.numbers[sender])
            if driver and self.tells_drivers:
                (number,) = (number for number, person_id in self.numbers.items() if person_id == driver)
                self._accept("whatsapp", number)
        return web.Response(headers={"X-Duplicate": "true"} if known else {})

    def _accept(self, provider: str, to: str) -> None:
        number = len(self.outbox) + 1
        payload = (
            {"biz_opaque_callback_data": str(number)}
            if provider == "whatsapp"
            else {"StatusCallback": f"http://hailwire.example/webhooks/twilio/status?outbox={number}"}
        )
        at = rfc3339(time.time() + self.accepted_late_seconds)
        item = {"number": number, "provider": provider, "to": to, "id": f"id{number}", "at": at, "payload": payload}
        self.outbox.append(item)

    def _forgery(self) -> web.Response:
        self.forged += 1
        return web.Response(status=403)

    async def all(self, request: web.Request) -> web.Response:
        after, limit = int(request.query.get("after", "0")), int(request.query["limit"])
        body = orjson.dumps(self.outbox[after : after + limit])
        return web.Response(body=body, headers={"X-Outbox-Last": str(len(self.outbox))})

    async def stats(self, request: web.Request) -> web.Response:
        if self.hangs_up and request.transport is not None:
            request.transport.abort()
        return web.json_response({"webhooks_posted": 0})

    async def reset(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bearer dev-admin-token":
            return web.Response(status=401)
        self.posts = 0
        return web.json_response({"success": True})

    async def connections(self, request: web.Request) -> web.Response:
        pools = {"one": {"database": {"size": 4}}}
        return web.json_response({"success": True, "data": {"services": {"gateway": {"per_replica": pools}}}})

    async def metrics(self, request: web.Request) -> web.Response:
        together = {
            "hailwire_cache_lookups_total": _values([({"result": "hit"}, 90), ({"result": "miss"}, 10)]),
            "hailwire_http_server_requests_total": _values(
                [({"method": "POST", "route": META, "status": "200"}, self.posts)]
            ),
            "hailwire_database_statement_seconds": {
                "values": [{"labels": {"statement": "gateway.take"}, "count": 500, "p99_ms": 12.0}]
            },
        }
        own = {
            "hailwire_process_proportional_bytes": _values([({}, 50 * 2**20)]),
            "hailwire_cold_start_cpu_ms": _values([({}, 300)]),
        }
        return web.json_response({"services": {"gateway": {"together": together, "per_replica": {"one": own}}}})


def _values(pairs: list[tuple[dict[str, str], float]]) -> dict[str, Any]:
    return {"values": [{"labels": labels, "value": value} for labels, value in pairs]}


class _Profile(profile_pb2_grpc.ProfileServiceServicer):
    def __init__(self, world: World) -> None:
        self._numbers = world.numbers

    async def BatchResolvePeople(self, request: Any, context: Any) -> Any:  # noqa: N802 - named by the contract
        answer = profile_pb2.BatchResolvePeopleResponse()
        for one in request.requests:
            number = one.identities[0].value
            person_id = self._numbers.setdefault(number, len(self._numbers) + 1)
            answer.results.add(person=profile_pb2.Person(person_id=person_id, language="en"))
        return answer


class _Trips(trips_pb2_grpc.TripsServiceServicer):
    def __init__(self, world: World) -> None:
        self._world = world

    async def BatchUpdatePresences(self, request: Any, context: Any) -> Any:  # noqa: N802 - the same
        return trips_pb2.BatchUpdatePresencesResponse()

    async def ListTrips(self, request: Any, context: Any) -> Any:  # noqa: N802 - the same
        made = request.person_id in self._world.trips
        return trips_pb2.ListTripsResponse(trips=[trips_pb2.Trip(trip_id=1)] if made else [])


@contextlib.asynccontextmanager
async def serving(world: World) -> AsyncIterator[World]:
    """It serves until the block ends."""
    app = web.Application()
    app.add_routes(
        [
            web.post(META, world.whatsapp),
            web.post(TWILIO, world.twilio),
            web.get("/outbox/all", world.all),
            web.get("/stats", world.stats),
            web.get("/metrics", world.metrics),
            web.get("/api/performance/connections", world.connections),
            web.post("/api/performance/reset", world.reset),
        ]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    world.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    server = grpc.aio.server()
    # They answer what a load test asks, and nothing else.
    profile_pb2_grpc.add_ProfileServiceServicer_to_server(_Profile(world), server)  # type: ignore[abstract]
    trips_pb2_grpc.add_TripsServiceServicer_to_server(_Trips(world), server)  # type: ignore[abstract]
    world.grpc_port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield world
    finally:
        await server.stop(None)
        await runner.cleanup()
