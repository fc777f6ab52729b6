"""Whoever leads a conversation writes, nobody else; what a lost leader leaves is taken over at once and only once."""

import asyncio
import contextlib
import time
from collections.abc import Callable

import aiohttp
import asyncpg
import pytest

from chassis.settings import load
from launcher import ports
from services.gateway import app, instance, turns
from services.profile.app import open_service as open_profile
from services.profile.settings import ProfileSettings
from services.trips.app import open_service as open_trips
from services.trips.settings import TripsSettings
from tests.gateway import handlers
from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import Mesh, payload, text, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

# A message that waits, leased by an instance (none given: ours), as if a commit's answer had been lost.
LEASED = """
    WITH copied AS (
        INSERT INTO gateway.inbox
            (stored_on, key, kind, provider, conversation_id, addresses, raw, sent_at, stored_at)
        SELECT stored_on, '\\x0102'::bytea, kind, provider, conversation_id, addresses, raw, sent_at, stored_at
        FROM gateway.inbox WHERE kind = 'message' ORDER BY inbox_id LIMIT 1
        RETURNING *
    ), leased AS (
        UPDATE gateway.conversation
        SET pending = 1, next_seq = next_seq + 1, epoch = epoch + 1,
            instance_id = coalesce($1, (SELECT max(instance_id) FROM gateway.instance))
        FROM copied WHERE conversation.conversation_id = copied.conversation_id
        RETURNING conversation.conversation_id, next_seq, instance_id
    )
    INSERT INTO gateway.pending (conversation_id, seq, inbox_id, stored_on, attempts, instance_id)
    SELECT leased.conversation_id, next_seq - 1, inbox_id, stored_on, 1, instance_id FROM leased, copied
"""

HELD = """
    SELECT (SELECT count(*) FROM gateway.conversation WHERE instance_id IS NOT NULL)
         + (SELECT count(*) FROM gateway.lane WHERE instance_id IS NOT NULL)
         + (SELECT count(*) FROM gateway.pending WHERE instance_id IS NOT NULL)
         + (SELECT count(*) FROM gateway.outbox WHERE state = 'sending')
         + (SELECT count(*) FROM gateway.instance)
"""


async def _blocked(mesh: Mesh, phone: str) -> asyncio.Event:
    """A message whose handler waits for the event."""
    gate = handlers.gates["waits"] = asyncio.Event()
    await mesh.says(phone, "slow")

    async def running() -> bool:
        return handlers.runs["waits"] > 0

    await until(running, "the start of the turn")
    return gate


async def test_a_lost_lease_writes_nothing(mesh: Mesh, word: Register, phone: str) -> None:
    """A turn whose lease was taken away changes neither queue nor state nor outbox; the message runs again."""
    word("slow", "waits")
    gate = await _blocked(mesh, phone)
    await mesh.value("""
        WITH taken AS (
            UPDATE gateway.conversation
            SET instance_id = NULL, epoch = epoch + 1, due_at = chassis.now() + interval '1 hour')
        UPDATE gateway.pending SET instance_id = NULL, attempts = 0
    """)
    gate.set()

    async def given_up() -> bool:
        return await mesh.metric("hailwire_turns_in_flight") == 0

    await until(given_up, "the end of the turn")
    (conversation,) = await mesh.rows("SELECT * FROM gateway.conversation")
    assert (conversation["pending"], conversation["state_name"]) == (1, "")
    assert await mesh.value("SELECT count(*) FROM gateway.outbox") == 0
    await mesh.value("UPDATE gateway.conversation SET due_at = chassis.now()")
    await mesh.answered(f"+{phone}")
    await mesh.settled()
    assert (len(mesh.received(f"+{phone}")), handlers.runs["waits"]) == (1, 2)


