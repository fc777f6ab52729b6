"""Who watches people hears of every change, or that it can hear no longer."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import grpc
import pytest

from chassis.settings import load
from hailwire.profile.v1 import profile_pb2 as pb
from hailwire.profile.v1 import profile_pb2_grpc
from services.profile import watching
from services.profile.app import open_service
from services.profile.settings import ProfileSettings
from tests.chassis import listening
from tests.chassis.polling import until_awaited
from tests.profile.calls import Open, resolve, sms, update, updating, user, whatsapp


@pytest.fixture
async def sql(database_url: str) -> AsyncIterator[Any]:
    """A connection that does to the service's connections what a network would."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def watched(stub: Any) -> Any:
    """A stream on which everything is told from now on."""
    opened: list[Any] = []

    async def begun() -> bool:
        call = stub.WatchPeople(pb.WatchPeopleRequest())
        opened.append(call)
        return bool(await call.read() is not grpc.aio.EOF)

    await until_awaited(begun)
    return opened[-1]


async def told(stream: Any, person_id: int) -> None:
    """Until it is said that this person changed."""
    async with asyncio.timeout(60):
        while person_id not in (await stream.read()).person_ids:
            pass


async def test_everybody_hears_of_every_change(open_profile: Open) -> None:
    """Changes and merges are told by every replica, whichever of them wrote."""
    async with open_profile() as left, open_profile() as right:
        streams = [await watched(left), await watched(right), await watched(right)]
        number, user_id = sms(), user()
        person = await resolve(left, number)
        (changed,) = await update(right, updating(person.person_id, language="fr"))
        assert changed.person.language == "fr"
        one, other = await resolve(left, whatsapp_number := whatsapp()), await resolve(right, user_id)
        survivor = await resolve(left, user_id, whatsapp_number)
        assert survivor.person_id == one.person_id
        for stream in streams:
            for person_id in (person.person_id, other.person_id):
                await told(stream, person_id)
            stream.cancel()


async def test_silence_is_broken(open_profile: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something comes even while nobody changes."""
    monkeypatch.setattr("services.profile.servicer._SILENCE_SECONDS", 0.01)
    async with open_profile() as profile:
        stream = await watched(profile)
        for _ in range(3):
            assert list((await stream.read()).person_ids) == []


async def test_who_cannot_hear_says_so(open_profile: Open, sql: Any) -> None:
    """When the replica's listener loses its connection the stream ends, and begins again when it is back."""
    async with open_profile() as profile:
        stream = await watched(profile)
        await listening.cut(sql)
        async with asyncio.timeout(60):
            while await stream.read() is not grpc.aio.EOF:
                pass
        stream = await watched(profile)
        person = await resolve(profile, sms())
        await update(profile, updating(person.person_id, language="fr"))
        await told(stream, person.person_id)


async def test_who_reads_too_slowly_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """More changes than anybody keeps copies of are not piled up for somebody who does not read them."""
    monkeypatch.setattr(watching, "_MOST_UNREAD", 3)
    watcher = watching.Watcher()
    watcher.tell([1, 2, 3])
    watcher.tell([3, 2])
    assert await watcher.changed(60) == [1, 2, 3]
    watcher.tell([1, 2, 3, 4])
    assert await watcher.changed(60) is None


async def test_watchers_do_not_hold_up_the_end(database_url: str) -> None:
    """A service that stops ends its streams at once instead of waiting for them."""
    environ = {
        "HAILWIRE_ENV": "development",
        "DATABASE_URL": database_url,
        "PROFILE_GRPC_PORT": "0",
        "PROFILE_PROMETHEUS_PORT": "0",
    }
    async with open_service(load(ProfileSettings, environ)) as server:
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{server.port}")
        stream = await watched(profile_pb2_grpc.ProfileServiceStub(channel))
        stopping = time.monotonic()
    assert await stream.read() is grpc.aio.EOF
    # Calls under way have five seconds; whoever waits for all of them has failed to tell the watchers.
    assert time.monotonic() - stopping < 5
    await channel.close()
