"""Copies of people in the gateway: none is older than the contract allows, whatever is told when and by whom."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from math import inf
from typing import Any

import asyncpg
import grpc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chassis.settings import load
from chassis.telemetry import Telemetry, TelemetrySettings, open_telemetry
from hailwire.profile.v1 import profile_pb2 as pb
from hailwire.profile.v1 import profile_pb2_grpc
from services.gateway.clients import copies as module
from services.gateway.clients.copies import PeopleCopies
from services.gateway.clients.profile import Profile
from services.gateway.messages import Address
from services.profile.app import open_service
from services.profile.settings import ProfileSettings
from tests.chassis import listening
from tests.chassis.polling import until_awaited
from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import until
from tests.profile.calls import resolve, update, updating, whatsapp

_ROUNDS = 20
# How late a replica may hear of a change, as the contract says.
_LATEST = 3.0
_PATIENT = module._HEARD_SECONDS  # other tests here are not


@pytest.fixture
async def telemetry() -> AsyncIterator[Telemetry]:
    async with open_telemetry("test", load(TelemetrySettings, {})) as telemetry:
        yield telemetry


@pytest.fixture
async def sql(database_url: str) -> AsyncIterator[Any]:
    """A connection that does to the service's connections what a network would."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def replicas(database_url: str) -> AsyncIterator[list[grpc.aio.Channel]]:
    """Two replicas of the profile service, a channel to each."""
    environ = {
        "HAILWIRE_ENV": "development",
        "DATABASE_URL": database_url,
        "PROFILE_GRPC_PORT": "0",
        "PROFILE_PROMETHEUS_PORT": "0",
    }
    configured = load(ProfileSettings, environ)
    async with open_service(configured) as left, open_service(configured) as right:
        channels = [grpc.aio.insecure_channel(f"127.0.0.1:{one.port}") for one in (left, right)]
        yield channels
        for channel in channels:
            await channel.close()


class Asking:
    """A gateway's client with copies that are heard of, and who is known to it."""

    def __init__(self, channel: grpc.aio.Channel, telemetry: Telemetry) -> None:
        self.copies = PeopleCopies(channel, telemetry, ttl_seconds=300.0)
        self.profile = Profile(channel, self.copies)

    async def copied(self, number: str) -> pb.Person:
        """The person with this number, once there is a copy."""
        address = Address("whatsapp", "number", number)

        async def held() -> pb.Person | None:
            person = await self.profile.resolve([address], "Ada")
            return self.copies.get(person.person_id)

        found: list[pb.Person] = []

        async def there() -> bool:
            found.extend(filter(None, [await held()]))
            return bool(found)

        await until_awaited(there)
        return found[0]


@pytest.fixture
async def asking(
    replicas: list[grpc.aio.Channel], telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Asking]:
    """Hears of changes from the first replica."""
    monkeypatch.setattr(module, "_HEARD_SECONDS", 0.05)
    asking = Asking(replicas[0], telemetry)
    task = asyncio.create_task(asking.profile.hear())
    yield asking
    task.cancel()
    await asyncio.wait([task])


async def test_a_change_gets_around(asking: Asking, replicas: list[grpc.aio.Channel]) -> None:
    """A copy is forgotten right after whichever replica changed its person; measured."""
    right = profile_pb2_grpc.ProfileServiceStub(replicas[1])
    number = whatsapp().value
    took = []
    for turn in range(_ROUNDS):
        person = await asking.copied(number)
        await update(right, updating(person.person_id, language=("fr", "en")[turn % 2]))

        async def forgotten(person_id: int = person.person_id) -> bool:
            await asyncio.sleep(0)
            return asking.copies.get(person_id) is None

        took.append(await listening.seconds_until(forgotten))
    listening.tell("a change of a person, until a gateway has no copy of them", took)


async def test_what_the_gateway_changes_itself_is_forgotten_at_once(asking: Asking) -> None:
    """After a change of one's own there is no copy of what was before, not even for a moment."""
    person = await asking.copied(whatsapp().value)
    for language in ("fr", "en", "rw"):
        changed = await asking.profile.update(updating(person.person_id, language=language))
        assert changed.language == language
        assert (await asking.profile.get(person.person_id)).language == language


async def test_nothing_is_kept_by_who_does_not_hear(asking: Asking, sql: Any) -> None:
    """When the replica that tells loses its listener every copy is forgotten, and kept again when it is back."""
    number = whatsapp().value
    for _ in range(3):
        person = await asking.copied(number)
        await listening.cut(sql, least=2)

        async def forgotten(person_id: int = person.person_id) -> bool:
            return asking.copies.get(person_id) is None

        await until_awaited(forgotten)