async def test_a_dead_instance_is_taken_over(mesh: Mesh, word: Register, phone: str) -> None:
    """What an instance that is gone was working on is taken from it, and is answered once."""
    word("plain", "answers")
    await mesh.says(phone, "plain")
    await mesh.answered(f"+{phone}")
    await mesh.settled()
    await mesh.value(LEASED, 999_999)
    await mesh.answered(f"+{phone}", 2)
    await mesh.settled()
    assert len(mesh.received(f"+{phone}")) == 2

    async def counted() -> bool:
        return await mesh.metric("hailwire_instances_reaped_total") == 1

    await until(counted, "the count of the takeover")


async def test_declared_dead_and_alive(mesh: Mesh, word: Register, phone: str) -> None:
    """An instance that was declared dead by mistake joins again; its unfinished turn writes nothing and runs again."""
    word("slow", "waits")
    gate = await _blocked(mesh, phone)
    dead = await mesh.value("DELETE FROM gateway.instance RETURNING instance_id")

    async def taken_away() -> bool:
        return bool(await mesh.value("SELECT alone AND instance_id IS NULL FROM gateway.conversation"))

    await until(taken_away, "the loss of the lease")
    assert await mesh.value("SELECT attempts FROM gateway.pending") == 0
    gate.set()
    await mesh.answered(f"+{phone}")
    await mesh.settled()
    assert (len(mesh.received(f"+{phone}")), handlers.runs["waits"]) == (1, 2)
    assert await mesh.value("SELECT min(instance_id) > $1 FROM gateway.instance", dead)


