"""Counts that went wrong are mended by themselves: no reply is stranded and no conversation is taken for ever."""

import pytest

from tests.gateway.conftest import Register
from tests.gateway.mesh import Mesh, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_queue_that_promises_too_much(mesh: Mesh, word: Register, phone: str) -> None:
    """A conversation that counts more messages than it has is counted anew, and goes on answering."""
    word("plain", "answers")
    await mesh.says(phone, "plain")
    await mesh.answered(f"+{phone}")
    await mesh.settled()
    await mesh.value("UPDATE gateway.conversation SET pending = 2, due_at = chassis.now()")

    async def mended() -> bool:
        return bool(await mesh.value("SELECT pending = 0 AND instance_id IS NULL FROM gateway.conversation"))

    await until(mended, "the new count")
    await mesh.says(phone, "plain")
    await mesh.answered(f"+{phone}", 2)
    await mesh.settled()


async def test_a_lane_that_promises_too_little(mesh: Mesh, word: Register, phone: str) -> None:
    """Replies that their lane does not count are counted and sent, although their person writes nothing more."""
    word("thrice", "says_thrice")
    await mesh.says(phone, "thrice")
    delivered = "SELECT count(*) = 3 FROM gateway.outbox WHERE delivery = 'delivered'"
    await until(lambda: mesh.value(delivered), "three deliveries")
    await mesh.settled()
    await mesh.value("""
        UPDATE gateway.outbox SET state = 'queued', provider_message_id = NULL, delivery = '' WHERE position > 0
    """)
    await mesh.answered(f"+{phone}", 5)
    await mesh.settled()
    assert [one["text"]["body"] for one in mesh.received(f"+{phone}")] == ["one", "two", "three", "two", "three"]
    assert await mesh.value("SELECT queued FROM gateway.lane") == 0


async def test_a_lane_that_promises_too_much(mesh: Mesh, word: Register, phone: str) -> None:
    """A lane that counts replies which are not there is taken once and then left alone."""
    word("plain", "answers")
    await mesh.says(phone, "plain")
    await mesh.answered(f"+{phone}")
    await mesh.settled()
    await mesh.value("UPDATE gateway.lane SET queued = 3, due_at = chassis.now()")

    async def mended() -> bool:
        return bool(await mesh.value("SELECT queued = 0 AND instance_id IS NULL FROM gateway.lane"))

    await until(mended, "the new count")
    assert len(mesh.received(f"+{phone}")) == 1
