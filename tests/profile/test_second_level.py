"""Copies of people that replicas lend each other: as true as the database, whatever becomes of Redis."""

import asyncio
import contextlib
import random
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chassis import changes
from chassis.caching.second_level import SecondLevel
from chassis.caching.shelf import Shelf, open_shelf
from chassis.database import Database, DatabaseSettings, open_database
from chassis.redis_settings import RedisSettings
from chassis.settings import load
from chassis.telemetry import Telemetry, TelemetrySettings, open_telemetry
from services.profile.cached import CachedPeople
from services.profile.lent import LentPeople
from services.profile.person import Identity, IdentityKind, Person, Sighting, Update
from services.profile.store import PeopleStore
from tests.chassis.polling import until_awaited
from tests.chassis.redis_server import RedisServer, SlowWire, slow_wire
from tests.profile.calls import Open, get, resolve, update, updating, user, whatsapp
from tests.profile.seals import SEALER

_PEOPLE = 6
# A machine that is busy with other things takes longer than Redis may in production.
PATIENT = {"REDIS_TIMEOUT": "10000", "REDIS_ACQUIRE_TIMEOUT": "60000"}
# How long a copy may be on its way to Redis: where a test waits for one, nobody lends it a second time.
_LEND_SECONDS = "chassis.caching.shelf._LEND_SECONDS"
_STORM_SECONDS = 3.0
# Where the machine is busy with other things.
_LONGEST_STORM_SECONDS = 40.0
_OFTEN = 3
RESULTS = ("hit", "miss", "disbelieved", "bypassed")


@pytest.fixture
async def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RedisServer]:
    monkeypatch.setattr(_LEND_SECONDS, 60.0)
    async with RedisServer(tmp_path) as server:
        yield server


@pytest.fixture
async def sql(database_url: str) -> AsyncIterator[Any]:
    """A connection that changes rows behind the service's back, telling nobody."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def lent(redis: RedisServer, least: int, seconds: float = 60) -> None:
    """Until so many copies lie in Redis."""

    async def enough() -> bool:
        return len(await redis.copies()) >= least

    await until_awaited(enough, seconds)


async def lent_by(redis: RedisServer, least: int, read_anew: Callable[[], Awaitable[object]]) -> None:
    """The same where it is not known whether the replica's listener is there yet: before, what it reads is not lent."""

    async def enough() -> bool:
        await read_anew()
        return len(await redis.copies()) >= least

    await until_awaited(enough)


async def renamed_in_silence(sql: Any, person_id: int, name: str) -> None:
    await sql.execute("UPDATE profile.person SET name = $1 WHERE person_id = $2", name, person_id)


async def test_what_one_has_read_another_need_not_read(open_profile: Open, redis: RedisServer, sql: Any) -> None:
    """Through the service's own door: a person whom one replica has read another answers without the database."""
    async with (
        open_profile(REDIS_URL=redis.url, **PATIENT) as left,
        open_profile(REDIS_URL=redis.url, **PATIENT) as right,
    ):
        # From its first question on each replica knows since when it may believe what others have read.
        for stub in (left, right):
            await resolve(stub, whatsapp(), name="Somebody")
        number = whatsapp()
        person = await resolve(left, number, name="Amina")

        async def borrowed() -> bool:
            await redis.command("FLUSHALL")
            (changed,) = await update(left, updating(person.person_id, name=uuid.uuid4().hex))
            # Both forget; who asks first reads and lends, once its listener is there.
            await resolve(left, number)
            try:
                await lent(redis, 1, seconds=2)
            except TimeoutError:
                return False
            await renamed_in_silence(sql, person.person_id, "changed in silence")
            return bool((await resolve(right, number)).name == changed.person.name)

        await until_awaited(borrowed, seconds=120)


async def test_what_was_read_before_is_not_believed(open_profile: Open, redis: RedisServer, sql: Any) -> None:
    """Who begins to listen reads everybody anew: what others have lent may be older than what was missed."""
    async with open_profile(REDIS_URL=redis.url, **PATIENT) as left:
        number = whatsapp()
        person = await resolve(left, number, name="Nobody")

        async def read_anew() -> None:
            await update(left, updating(person.person_id, name="Amina"))
            await resolve(left, number)

        await lent_by(redis, 1, read_anew)
    await renamed_in_silence(sql, person.person_id, "Keza")
    async with open_profile(REDIS_URL=redis.url, **PATIENT) as late:
        assert (await resolve(late, number)).name == "Keza"
        assert (await get(late, person.person_id))[0].person.name == "Keza"


