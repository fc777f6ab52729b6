"""The wallet through its front door: balances, transfers with their limits, statements, repeats."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import grpc
import pytest

from hailwire.profile.v1 import wallet_pb2 as pb
from tests.profile.wallets import (
    AT_ONCE,
    Replica,
    balance,
    credit,
    entries,
    is_right,
    money,
    newcomer,
    open_replica,
    opened,
    operator,
    reason,
    rich,
    sending,
    told,
    transfer,
)


@pytest.fixture
async def replica(database_url: str) -> AsyncIterator[Replica]:
    """One replica that lets newcomers send."""
    async with open_replica(database_url, **AT_ONCE) as replica:
        yield replica


async def payee(replica: Replica, typed: str) -> pb.PayeeResult:
    (result,) = (await replica.wallets.BatchFindPayees(pb.BatchFindPayeesRequest(codes=[typed]))).results
    return result


async def test_a_wallet_is_opened_once(replica: Replica) -> None:
    """Whoever asks first gets an empty wallet with a code; however many ask at once, there is one."""
    wallet = await newcomer(replica)
    assert wallet.balance == money(0)
    assert wallet.code.startswith("HW-")
    again = await asyncio.gather(*(opened(replica, wallet.person_id) for _ in range(10)))
    assert all(one == wallet for one in again)
    (nobody,) = (await replica.wallets.BatchOpenWallets(pb.BatchOpenWalletsRequest(person_ids=[2**60]))).results
    assert reason(nobody) == "PERSON_NOT_FOUND"


async def test_money_moves_exactly(database_url: str, replica: Replica) -> None:
    """The payer has that much less and the payee that much more; the receipt says so, and to whom."""
    ann, bob = await rich(database_url, replica, 10_000, "Ann"), await newcomer(replica, "bob")
    (result,) = await transfer(replica, sending(ann, bob, 1234))
    sent = result.transaction
    assert sent.kind == pb.TRANSACTION_KIND_TRANSFER
    assert (sent.amount, sent.payer_balance) == (money(1234), money(8766))
    assert sent.payee == pb.Party(code=bob.code, initial="B.")
    assert await balance(replica, ann, bob) == [8766, 1234]
    assert await is_right(database_url)


async def test_a_payee_is_known_by_a_code_alone(database_url: str, replica: Replica) -> None:
    """However the code is typed, all that is told is a first letter; anything else is one and the same refusal."""
    bob = await newcomer(replica, "Bob Marley")
    bare = bob.code.removeprefix("HW-")
    for typed in (bob.code, bob.code.lower(), bare, f" hw {bare[:3]} {bare[3:]} "):
        found = await payee(replica, typed)
        assert found.payee == pb.Party(code=bob.code, initial="B.")
    wrong = bob.code[:-1] + ("2" if bob.code[-1] != "2" else "3")
    for typed in ("", "HW-", wrong, "+250788000001", bob.code + "2", str(bob.person_id)):
        assert reason(await payee(replica, typed)) == "PAYEE_UNKNOWN"


async def test_repeats_find_the_first_outcome(database_url: str, replica: Replica) -> None:
    """Word for word, refusals included, in one batch or over two replicas; another request under the id is refused."""
    ann, bob = await rich(database_url, replica), await newcomer(replica)
    asked = sending(ann, bob, 4000, "once")
    async with open_replica(database_url, **AT_ONCE) as other:
        several = await asyncio.gather(
            transfer(replica, asked, asked), transfer(other, asked), transfer(replica, asked), transfer(other, asked)
        )
    (first, *others) = [result for results in several for result in results]
    assert first.HasField("transaction")
    assert all(one == first for one in others)
    assert await balance(replica, ann, bob) == [6000, 4000]
    assert [reason(one) for one in await transfer(replica, sending(ann, bob, 4001, "once"))] == ["REQUEST_ID_REUSED"]
    poor = sending(bob, ann, 4500, "poor")
    assert [reason(one) for one in await transfer(replica, poor)] == ["BALANCE_TOO_LOW"]
    await credit(database_url, bob.person_id, 1000)
    assert [reason(one) for one in await transfer(replica, poor)] == ["BALANCE_TOO_LOW"]


@pytest.mark.parametrize(
    ("amount", "currency", "refused"),
    [
        *(
            (text, "RWF", "AMOUNT_INVALID")
            for text in ("0", "-5", "1.5", "1e3", "1,000", "", "NaN", "1" * 13, "\u0665\u0660")
        ),
        ("500", "USD", "CURRENCY_UNKNOWN"),
        ("99", "RWF", "AMOUNT_TOO_SMALL"),
        ("100001", "RWF", "AMOUNT_TOO_LARGE"),
        ("10001", "RWF", "BALANCE_TOO_LOW"),
        ("5001", "RWF", "CONFIRMATION_REQUIRED"),
    ],
)
async def test_amounts_that_are_refused(
    database_url: str, replica: Replica, amount: str, currency: str, refused: str
) -> None:
    """Each for a reason of its own, and nothing moves."""
    ann, bob = await rich(database_url, replica), await newcomer(replica)
    request = sending(ann, bob, 500)
    request.amount.CopyFrom(money(amount, currency))
    assert [reason(one) for one in await transfer(replica, request)] == [refused]
    assert await balance(replica, ann, bob) == [10_000, 0]


async def test_whoever_is_refused(database_url: str, replica: Replica) -> None:
    """Nobody sends without a wallet, to nobody or to themselves."""
    ann = await rich(database_url, replica)
    nobody = pb.Wallet(person_id=2**60, code="HW-2222222")
    asked = [
        sending(nobody, ann, 500),
        sending(ann, nobody, 500),
        sending(ann, ann, 500),
        sending(ann, ann, 1, "x" * 129),
    ]
    refused = [reason(one) for one in await transfer(replica, *asked)]
    assert refused == ["WALLET_NOT_FOUND", "PAYEE_UNKNOWN", "TRANSFER_TO_SELF", "REQUEST_ID_INVALID"]


async def test_much_money_goes_only_when_it_is_confirmed(database_url: str, replica: Replica) -> None:
    """Above WALLET_CONFIRM_ABOVE a transfer says that its sender has seen it; that is asked for last of all."""
    ann, bob = await rich(database_url, replica), await newcomer(replica)
    assert [reason(one) for one in await transfer(replica, sending(ann, bob, 10_001))] == ["BALANCE_TOO_LOW"]
    (result,) = await transfer(replica, sending(ann, bob, 10_000, confirmed=True))
    assert result.transaction.payer_balance == money(0)


async def test_a_new_wallet_only_receives(database_url: str) -> None:
    """Until it is a day old, by the database's clock; then it sends."""
    connection = await asyncpg.connect(database_url)
    try:
        async with open_replica(database_url) as replica:
            ann, bob = await rich(database_url, replica), await newcomer(replica)
            assert (ann.send_time.ToDatetime() - ann.create_time.ToDatetime()).total_seconds() == 86_400
            assert [told(one) for one in await transfer(replica, sending(ann, bob, 500))] == [
                ("ACCOUNT_TOO_NEW", {"hours": "24"})
            ]
            await connection.execute("UPDATE chassis.clock SET shift = '24 hours'")
            assert [reason(one) for one in await transfer(replica, sending(ann, bob, 500))] == [""]
    finally:
        await connection.execute("UPDATE chassis.clock SET shift = '0'")
        await connection.close()