async def test_a_sighting_that_tells_something_new_is_asked_about(
    asking: Asking, replicas: list[grpc.aio.Channel]
) -> None:
    """Another identity, or a name for somebody without one, is no matter for a copy."""
    number = whatsapp()
    nameless = await resolve(profile_pb2_grpc.ProfileServiceStub(replicas[0]), number)
    address = Address("whatsapp", "number", number.value)

    async def copied() -> bool:
        person = await asking.profile.resolve([address], "")
        return person == nameless and asking.copies.get(nameless.person_id) == nameless

    await until_awaited(copied)
    assert asking.copies.sighted(nameless.person_id, [number], "") == nameless
    assert asking.copies.sighted(nameless.person_id, [number], "Ada") is None
    assert asking.copies.sighted(nameless.person_id, [whatsapp()], "") is None
    assert asking.copies.sighted(nameless.person_id, [number, whatsapp()], "") is None
    named = await asking.profile.resolve([address], "Ada", person_id=nameless.person_id)
    assert (named.name, named.person_id) == ("Ada", nameless.person_id)


async def test_whoever_asks_may_change_what_they_got(asking: Asking) -> None:
    """A copy is the asker's own: what they do to it nobody else sees."""
    person = await asking.copied(whatsapp().value)
    got = asking.copies.get(person.person_id)
    assert got is not None
    got.name = "somebody else"
    assert asking.copies.get(person.person_id) == person


async def says_it_once(_request: Any, _context: Any) -> AsyncIterator[pb.WatchPeopleResponse]:
    """WatchPeople of a replica that tells that it hears, and then nothing any more."""
    yield pb.WatchPeopleResponse()
    await asyncio.Event().wait()


async def test_a_known_sender_costs_no_call(open_here: Open, word: Register, phone: str) -> None:
    """Turns of somebody whom the gateway knows ask nothing of the profile service, until it tells of a change."""
    word("plain", "echoes")
    said = 0

    async def calls() -> float:
        count = "hailwire_rpc_client_seconds_count"
        return await mesh.metric(count, method="/hailwire.profile.v1.ProfileService/BatchResolvePeople")

    async def answered() -> None:
        nonlocal said
        said += 1
        await mesh.says(phone, "plain")
        await mesh.answered(f"+{phone}", said)

    async def copied() -> bool:
        await answered()
        return bool(await mesh.metric("hailwire_cache_entries", cache="people"))

    async with open_here() as mesh:
        await until(copied, "a copy of the sender")
        before = await calls()
        for _ in range(3):
            await answered()
        assert await calls() == before
        # As another replica would write it.
        await mesh.value("UPDATE profile.person SET name = 'Grace', version = version + 1 RETURNING person_id")
        await mesh.value("SELECT pg_notify('profile_people', person_id || ',@1') FROM profile.person")

        async def forgotten() -> bool:
            return not await mesh.metric("hailwire_cache_entries", cache="people")

        await until(forgotten, "word of the change")
        await answered()
        assert await calls() > before


