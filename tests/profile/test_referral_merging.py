"""People who turn out to be one, or are erased: nobody invites themselves, comes twice, or earns when they are gone."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.chassis.polling import until_awaited
from tests.profile.calls import resolve, user, whatsapp
from tests.profile.referred import (
    NEWCOMER_REWARD,
    REWARD,
    House,
    came,
    code_of,
    erase,
    invited,
    open_house,
    rode,
    set_aside,
    somebody,
)
from tests.profile.wallets import is_right, opened

WAITING, EARNED, REWARDED = (1, 0), (2, 0), (3, 0)
SELF, NOT_NEW, SECOND, NOBODY = (4, 3), (4, 4), (4, 5), (4, 7)


@pytest.fixture
async def house(fresh_database_url: str) -> AsyncIterator[House]:
    async with open_house(fresh_database_url) as house:
        await set_aside(house, 100_000)
        yield house


async def balance(house: House, person_id: int) -> int:
    return int((await opened(house, person_id)).balance.amount)


async def two(house: House) -> tuple[int, int, list[Any]]:
    """Two people, the elder first, and what makes one of them once a provider signs it together."""
    identities = [whatsapp(), user()]
    elder, younger = [(await resolve(house.people, one)).person_id for one in identities]
    return elder, younger, identities


async def test_nobody_invites_themselves_by_another_name(house: House) -> None:
    """Who told their own code as somebody else gets nothing once both are known to be one; the log says why."""
    elder, younger, identities = await two(house)
    assert await came(house, younger, await code_of(house, elder)) == ""
    await resolve(house.people, *identities)
    assert await house.states() == [SELF]
    assert await rode(house, 1, elder) == await rode(house, 2, younger) == 0
    assert await balance(house, elder) == 0
    (row,) = await house.query("SELECT detail::text FROM profile.audit WHERE action = 'referral.closed'")
    assert row["detail"] == '{"reason": "self"}'


async def test_both_at_once(house: House) -> None:
    """However a merge and a trip meet, over two replicas: either both got their reward as two people, or nobody did."""
    pairs = [await two(house) for _ in range(6)]
    for elder, younger, _ in pairs:
        assert await came(house, younger, await code_of(house, elder)) == ""
    async with open_house(house.database_url) as other:
        merges = [resolve(house.people, *identities) for _, _, identities in pairs]
        rides = [rode(other, number, younger) for number, (_, younger, _) in enumerate(pairs, 1)]
        await asyncio.gather(*merges, *rides)
    for elder, _, _ in pairs:
        assert await balance(house, elder) in {0, REWARD + NEWCOMER_REWARD}
    assert {state for state, _ in await house.states()} <= {3, 4}
    assert await is_right(house.database_url)


async def test_who_was_here_for_long_is_no_newcomer(house: House) -> None:
    """Somebody we have known for days, who told a code from another phone, earns nothing once that is known."""
    host = await somebody(house)
    old, device = whatsapp(), user()
    elder = (await resolve(house.people, old)).person_id
    await house.later("100 hours")
    younger = (await resolve(house.people, device)).person_id
    assert await came(house, younger, await code_of(house, host)) == ""
    await resolve(house.people, old, device)
    assert await house.states() == [WAITING]
    assert await rode(house, 1, elder) == 0
    assert await house.states() == [NOT_NEW]
    assert await balance(house, host) == 0


async def test_who_was_here_for_long_is_found_out_before_there_is_money(fresh_database_url: str) -> None:
    """A trip has earned it, and nothing was given yet: once both are known to be one, nothing ever is."""
    async with open_house(fresh_database_url) as house:
        host = await somebody(house)
        old, device = whatsapp(), user()
        elder = (await resolve(house.people, old)).person_id
        await house.later("100 hours")
        younger = (await resolve(house.people, device)).person_id
        assert await came(house, younger, await code_of(house, host)) == ""
        assert await rode(house, 1, younger) == 0
        assert await house.states() == [EARNED]
        await resolve(house.people, old, device)
        await set_aside(house, 100_000)
        # It looks when it starts, and every half minute from then on.
        async with open_house(fresh_database_url):

            async def settled() -> bool:
                return await house.states() == [NOT_NEW]

            await until_awaited(settled)
        assert [await balance(house, who) for who in (host, elder)] == [0, 0]
        assert await is_right(fresh_database_url)


async def test_who_came_twice_came_once(house: House) -> None:
    """By two invitations under two names: the earlier counts. Rewarded under one of them, the other earns nothing."""
    hosts = [await somebody(house) for _ in range(2)]
    codes = [await code_of(house, host) for host in hosts]
    elder, younger, identities = await two(house)
    assert [await came(house, who, code) for who, code in zip((elder, younger), codes, strict=True)] == ["", ""]
    await resolve(house.people, *identities)
    assert await house.states() == [WAITING, SECOND]
    assert await rode(house, 1, younger) == 1
    assert [await balance(house, host) for host in hosts] == [REWARD, 0]
    assert await came(house, elder, codes[1]) == "REFERRAL_EXISTS"
    first, second, names = await two(house)
    assert [await came(house, who, code) for who, code in zip((first, second), codes, strict=True)] == ["", ""]
    assert await rode(house, 2, second) == 1
    await resolve(house.people, *names)
    assert await rode(house, 3, first) == 0
    assert (await house.states())[2:] == [SECOND, REWARDED]


async def test_who_rode_under_another_name_is_no_newcomer(house: House) -> None:
    """A trip that was complete before counts for whoever they turn out to be."""
    host = await somebody(house)
    elder, younger, identities = await two(house)
    await rode(house, 1, elder)
    assert await came(house, younger, await code_of(house, host)) == ""
    await resolve(house.people, *identities)
    assert await rode(house, 2, younger) == 0
    assert await came(house, younger, await code_of(house, host)) == "REFERRAL_EXISTS"
    assert await balance(house, host) == 0


async def test_the_host_under_another_name(house: House) -> None:
    """Codes of both lead to the survivor, who earns for both, up to the limit of one person."""
    elder, younger, identities = await two(house)
    codes = [await code_of(house, who) for who in (elder, younger)]
    guests = [await somebody(house) for _ in range(3)]
    assert await came(house, guests[0], codes[1]) == ""
    await resolve(house.people, *identities)
    assert [await code_of(house, who) for who in (elder, younger)] == [codes[0]] * 2
    assert await came(house, guests[1], codes[1]) == ""
    assert await came(house, guests[2], codes[0]) == ""
    assert await came(house, younger, codes[0]) == "REFERRAL_TO_SELF"
    for number, guest in enumerate(guests, 1):
        assert await rode(house, number, guest) == 1
    assert await balance(house, younger) == 3 * REWARD


async def test_the_guest_under_another_name(house: House) -> None:
    """A trip and a repeat that name the former id, or the new one, are the guest's."""
    host = await somebody(house)
    elder, younger, identities = await two(house)
    code = await code_of(house, host)
    assert await came(house, younger, code) == ""
    await resolve(house.people, *identities)
    assert await came(house, elder, code) == ""
    assert await rode(house, 1, younger) == 1
    assert await balance(house, elder) == NEWCOMER_REWARD
    assert await balance(house, host) == REWARD


