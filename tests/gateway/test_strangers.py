"""Webhooks of people who are new, beside those of people who are known: stored apart, nothing lost, all in order."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.gateway.conftest import Open
from tests.gateway.mesh import Answer, Mesh, payload, text, until
from tests.gateway.test_store_races import alias_held, conversation_of, held, waits

pytestmark = pytest.mark.asyncio(loop_scope="module")

_WORDS = """
    SELECT substring(convert_from(inbox.raw, 'UTF8') FROM '"body": ?"([^"]*)"') AS words
    FROM gateway.pending JOIN gateway.inbox USING (stored_on, inbox_id)
    WHERE pending.conversation_id = $1 ORDER BY seq
"""


@pytest_asyncio.fixture(loop_scope="module")
async def still(open_here: Open) -> AsyncIterator[Mesh]:
    """A mesh that stores and takes no turns, so that what is stored can be looked at."""
    async with open_here(GATEWAY_MAX_TURNS="0") as mesh:
        yield mesh


@contextlib.asynccontextmanager
async def together(
    mesh: Mesh, url: str, slow: str, *payloads: dict[str, Any]
) -> AsyncIterator[list[asyncio.Task[Answer]]]:
    """Webhooks that leave for the database in one batch: they gather while two of `slow`, who is known, are held up."""
    conversation_id = await conversation_of(mesh, slow)
    locking = "SELECT FROM gateway.conversation WHERE conversation_id = $1 FOR UPDATE"
    async with held(url, locking, conversation_id):
        ahead = []
        for count in (1, 2):
            ahead.append(asyncio.create_task(mesh.taken(payload(text(slow, "slow")))))
            await waits(mesh, count)
        posts = [asyncio.create_task(mesh.taken(one)) for one in payloads]

        async def gathered() -> bool:
            return await mesh.metric("hailwire_http_server_in_flight") >= 2 + len(posts)

        await until(gathered, "webhooks under way")
    yield posts
    assert {(await post).status for post in (*ahead, *posts)} == {200}


async def words_of(mesh: Mesh, phone: str) -> list[str]:
    return [row["words"] for row in await mesh.rows(_WORDS, await conversation_of(mesh, phone))]


async def test_nobody_waits_for_a_stranger(still: Mesh, phones: Any, fresh_database_url: str) -> None:
    """Who is known is answered while the first message of somebody else in the same batch is still being stored."""
    slow, known, stranger = phones(3)
    for phone in (slow, known):
        await still.taken(payload(text(phone, "hello")))
    async with (
        alias_held(fresh_database_url, f"wa:+{stranger}") as let_go,
        together(still, fresh_database_url, slow, payload(text(stranger, "first")), payload(text(known, "second"))) as (
            waiting,
            answered,
        ),
    ):
        assert (await answered).status == 200
        assert not waiting.done()
        await let_go()
    assert await words_of(still, known) == ["hello", "second"]
    assert await words_of(still, stranger) == ["first"]


async def test_one_sender_s_order_is_kept(still: Mesh, phones: Any, fresh_database_url: str) -> None:
    """A message that needs no decision waits for the one before it that does: their sender's name was new."""
    slow, phone = phones(2)
    for one in (slow, phone):
        await still.taken(payload(text(one, "hello")))
    named, plain = text(phone, "with a name", bsuid=f"RW.{phone}"), text(phone, "without")
    async with together(still, fresh_database_url, slow, payload(named, plain)):
        pass
    assert await words_of(still, phone) == ["hello", "with a name", "without"]


async def test_a_copy_is_known_once_the_first_is_stored(still: Mesh, phones: Any, fresh_database_url: str) -> None:
    """Neither of two webhooks with a stranger's message is answered before that message is in the database."""
    slow, stranger = phones(2)
    await still.taken(payload(text(slow, "hello")))
    first = payload(text(stranger, "first"))
    before = await still.metric("hailwire_database_statement_seconds_count", statement="gateway.inbox_receive")
    async with (
        alias_held(fresh_database_url, f"wa:+{stranger}") as let_go,
        together(still, fresh_database_url, slow, first, first) as posts,
    ):

        async def strangers_are_stored() -> bool:
            return (
                await still.metric("hailwire_database_statement_seconds_count", statement="gateway.inbox_receive")
                > before
            )

        await until(strangers_are_stored, "the first of the steps")
        assert (await still.taken(payload(text(slow, "later")))).status == 200
        assert not any(post.done() for post in posts)
        await let_go()
    assert await words_of(still, stranger) == ["first"]


async def test_a_webhook_with_both(still: Mesh, phones: Any) -> None:
    """What one webhook brings of a known and of a new sender is all stored when it is answered."""
    known, stranger = phones(2)
    await still.taken(payload(text(known, "hello")))
    both = payload(text(stranger, "first"), text(known, "second"), text(stranger, "third"))
    assert (await still.taken(both)).status == 200
    assert await words_of(still, known) == ["hello", "second"]
    assert await words_of(still, stranger) == ["first", "third"]
    assert await still.metric("hailwire_inbox_items_total", kind="message", new="yes") == 4
    assert (await still.taken(both)).status == 200
    assert await still.metric("hailwire_inbox_items_total", kind="message", new="yes") == 4


async def test_a_sender_s_next_webhook_stays_behind_the_first(still: Mesh, phone: str, fresh_database_url: str) -> None:
    """Who is known by their number is not stored at once while a message with a new name of theirs still waits."""
    await still.taken(payload(text(phone, "hello")))
    async with alias_held(fresh_database_url, f"wau:RW.{phone}") as let_go:
        named = asyncio.create_task(still.taken(payload(text(phone, "with a name", bsuid=f"RW.{phone}"))))
        await waits(still)
        plain = asyncio.create_task(still.taken(payload(text(phone, "without"))))

        async def both() -> bool:
            return await still.metric("hailwire_http_server_in_flight") >= 2

        await until(both, "the second webhook")
        await let_go()
    assert [(await one).status for one in (named, plain)] == [200, 200]
    assert await words_of(still, phone) == ["hello", "with a name", "without"]


async def test_too_many_strangers(open_here: Open, phones: Any, fresh_database_url: str) -> None:
    """When strangers wait for each other, the next one is refused; who is known is answered all the same."""
    known, *strangers, last = phones(5)
    async with open_here(GATEWAY_MAX_TURNS="0", GATEWAY_MAX_WAITING="2") as mesh:
        await mesh.taken(payload(text(known, "hello")))

        async def tried() -> float:
            return await mesh.metric("hailwire_database_statement_seconds_count", statement="gateway.inbox_store")

        async with alias_held(fresh_database_url, f"wa:+{strangers[0]}") as let_go:
            posts = []
            for stranger in strangers:
                before = await tried()
                posts.append(asyncio.create_task(mesh.taken(payload(text(stranger, "first")))))

                async def left(before: float = before) -> bool:
                    return await tried() > before

                await until(left, "a stranger among strangers")
            assert (await mesh.whatsapp(payload(text(last, "first")))).status == 503
            assert (await mesh.taken(payload(text(known, "second")))).status == 200
            await let_go()
        assert {(await post).status for post in posts} == {200}
        assert (await mesh.taken(payload(text(last, "first")))).status == 200
        for phone in (*strangers, last):
            assert await words_of(mesh, phone) == ["first"]
