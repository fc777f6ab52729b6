"""Every process is killed while two hundred people write: what was answered 200 takes effect once, in order.

`make drills` runs the short form. `make kill` is the longer one, with the leases of production, and shows the table of
the run; SEED draws another order.
"""

import asyncio
import contextlib
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from hailwire.trips.v1 import events_pb2
from launcher.embedded import Cluster
from tests.mesh.audit import Connection, Findings, connected, examined, quiet
from tests.mesh.deliveries import open_deliveries
from tests.mesh.harness import Mesh, open_mesh
from tests.mesh.people import RADIUS_METERS, Crowd, Expected
from tests.mesh.posting import open_postman
from tests.profile import seals

pytestmark = pytest.mark.drill

ROUNDS = int(os.environ.get("MESH_KILL_ROUNDS", "1"))
SEED = int(os.environ.get("MESH_KILL_SEED", "1"))
_QUIET_SECONDS = 60.0
_SETTINGS = {
    "SEARCH_RADIUS_METERS": str(RADIUS_METERS),
    # Nobody is told that a request has lapsed while we count.
    "OFFER_TTL_SECONDS": "3600",
    "TRIP_REQUEST_TTL_SECONDS": "3600",
    # The longer form lives with the leases that everybody has.
    **({"GATEWAY_LEASE_SECONDS": "2", "EVENT_LEASE_SECONDS": "5"} if ROUNDS == 1 else {}),
}
_POSTGRES = "postgres"


@pytest.mark.timeout(120 + 60 * ROUNDS)
async def test_what_was_answered_takes_effect_once_while_everything_is_killed(
    private_cluster: Cluster, tmp_path: Path
) -> None:
    """Kill -9 each gateway, profile, trips and PostgreSQL under 200 senders: one effect each, replies in order."""
    dsn = private_cluster.dsn("hailwire")
    async with (
        open_mesh(dsn, tmp_path, gateways=2, profiles=2, trips=2, settings=_SETTINGS) as mesh,
        open_postman(mesh.gateway_urls) as postman,
        open_deliveries(mesh.simulator_url) as deliveries,
    ):
        crowd = Crowd(postman, deliveries, SEED)
        try:
            crowd.begin(pairs=15, pool=8, askers=24, texters=40, talkers=98)
            killed = await _kill_everything(mesh, private_cluster, crowd)
            restarted_at = time.monotonic()
            await crowd.end()
        finally:
            await crowd.abandon()
        async with connected(dsn) as connection:
            course = await quiet(connection, mesh, _QUIET_SECONDS - (time.monotonic() - restarted_at))
            quiet_seconds = time.monotonic() - restarted_at
            await deliveries.read()
            findings = await examined(
                connection, {one.phone.address: one.phone.written for one in crowd.people}, deliveries.all
            )
            await _services(findings, connection, crowd.people)
        findings.table |= {f"posts: {what}": count for what, count in sorted(postman.statuses.items())}
        _print(findings, quiet_seconds, [*killed, *course[-6:]])
        assert not findings.wrong
        assert findings.table["senders"] == 200


async def _kill_everything(mesh: Mesh, cluster: Cluster, crowd: Crowd) -> list[str]:
    """In a drawn order, each victim down for a moment and then up again before the next one; answers how it went."""
    dice = random.Random(SEED)
    processes = {process.name: process for process in mesh.services}
    course = []
    for _ in range(ROUNDS):
        victims = [*processes, _POSTGRES]
        dice.shuffle(victims)
        for victim in victims:
            await _pass(dice.uniform(1.0, 2.5), crowd)
            hardest = dice.random() < 0.5
            rush, down = dice.uniform(0.05, 0.6), dice.uniform(0.1, 1.5)
            async with _rush(mesh, crowd, rush, hardest=hardest):
                if victim == _POSTGRES:
                    cluster.kill()
                else:
                    processes[victim].kill()
            await _pass(down, crowd)
            if victim == _POSTGRES:
                cluster.start()
            else:
                processes[victim].start()
            began = time.monotonic()
            await mesh.ready()
            course.append(
                f"{victim:<10} killed {rush:.2f} s into the rush{', provider late and mute' if hardest else ''};"
                f" down for {down:.1f} s, serving after {time.monotonic() - began:.1f} s"
            )
    return course


@contextlib.asynccontextmanager
async def _rush(mesh: Mesh, crowd: Crowd, seconds: float, *, hardest: bool) -> AsyncIterator[None]:
    """The block happens when there is somebody at every step of the way.

    The `hardest`: the provider takes sends only after their sender has died, and then says nothing about some of them.
    """
    if hardest:
        async with aiohttp.ClientSession() as session:
            for provider in ("whatsapp", "twilio"):
                fault = {"provider": provider, "kind": "webhook_lost", "count": 10}
                async with session.post(f"{mesh.simulator_url}/faults", json=fault) as response:
                    response.raise_for_status()
        mesh.simulator.pause()
    crowd.rush()
    await _pass(seconds, crowd)
    yield
    mesh.simulator.resume()


