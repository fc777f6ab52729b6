"""The request-id ledger: the first outcome for every repeat."""

import asyncio
import contextlib

import asyncpg
import pytest

from chassis import errors
from chassis.database import Database, Statement
from chassis.ledger import MAX_REQUEST_ID, Entry, Ledger, check_request_id, fingerprint, recalled
from hailwire.ops.v1 import ops_pb2

_SET_UP = """
CREATE SCHEMA IF NOT EXISTS attic;
CREATE TABLE IF NOT EXISTS attic.request (
    request_id  text PRIMARY KEY,
    fingerprint bytea NOT NULL,
    outcome     bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT chassis.now()
);
TRUNCATE attic.request;
"""
_AGE = Statement("test.age", "UPDATE attic.request SET created_at = chassis.now() - make_interval(days => $1)")
_IDS = Statement("test.ids", "SELECT array_agg(request_id ORDER BY request_id) FROM attic.request")

ENTRY = Entry("m1/step", b"asked", b"outcome")


@pytest.fixture
async def ledger(database: Database) -> Ledger:
    """An empty ledger."""
    async with database.session() as session:
        await session.connection.execute(_SET_UP)
    return Ledger("attic")


async def test_a_repeat_finds_the_first_outcome(database: Database, ledger: Ledger) -> None:
    """What was recorded with a change is recalled word for word, an empty outcome included."""
    empty = Entry("m2/step", b"other", b"")
    async with database.transaction() as session:
        assert await ledger.recall(session, [ENTRY.request_id]) == {}
        await ledger.record(session, [ENTRY, empty])
        await ledger.record(session, [])
    async with database.transaction() as session:
        known = await ledger.recall(session, ["m1/step", "m2/step", "m3/step"])
    assert known == {"m1/step": ENTRY, "m2/step": empty}
    assert recalled(known["m1/step"], b"asked") == b"outcome"
    assert recalled(known["m2/step"], b"other") == b""


async def test_an_id_that_named_something_else_is_refused() -> None:
    """The same id with another fingerprint is our bug and gets no outcome."""
    with pytest.raises(errors.InvalidArgument) as caught:
        recalled(ENTRY, b"asked something else")
    assert caught.value.reason == "REQUEST_ID_REUSED"


async def test_what_is_rolled_back_was_never_asked(database: Database, ledger: Ledger) -> None:
    """The outcome goes with the change that it belongs to."""
    with contextlib.suppress(errors.Refused):
        async with database.transaction() as session:
            await ledger.record(session, [ENTRY])
            raise errors.Refused
    async with database.transaction() as session:
        assert await ledger.recall(session, [ENTRY.request_id]) == {}


async def test_of_concurrent_first_uses_one_wins(database: Database, ledger: Ledger) -> None:
    """The second one waits for the first one's commit, fails on the key, and then finds the first one's outcome."""
    async with database.transaction() as first:
        await ledger.record(first, [ENTRY])

        async def again() -> None:
            async with database.transaction() as second:
                assert await ledger.recall(second, [ENTRY.request_id]) == {}
                begun.set()
                await ledger.record(second, [Entry(ENTRY.request_id, b"asked", b"another outcome")])

        begun = asyncio.Event()
        second = asyncio.create_task(again())
        await begun.wait()
        assert not second.done()
    with pytest.raises(asyncpg.UniqueViolationError):
        await second
    async with database.transaction() as session:
        assert await ledger.recall(session, [ENTRY.request_id]) == {ENTRY.request_id: ENTRY}


async def test_old_entries_go_in_steps(database: Database, ledger: Ledger) -> None:
    """What nothing can repeat any more goes a few at a time; what is young stays."""
    async with database.transaction() as session:
        await ledger.record(session, [Entry(f"old/{number}", b"", b"") for number in range(5)])
    await database.execute(_AGE, 41)
    async with database.transaction() as session:
        await ledger.record(session, [Entry("young", b"", b"")])
    assert [await ledger.expire(database, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert await database.fetchval(_IDS) == ["young"]


def test_what_may_be_a_request_id() -> None:
    """Anything that can be stored, up to its length; a missing one is refused, too."""
    check_request_id("x" * MAX_REQUEST_ID)
    check_request_id("wamid.HBgL==/offer é")
    for wrong in ("", "x" * (MAX_REQUEST_ID + 1), "a\0b"):
        with pytest.raises(errors.InvalidArgument) as caught:
            check_request_id(wrong)
        assert caught.value.reason == "REQUEST_ID_INVALID"


def test_equal_requests_have_equal_fingerprints() -> None:
    """Maps in any order digest alike, different requests differently."""
    one = ops_pb2.Sample(name="n", labels={"a": "1", "b": "2"}, value=1)
    other = ops_pb2.Sample(name="n", labels={"b": "2", "a": "1"}, value=1)
    assert fingerprint(one) == fingerprint(other)
    other.value = 2
    assert fingerprint(one) != fingerprint(other)
