"""Webhooks of people who are new, beside those of people who are known: stored apart, nothing lost, all in order."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.gateway.conftest import Open
from tests.gateway.mesh import Answer, Mesh, payload, text, until
from tests.gateway.test_store_races import conversation_of, held, waits

pytestmark = pytest.mark.asyncio(loop_scope="module")

_NO_NEW_ALIASES = "LOCK TABLE gateway.alias IN SHARE ROW EXCLUSIVE MODE"
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
        held(fresh_database_url, _NO_NEW_ALIASES) as other,
        together(still, fresh_database_url, slow, payload(text(stranger, "first")), payload(text(known, "second"))) as (
            waiting,
            answered,
        ),
    ):
        assert (await answered).status == 200
        assert not waiting.done()
        await other.execute("COMMIT; BEGIN")
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
        held(fresh_database_url, _NO_NEW_ALIASES) as other,
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
        await other.execute("COMMIT; BEGIN")
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