async def test_a_copy_that_is_borrowed(database_url: str, redis: RedisServer, sql: Any) -> None:
    """What lies in Redis answers a replica whose memory has none; a change that it heard of ends that."""
    async with mesh_of(database_url, redis.url, 2, **PATIENT) as (one, other):
        person = await one.made()
        await one.settled()
        await other.settled()
        await one.cache.find([person.person_id])
        for replica in (one, other):  # positions are known from the first read on
            replica.pass_time()
            await replica.cache.find([person.person_id])
        await lent(redis, 1)
        one.pass_time()
        await one.cache.find([person.person_id])
        await renamed_in_silence(sql, person.person_id, "changed in silence")
        other.pass_time()
        assert (await other.cache.find([person.person_id]))[person.person_id].name != "changed in silence"
        await one.renames(person.person_id, "told")
        await other.settled()
        other.pass_time()
        assert (await other.cache.find([person.person_id]))[person.person_id].name == "told"


async def test_who_changes_somebody_sees_it_before_it_is_told(database_url: str, redis: RedisServer) -> None:
    """A replica that changed a person, and has not heard of it yet, no longer believes the copy from before."""
    async with mesh_of(database_url, redis.url, 2, **PATIENT) as (one, other):
        person = await one.made()
        for replica in (one, other):
            await replica.settled()
            replica.pass_time()
            await replica.cache.find([person.person_id])
        for _ in range(2):
            other.pass_time()
            await other.cache.find([person.person_id])
            await lent(redis, 1)
        one.pass_time()
        assert (await one.cache.find([person.person_id])) == {person.person_id: person}
        assert one.looked("hit") == 1
        one.deaf = True
        await one.renames(person.person_id, "changed")
        one.pass_time()
        assert (await one.cache.find([person.person_id]))[person.person_id].name == "changed"
        assert one.looked("disbelieved") >= 1


async def test_nothing_personal_is_seen(open_profile: Open, redis: RedisServer) -> None:
    """Whoever sees what lies in Redis, names included, sees no number and no name of a person."""
    async with open_profile(REDIS_URL=redis.url) as profile:
        number = whatsapp()
        await resolve(profile, number, name="Amina")
        await resolve(profile, number, user())
        person = await resolve(profile, number)
        await get(profile, person.person_id)
    async with open_profile(REDIS_URL=redis.url, **PATIENT) as profile:

        async def read_anew() -> None:
            await update(profile, updating(person.person_id, name="Amina"))
            await resolve(profile, number)

        await lent_by(redis, 1, read_anew)
        seen = b"".join(part for copy in (await redis.copies()).items() for part in copy)
        assert number.value[1:].encode() not in seen
        assert b"Amina" not in seen


async def test_a_copy_in_another_place_is_none(open_profile: Open, redis: RedisServer) -> None:
    """Whoever may write in Redis cannot show one person as another: a copy opens only under its own name."""
    async with (
        open_profile(REDIS_URL=redis.url, **PATIENT) as left,
        open_profile(REDIS_URL=redis.url, **PATIENT) as right,
    ):
        people = [await resolve(left, whatsapp(), name=name) for name in ("Amina", "Keza")]
        for stub in (left, right):
            await get(stub, *(person.person_id for person in people))

        async def read_anew() -> None:
            await update(left, *(updating(person.person_id, language="fr") for person in people))
            await get(left, *(person.person_id for person in people))

        await lent_by(redis, 2, read_anew)
        copies = await redis.copies()
        for name in copies:
            for other in copies.values():
                if other != copies[name]:
                    await redis.command("SET", name, other)
        found = await get(right, *(person.person_id for person in people))
        assert [result.person.name for result in found] == ["Amina", "Keza"]


