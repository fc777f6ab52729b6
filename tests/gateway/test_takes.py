"""Taking conversations that nobody leads: what changes while they are looked for is not taken as it was."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from chassis.database import Database
from chassis.settings import load
from chassis.telemetry import TelemetrySettings, open_telemetry
from services.gateway import claims, turns
from services.gateway.claims import Claim, Taken
from services.gateway.room import Room
from tests.chassis.pools import pool
from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import Mesh, payload, text, until
from tests.gateway.test_store_races import held

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Whoever asks for the time waits at this gate, in the middle of a statement: its snapshot is older.
_GATE = """
    CREATE OR REPLACE FUNCTION chassis.now() RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(4711);
        RETURN clock_timestamp();
    END $$
"""
_WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
_STATE = "SELECT pending, instance_id, epoch FROM gateway.conversation"


@pytest_asyncio.fixture(loop_scope="module")
async def still(open_here: Open) -> AsyncIterator[Mesh]:
    """A mesh that only stores."""
    async with open_here(GATEWAY_MAX_TURNS="0") as mesh:
        yield mesh


@pytest_asyncio.fixture(loop_scope="module")
async def database(fresh_database_url: str) -> AsyncIterator[Database]:
    """The pool of another gateway, which takes."""
    async with (
        open_telemetry("test", load(TelemetrySettings, {})) as telemetry,
        pool(fresh_database_url, telemetry) as database,
    ):
        yield database


async def take(database: Database, limit: int = 9) -> list[Claim]:
    return (await claims.take_free(database, 99, limit=limit, alone=False)).claims


@contextlib.asynccontextmanager
async def meanwhile(database: Database, url: str, *statements: str) -> AsyncIterator["asyncio.Task[Taken]"]:
    """A take whose statement began before these statements were committed, and comes to the rows after them."""
    other, gate = await asyncpg.connect(url), await asyncpg.connect(url)
    try:
        await other.execute(_GATE)
        await take(database, limit=0)  # planned by now: planning asks for the time too, before the snapshot
        await gate.execute("SELECT pg_advisory_lock(4711)")
        taking = asyncio.create_task(claims.take_free(database, 99, limit=9, alone=False))

        async def waits() -> bool:
            return bool(await other.fetchval(_WAITS))

        await until(waits, "a take under way")
        async with other.transaction():
            for statement in statements:
                await other.execute(statement)
        await gate.execute("SELECT pg_advisory_unlock(4711)")
        yield taking
    finally:
        await other.close()
        await gate.close()


async def test_everything_that_a_claim_needs(still: Mesh, database: Database, phones: Any) -> None:
    """The head of each queue is claimed for this instance under a new epoch, as many as are wanted, and never twice."""
    one, other = phones(2)
    await still.taken(payload(text(one, "first"), text(one, "second")))
    await still.taken(payload(text(other, "third")))
    (first,) = await take(database, limit=1)
    (second,) = await take(database)
    assert await take(database) == []
    for claim, phone, seq in ((first, one, 1), (second, other, 1)):
        assert claim.addresses == (f"wa:+{phone}",)
        assert (claim.seq, claim.attempts, claim.alone, claim.kind, claim.provider) == (
            seq,
            1,
            False,
            "message",
            "whatsapp",
        )
        assert (claim.snapshot.instance_id, claim.snapshot.epoch) == (99, 1)
        assert phone.encode() in claim.raw
    assert await still.rows(_STATE + " ORDER BY conversation_id") == [
        {"pending": 2, "instance_id": 99, "epoch": 1},
        {"pending": 1, "instance_id": 99, "epoch": 1},
    ]
    claimed = "SELECT seq, attempts, instance_id FROM gateway.pending ORDER BY conversation_id, seq"
    assert [tuple(row.values()) for row in await still.rows(claimed)] == [(1, 1, 99), (2, 0, None), (1, 1, 99)]


async def test_a_conversation_that_is_led_meanwhile_is_left_alone(
    still: Mesh, database: Database, phone: str, fresh_database_url: str
) -> None:
    """Whoever was first keeps the conversation and its head."""
    await still.taken(payload(text(phone, "plain")))
    lead = (
        "UPDATE gateway.conversation SET instance_id = 7, epoch = epoch + 1",
        "UPDATE gateway.pending SET instance_id = 7, attempts = 1",
    )
    async with meanwhile(database, fresh_database_url, *lead) as taking:
        assert await taking == Taken([], 0, [])
    assert await still.rows(_STATE) == [{"pending": 1, "instance_id": 7, "epoch": 1}]


async def test_a_message_that_changes_meanwhile_is_taken_as_it_is_then(
    still: Mesh, database: Database, phones: Any, fresh_database_url: str
) -> None:
    """Nobody answers to an address that the message lost while its conversation was looked for."""
    phone, other_phone = phones(2)
    await still.taken(payload(text(phone, "plain")))
    renaming = (
        f"UPDATE gateway.inbox SET addresses = ARRAY['wa:+{other_phone}']",
        "UPDATE gateway.conversation SET aliases_left = aliases_left + 1",
    )
    async with meanwhile(database, fresh_database_url, *renaming) as taking:
        assert await taking == Taken([], 1, [])
        assert (await taking).changed
    (claim,) = await take(database)
    assert claim.addresses == (f"wa:+{other_phone}",)
    assert await still.rows(_STATE) == [{"pending": 1, "instance_id": 99, "epoch": 1}]


async def test_the_next_message_is_not_lost_with_the_one_before_it(
    still: Mesh, database: Database, phone: str, fresh_database_url: str
) -> None:
    """A turn that ends meanwhile, with a message stored behind it, leaves that message to the next take."""
    await still.taken(payload(text(phone, "first"), text(phone, "second")))
    await still.value("DELETE FROM gateway.pending WHERE seq = 2")
    await still.value("UPDATE gateway.conversation SET pending = 1")
    ending = (
        "UPDATE gateway.pending SET seq = 2",
        "UPDATE gateway.conversation SET next_seq = next_seq",
    )
    async with meanwhile(database, fresh_database_url, *ending) as taking:
        assert await taking == Taken([], 1, [])
    (claim,) = await take(database)
    assert claim.seq == 2
    assert await still.rows(_STATE) == [{"pending": 1, "instance_id": 99, "epoch": 1}]


async def test_a_count_that_promised_too_much_is_put_right(still: Mesh, database: Database, phone: str) -> None:
    """A conversation whose queue is empty is taken by nobody, and counts nothing from then on."""
    conversation_id = await conversation(still, phone)
    await still.value("DELETE FROM gateway.pending")
    taken = await claims.take_free(database, 99, limit=9, alone=False)
    assert (taken, taken.changed) == (Taken([], 1, [conversation_id]), False)
    await claims.recount(database, taken.miscounted)
    assert await still.rows(_STATE) == [{"pending": 0, "instance_id": None, "epoch": 0}]


async def test_whoever_is_at_a_conversation_counts_for_themselves(
    still: Mesh, database: Database, phone: str, fresh_database_url: str
) -> None:
    """A count is left alone, and nobody waited for, while somebody holds the conversation or leads it."""
    conversation_id = await conversation(still, phone)
    await still.value("DELETE FROM gateway.pending")
    async with held(fresh_database_url, "SELECT FROM gateway.conversation FOR UPDATE"):
        await claims.recount(database, [conversation_id])
    await still.value("UPDATE gateway.conversation SET instance_id = 7")
    await claims.recount(database, [conversation_id])
    assert await still.rows(_STATE) == [{"pending": 1, "instance_id": 7, "epoch": 0}]


async def test_what_changed_meanwhile_is_looked_for_at_once(
    open_here: Open, word: Register, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told again of a conversation that a take passed over, so the take itself looks once more."""
    monkeypatch.setattr(turns, "_SWEEP_SECONDS", 600.0)
    word("plain", "answers")
    passed_over: list[str] = []
    take_free, take = claims.take_free, Room.take

    async def passing_over(database: Database, instance_id: int, *, limit: int, alone: bool) -> Taken:
        if not passed_over and not alone and await mesh.value("SELECT count(*) FROM gateway.conversation"):
            passed_over.append(phone)
            return Taken([], 1, [])
        return await take_free(database, instance_id, limit=limit, alone=alone)

    monkeypatch.setattr(claims, "take_free", passing_over)
    # The message is stored by a gateway that has no room for its turn.
    monkeypatch.setattr(Room, "take", lambda room, wanted: 0 if wanted == 1 and not passed_over else take(room, wanted))
    async with open_here() as mesh:
        await mesh.says(phone, "plain")
        await mesh.answered(f"+{phone}")
        assert passed_over


async def conversation(mesh: Mesh, phone: str) -> int:
    """Of somebody who has written once."""
    await mesh.taken(payload(text(phone, "plain")))
    return int(await mesh.value("SELECT conversation_id FROM gateway.conversation"))