async def test_suspects_do_not_starve(mesh: Mesh, word: Register, phone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A suspect message runs although a turn of another sender kept the instance busy for longer than suspects get."""
    monkeypatch.setattr(turns, "_ALONE_SECONDS", 0.2)
    word("slow", "waits")
    word("plain", "answers")
    other = str(int(phone) + 500_000)
    await mesh.says(other, "plain")
    await mesh.answered(f"+{other}")
    await mesh.settled()
    gate = await _blocked(mesh, phone)
    await mesh.value(LEASED, 999_999)
    # The wish to run it alone was written half a second ago.
    wished = f"SELECT instance_id > 0 AND until < clock_timestamp() + interval '{2 * turns._TURN_SECONDS + 4.5} s'"
    await until(lambda: mesh.value(f"{wished} FROM gateway.alone"), "the wish to run it alone")
    gate.set()
    began = time.monotonic()
    await mesh.answered(f"+{other}", 2)
    assert time.monotonic() - began < 60
    await mesh.settled()


async def test_a_lease_that_nobody_knows_of(mesh: Mesh, word: Register, phone: str) -> None:
    """A lease whose commit's answer was lost is noticed by its holder and worked on."""
    word("plain", "answers")
    await mesh.says(phone, "plain")
    await mesh.answered(f"+{phone}")
    await mesh.settled()
    await mesh.value(LEASED, None)
    await mesh.answered(f"+{phone}", 2)
    await mesh.settled()
    assert len(mesh.received(f"+{phone}")) == 2


async def test_a_lane_that_nobody_knows_of(
    open_here: Open, word: Register, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reply that was claimed by a commit whose answer was lost is sent."""
    monkeypatch.setattr(instance, "SETTLE_SECONDS", 0.3)
    word("plain", "answers")
    async with open_here(SIMULATOR_STATUSES="false") as mesh:
        await mesh.says(phone, "plain")
        await mesh.answered(f"+{phone}")
        await mesh.settled()
        await mesh.value("""
            WITH held AS (
                UPDATE gateway.lane
                SET queued = 1, epoch = epoch + 1, instance_id = (SELECT max(instance_id) FROM gateway.instance))
            UPDATE gateway.outbox SET state = 'sending', provider_message_id = NULL, delivery = ''
        """)
        await mesh.answered(f"+{phone}", 2)
        await mesh.settled()


async def test_a_clean_end_leaves_nothing(
    open_here: Open, fresh_database_url: str, word: Register, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway that is asked to end finishes what it can, gives back the rest, and holds nothing afterwards."""
    monkeypatch.setattr(app, "_DRAIN_SECONDS", 0.3)
    word("slow", "waits")
    word("plain", "answers")
    async with contextlib.AsyncExitStack() as stack:
        mesh = await stack.enter_async_context(open_here())
        await _blocked(mesh, phone)
        other = str(int(phone) + 500_000)
        await mesh.taken(payload(*(text(other, "plain") for _ in range(30))))
    database = await asyncpg.connect(fresh_database_url)
    assert await database.fetchval(HELD) == 0
    await database.close()
    async with open_here(GATEWAY_LEASE_SECONDS="60") as mesh:
        assert await mesh.value("SELECT max(attempts) FROM gateway.pending WHERE attempts > 0") in {None, 1}
        handlers.gates["waits"].set()
        await mesh.answered(f"+{phone}")
        received = await mesh.answered(f"+{other}", 0)
        await mesh.settled()
        assert await mesh.value("SELECT count(*) FROM gateway.outbox WHERE state = 'accepted'") == 31
        assert len(received) <= 30


async def test_an_end_under_traffic(open_here: Open, word: Register, phones: Callable[[int], list[str]]) -> None:
    """Of webhooks that come while the gateway ends, those that got 200 are kept and answered once."""
    word("plain", "answers")
    people = phones(40)
    taken: list[str] = []
    async with contextlib.AsyncExitStack() as stack:
        mesh = await stack.enter_async_context(open_here())

        async def write(person: str) -> None:
            with contextlib.suppress(aiohttp.ClientError):
                answer = await mesh.whatsapp(payload(text(person, "plain")))
                if answer.status == 200:
                    taken.append(person)

        posts = [asyncio.create_task(write(person)) for person in people[:20]]
        await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
        posts += [asyncio.create_task(write(person)) for person in people[20:]]
        await stack.aclose()
        await asyncio.wait(posts)
    assert taken
    async with open_here() as mesh:
        await mesh.settled()
        counted = "SELECT address, count(*) AS replies FROM gateway.outbox WHERE state = 'accepted' GROUP BY 1"
        replies = {row["address"]: row["replies"] for row in await mesh.rows(counted)}
        assert {replies.get(f"wa:+{person}") for person in taken} == {1}
        assert set(replies.values()) == {1}


@pytest.mark.parametrize("service", ["profile", "trips"])
async def test_a_service_that_is_away(open_here: Open, fresh_database_url: str, phone: str, service: str) -> None:
    """While a service is away messages are kept with their attempts given back, and answered when it is there."""
    port, metrics = ports.choose(2)
    common = {"HAILWIRE_ENV": "development", "DATABASE_URL": fresh_database_url}
    own = {f"{service.upper()}_GRPC_PORT": str(port), f"{service.upper()}_PROMETHEUS_PORT": str(metrics)}

    def opened() -> contextlib.AbstractAsyncContextManager[object]:
        if service == "profile":
            return open_profile(load(ProfileSettings, {**common, **own}))
        return open_trips(load(TripsSettings, {**common, **own}))

    async with contextlib.AsyncExitStack() as stack:
        serving = contextlib.AsyncExitStack()
        await serving.enter_async_context(opened())
        mesh = await stack.enter_async_context(open_here(**{f"{service.upper()}_TARGET": f"127.0.0.1:{port}"}))
        await mesh.says(phone, "hello", "english")
        await mesh.answered(f"+{phone}", 2)
        await mesh.settled()
        await serving.aclose()
        await mesh.says(phone, "trips" if service == "trips" else "help")
        await until(lambda: _postponed(mesh), "a postponed turn")
        assert await mesh.value("SELECT max(attempts) <= 1 FROM gateway.pending")
        await until(lambda: _ready(mesh), "readiness: messages are taken all the same")
        await stack.enter_async_context(opened())
        await mesh.answered(f"+{phone}", 3)
        await mesh.settled()
        assert not await mesh.dead_letters()


async def _ready(mesh: Mesh) -> bool:
    async with mesh.session.get(mesh.url + "/readyz") as response:
        return response.status == 200


async def _postponed(mesh: Mesh) -> bool:
    return await mesh.metric("hailwire_turns_total", ending="postponed") >= 1
