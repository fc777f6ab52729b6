"""What changes while the end of a turn or of a send waits for its row: nothing is stranded, nothing is sent too often.

Sweeps find whatever is left lying; here they are too slow for that, so that what is left lying is seen.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from chassis.settings import load
from chassis.telemetry import TelemetrySettings, open_telemetry
from services.gateway import attempts, claims, reconciling, sender, turns
from services.gateway.commit import TurnCommit
from services.gateway.decision import Decision, Ending
from services.gateway.lane import LaneClaim, Settlement
from services.gateway.messages import Text
from services.gateway.waiting import WaitNotes
from tests.chassis.pools import pool
from tests.gateway import handlers
from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import Mesh, payload, text, until
from tests.gateway.test_store_races import held, waits

pytestmark = pytest.mark.asyncio(loop_scope="module")

_CONVERSATION = "SELECT FROM gateway.conversation FOR UPDATE"
_LANE = "SELECT FROM gateway.lane FOR UPDATE"
_BOTH_WAIT = "SELECT count(*) = 2 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest_asyncio.fixture(loop_scope="module")
async def unswept(open_here: Open, word: Register, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Mesh]:
    """A mesh whose sweeps are too rare to help."""
    for module in (turns, sender):
        monkeypatch.setattr(module, "_SWEEP_SECONDS", 600.0)
    monkeypatch.setattr(reconciling, "_EVERY_SECONDS", 600.0)
    word("plain", "answers")
    word("wait", "waits")
    word("thrice", "says_thrice")
    handlers.gates["waits"] = asyncio.Event()
    async with open_here() as mesh:
        yield mesh


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Until this is set nobody learns what a provider has answered."""
    come = asyncio.Event()
    make = attempts.Attempts.make

    async def made(self: attempts.Attempts, claim: LaneClaim) -> Settlement:
        settlement = await make(self, claim)
        await come.wait()
        return settlement

    monkeypatch.setattr(attempts.Attempts, "make", made)
    return come


async def both_wait(mesh: Mesh) -> None:
    async def now() -> bool:
        return bool(await mesh.value(_BOTH_WAIT))

    await until(now, "two who wait for rows")


def words(mesh: Mesh, phone: str) -> list[Any]:
    return [one["text"]["body"] for one in mesh.received(f"+{phone}")]


async def test_a_message_that_is_stored_while_a_turn_ends_has_its_turn(
    unswept: Mesh, phone: str, fresh_database_url: str
) -> None:
    """The lease ends without the message that its last statement could not see, and somebody is told of it."""
    await unswept.taken(payload(text(phone, "wait")))
    await until(lambda: _ran("waits"), "the turn")
    async with held(fresh_database_url, _CONVERSATION):
        storing = asyncio.create_task(unswept.taken(payload(text(phone, "plain"))))
        await waits(unswept)
        handlers.gates["waits"].set()
        await both_wait(unswept)
    assert (await storing).status == 200
    await unswept.answered(f"+{phone}", 2)
    assert words(unswept, phone) == ["waited", "answered"]
    await unswept.settled()
    assert await unswept.rows("SELECT pending, instance_id FROM gateway.conversation") == [
        {"pending": 0, "instance_id": None}
    ]


async def test_a_waiting_message_that_loses_its_address_while_a_turn_ends_is_read_anew(
    unswept: Mesh, phones: Any, fresh_database_url: str
) -> None:
    """The next turn does not begin with what the end of the last one saw before it had to wait."""
    phone, other_phone = phones(2)
    await unswept.taken(payload(text(phone, "wait"), text(phone, "plain")))
    await until(lambda: _ran("waits"), "the turn")
    async with held(fresh_database_url, "UPDATE gateway.conversation SET aliases_left = aliases_left + 1") as other:
        handlers.gates["waits"].set()
        await waits(unswept)
        renamed = "UPDATE gateway.inbox SET addresses = ARRAY['wa:+' || $1] FROM gateway.pending WHERE seq = 2"
        await other.execute(renamed + " AND inbox.inbox_id = pending.inbox_id", other_phone)
    await unswept.answered(f"+{other_phone}")
    assert (words(unswept, phone), words(unswept, other_phone)) == (["waited"], ["answered"])


