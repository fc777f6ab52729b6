"""Batches of changes: one bad item, one busy row, one repeated id, and nobody else notices."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest

from chassis import changes, deadlines, errors
from chassis.database import Database, DatabaseSettings, Session, Statement, open_database
from chassis.ledger import Ledger
from chassis.settings import load
from chassis.telemetry import TelemetrySettings, open_telemetry

_LOCK = Statement("test.lock", "SELECT id FROM account WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE")
_LOCK_FREE = Statement("test.lock_free", _LOCK.sql + " SKIP LOCKED")
_ADD = Statement("test.add", "UPDATE account SET total = total + 100 / $2 WHERE id = $1 RETURNING total")


class Deposit:
    """100 over a number for an account: dividing by zero is an error in the data."""

    def __init__(self, session: Session) -> None:
        self.session = session

    async def lock(self, items: Sequence[tuple[int, int]], *, wait: bool) -> set[int]:
        statement = _LOCK if wait else _LOCK_FREE
        rows = await self.session.fetch(statement, sorted({account for account, _ in items}))
        return changes.behind([{account} for account, _ in items], {row["id"] for row in rows})

    async def decide(self, items: Sequence[tuple[int, int]]) -> list[bytes | errors.HailwireError]:
        return [str(await self.session.fetchval(_ADD, *item)).encode() for item in items]


@pytest.fixture
async def database(fresh_database_url: str) -> AsyncIterator[Database]:
    """A database with a hundred accounts and a ledger."""
    settings = load(DatabaseSettings, {"DATABASE_URL": fresh_database_url})
    async with (
        open_telemetry("test", load(TelemetrySettings, {})) as telemetry,
        open_database(settings, application="test", telemetry=telemetry) as database,
    ):
        for sql in (
            "CREATE TABLE account (id int PRIMARY KEY, total int NOT NULL DEFAULT 0 CHECK (total < 1000))",
            "INSERT INTO account SELECT generate_series(1, 100)",
        ):
            await database.execute(Statement("test.prepare", sql))
        yield database


@contextlib.asynccontextmanager
async def _held(url: str, account: int) -> AsyncIterator[None]:
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await connection.execute("SELECT FROM account WHERE id = $1 FOR UPDATE", account)
        yield
    await connection.close()


async def _totals(database: Database) -> dict[int, int]:
    rows = await database.fetch(Statement("test.totals", "SELECT id, total FROM account ORDER BY id"))
    return {row["id"]: row["total"] for row in rows}


async def test_a_batch_that_fails_for_its_data_is_halved_to_the_guilty(database: Database) -> None:
    """Of a hundred items three are impossible: those three fail, everybody else's change is made once."""
    guilty = {5, 50, 99}
    outcomes = await changes.carry_out(
        database, Deposit, [(account, 0 if account in guilty else 2) for account in range(1, 101)]
    )
    for account, outcome in enumerate(outcomes, start=1):
        assert isinstance(outcome, errors.Internal) if account in guilty else outcome == b"50"
    assert await _totals(database) == {account: 0 if account in guilty else 50 for account in range(1, 101)}


async def test_strangers_do_not_wait_for_a_busy_row(
    database: Database, fresh_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody holds one account, the others' changes are committed already."""
    # Whoever waits for that account still does when the others have been looked at, however long that takes.
    monkeypatch.setattr(changes, "_PATIENCE_SECONDS", 60.0)
    async with _held(fresh_database_url, 2):
        with deadlines.within(120):
            batch = asyncio.create_task(changes.carry_out(database, Deposit, [(1, 1), (2, 1), (2, 2), (3, 1)]))
        async with asyncio.timeout(50):
            while (await _totals(database))[3] == 0:
                pass
        assert not batch.done()
        assert (await _totals(database))[2] == 0
    assert await batch == [b"100", b"100", b"150", b"100"]


async def test_a_row_that_is_never_let_go_fails_alone(database: Database, fresh_database_url: str) -> None:
    """Somebody who is stuck with two rows costs the call a moment, and only the changes of those rows."""
    async with _held(fresh_database_url, 2), _held(fresh_database_url, 4), asyncio.timeout(60):
        with deadlines.within(1.0):
            outcomes = await changes.carry_out(database, Deposit, [(2, 1), (1, 1), (4, 1), (2, 2)])
    assert outcomes[1] == b"100"
    assert all(isinstance(outcomes[position], errors.Conflict) for position in (0, 2, 3))
    assert await changes.carry_out(database, Deposit, [(2, 1)]) == [b"100"]


async def test_the_order_of_changes_of_one_row_is_kept(database: Database) -> None:
    """Ten changes of one account in one batch see each other's results."""
    assert await changes.carry_out(database, Deposit, [(7, 10)] * 5) == [b"10", b"20", b"30", b"40", b"50"]


async def test_a_change_behind_a_late_one_is_late_too() -> None:
    """Whoever shares a row with an item that missed a lock waits behind it; others go on."""
    keys = [{1}, {1, 2}, {2}, {3}, {4, 2}]
    assert changes.behind(keys, {1, 3, 4}) == {1, 2, 4}
    assert changes.behind(keys, {1, 2, 3, 4}) == set()
    assert changes.behind([{9, 1}, {1}], {1}) == {0, 1}


async def test_no_items_touch_no_database(database: Database) -> None:
    """An empty batch is answered without a transaction."""
    assert await changes.carry_out(database, Deposit, []) == []


async def test_one_id_twice_in_a_batch_is_one_change(database: Database) -> None:
    """The repeat gets the first outcome; the same id for something else is refused."""
    requests = [
        changes.Request("a", b"one", (1, 1)),
        changes.Request("a", b"one", (1, 1)),
        changes.Request("a", b"other", (2, 1)),
        changes.Request("b", b"zero", (3, 0)),
        changes.Request("b", b"zero", (3, 0)),
    ]
    for _ in range(2):
        outcomes = await changes.carry_out_once(database, Ledger("profile"), Deposit, requests)
        assert outcomes[:2] == [b"100", b"100"]
        assert isinstance(outcomes[2], errors.InvalidArgument)
        assert outcomes[2].reason == "REQUEST_ID_REUSED"
        assert isinstance(outcomes[3], errors.Internal)
        assert isinstance(outcomes[4], errors.Internal)
    assert (await _totals(database))[1] == 100


async def test_ids_used_crosswise_at_once_end_in_one_effect_each(database: Database) -> None:
    """Batches that share ids for different accounts, many at once: each id has one effect and nothing deadlocks."""
    ids = [f"{number}" for number in range(20)]
    batches = [
        [changes.Request(name, name.encode(), ((int(name) + shift) % 100 + 1, 1)) for name in order]
        for shift, order in enumerate([ids, ids[::-1]] * 4)
    ]

    async def insisted(batch: list[changes.Request[tuple[int, int]]]) -> list[bytes | errors.HailwireError]:
        # As every caller does: what is refused for a moment only is sent again.
        while True:
            outcomes = await changes.carry_out_once(database, Ledger("profile"), Deposit, batch)
            if not any(isinstance(outcome, errors.Conflict) for outcome in outcomes):
                return list(outcomes)

    async with asyncio.timeout(60):
        outcomes = await asyncio.gather(*map(insisted, batches))
    assert all(isinstance(outcome, bytes) for batch in outcomes for outcome in batch)
    assert sum((await _totals(database)).values()) == 100 * len(ids)