@pytest.mark.parametrize("state", ["absent", "frozen", "garbage", "another kind of value", "full"])
async def test_without_a_useful_redis_all_is_as_before(
    open_profile: Open, redis: RedisServer, sql: Any, state: str
) -> None:
    """Whatever is wrong with it, each question is answered, rightly and in time."""
    if state == "absent":
        redis.kill()
    async with open_profile(REDIS_URL=redis.url) as left, open_profile(REDIS_URL=redis.url) as right:
        if state == "full":
            await redis.command("CONFIG", "SET", "maxmemory", "1")
        number = whatsapp()
        person = await resolve(left, number)
        if state in {"garbage", "another kind of value"}:
            await resolve(right, number)
            for name in await redis.copies():
                await redis.command("DEL", name)
                await redis.command(*(("SET", name, b"{") if state == "garbage" else ("LPUSH", name, b"x")))
        if state == "frozen":
            redis.freeze()
        for turn in range(6):
            stub, other = ((left, right), (right, left))[turn % 2]
            (changed,) = await update(stub, updating(person.person_id, language=("fr", "en")[turn % 2]))
            assert (await get(stub, person.person_id))[0].person.version == changed.person.version

            async def seen(stub: Any = other, version: int = changed.person.version) -> bool:
                return bool((await resolve(stub, number)).version == version)

            await until_awaited(seen)


async def test_no_address_is_a_wrong_setting(open_profile: Open) -> None:
    """A REDIS_URL that is none is found at the start."""
    with pytest.raises(Exception, match="REDIS_URL: must be an address"):
        async with open_profile(REDIS_URL="127.0.0.1"):
            pass


async def test_how_long_a_copy_is_kept(database_url: str, redis: RedisServer) -> None:
    """REDIS_TTL is the most that a copy lives."""
    async with mesh_of(database_url, redis.url, 1, REDIS_TTL="60000", **PATIENT) as (one,):
        person = await one.made()
        one.pass_time()
        await one.cache.find([person.person_id])
        await lent(redis, 1)
        for name in await redis.copies():
            assert 0 < await redis.command("PTTL", name) <= 60_000


@pytest.mark.parametrize(("patience_ms", "result"), [("50", "bypassed"), ("10000", "hit")])
async def test_how_long_redis_may_take(database_url: str, redis: RedisServer, patience_ms: str, result: str) -> None:
    """REDIS_TIMEOUT is how long a question waits for Redis; after that the database answers it."""
    async with (
        slow_wire(redis.port) as wire,
        mesh_of(database_url, wire.url, 2, REDIS_TIMEOUT=patience_ms) as (one, other),
    ):
        person = await one.made()
        for replica in (one, other, one, other):
            await replica.settled()
            replica.pass_time()
            await replica.cache.find([person.person_id])
        await lent(redis, 1)
        wire.seconds = 0.2
        before = other.looked(result)
        other.pass_time()
        assert await other.cache.find([person.person_id]) == {person.person_id: person}
        assert other.looked(result) == before + 1