async def test_a_silent_replica_is_not_believed(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies are forgotten when nothing was heard for a while, as behind a network that swallows everything."""
    monkeypatch.setattr(module, "_HEARD_SECONDS", 0.0)
    monkeypatch.setattr(module, "_SILENCE_SECONDS", 0.3)
    server = grpc.aio.server()
    handler = grpc.unary_stream_rpc_method_handler(
        says_it_once, pb.WatchPeopleRequest.FromString, pb.WatchPeopleResponse.SerializeToString
    )
    service = pb.DESCRIPTOR.services_by_name["ProfileService"].full_name
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, {"WatchPeople": handler})])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        copies = PeopleCopies(channel, telemetry, ttl_seconds=300)
        task = asyncio.create_task(copies.run())

        async def kept() -> bool:
            await copies.keep(pb.Person(person_id=7), copies.asking())
            return copies.get(7) is not None

        await until_awaited(kept)

        async def forgotten() -> bool:
            return copies.get(7) is None

        await until_awaited(forgotten)
        task.cancel()
        await asyncio.wait([task])
    await server.stop(0)


async def test_without_time_to_live_nobody_is_copied(
    replicas: list[grpc.aio.Channel], telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CACHE_TTL_PROFILE=0 asks for everybody each time."""
    monkeypatch.setattr(module, "_HEARD_SECONDS", 0.0)
    copies = PeopleCopies(replicas[0], telemetry, ttl_seconds=0)
    task = asyncio.create_task(copies.run())
    await until_awaited(lambda: _heard(copies))
    await copies.keep(pb.Person(person_id=7), copies.asking())
    assert copies.get(7) is None
    task.cancel()
    await asyncio.wait([task])


async def test_whoever_stood_still_believes_nothing(telemetry: Telemetry) -> None:
    """A gateway that was paused does not answer from its copies before it has heard what came meanwhile."""
    clock = [0.0]
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        copies = PeopleCopies(channel, telemetry, ttl_seconds=300, clock=lambda: clock[0])
        copies._hear([])
        clock[0] = 1.0
        await copies.keep(pb.Person(person_id=7), copies.asking())
        assert copies.get(7) is not None
        clock[0] = 10.0
        assert copies.get(7) is None
        copies._hear([])
        assert copies.get(7) is not None


async def _heard(copies: PeopleCopies) -> bool:
    return copies._told_since < inf


class World:
    """People who change, replicas that hear of it late, calls that take their time; and when all of it happens."""

    def __init__(self, copies: PeopleCopies, clock: list[float]) -> None:
        self.copies = copies
        self.clock = clock
        self.versions: list[float] = [-100.0]  # when each was committed
        self.events: list[tuple[float, int, Any]] = []
        self._numbers = itertools.count()

    def at(self, moment: float, do: Any) -> None:
        self.events.append((moment, next(self._numbers), do))

    def version_at(self, moment: float) -> int:
        return sum(committed <= moment for committed in self.versions)


# Few moments, so that things happen at the same one and shortly after each other.
_lags = st.sampled_from([0.0, 1.5, _LATEST])
_moments = st.integers(0, 12).map(float)
_calls = st.tuples(_moments, st.sampled_from([0.0, 4.0, 25.0]), st.sampled_from([0.0, 1.0]), _lags)


@settings(max_examples=300)
@given(
    changes=st.lists(st.tuples(_moments, _lags), min_size=1, max_size=2),
    calls=st.lists(_calls, min_size=1, max_size=4),
    began=st.sampled_from([0.0, 2.0, 5.0]),
)
@example(changes=[(5.0, 0.0)], calls=[(7.0, 0.0, 0.0, 3.0)], began=0.0)  # asked where it was not heard of yet
@example(changes=[(5.0, 0.0)], calls=[(4.0, 25.0, 0.0, 0.0)], began=0.0)  # answered before, and arrived long after
@example(changes=[(4.0, 0.0)], calls=[(6.0, 0.0, 0.0, 3.0)], began=5.0)  # changed before anything was told
def test_no_copy_is_older_than_promised(
    changes: list[tuple[float, float]], calls: list[tuple[float, float, float, float]], began: float
) -> None:
    """Whoever looks at a copy sees what was true three seconds ago or later, whatever is told and answered when."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_HEARD_SECONDS", _PATIENT)
        asyncio.run(_never_older(changes, calls, began))


async def _never_older(
    changes: list[tuple[float, float]], calls: list[tuple[float, float, float, float]], began: float
) -> None:
    clock = [0.0]
    async with open_telemetry("test", load(TelemetrySettings, {})) as telemetry:
        channel = grpc.aio.insecure_channel("127.0.0.1:1")
        copies = PeopleCopies(channel, telemetry, ttl_seconds=300, clock=lambda: clock[0])
        world = World(copies, clock)
        world.versions += sorted(committed for committed, _ in changes)

        async def hear() -> None:
            copies._hear([])

        async def tell() -> None:
            if copies._told_since <= clock[0]:
                copies._hear([7])

        def keep(version: int, asked_at: float) -> Any:
            async def do() -> None:
                await copies.keep(pb.Person(person_id=7, version=version), asked_at)

            return do

        async def look() -> None:
            person = copies.get(7)
            if person is not None:
                assert person.version >= world.version_at(clock[0] - _LATEST)

        async def another() -> None:
            copies.forget([8])

        for second in range(50):
            world.at(began + second, hear)
        world.at(24.0, another)
        for committed, lag in changes:
            world.at(committed + lag, tell)
        for made, takes, share, lag in calls:
            # Somewhere on the way of the call a replica answers what it knew then.
            answered = made + takes * share
            world.at(made + takes, keep(world.version_at(answered - lag), made))
        for halves in range(100):
            world.at(halves / 2 + 0.25, look)
        for moment, _, do in sorted(world.events, key=lambda event: event[:2]):
            clock[0] = moment
            await do()
        await channel.close()
