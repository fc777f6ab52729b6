"""The steps: each is the project's own code with what it gets in production."""

import asyncio
import contextlib
import itertools
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from benchmarks import payloads
from benchmarks.micro import caches
from benchmarks.micro.timing import Step
from chassis.coalesce import Coalescer
from chassis.pages import Paging
from chassis.settings import Secret, load
from chassis.strain import Strain
from chassis.telemetry import Telemetry, TelemetrySettings, new_traceparent, open_telemetry
from hailwire.profile.v1 import profile_pb2
from hailwire.trips.v1 import trips_pb2
from services.gateway.arrivals import Arrival, Stored
from services.gateway.conversations import routing
from services.gateway.conversations.dispatch import take_turn
from services.gateway.conversations.flows.ride import RIDE_LOCATION
from services.gateway.conversations.memory import Memory
from services.gateway.conversations.turn import Turn, World
from services.gateway.intake import Intake
from services.gateway.messages import Address, Outgoing
from services.gateway.providers import foreign_json
from services.gateway.providers.whatsapp.reading import read_message
from services.gateway.providers.whatsapp.render import request_body
from services.gateway.providers.whatsapp.signature import verify
from services.gateway.providers.whatsapp.webhook import split
from services.gateway.recent import RecentKeys
from services.gateway.spool import Spool
from services.gateway.storing import Storing
from services.gateway.webhooks import Webhooks
from services.trips import listing
from services.trips.trip import TripState

_DRIVERS = 9
_MANY = 64


@contextlib.asynccontextmanager
async def steps() -> AsyncIterator[list[Step]]:
    """All of them, with what they need around them."""
    async with open_telemetry("benchmark", load(TelemetrySettings, {})) as telemetry:
        with tempfile.TemporaryDirectory() as folder:
            yield [
                *await caches.steps(telemetry),
                *await _words(),
                *_coalescer(),
                _webhook(telemetry, Path(folder)),
                Step("count", _counting(telemetry), 5),
            ]


async def _words() -> list[Step]:
    """From the bytes of a webhook to the bytes of the answer."""
    raw = payloads.body(7, "wamid.HBgLMjUwNzg4MDAwMDAxFQIAEhgUM0E0QkQ3MDc4MzE0RDUwMEU4MEEA", int(time.time()), _SPOT)
    signed, secrets = payloads.signature(raw), (Secret(payloads.APP_SECRET), Secret(""))
    parsed = foreign_json.loads(raw)
    (item,) = split(raw)
    turn = _turn(item.raw)
    reply = (await take_turn(turn)).replies[0]
    outgoing = Outgoing(outbox_id=1, address=item.addresses[0], reply=reply)
    await routing.preload()
    ride = routing.KEYWORDS["ride"].handler
    return [
        Step("HMAC verify", lambda: verify(raw, signed, secrets), 60),
        Step("JSON decode", lambda: foreign_json.loads(raw), 50),
        Step("JSON encode", lambda: foreign_json.dumps(parsed), 50),
        Step("split a webhook", lambda: split(raw), 250),
        Step("read a message", lambda: read_message(item.raw), 100),
        Step("find a loaded route", ride.get, 20, awaited=True),
        Step("handle a turn", lambda: take_turn(turn), 5000, awaited=True),
        Step("render a reply", lambda: foreign_json.dumps(request_body(outgoing)), 500),
        Step("build a query", _wanted_trips, 200),
        Step("UUID", lambda: uuid.uuid4().hex, 30),
        Step("trace id", new_traceparent, 30),
    ]


def _wanted_trips() -> str:
    """From what somebody asks for to the statement's text and values."""
    wanted = listing.Wanted(person_id=7, states=(TripState.COMPLETED,), paging=Paging(size=10))
    return wanted.paging.of(listing.query(wanted)).prepared().statement.name


def _coalescer() -> list[Step]:
    async def run(items: list[int]) -> list[int]:
        return items

    lone: Coalescer[int, int] = Coalescer("lone", run)
    busy: Coalescer[int, int] = Coalescer("busy", run)

    async def many() -> None:
        await asyncio.gather(*(busy(number) for number in range(_MANY)))

    return [
        Step("coalescer, a lone call", lambda: lone(1), 200, awaited=True),
        Step(f"coalescer, {_MANY} calls at once", many, 100, awaited=True, per_call=_MANY),
    ]


def _webhook(telemetry: Telemetry, folder: Path) -> Step:
    """The whole way of a webhook but for the socket and the database."""

    async def store(webhooks: list[list[Arrival]]) -> Sequence[Stored]:
        return [Stored(len(items), 0) for items in webhooks]

    app = Webhooks(
        intake=Intake(
            telemetry,
            store=Storing(store, store, linger=0.0),
            # Each call comes a minute after the one before, so that none is known from memory.
            recent=RecentKeys(telemetry, seconds=30, clock=itertools.count(0, 60).__next__),
            spool=Spool(folder, telemetry),
            max_waiting=1000,
            strain=Strain(),
            stored=lambda: None,
        ),
        telemetry=telemetry,
        verify_token=Secret("t"),
        app_secrets=(Secret(payloads.APP_SECRET), Secret("")),
        auth_token=Secret("t"),
        base_url="http://127.0.0.1",
        answered_numbers=frozenset({payloads.PHONE_NUMBER_ID}),
        rest=None,
    )
    raw = payloads.body(7, "wamid.benchmark", int(time.time()), _SPOT)
    scope = {
        "type": "http",
        "method": "POST",
        "path": payloads.PATH,
        "query_string": b"",
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(raw)).encode()),
            (b"x-hub-signature-256", payloads.signature(raw).encode()),
        ],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(message: Any) -> None:
        if message.get("status", 200) != 200:
            raise RuntimeError(f"answered {message}")

    return Step("webhook, without socket and database", lambda: app(scope, receive, send), 2000, awaited=True)


def _counting(telemetry: Telemetry) -> Any:
    counter = telemetry.counter("benchmark_things", "what the benchmark counts")
    return lambda: counter.add(1, kind="one", other="two")


_SPOT = payloads.location(7)


class _Town:
    """Nine drivers, always the same."""

    async def search_drivers(self, *_asked: object) -> list[trips_pb2.NearbyDriver]:
        return [
            trips_pb2.NearbyDriver(person_id=one, distance_meters=137.0 * one, location_age_seconds=11.0 * one)
            for one in range(1, _DRIVERS + 1)
        ]


def _turn(raw: bytes) -> Turn:
    now = datetime.now(UTC)
    address = Address("whatsapp", "number", f"+{payloads.number(7)}")
    return Turn(
        person=profile_pb2.Person(person_id=7, name="Rider 7", language="en"),
        state=Memory(gathered={}).asking(RIDE_LOCATION, now, vehicle="moto"),
        channel=address.channel,
        plain=address.plain,
        now=now,
        age_seconds=0.0,
        world=cast("World", _Town()),
        stale_after_seconds=600.0,
        message=read_message(raw),
    )
