"""The people of a run, known before it begins: all have a language, and drivers are online where they are wanted."""

import asyncio
import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import grpc

from hailwire.client import open_channel
from hailwire.profile.v1 import profile_pb2, profile_pb2_grpc
from hailwire.trips.v1 import trips_pb2, trips_pb2_grpc
from launcher.failure import CommandError, ExitCode
from loadtest import mix, people
from loadtest.people import Person
from loadtest.plan import Message
from loadtest.settings import MeshSettings

T = TypeVar("T")

# Of whom the lists of drivers are made; nobody asks them.
_CRUISING = 500
_BATCH = 500
_SECONDS = 30.0
_AT_ONCE = 32


async def settle(mesh: MeshSettings, size: int, requests: Sequence[Message], run: str) -> dict[str, int]:
    """Let `size` chatters and everybody in `requests` move in; answers the ids of the passengers by their numbers.

    Raises CommandError when the services do not take them.
    """
    dice = random.Random(run)  # noqa: S311 - no secret
    try:
        async with open_channel(mesh.profile_target) as channel:
            # The busiest last, as a cache that forgets whoever was silent longest would have them.
            chatters = [people.chatter(rank) for rank in reversed(range(size))]
            await _known(channel, chatters, run)
            passengers = await _known(channel, [message.person for message in requests], run)
            asked = await _known(channel, [one for one in (message.driver for message in requests) if one], run)
            cruising = await _known(channel, [people.driver(9_900_000 + one) for one in range(_CRUISING)], run)
            await _known(channel, chatters, run)
        async with open_channel(mesh.trips_target) as channel:
            online = [(driver_id, mix.spot(dice)) for driver_id in cruising]
            for message, driver_id in zip(requests, asked, strict=True):
                message.driver_id = driver_id
                online.append((driver_id, message.place))
            await _online(channel, online, run)
    except grpc.RpcError as error:
        raise CommandError(f"the people of the load test could not move in: {error}", ExitCode.FAILED) from error
    return {message.person.number: person_id for message, person_id in zip(requests, passengers, strict=True)}


async def with_trips(mesh: MeshSettings, passengers: Iterable[int]) -> set[int]:
    """Those who have a trip, as the trips service knows it."""
    async with open_channel(mesh.trips_target) as channel:
        stub: Any = trips_pb2_grpc.TripsServiceStub(channel)

        async def has_one(person_id: int) -> bool:
            listed = await stub.ListTrips(
                trips_pb2.ListTripsRequest(person_id=person_id, page_size=1), timeout=_SECONDS
            )
            return bool(listed.trips)

        found = set()
        for batch in _batches(passengers, _AT_ONCE):
            answers = await asyncio.gather(*map(has_one, batch))
            found |= {person_id for person_id, has in zip(batch, answers, strict=True) if has}
        return found


async def _known(channel: Any, persons: Sequence[Person], run: str) -> list[int]:
    """The ids of these people, who speak English."""
    stub: Any = profile_pb2_grpc.ProfileServiceStub(channel)
    ids: list[int] = []
    for batch in _batches(persons, _BATCH):
        resolve = profile_pb2.BatchResolvePeopleRequest()
        for person in batch:
            kind = (
                profile_pb2.IDENTITY_KIND_SMS_NUMBER
                if person.channel == "sms"
                else profile_pb2.IDENTITY_KIND_WHATSAPP_NUMBER
            )
            resolve.requests.add(identities=[profile_pb2.Identity(kind=kind, value=person.number)], name=person.name)
        found = await stub.BatchResolvePeople(resolve, timeout=_SECONDS)
        known = [result.person.person_id for result in found.results]
        update = profile_pb2.BatchUpdatePeopleRequest()
        for result in found.results:
            if result.person.language != "en":
                added = update.requests.add(request_id=f"loadtest-{run}-{result.person.person_id}")
                added.person.person_id, added.person.language = result.person.person_id, "en"
                added.update_mask.paths.append("language")
        if update.requests:
            await stub.BatchUpdatePeople(update, timeout=_SECONDS)
        ids += known
    return ids


async def _online(channel: Any, places: Sequence[tuple[int, tuple[float, float]]], run: str) -> None:
    stub: Any = trips_pb2_grpc.TripsServiceStub(channel)
    for batch in _batches(places, _BATCH):
        request = trips_pb2.BatchUpdatePresencesRequest()
        for person_id, (latitude, longitude) in batch:
            request.requests.add(
                request_id=f"loadtest-{run}-{person_id}",
                person_id=person_id,
                online=True,
                vehicle=trips_pb2.VEHICLE_MOTO,
                location=trips_pb2.Location(latitude=latitude, longitude=longitude),
            )
        await stub.BatchUpdatePresences(request, timeout=_SECONDS)


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch
