"""What the database itself vouches for, whatever program writes to it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import grpc
import pytest

from hailwire.profile.v1 import wallet_pb2 as pb
from tests.chassis.polling import found
from tests.profile.calls import resolve, user, whatsapp
from tests.profile.wallets import (
    AT_ONCE,
    Replica,
    balance,
    credit,
    is_right,
    money,
    newcomer,
    open_replica,
    opened,
    operator,
    rich,
    sending,
    transfer,
)

TRANSACTION = "INSERT INTO profile.transaction (transaction_id, kind, created_at) VALUES ($1, 1, now())"
ENTRY = "INSERT INTO profile.entry (transaction_id, account_id, amount, created_at) VALUES ($1, $2, $3::int, now())"


@pytest.fixture
async def replica(database_url: str) -> AsyncIterator[Replica]:
    async with open_replica(database_url, **AT_ONCE) as replica:
        yield replica


@pytest.fixture
async def sql(database_url: str) -> AsyncIterator[Any]:
    """Somebody with a connection and no regard for our code."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def accounts(sql: Any, *people: int) -> list[int]:
    return [await sql.fetchval("SELECT account_id FROM profile.account WHERE person_id = $1", one) for one in people]


@pytest.mark.parametrize("amounts", [(), (500,), (500, -400), (500, 500)])
async def test_what_does_not_balance_is_not_committed(
    database_url: str, replica: Replica, sql: Any, amounts: tuple[int, ...]
) -> None:
    """Not a transaction without entries, not one with a side missing, not one whose sides differ."""
    ann, bob = await rich(database_url, replica), await newcomer(replica)
    both = await accounts(sql, ann.person_id, bob.person_id)
    transaction = sql.transaction()
    await transaction.start()
    await sql.execute(TRANSACTION, 10**9)
    for account_id, amount in zip(both, amounts, strict=False):
        await sql.execute(ENTRY, 10**9, account_id, amount)
    with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
        await transaction.commit()
    assert await is_right(database_url)


async def test_nothing_is_added_to_what_balances(database_url: str, replica: Replica, sql: Any) -> None:
    """A third entry to a transaction of yesterday is looked at as well; and currencies do not balance each other."""
    ann, bob, eve = [await rich(database_url, replica) for _ in range(3)]
    (result,) = await transfer(replica, sending(ann, bob, 500))
    (third,) = await accounts(sql, eve.person_id)
    with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
        await sql.execute(ENTRY, result.transaction.transaction_id, third, 500)
    foreign = await sql.fetchval(
        "INSERT INTO profile.account (person_id, code, currency, created_at) VALUES ($1, 'X', 'USD', now())"
        " RETURNING account_id",
        eve.person_id,
    )
    transaction = sql.transaction()
    await transaction.start()
    await sql.execute(TRANSACTION, 10**9)
    await sql.execute(ENTRY, 10**9, third, -500)
    await sql.execute(ENTRY, 10**9, foreign, 500)
    with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
        await transaction.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE profile.entry SET amount = -amount",
        "DELETE FROM profile.entry",
        "TRUNCATE profile.entry",
        "UPDATE profile.transaction SET kind = 2",
        "DELETE FROM profile.transaction",
        "TRUNCATE profile.transaction CASCADE",
    ],
)
async def test_what_was_booked_stays(database_url: str, replica: Replica, sql: Any, statement: str) -> None:
    """Nothing that was booked is changed or taken out."""
    await rich(database_url, replica)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only added to"):
        await sql.execute(statement)


async def test_nobody_is_below_zero(database_url: str, replica: Replica, sql: Any) -> None:
    """Not a person, and not what is set aside for rewards: only the world outside gives what it does not have."""
    ann = await rich(database_url, replica, 1000)
    for owner in (f"person_id = {ann.person_id}", "system = 'reward'"):
        with pytest.raises(asyncpg.CheckViolationError, match="account_never_below_zero"):
            await sql.execute(f"UPDATE profile.account SET balance = -1 WHERE {owner}")


