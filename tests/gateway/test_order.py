"""One sender, one order; different senders never wait for each other."""

import asyncio
from collections.abc import Callable

import pytest

from tests.gateway import handlers
from tests.gateway.conftest import Register
from tests.gateway.mesh import Mesh, payload, text, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

# The messages of one conversation in the order in which they were stored, and in that in which they were answered.
ORDERS = """
    SELECT array_agg(inbox.key ORDER BY inbox.inbox_id) AS stored,
           array_agg(inbox.key ORDER BY outbox.outbox_id) AS answered,
           array_agg(inbox.key ORDER BY outbox.attempted_at, outbox.outbox_id) AS sent
    FROM gateway.inbox JOIN gateway.outbox ON outbox.cause = inbox.key
    WHERE inbox.addresses = $1
"""


async def _begun() -> bool:
    return handlers.runs["waits"] == 1


async def _in_order(mesh: Mesh, phone: str, count: int) -> None:
    await mesh.answered(f"+{phone}", count)
    await mesh.settled()
    (orders,) = await mesh.rows(ORDERS, [f"wa:+{phone}"])
    assert orders["stored"] == orders["answered"] == orders["sent"]
    assert len(orders["stored"]) == count
    assert len(mesh.received(f"+{phone}")) == count


async def test_twenty_in_one_payload(shared: Mesh, word: Register, phone: str) -> None:
    """Twenty messages of one payload are answered in its order, and the phone gets the answers in that order."""
    word("plain", "echoes")
    messages = [text(phone, "plain", context={"id": f"wamid.{number}"}) for number in range(20)]
    await shared.taken(payload(*messages))
    await _in_order(shared, phone, 20)
    assert [one["text"]["body"] for one in shared.received(f"+{phone}")] == [f"wamid.{number}" for number in range(20)]


async def test_concurrent_posts(shared: Mesh, word: Register, phone: str) -> None:
    """Messages of one sender in forty concurrent posts are answered in the order in which they were stored."""
    word("plain", "echoes")
    await asyncio.gather(*(shared.taken(payload(text(phone, "plain"))) for _ in range(40)))
    await _in_order(shared, phone, 40)


async def test_one_after_the_other(
    shared: Mesh, word: Register, phone: str, phones: Callable[[int], list[str]]
) -> None:
    """While one sender's message is worked on, their next one waits and others are answered."""
    word("slow", "waits")
    word("plain", "answers")
    gate = handlers.gates["waits"] = asyncio.Event()
    await shared.taken(payload(text(phone, "slow"), text(phone, "plain")))
    await until(_begun, "the slow turn")
    others = phones(20)
    await asyncio.gather(*(shared.taken(payload(text(other, "plain"))) for other in others))
    for other in others:
        await shared.answered(f"+{other}")
    assert handlers.runs == {"waits": 1, "answers": 20}
    assert not shared.received(f"+{phone}")
    gate.set()
    received = await shared.answered(f"+{phone}", 2)
    assert [one["text"]["body"] for one in received] == ["waited", "answered"]
    await shared.settled()


async def test_more_senders_than_room(shared: Mesh, word: Register, phones: Callable[[int], list[str]]) -> None:
    """With every place taken by slow messages, those without a place are found as soon as one is free."""
    word("slow", "waits")
    word("plain", "answers")
    gate = handlers.gates["waits"] = asyncio.Event()
    slow, late = phones(128), phones(5)
    await shared.taken(payload(*(text(one, "slow") for one in slow)))

    async def full() -> bool:
        return handlers.runs["waits"] == 128

    await until(full, "128 turns at a time")
    await shared.taken(payload(*(text(one, "plain") for one in late)))
    assert (
        await shared.value("SELECT count(*) FROM gateway.conversation WHERE pending > 0 AND instance_id IS NULL") == 5
    )
    gate.set()
    for one in (*slow, *late):
        await shared.answered(f"+{one}")
    await shared.settled()