async def test_a_guest_who_is_erased(house: House) -> None:
    """What waited comes to nothing and leaves no row; nobody can be invited in their name."""
    host, guest, _ = await invited(house)
    own = await code_of(house, guest)
    await erase(house, guest)
    assert await house.states() == []
    assert await house.query("SELECT FROM profile.referral_code WHERE person_id = $1", guest) == []
    assert await came(house, await somebody(house), own) == "REFERRAL_CODE_UNKNOWN"
    assert await rode(house, 1, guest) == 0
    assert await balance(house, host) == 0


async def test_a_host_who_is_erased(house: House) -> None:
    """Nobody comes by their code any more; whoever came already gets what was promised, and nobody else does."""
    host, guest, code = await invited(house)
    await erase(house, host)
    assert await came(house, await somebody(house), code) == "REFERRAL_CODE_UNKNOWN"
    assert await rode(house, 1, guest) == 1
    assert await balance(house, guest) == NEWCOMER_REWARD
    rows = await house.query("SELECT request_id FROM profile.transaction WHERE kind = 3")
    assert [row["request_id"] for row in rows] == [f"referral:{guest}:newcomer"]
    assert await is_right(house.database_url)


async def test_who_is_erased_before_there_was_money(fresh_database_url: str) -> None:
    """The host is owed theirs all the same, and gets it when there is some; with both gone nothing is owed."""
    async with open_house(fresh_database_url) as house:
        (host, guest, _), (other_host, other_guest, _) = await invited(house), await invited(house)
        for trip_id, rider in enumerate((guest, other_guest), 1):
            assert await rode(house, trip_id, rider) == 0
        for gone in (guest, other_guest, other_host):
            await erase(house, gone)
        await set_aside(house, REWARD)
        # It looks when it starts, and every half minute from then on.
        async with open_house(fresh_database_url):

            async def settled() -> bool:
                return await house.states() == [REWARDED, NOBODY]

            await until_awaited(settled)
        assert await balance(house, host) == REWARD
        assert await is_right(fresh_database_url)