async def test_a_wrong_balance_is_found(fresh_database_url: str) -> None:
    """Adding everything up anew tells of a balance that its entries do not explain."""
    async with open_replica(fresh_database_url, **AT_ONCE) as replica:
        ann = await rich(fresh_database_url, replica, 1000)
    assert await is_right(fresh_database_url)
    connection = await asyncpg.connect(fresh_database_url)
    try:
        await connection.execute("UPDATE profile.account SET balance = 1001 WHERE person_id = $1", ann.person_id)
    finally:
        await connection.close()
    async with operator(fresh_database_url) as somebody:
        findings = await somebody.check()
    assert [(row["balance"], row["sum"]) for row in findings.balances] == [(1001, 1000)]
    assert not findings.right


async def test_a_crash_after_everything_was_written(database_url: str, replica: Replica, sql: Any) -> None:
    """A transfer whose connection dies before its commit moved nothing; repeated, it moves the money once."""
    ann, bob = await rich(database_url, replica, 1000), await newcomer(replica)
    request = sending(ann, bob, 600, "crashing")
    kill = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'hailwire-profile' AND wait_event_type = 'Lock'
    """
    other = await asyncpg.connect(database_url)
    try:
        # The last that a transfer writes is its request id: there it waits for whoever has just written the same.
        holding = other.transaction()
        await holding.start()
        await other.execute(
            "INSERT INTO profile.request (request_id, fingerprint, outcome) VALUES ('crashing', '', '')"
        )
        asked = replica.wallets.BatchTransfer(pb.BatchTransferRequest(requests=[request]))
        await found(lambda: sql.fetch(kill))
        with pytest.raises(grpc.aio.AioRpcError):
            await asked
        await holding.rollback()
    finally:
        await other.close()
    assert await balance(replica, ann, bob) == [1000, 0]
    (result,) = await transfer(replica, request)
    assert result.transaction.payer_balance == money(400)
    assert await balance(replica, ann, bob) == [400, 600]
    assert await is_right(database_url)


async def test_the_audit_log_has_every_transaction(database_url: str, replica: Replica, sql: Any) -> None:
    """Both sides, by ids and whole numbers, in the transaction that moved the money; refusals leave nothing."""
    ann, bob = await rich(database_url, replica, 1000), await newcomer(replica)
    (result,) = await transfer(replica, sending(ann, bob, 600))
    await transfer(replica, sending(ann, bob, 600))
    async with operator(database_url) as somebody:
        await somebody.reverse(result.transaction.transaction_id, "by mistake", "audited")
    said = "SELECT action, actor, detail FROM profile.audit WHERE person_id = $1 AND action LIKE 'money.%' ORDER BY 1"
    about = [(row["action"], row["actor"], json.loads(row["detail"])) for row in await sql.fetch(said, ann.person_id)]
    assert [(action, actor) for action, actor, _ in about] == [
        ("money.credited", "operator:tester"),
        ("money.given_back", "operator:tester"),
        ("money.sent", "person"),
    ]
    number = result.transaction.transaction_id
    assert about[2][2] == {"transaction": number, "currency": "rwf", "units": 600, "other": bob.person_id}
    assert [row["action"] for row in await sql.fetch(said, bob.person_id)] == ["money.received", "money.taken_back"]


async def test_the_audit_log_has_what_a_merge_moves(database_url: str, replica: Replica, sql: Any) -> None:
    """When two people are one, the log of either says how much went to the survivor's wallet, and that nobody asked."""
    number, user_id = whatsapp(), user()
    survivor, former = [await resolve(replica.people, identity) for identity in (number, user_id)]
    for person in (survivor, former):
        await opened(replica, person.person_id)
    await credit(database_url, former.person_id, 700)
    await resolve(replica.people, number, user_id)
    said = "SELECT actor, detail FROM profile.audit WHERE person_id = $1 AND action = 'money.merged'"
    for person, other in ((survivor, former), (former, survivor)):
        ((actor, detail),) = await sql.fetch(said, person.person_id)
        assert (actor, json.loads(detail)["units"], json.loads(detail)["other"]) == ("system", 700, other.person_id)
