"""An owner who was overtaken writes nothing, also when the conversation or the lane went to itself again."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from launcher import ports
from services.gateway import attempts
from services.gateway.providers import exchange
from tests.gateway import handlers
from tests.gateway.conftest import Open, Register
from tests.gateway.late import Late, late_answers
from tests.gateway.mesh import Mesh, payload, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

OpenLate = Callable[..., contextlib.AbstractAsyncContextManager[tuple[Mesh, Late]]]

# As a reaper does it, but nobody has died.
TAKE_LEASE = """
    WITH taken AS (
        UPDATE gateway.conversation SET instance_id = NULL, epoch = epoch + 1, due_at = chassis.now())
    UPDATE gateway.pending SET instance_id = NULL, attempts = attempts - 1
"""
TAKE_LANE = """
    WITH unknown AS (UPDATE gateway.outbox SET state = 'unknown' WHERE state = 'sending')
    UPDATE gateway.lane
    SET instance_id = NULL, epoch = epoch + 1, due_at = chassis.now() + make_interval(secs => $1)
"""
OUTBOX = "SELECT * FROM gateway.outbox ORDER BY outbox_id"


@pytest.fixture
def open_late(open_here: Open, monkeypatch: pytest.MonkeyPatch) -> OpenLate:
    """Opens a mesh whose WhatsApp provider answers when the test says so, and sends no statuses."""
    monkeypatch.setattr(exchange, "TIMEOUT", aiohttp.ClientTimeout(total=120))

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[tuple[Mesh, Late]]:
        simulator_port, late_port = ports.choose(2)
        places = {
            "SIMULATOR_HTTP_PORT": str(simulator_port),
            "WA_GRAPH_URL": f"http://127.0.0.1:{late_port}/graph/v25.0",
            "SIMULATOR_STATUSES": "false",
        }
        async with (
            late_answers(f"http://127.0.0.1:{simulator_port}", late_port) as late,
            open_here(**places) as mesh,
        ):
            yield mesh, late

    return opened


async def _ran(times: int) -> bool:
    return handlers.runs["counts"] >= times


async def test_an_earlier_turn_of_the_same_instance(mesh: Mesh, word: Register, phone: str) -> None:
    """A turn whose conversation its own instance has leased anew meanwhile writes nothing; the new turn answers."""
    word("slow", "counts")
    first = handlers.gates["counts 1"] = asyncio.Event()
    second = handlers.gates["counts 2"] = asyncio.Event()
    await mesh.says(phone, "slow")
    await until(lambda: _ran(1), "the first run")
    await mesh.value(TAKE_LEASE)
    await until(lambda: _ran(2), "the second run")
    first.set()

    async def one_left() -> bool:
        return await mesh.metric("hailwire_turns_in_flight") == 1

    await until(one_left, "the end of the first run")
    assert await mesh.value("SELECT count(*) FROM gateway.pending WHERE instance_id IS NOT NULL") == 1
    assert await mesh.rows(OUTBOX) == []
    second.set()
    await mesh.settled()
    assert [one["text"]["body"] for one in mesh.received(f"+{phone}")] == ["run 2"]
    assert not await mesh.dead_letters()


async def test_an_earlier_send_of_the_same_instance(open_late: OpenLate, word: Register, phone: str) -> None:
    """A late answer to a send whose lane was claimed anew settles nothing: the next reply waits for the second send."""
    word("thrice", "says_thrice")
    async with open_late() as (mesh, late):
        late.hold_back(1, 2)
        await mesh.says(phone, "thrice")
        await until(lambda: late.taken_are(1), "the first send")
        await mesh.value(TAKE_LANE, 0.0)
        await until(lambda: late.taken_are(2), "the second send")
        late.let_go(1)

        async def one_left() -> bool:
            return await mesh.metric("hailwire_lanes_held") == 1

        await until(one_left, "the end of the first send")
        states = [(row["state"], row["provider_message_id"]) for row in await mesh.rows(OUTBOX)]
        assert states == [("sending", None), ("queued", None), ("queued", None)]
        late.let_go(2)
        await mesh.settled()
        received = mesh.simulator.outbox.of(f"+{phone}")
        assert [one["text"]["body"] for one in mesh.received(f"+{phone}")] == ["one", "one", "two", "three"]
        ids = [row["provider_message_id"] for row in await mesh.rows(OUTBOX)]
        assert ids == [one.id for one in received[1:]]
        assert await mesh.metric("hailwire_extra_sends_total") == 1


async def test_a_late_answer_spares_a_second_send(open_late: OpenLate, word: Register, phone: str) -> None:
    """What a provider says after the lane was taken away is remembered: its next holder sends nothing again."""
    word("plain", "answers")
    async with open_late() as (mesh, late):
        late.hold_back(1)
        await mesh.says(phone, "plain")
        await until(lambda: late.taken_are(1), "the send")
        await mesh.value(TAKE_LANE, 3600.0)
        late.let_go(1)
        known = "SELECT provider_message_id FROM gateway.outbox WHERE state = 'unknown'"
        found: Any = await until(lambda: mesh.value(known), "the late fact")
        await mesh.value("UPDATE gateway.lane SET due_at = chassis.now()")
        await mesh.settled()
        (received,) = mesh.simulator.outbox.of(f"+{phone}")
        (row,) = await mesh.rows(OUTBOX)
        assert (row["state"], row["provider_message_id"]) == ("accepted", received.id)
        assert found == received.id
        assert await mesh.metric("hailwire_extra_sends_total") == 0


async def test_a_refused_second_copy(
    open_late: OpenLate, word: Register, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the second copy of a reply is refused for good while the first one has arrived, nothing has failed."""
    monkeypatch.setattr(attempts, "SETTLE_SECONDS", 0.3)
    word("plain", "answers")
    async with open_late() as (mesh, late):
        late.hold_back(2)
        mesh.goes_wrong("whatsapp", "500_after_accept")
        mesh.goes_wrong("whatsapp", "131026")
        await mesh.says(phone, "plain")
        await until(lambda: late.taken_are(2), "the second send")
        (row,) = await mesh.rows(OUTBOX)
        (accepted,) = mesh.simulator.outbox.of(f"+{phone}")
        arrived = {
            "id": accepted.id,
            "status": "delivered",
            "timestamp": str(int(time.time())),
            "recipient_id": phone,
            "biz_opaque_callback_data": str(row["outbox_id"]),
        }
        await mesh.taken(payload(statuses=[arrived]))
        await until(lambda: mesh.value("SELECT delivery = 'delivered' FROM gateway.outbox"), "the delivery")
        late.let_go(2)
        await mesh.settled()
        (row,) = await mesh.rows(OUTBOX)
        assert (row["state"], row["delivery"], row["provider_message_id"]) == ("accepted", "delivered", accepted.id)
        assert not await mesh.dead_letters()


async def test_a_takeover_raises_epochs(mesh: Mesh, word: Register, phone: str) -> None:
    """Whatever is taken from a dead instance gets a higher epoch at once, before anybody works on it."""
    word("plain", "answers")
    await mesh.says(phone, "plain")
    await mesh.answered(f"+{phone}")
    await mesh.settled()
    held = """
        WITH lane AS (UPDATE gateway.lane SET instance_id = 999999, epoch = 70),
             turn AS (UPDATE gateway.conversation SET instance_id = 999999, epoch = 70)
        SELECT 1
    """
    await mesh.value(held)
    await mesh.settled()
    epochs = "SELECT conversation.epoch, lane.epoch FROM gateway.conversation JOIN gateway.lane USING (conversation_id)"
    assert [tuple(row) for row in await mesh.database.fetch(epochs)] == [(71, 71)]