async def test_a_day_has_a_limit(database_url: str) -> None:
    """What was sent in 24 hours counts, what was refused or received does not; afterwards there is room again."""
    limits = {**AT_ONCE, "WALLET_DAILY_LIMIT": "1000"}
    connection = await asyncpg.connect(database_url)
    try:
        async with open_replica(database_url, **limits) as replica:
            ann, bob = await rich(database_url, replica), await rich(database_url, replica)
            asked = [sending(ann, bob, 600), sending(bob, ann, 600), sending(ann, bob, 500), sending(ann, bob, 400)]
            answers = await transfer(replica, *asked)
            limit = {"limit": "1000", "left": "400", "currency": "RWF"}
            assert [told(one) for one in answers] == [("", {}), ("", {}), ("DAILY_LIMIT_REACHED", limit), ("", {})]
            limit["left"] = "0"
            assert told((await transfer(replica, sending(ann, bob, 100)))[0]) == ("DAILY_LIMIT_REACHED", limit)
            await connection.execute("UPDATE chassis.clock SET shift = '24 hours'")
            assert [reason(one) for one in await transfer(replica, sending(ann, bob, 1000))] == [""]
    finally:
        await connection.execute("UPDATE chassis.clock SET shift = '0'")
        await connection.close()


async def test_a_currency_with_decimals(fresh_database_url: str) -> None:
    """Cents are exact, however many; a third decimal is refused, and francs are another currency's money."""
    dollars = {**AT_ONCE, "WALLET_CURRENCY": "USD", "WALLET_CURRENCY_DECIMALS": "2", "WALLET_TRANSFER_MINIMUM": "0.01"}
    async with open_replica(fresh_database_url, **dollars) as replica:
        ann, bob = await newcomer(replica), await newcomer(replica)
        await credit(fresh_database_url, ann.person_id, "0.30", **dollars)
        several = [sending(ann, bob, 1, str(n)) for n in range(4)]
        for request in several:
            request.amount.CopyFrom(money("0.10", "USD"))
        several[3].amount.amount = "0.001"
        answers = await transfer(replica, *several)
        left = [one.transaction.payer_balance.amount for one in answers[:3]]
        assert (left, reason(answers[3])) == (["0.20", "0.10", "0.00"], "AMOUNT_INVALID")
        assert (await opened(replica, bob.person_id)).balance == money("0.30", "USD")
    async with open_replica(fresh_database_url, **AT_ONCE) as replica:
        assert (await opened(replica, bob.person_id)).balance == money(0)