@dataclass
class Replica:
    """One replica's cache with a listener of its own, and what it must know of each person."""

    cache: CachedPeople
    store: PeopleStore
    telemetry: Telemetry
    connection: Any = None
    now: float = 0.0
    heard: dict[int, int] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    listening: bool = False
    deaf: bool = False

    def receive(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        """A notification: a person's version is one higher with each; or a word of the test's own."""
        if payload.startswith("token"):
            self.tokens.add(payload)
            return
        if self.deaf:
            return
        for text in payload.split(","):
            if text.isdigit():
                self.heard[int(text)] = self.heard.get(int(text), 0) + 1
        self.cache.heard(payload)

    async def listen(self) -> None:
        await self.connection.add_listener("profile_people", self.receive)
        self.listening = True
        self.cache.trust()

    async def lose(self) -> None:
        """The cache is told first: what it does not hear it must not miss."""
        self.listening = False
        self.cache.distrust()
        await self.connection.remove_listener("profile_people", self.receive)

    async def settled(self) -> None:
        """Until everything that was committed so far was heard here."""
        token = f"token{uuid.uuid4().hex}"
        await self.connection.execute("SELECT pg_notify('profile_people', $1)", token)
        async with asyncio.timeout(60):
            while token not in self.tokens:
                await asyncio.sleep(0.001)

    def looked(self, result: str) -> float:
        """How often a copy was looked for with this result."""
        name = "hailwire_second_level_lookups_total"
        (read,) = [one.read for one in self.telemetry.instruments if one.name == name]
        return sum(value for value, labels in read() if labels["result"] == result)

    def pass_time(self) -> None:
        """What is in memory is over."""
        self.now += 1000

    async def made(self, identity: Identity | None = None) -> Person:
        identity = identity or Identity(IdentityKind.WHATSAPP_NUMBER, f"+25078{random.randrange(10**7):07}")
        (person,) = await self.cache.resolve([Sighting((identity,), "N")])
        assert isinstance(person, Person)
        return person

    async def renames(self, person_id: int, name: str) -> None:
        item = Update(person_id, frozenset({"name"}), name=name)
        request = changes.Request(uuid.uuid4().hex, uuid.uuid4().bytes, item)
        while isinstance((await self.cache.update([request]))[0], Exception):
            pass


@contextlib.asynccontextmanager
async def mesh_of(database_url: str, redis_url: str, count: int, **environ: str) -> AsyncIterator[list[Replica]]:
    """Replicas without their gRPC, each with a pool and a listener."""
    async with contextlib.AsyncExitStack() as stack:
        replicas = []
        for _ in range(count):
            own = await stack.enter_async_context(open_telemetry("profile", load(TelemetrySettings, {})))
            settings = load(DatabaseSettings, {"DATABASE_URL": database_url, "DATABASE_POOL_MAX": "4"})
            database = await stack.enter_async_context(open_database(settings, application="test", telemetry=own))
            shelf = await stack.enter_async_context(
                open_shelf(load(RedisSettings, {"REDIS_URL": redis_url, **environ}), own)
            )
            replicas.append(_replica(database, shelf, own))
            replica = replicas[-1]
            replica.connection = await asyncpg.connect(database_url)
            stack.push_async_callback(replica.connection.close)
            await replica.listen()
        yield replicas


def _replica(database: Database, shelf: Shelf, telemetry: Telemetry) -> Replica:
    store = PeopleStore(database, {"en", "fr"}, SEALER)
    replica: Replica
    cache = CachedPeople(
        store,
        telemetry,
        LentPeople(SecondLevel(shelf, database), SEALER, ttl_seconds=300, lookup_ttl_seconds=300),
        ttl_seconds=300,
        lookup_ttl_seconds=300,
        clock=lambda: replica.now,
    )
    replica = Replica(cache, store, telemetry)
    return replica


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_storm(database_url: str, redis: RedisServer, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three replicas read and write while Redis is emptied, frozen, killed, slow, cut off, and fed what it once held.

    Whoever asks after having heard of a change, or made it, never sees what was before; nor does whoever cannot hear.
    """
    monkeypatch.setattr("chassis.breaker._FIRST_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr("chassis.breaker._LONGEST_PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(_LEND_SECONDS, 0.25)
    dice = random.Random(seed)
    async with slow_wire(redis.port) as wire, mesh_of(database_url, wire.url, 3, REDIS_TIMEOUT="100") as replicas:
        storm = Storm(replicas, redis, wire, dice)
        await storm.begin()
        began = asyncio.get_running_loop().time()

        def counts() -> dict[str, float]:
            return {result: sum(replica.looked(result) for replica in replicas) for result in RESULTS}

        def over() -> bool:
            """When each way was gone often enough: a storm in which nothing is borrowed would prove nothing."""
            seconds = asyncio.get_running_loop().time() - began
            enough = seconds > _STORM_SECONDS and min(counts().values()) >= _OFTEN
            return enough or seconds > _LONGEST_STORM_SECONDS

        async with asyncio.TaskGroup() as tasks:
            for replica in replicas:
                for _ in range(3):
                    tasks.create_task(storm.reading(replica, over))
                tasks.create_task(storm.losing(replica, over))
            for person_id in storm.versions:
                tasks.create_task(storm.writing(person_id, over))
            tasks.create_task(storm.raging(over))
        await storm.calm()
        print(f"{storm.reads} reads; copies: {counts()}")  # noqa: T201 - with -s
        assert min(counts().values()) >= _OFTEN, counts()


class Storm:
    """What is done at once, and what must hold."""

    def __init__(self, replicas: list[Replica], redis: RedisServer, wire: SlowWire, dice: random.Random) -> None:
        self.replicas = replicas
        self.redis = redis
        self.wire = wire
        self.dice = dice
        self.reads = 0
        self.versions: dict[int, int] = {}  # as the last writer was answered
        self.first: dict[int, int] = {}
        self.identities: dict[int, Identity] = {}
        self.written: dict[tuple[int, int], int] = {}  # by replica and person: what it was answered itself
        self.kept: dict[bytes, bytes] = {}

    async def begin(self) -> None:
        for _ in range(_PEOPLE):
            person = await self.replicas[0].made()
            self.versions[person.person_id] = self.first[person.person_id] = person.version
            self.identities[person.person_id] = person.identities[0]
        for replica in self.replicas:
            await replica.settled()
            replica.heard.clear()

    def least(self, replica: Replica, person_id: int) -> int:
        """What this replica must show of a person at least, from now on."""
        if not replica.listening:
            return self.versions[person_id]
        by_itself = self.written.get((id(replica), person_id), 0)
        return max(by_itself, self.first[person_id] + replica.heard.get(person_id, 0))

    async def reading(self, replica: Replica, over: Callable[[], bool]) -> None:
        while not over():
            person_id = self.dice.choice(list(self.versions))
            least = self.least(replica, person_id)
            if self.dice.random() < 0.5:
                found = (await replica.cache.find([person_id]))[person_id]
            else:
                (answer,) = await replica.cache.resolve([Sighting((self.identities[person_id],))])
                assert isinstance(answer, Person)
                found = answer
            assert found.version >= least, f"person {person_id}: {found.version} instead of {least}"
            self.reads += 1
            if self.dice.random() < 0.3:
                replica.pass_time()
            await asyncio.sleep(0)

    async def writing(self, person_id: int, over: Callable[[], bool]) -> None:
        """One writer for each person, now here, now there; sometimes one that ends right after its commit."""
        while not over():
            await asyncio.sleep(self.dice.uniform(0, 0.15))
            replica = self.dice.choice(self.replicas)
            request = changes.Request(
                uuid.uuid4().hex,
                uuid.uuid4().bytes,
                Update(person_id, frozenset({"name"}), name=uuid.uuid4().hex),
            )
            ended = self.dice.random() < 0.3
            (outcome,) = await (replica.store if ended else replica.cache).update([request])
            if isinstance(outcome, bytes):
                self.versions[person_id] += 1
                if not ended:
                    self.written[id(replica), person_id] = self.versions[person_id]

    async def losing(self, replica: Replica, over: Callable[[], bool]) -> None:
        """Its listener goes and comes back; what was told meanwhile is known from the rows."""
        while not over():
            await asyncio.sleep(self.dice.uniform(0.2, 1.0))
            await replica.lose()
            await asyncio.sleep(self.dice.uniform(0, 0.1))
            # Changes that are committed while LISTEN is on its way may be heard or not; those before it count.
            known = {person_id: version - self.first[person_id] for person_id, version in self.versions.items()}
            replica.heard = known
            await replica.connection.add_listener("profile_people", replica.receive)
            replica.cache.trust()
            replica.listening = True

    async def raging(self, over: Callable[[], bool]) -> None:
        while not over():
            match self.dice.choice(
                ["flush", "flush", "freeze", "kill", "slow", "hold", "cut", "keep", "bring back", "calm"]
            ):
                case "flush" if self.redis.answering:
                    await self.redis.command("FLUSHALL")
                case "freeze":
                    self.redis.freeze()
                case "kill":
                    self.redis.kill()
                case "slow":
                    self.wire.seconds = self.dice.choice([0.01, 0.05, 0.2])
                case "hold":
                    self.wire.seconds = None
                case "cut":
                    self.wire.cut()
                case "keep" if self.redis.answering:
                    self.kept |= await self.redis.copies()
                case "bring back" if self.redis.answering:
                    for name, copy in self.kept.items():
                        await self.redis.command("SET", name, copy)
                case _:
                    pass
            await asyncio.sleep(self.dice.uniform(0, 0.15))
            if self.dice.random() < 0.6:
                self.wire.seconds = 0.0
                self.redis.thaw()
                await self.redis.start()

    async def calm(self) -> None:
        """When all is well again each replica shows the truth, and copies are borrowed."""
        self.wire.seconds = 0.0
        self.redis.thaw()
        await self.redis.start()
        for replica in self.replicas:
            await replica.settled()
            replica.pass_time()
            found = await replica.cache.find(list(self.versions))
            assert {one: person.version for one, person in found.items()} == self.versions