async def test_a_reply_that_is_written_while_a_send_ends_is_sent(
    unswept: Mesh, phone: str, fresh_database_url: str, answer: asyncio.Event
) -> None:
    """The lane is left with the reply that the end of its last send could not see, and is taken up at once."""
    await unswept.taken(payload(text(phone, "plain")))
    await unswept.answered(f"+{phone}")
    async with held(fresh_database_url, _LANE):
        await unswept.taken(payload(text(phone, "plain")))
        await waits(unswept)
        answer.set()
        await both_wait(unswept)
    await unswept.answered(f"+{phone}", 2)
    await unswept.settled()
    assert await unswept.rows("SELECT queued, instance_id FROM gateway.lane") == [{"queued": 0, "instance_id": None}]


async def test_a_reply_that_is_settled_while_another_send_ends_is_not_sent(
    unswept: Mesh, phone: str, fresh_database_url: str, answer: asyncio.Event
) -> None:
    """What a status has settled meanwhile is passed over, and the one behind it is sent."""
    await unswept.taken(payload(text(phone, "thrice")))
    await unswept.answered(f"+{phone}")
    async with held(fresh_database_url, _LANE) as other:
        answer.set()
        await waits(unswept)
        await other.execute("UPDATE gateway.outbox SET state = 'accepted' WHERE position = 1")
        await other.execute("UPDATE gateway.lane SET queued = queued - 1")
    await unswept.answered(f"+{phone}", 2)
    await unswept.settled()
    assert words(unswept, phone) == ["one", "three"]
    assert await unswept.rows("SELECT queued, instance_id FROM gateway.lane") == [{"queued": 0, "instance_id": None}]


async def test_lanes_of_replies_and_of_notes_are_locked_from_the_lowest_up(
    open_here: Open, phones: Any, fresh_database_url: str
) -> None:
    """Whoever waits for one lane holds none above it, whether a turn has ended there or is put off with a note."""
    async with (
        open_here(GATEWAY_MAX_TURNS="0") as mesh,
        open_telemetry("test", load(TelemetrySettings, {})) as telemetry,
        pool(fresh_database_url, telemetry) as database,
    ):
        for phone in phones(2):
            await mesh.taken(payload(text(phone, "hello")))
        long_ago = "UPDATE gateway.conversation SET postponed_since = chassis.now() - interval '1 hour' RETURNING 1"
        await mesh.rows(long_ago)
        taken = await claims.take_free(database, 99, limit=2, alone=False)
        low, high = sorted(taken.claims, key=lambda claim: claim.snapshot.conversation_id)
        commit = TurnCommit(
            database,
            instance_id=lambda: 99,
            send_room=lambda wanted: wanted,
            start_sending=lambda sending, room: None,
            keep=lambda: True,
            wait_notes=WaitNotes(telemetry, seconds=60.0),
        )
        decisions = [Decision(high, Ending.DONE, (Text("done"),)), Decision(low, Ending.POSTPONED)]
        locking = "SELECT FROM gateway.lane WHERE conversation_id = $1 FOR UPDATE"
        async with held(fresh_database_url, locking, low.snapshot.conversation_id):
            writing = asyncio.create_task(commit.write(decisions))
            await waits(mesh)
            async with held(fresh_database_url, locking + " NOWAIT", high.snapshot.conversation_id):
                pass
        assert await writing == [None, None]
        assert await mesh.rows("SELECT conversation_id, position FROM gateway.outbox ORDER BY conversation_id") == [
            {"conversation_id": low.snapshot.conversation_id, "position": -1},
            {"conversation_id": high.snapshot.conversation_id, "position": 0},
        ]


async def _ran(handler: str) -> bool:
    return handlers.runs[handler] > 0