async def test_a_statement_page_by_page(database_url: str, replica: Replica) -> None:
    """Newest first, no line twice and none missed while new ones are booked, each with the other's first letter."""
    ann, bob = await rich(database_url, replica, 10_000, "Ann"), await newcomer(replica, "Bob")
    for amount in (500, 501, 502):
        await transfer(replica, sending(ann, bob, amount))
    first = await entries(replica, ann, page_size=2)
    assert [(line.amount.amount, line.other.initial) for line in first.entries] == [("-502", "B."), ("-501", "B.")]
    await transfer(replica, sending(bob, ann, 1000))
    second = await entries(replica, ann, page_size=2, page_token=first.next_page_token)
    assert [line.amount.amount for line in second.entries] == ["-500", "10000"]
    assert second.entries[1].kind == pb.TRANSACTION_KIND_CREDIT
    assert second.entries[1].other == pb.Party()
    assert not second.next_page_token
    assert [line.amount.amount for line in (await entries(replica, bob)).entries] == ["-1000", "502", "501", "500"]
    with pytest.raises(grpc.aio.AioRpcError, match="not one of ours"):
        await entries(replica, bob, page_token=first.next_page_token)
    with pytest.raises(grpc.aio.AioRpcError, match="wallet not found"):
        await entries(replica, pb.Wallet(person_id=2**60))


async def test_an_operator_takes_a_transaction_back(database_url: str, replica: Replica) -> None:
    """Once, by its opposite; the first line stays and says so. What is spent cannot be taken back."""
    ann, bob = await rich(database_url, replica, 1000), await newcomer(replica)
    (result,) = await transfer(replica, sending(ann, bob, 400))
    async with operator(database_url) as somebody:
        await somebody.reverse(result.transaction.transaction_id, "by mistake", "back")
        assert await balance(replica, ann, bob) == [1000, 0]
        with pytest.raises(Exception, match="already reversed"):
            await somebody.reverse(result.transaction.transaction_id, "by mistake", "back again")
        lines = (await entries(replica, ann)).entries
        assert [(line.amount.amount, line.reversed) for line in lines] == [
            ("400", False),
            ("-400", True),
            ("1000", False),
        ]
        await transfer(replica, sending(ann, bob, 900))
        with pytest.raises(Exception, match="balance too low"):
            await somebody.reverse(lines[2].transaction_id, "no cash came", "back 2")
    assert await is_right(database_url)


async def test_strangers_do_not_wait_for_each_other(database_url: str, replica: Replica) -> None:
    """While somebody holds one wallet, the others of the same batch are served; the held one is busy or waits."""
    ann, bob, eve = [await rich(database_url, replica) for _ in range(3)]
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT FROM profile.account WHERE person_id = $1 FOR UPDATE", ann.person_id)
            batch = pb.BatchTransferRequest(requests=[sending(ann, bob, 500), sending(bob, eve, 500)])
            results = (await replica.wallets.BatchTransfer(batch, timeout=60)).results
        assert [reason(one) for one in results] == ["ROW_BUSY", ""]
    finally:
        await connection.close()
