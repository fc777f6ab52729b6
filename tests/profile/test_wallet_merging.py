"""Two people who are one: nothing of what either of them held is lost, and both codes lead to them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hailwire.profile.v1 import wallet_pb2 as pb
from tests.profile.calls import resolve, user, whatsapp
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
    reason,
    rich,
    sending,
    transfer,
)


@pytest.fixture
async def replica(database_url: str) -> AsyncIterator[Replica]:
    async with open_replica(database_url, **AT_ONCE) as replica:
        yield replica


async def test_both_wallets_become_one(database_url: str, replica: Replica) -> None:
    """Both balances, both statements and both codes are the survivor's; the older age, too."""
    number, user_id = whatsapp(), user()
    one, two = [await resolve(replica.people, identity) for identity in (number, user_id)]
    younger, older = await opened(replica, two.person_id), await opened(replica, one.person_id)
    assert younger.create_time.ToDatetime() < older.create_time.ToDatetime()
    await credit(database_url, one.person_id, 1000)
    await credit(database_url, two.person_id, 700)
    await resolve(replica.people, number, user_id)
    merged = await opened(replica, two.person_id)
    assert merged == await opened(replica, one.person_id)
    assert (merged.person_id, merged.balance, merged.code) == (one.person_id, money(1700), older.code)
    assert merged.create_time == younger.create_time
    lines = (await entries(replica, younger)).entries
    assert sorted(int(line.amount.amount) for line in lines) == [-700, 700, 700, 1000]
    assert {line.kind for line in lines} == {pb.TRANSACTION_KIND_CREDIT, pb.TRANSACTION_KIND_MERGE}
    assert lines == (await entries(replica, merged)).entries
    bob = await rich(database_url, replica, 500)
    (to_former,) = await transfer(replica, sending(bob, younger, 500))
    assert to_former.transaction.payee.code == older.code
    assert [reason(answer) for answer in await transfer(replica, sending(merged, younger, 100))] == ["TRANSFER_TO_SELF"]
    assert await balance(replica, merged) == [2200]
    assert await is_right(database_url)


async def test_the_only_wallet_changes_its_owner(database_url: str, replica: Replica) -> None:
    """A survivor who had none gets the other's, code and statement included; nothing has to move."""
    number, user_id = whatsapp(), user()
    one, two = [await resolve(replica.people, identity) for identity in (number, user_id)]
    wallet = await opened(replica, two.person_id)
    await credit(database_url, two.person_id, 700)
    await resolve(replica.people, number, user_id)
    merged = await opened(replica, one.person_id)
    assert (merged.code, merged.balance) == (wallet.code, money(700))
    assert [line.amount.amount for line in (await entries(replica, merged)).entries] == ["700"]
    assert await is_right(database_url)


async def test_a_repeat_by_the_former_id_finds_the_first_outcome(database_url: str, replica: Replica) -> None:
    """Whoever was merged between a transfer and its repeat has not paid twice."""
    number, user_id = whatsapp(), user()
    one, two = [await resolve(replica.people, identity) for identity in (number, user_id)]
    payer, bob = await opened(replica, two.person_id), await newcomer(replica)
    await credit(database_url, two.person_id, 1000)
    request = sending(payer, bob, 600)
    first = await transfer(replica, request)
    await resolve(replica.people, number, user_id)
    assert await transfer(replica, request) == first
    request.person_id = one.person_id
    assert await transfer(replica, request) == first
    assert await balance(replica, payer, bob) == [400, 600]


async def test_merges_and_transfers_at_once(database_url: str, replica: Replica) -> None:
    """While people become one at one replica, others send them money and they send theirs at two: nothing is lost."""
    pairs = [(whatsapp(), user()) for _ in range(6)]
    people = [[await resolve(replica.people, identity) for identity in pair] for pair in pairs]
    wallets = [await opened(replica, person.person_id) for pair in people for person in pair]
    for wallet in wallets:
        await credit(database_url, wallet.person_id, 1000)
    async with open_replica(database_url, **AT_ONCE) as other:
        ring = list(zip(wallets, [*wallets[1:], wallets[0]], strict=True))
        work = [transfer((replica, other)[turn % 2], sending(*pair, 300)) for turn, pair in enumerate(ring * 3)]
        answers = await asyncio.gather(*work, *(resolve(replica.people, *pair) for pair in pairs))
        refused = {reason(answer) for several in answers[: len(work)] for answer in several}
        assert refused <= {"", "TRANSFER_TO_SELF", "BALANCE_TOO_LOW"}
        survivors = [await opened(other, pair[0].person_id) for pair in people]
    assert sum(await balance(replica, *survivors)) == 12_000
    assert await is_right(database_url)
