"""The town of the benchmark: passengers who look for a ride and drivers online, made through the front doors."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import payloads
from benchmarks.contender import ANSWERED, CONTENDERS, Posting, run_name, running
from benchmarks.effects import Effects
from benchmarks.load import Order
from hailwire.client import open_channel
from hailwire.profile.v1 import profile_pb2, profile_pb2_grpc
from hailwire.trips.v1 import trips_pb2, trips_pb2_grpc

T = TypeVar("T")

# More drivers than a list shows, fewer than a capital has.
DRIVERS = 500
_BATCH = 500
_SECONDS = 30.0


async def settle(dsn: str, folder: Path, provider_port: int, riders: int) -> None:
    """Fill a migrated database: everybody has a language, drivers have a place, and every rider was asked where."""
    async with running(CONTENDERS[0], ANSWERED, dsn, folder, provider_port) as mesh:
        async with open_channel(f"127.0.0.1:{mesh.grpc_ports['profile']}") as channel:
            names = {payloads.number(rider): f"Rider {rider}" for rider in range(riders)}
            await _people(channel, names)
            drivers = await _people(channel, {payloads.driver_number(one): f"Driver {one}" for one in range(DRIVERS)})
        async with open_channel(f"127.0.0.1:{mesh.grpc_ports['trips']}") as channel:
            await _presences(channel, drivers)
        async with Effects(dsn) as effects:
            order = Order(mesh.ports, 32, riders, riders, run_name(), tap="ride:vehicle:moto")
            posting = Posting(order, folder)
            await posting.prepared()
            await posting.posted()
            await effects.reach(ANSWERED, riders, _SECONDS + riders / 50)


async def _people(channel: Any, names: dict[str, str]) -> list[int]:
    stub = profile_pb2_grpc.ProfileServiceStub(channel)
    people: list[int] = []
    for batch in _batches(names.items()):
        kind = profile_pb2.IDENTITY_KIND_WHATSAPP_NUMBER
        request = profile_pb2.BatchResolvePeopleRequest()
        for number, name in batch:
            identity = profile_pb2.Identity(kind=kind, value=f"+{number}")
            request.requests.add(identities=[identity], name=name)
        resolved = await stub.BatchResolvePeople(request, timeout=_SECONDS)
        made = [result.person.person_id for result in resolved.results]
        update = profile_pb2.BatchUpdatePeopleRequest()
        for person_id in made:
            added = update.requests.add(request_id=f"benchmark-{person_id}")
            added.person.person_id, added.person.language = person_id, "en"
            added.update_mask.paths.append("language")
        await stub.BatchUpdatePeople(update, timeout=_SECONDS)
        people += made
    return people


async def _presences(channel: Any, drivers: list[int]) -> None:
    stub = trips_pb2_grpc.TripsServiceStub(channel)
    for batch in _batches(list(enumerate(drivers))):
        request = trips_pb2.BatchUpdatePresencesRequest()
        for number, person_id in batch:
            latitude, longitude = payloads.spot(number * 31 + 7)
            request.requests.add(
                request_id=f"benchmark-{person_id}",
                person_id=person_id,
                online=True,
                vehicle=trips_pb2.VEHICLE_MOTO,
                location=trips_pb2.Location(latitude=latitude, longitude=longitude),
            )
        await stub.BatchUpdatePresences(request, timeout=_SECONDS)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    left = iter(items)
    while batch := list(islice(left, _BATCH)):
        yield batch