async def _pass(seconds: float, crowd: Crowd) -> None:
    """Let people write; ends at once when one of them was not served as promised."""
    await asyncio.sleep(seconds)
    if crowd.failed():
        await crowd.end()


async def _services(findings: Findings, connection: Connection, people: list[Expected]) -> None:
    """Languages, places, trips, offers and events are what people's own messages say."""
    identities = await connection.fetch(
        "SELECT i.value_hash, i.value_sealed, p.person_id, p.language"
        " FROM profile.identity i JOIN profile.person p USING (person_id)"
    )
    known = {seals.opened(row): row for row in identities}
    persons = await connection.fetchval("SELECT count(*) FROM profile.person")
    if persons != len(people):
        findings.wrong.append(f"{persons} persons instead of {len(people)}")
    places = {
        row["person_id"]: (row["latitude"], row["longitude"])
        for row in await connection.fetch("SELECT person_id, latitude, longitude FROM trips.presence")
    }
    trips = Counter(
        (row["passenger_id"], row["state"] == 6)
        for row in await connection.fetch("SELECT passenger_id, state FROM trips.trip")
    )
    for one in people:
        row = known[one.phone.address]
        if row["language"] != one.language:
            findings.wrong.append(f"{one.phone.address} speaks {row['language']} instead of {one.language}")
        if one.place is not None and places.get(row["person_id"]) != pytest.approx(one.place, abs=1e-6):
            findings.wrong.append(f"{one.phone.address} is at {places.get(row['person_id'])} instead of {one.place}")
        made = (trips[row["person_id"], False], trips[row["person_id"], True])
        if made != (one.trips - one.completed, one.completed):
            findings.wrong.append(f"{one.phone.address} has {made} trips (open, completed) instead of {one}")
    for what, sql, expected in (
        ("requests for a trip", "trips.request WHERE request_id LIKE '%:create'", sum(one.asked for one in people)),
        (
            "choices of a language",
            "profile.request WHERE request_id NOT LIKE '%:visit'",
            sum(one.chosen for one in people),
        ),
    ):
        found = await connection.fetchval(f"SELECT count(*) FROM {sql}")
        if found != expected:
            findings.wrong.append(f"{found} {what} instead of {expected}")
    await _events(findings, connection)
    findings.table |= {
        "trips": sum(trips.values()),
        "trips completed": sum(one.completed for one in people),
        "requests in the ledgers": await connection.fetchval(
            "SELECT (SELECT count(*) FROM trips.request) + (SELECT count(*) FROM profile.request)"
        ),
    }


async def _events(findings: Findings, connection: Connection) -> None:
    """Each offer was told to its driver once, and each step of a trip to its passenger once."""
    told: Counter[tuple[int, int]] = Counter()
    for row in await connection.fetch("SELECT raw FROM gateway.inbox WHERE kind = 'event'"):
        event = events_pb2.Event.FromString(row["raw"])
        made = event.kind == events_pb2.EVENT_KIND_OFFER_MADE
        told[event.kind, event.offer_id if made else event.trip.trip_id] += 1
    expected: Counter[tuple[int, int]] = Counter()
    for row in await connection.fetch("SELECT offer_id FROM trips.offer"):
        expected[events_pb2.EVENT_KIND_OFFER_MADE, row["offer_id"]] = 1
    for row in await connection.fetch("SELECT trip_id FROM trips.trip WHERE state = 6"):
        for kind in (
            events_pb2.EVENT_KIND_TRIP_ACCEPTED,
            events_pb2.EVENT_KIND_DRIVER_ARRIVED,
            events_pb2.EVENT_KIND_TRIP_STARTED,
            events_pb2.EVENT_KIND_TRIP_COMPLETED,
        ):
            expected[kind, row["trip_id"]] = 1
    findings.none_of("event too many", (told - expected).items())
    findings.none_of("event that nobody heard of", (expected - told).items())


def _print(findings: Findings, quiet_seconds: float, course: list[str]) -> None:
    lines = [f"{what:<34}{count:>8}" for what, count in findings.table.items()]
    lines.append(f"{'seconds from last restart to quiet':<34}{quiet_seconds:>8.1f}")
    lines += [
        f"reply {one} was sent {count} times in {attempts} attempts" for one, count, attempts in findings.extra_sends
    ]
    lines += [f"WRONG: {what}" for what in findings.wrong]
    lines += course
    print("", f"seed {SEED}, {ROUNDS} rounds", *lines, sep="\n")  # noqa: T201 - the table is what one runs it for
