"""What changes while a webhook waits for its conversation's row: it is stored by what holds once the row is free."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from tests.gateway.conftest import Open
from tests.gateway.mesh import Mesh, message, payload, text, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
_QUEUE = """
    SELECT conversation.conversation_id, next_seq, conversation.pending, array_agg(seq ORDER BY seq) AS numbers
    FROM gateway.conversation JOIN gateway.pending USING (conversation_id)
    GROUP BY conversation.conversation_id ORDER BY 1
"""


@pytest_asyncio.fixture(loop_scope="module")
async def still(open_here: Open) -> AsyncIterator[Mesh]:
    """A mesh that stores and takes no turns, so that what is stored can be looked at."""
    async with open_here(GATEWAY_MAX_TURNS="0") as mesh:
        yield mesh


@contextlib.asynccontextmanager
async def held(url: str, sql: str, *arguments: Any) -> AsyncIterator[asyncpg.Connection]:
    """A transaction of somebody else's that has done this, committed at the end of the block."""
    other = await asyncpg.connect(url)
    try:
        async with other.transaction():
            await other.execute(sql, *arguments)
            yield other
    finally:
        await other.close()


@contextlib.asynccontextmanager
async def alias_held(url: str, address: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Whoever gives a conversation this address waits until the end of the block, or until what this gives is called.

    A lock of the whole table would hold up connections that only prepare their statements too.
    """
    async with held(url, "INSERT INTO gateway.alias (address, conversation_id) VALUES ($1, 0)", address) as other:

        async def let_go() -> None:
            await other.execute("ROLLBACK; BEGIN")

        yield let_go
        await let_go()


async def waits(mesh: Mesh, count: int = 1) -> None:
    async def so_many_wait() -> bool:
        return bool(await mesh.value(_WAITING) >= count)

    await until(so_many_wait, "somebody who waits for a row")


async def conversation_of(mesh: Mesh, phone: str) -> int:
    found = "SELECT conversation_id FROM gateway.alias WHERE address LIKE '%' || $1"
    return int(await mesh.value(found, phone))


async def test_places_in_the_queue_count_from_the_row_as_it_is_then(
    still: Mesh, phone: str, fresh_database_url: str
) -> None:
    """Two messages get the numbers after those that were given away while they waited."""
    await still.taken(payload(text(phone, "first")))
    given_away = "UPDATE gateway.conversation SET next_seq = next_seq + 5"
    async with held(fresh_database_url, given_away):
        storing = asyncio.create_task(still.taken(payload(text(phone, "second"), text(phone, "third"))))
        await waits(still)
    assert (await storing).status == 200
    (queue,) = await still.rows(_QUEUE)
    assert (queue["numbers"], queue["next_seq"], queue["pending"]) == ([1, 7, 8], 9, 3)


async def test_a_flood_is_stored_in_few_batches(still: Mesh, phone: str, fresh_database_url: str) -> None:
    """What gathers behind two slow batches is stored as one, though it is more than a turn's or a send's would hold."""
    await still.taken(payload(text(phone, "first")))

    async def in_flight(count: int) -> None:
        async def so_many() -> bool:
            return await still.metric("hailwire_http_server_in_flight") >= count

        await until(so_many, "webhooks under way")

    async with held(fresh_database_url, "UPDATE gateway.conversation SET silenced = silenced"):
        posts = []
        for count in (1, 2):
            posts.append(asyncio.create_task(still.taken(payload(text(phone, "slow")))))
            await waits(still, count)
        posts += [asyncio.create_task(still.taken(payload(text(phone, "more")))) for _ in range(150)]
        await in_flight(152)
    assert {(await post).status for post in posts} == {200}
    assert await still.value("SELECT count(*) FROM gateway.inbox") == 153
    assert await still.value("SELECT count(DISTINCT xmin::text) FROM gateway.inbox") <= 5


async def test_who_was_merged_meanwhile_is_stored_where_they_are_now(
    still: Mesh, phones: Any, fresh_database_url: str
) -> None:
    """A conversation that becomes part of another one takes what waits for it along."""
    kept, lost = phones(2)
    for phone in (kept, lost):
        await still.taken(payload(text(phone, "hello")))
    into, away = [await conversation_of(still, phone) for phone in (kept, lost)]
    merged = "UPDATE gateway.conversation SET merged_into = $1, epoch = epoch + 1 WHERE conversation_id = $2"
    async with held(fresh_database_url, merged, into, away) as other:
        storing = asyncio.create_task(still.taken(payload(text(lost, "where?"))))
        await waits(still)
        await other.execute("UPDATE gateway.alias SET conversation_id = $1 WHERE conversation_id = $2", into, away)
    assert (await storing).status == 200
    assert [(row["conversation_id"], row["numbers"]) for row in await still.rows(_QUEUE)] == [
        (into, [1, 2]),
        (away, [1]),
    ]


async def test_whose_address_left_meanwhile_begins_anew(still: Mesh, phone: str, fresh_database_url: str) -> None:
    """What comes from a number after it has left a conversation is not stored there."""
    await still.taken(payload(text(phone, "hello")))
    before = await conversation_of(still, phone)
    left = "UPDATE gateway.conversation SET aliases_left = aliases_left + 1"
    async with held(fresh_database_url, left) as other:
        storing = asyncio.create_task(still.taken(payload(text(phone, "who am I?"))))
        await waits(still)
        await other.execute("DELETE FROM gateway.alias")
    assert (await storing).status == 200
    after = await conversation_of(still, phone)
    assert after != before
    assert [(row["conversation_id"], row["numbers"]) for row in await still.rows(_QUEUE)] == [
        (before, [1]),
        (after, [1]),
    ]


async def test_who_was_erased_meanwhile_begins_anew(still: Mesh, phone: str, fresh_database_url: str) -> None:
    """A message that waited for a conversation which is gone begins another one."""
    await still.taken(payload(text(phone, "hello")))
    before = await conversation_of(still, phone)
    async with held(fresh_database_url, "DELETE FROM gateway.conversation") as other:
        storing = asyncio.create_task(still.taken(payload(text(phone, "hello again"))))
        await waits(still)
        await other.execute("DELETE FROM gateway.alias")
        await other.execute("DELETE FROM gateway.pending")
    assert (await storing).status == 200
    (queue,) = await still.rows(_QUEUE)
    assert queue["conversation_id"] != before
    assert queue["numbers"] == [1]


async def test_rows_are_locked_from_the_lowest_up(still: Mesh, phones: Any, fresh_database_url: str) -> None:
    """Who waits for one conversation holds none above it, so that two batches cannot wait for each other."""
    one, other_phone = phones(2)
    for phone in (one, other_phone):
        await still.taken(payload(text(phone, "hello")))
    low, high = sorted([await conversation_of(still, phone) for phone in (one, other_phone)])
    locking = "SELECT FROM gateway.conversation WHERE conversation_id = $1 FOR UPDATE"
    async with held(fresh_database_url, locking, low):
        storing = asyncio.create_task(still.taken(payload(text(one, "a"), text(other_phone, "b"))))
        await waits(still)
        async with held(fresh_database_url, locking + " NOWAIT", high):
            pass
    assert (await storing).status == 200
    assert [row["numbers"] for row in await still.rows(_QUEUE)] == [[1, 2], [1, 2]]


async def test_a_known_message_beside_a_new_one_of_a_sender_who_was_new(
    open_here: Open, phone: str, fresh_database_url: str
) -> None:
    """A copy waits for the first to be stored; what came with the copy is stored in the sender's one conversation."""
    first, second = text(phone, "first"), message(phone, "text", {"body": "second"})
    async with open_here(GATEWAY_MAX_TURNS="0") as left, open_here(GATEWAY_MAX_TURNS="0") as right:
        async with alias_held(fresh_database_url, f"wa:+{phone}"):
            storing = asyncio.create_task(left.taken(payload(first)))
            await waits(left)  # its key is written, its sender's address is not
            copied = asyncio.create_task(right.taken(payload(first, second)))
            await waits(right, 2)
        assert [(await storing).status, (await copied).status] == [200, 200]
        (queue,) = await left.rows(_QUEUE)
        assert (queue["numbers"], queue["pending"]) == ([1, 2], 2)
