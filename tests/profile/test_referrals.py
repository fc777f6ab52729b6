"""Invitations through the front door: codes, referrals noted once, rewards given once, and what stands against them."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from chassis.settings import SettingsError, load
from hailwire.profile.v1 import referrals_pb2 as pb
from hailwire.profile.v1 import wallet_pb2
from services.profile.referral.settings import ReferralSettings
from services.profile.wallet.money import Currency
from tests.chassis.polling import until_awaited
from tests.profile.referred import (
    NEWCOMER_REWARD,
    REWARD,
    House,
    came,
    code_of,
    invitation,
    invited,
    open_house,
    rode,
    set_aside,
    somebody,
    tell,
    telling,
    told,
)
from tests.profile.wallets import is_right, money, opened, reason, sending, transfer
from tests.profile.wallets import told as why

WAITING, EARNED, REWARDED, CLOSED = (1, 0), (2, 0), (3, 0), 4


@pytest.fixture
async def house(fresh_database_url: str) -> AsyncIterator[House]:
    """A replica, with enough set aside for a few rewards."""
    async with open_house(fresh_database_url) as house:
        await set_aside(house, 100_000)
        yield house


async def balances(house: House, *person_ids: int) -> list[int]:
    return [int((await opened(house, person_id)).balance.amount) for person_id in person_ids]


async def test_an_invitation_is_made_once(house: House) -> None:
    """Whoever asks gets a code for ever, however many ask at once, with what it brings."""
    host = await somebody(house)
    async with open_house(house.database_url) as other:
        several = await asyncio.gather(*(invitation((house, other)[turn % 2], host) for turn in range(10)))
    first = several[0]
    assert all(one == first for one in several)
    assert first.code.startswith("GO-")
    assert (first.reward, first.newcomer_reward, first.left) == (money(REWARD), money(NEWCOMER_REWARD), 10)
    assert first.newcomer_for.ToTimedelta().total_seconds() == 72 * 3600
    (nobody,) = (await house.referrals.BatchOpenInvitations(pb.BatchOpenInvitationsRequest(person_ids=[2**60]))).results
    assert reason(nobody) == "PERSON_NOT_FOUND"


async def test_off_by_default(fresh_database_url: str) -> None:
    """Without amounts nobody has a code, no code counts, and a ride writes nothing."""
    async with open_house(fresh_database_url, REFERRAL_REWARD="0", REFERRAL_NEWCOMER_REWARD="0") as house:
        host, guest = await somebody(house), await somebody(house)
        assert (await invitation(house, host)).code == ""
        assert await came(house, guest, "GO-7K3QX2F") == "REFERRALS_OFF"
        assert await rode(house, 1, guest, host) == 0
        assert await house.states() == []


async def test_both_are_rewarded_when_the_first_trip_is_complete(house: House) -> None:
    """From what was set aside, to the wallets of both, which are opened for it; each is told what it is for."""
    host, guest, _ = await invited(house)
    assert await rode(house, 1, guest) == 1
    assert await balances(house, host, guest) == [REWARD, NEWCOMER_REWARD]
    hears = await told(house)
    assert hears[host].for_inviting
    assert not hears[guest].for_inviting
    assert {one.entry.kind for one in hears.values()} == {wallet_pb2.TRANSACTION_KIND_REWARD}
    assert [hears[who].balance.amount for who in (host, guest)] == [str(REWARD), str(NEWCOMER_REWARD)]
    assert hears[guest].entry.other.initial == ""
    assert await house.states() == [REWARDED]
    assert await is_right(house.database_url)


async def test_once_however_often_and_wherever(house: House) -> None:
    """The same trip again and further trips, at two replicas at once, bring one reward for each side."""
    host, guest, _ = await invited(house)
    driver = await somebody(house)
    async with open_house(house.database_url) as other:
        rides = [rode((house, other)[turn % 2], 1 + turn // 4, guest, driver) for turn in range(12)]
        assert sum(await asyncio.gather(*rides)) == 1
    assert await balances(house, host, guest) == [REWARD, NEWCOMER_REWARD]
    rewards = await house.query("SELECT request_id FROM profile.transaction WHERE kind = 3 ORDER BY request_id")
    assert [row["request_id"] for row in rewards] == [f"referral:{guest}:newcomer", f"referral:{guest}:referrer"]
    assert await is_right(house.database_url)


async def test_the_database_gives_its_word(house: House) -> None:
    """Whatever a later version gets wrong: a second reward for one side of one referral cannot be committed."""
    _, guest, _ = await invited(house)
    await rode(house, 1, guest)
    with pytest.raises(asyncpg.UniqueViolationError, match="transaction_reward"):
        await house.query(
            """
            INSERT INTO profile.transaction (transaction_id, kind, request_id, created_at)
            SELECT nextval('profile.transaction_id'), kind, request_id, created_at
            FROM profile.transaction WHERE kind = 3
            """
        )


async def test_a_driver_may_be_the_newcomer_and_both_may_be(house: House) -> None:
    """One trip is the first one of two newcomers, who came by two invitations."""
    first_host, passenger, _ = await invited(house)
    second_host, driver, _ = await invited(house)
    assert await rode(house, 1, passenger, driver) == 2
    assert await balances(house, first_host, second_host) == [REWARD, REWARD]
    assert await balances(house, passenger, driver) == [NEWCOMER_REWARD, NEWCOMER_REWARD]


async def test_a_reward_is_not_sent_on_at_once(house: House) -> None:
    """A wallet that the reward has opened is as new as any other: it receives, and sends after a day."""
    host, guest, _ = await invited(house)
    await rode(house, 1, guest)
    payer, payee = [await opened(house, person_id) for person_id in (guest, host)]
    assert [reason(one) for one in await transfer(house, sending(payer, payee, 200))] == ["ACCOUNT_TOO_NEW"]
    await house.later("25 hours")
    assert [reason(one) for one in await transfer(house, sending(payer, payee, 200))] == [""]


async def test_repeats_find_the_first_outcome(house: House) -> None:
    """Word for word, refusals included; the same code under another id is answered as it was; another is refused."""
    host, other_host, guest = [await somebody(house) for _ in range(3)]
    code, other = await code_of(house, host), await code_of(house, other_host)
    first = telling(guest, code, "once")
    async with open_house(house.database_url) as replica:
        several = await asyncio.gather(
            tell(house, first, first), tell(replica, first), tell(house, telling(guest, code)), tell(replica, first)
        )
    (noted, *others) = [one for results in several for one in results]
    assert noted.referral.reward == money(NEWCOMER_REWARD)
    assert all(one == noted for one in others)
    assert [reason(one) for one in await tell(house, telling(guest, other, "once"))] == ["REQUEST_ID_REUSED"]
    refused = telling(guest, other, "twice")
    assert [reason(one) for one in await tell(house, refused)] == ["REFERRAL_EXISTS"]
    assert await tell(house, refused) == await tell(house, refused)
    assert await house.states() == [WAITING]


async def test_what_stands_against_it(house: House) -> None:
    """A code of nobody, one's own, one's second, after a trip, and too long after the first message."""
    host, guest, code = await invited(house)
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    for typed in ("", "GO-", wrong, "HW-" + code.removeprefix("GO-"), str(host)):
        assert await came(house, await somebody(house), typed) == "REFERRAL_CODE_UNKNOWN"
    assert await came(house, host, code) == "REFERRAL_TO_SELF"
    assert await came(house, guest, await code_of(house, await somebody(house))) == "REFERRAL_EXISTS"
    assert await came(house, 2**60, code) == "PERSON_NOT_FOUND"
    rider = await somebody(house)
    await rode(house, 1, rider)
    assert await came(house, rider, code) == "REFERRAL_AFTER_TRIP"
    late = await somebody(house)
    await house.later("73 hours")
    (result,) = await tell(house, telling(late, code))
    assert why(result) == ("REFERRAL_TOO_LATE", {"hours": "72"})
    assert await came(house, await somebody(house), f" go {code[3:6]} {code[6:].lower()}") == ""


async def test_who_tells_two_codes_at_once_came_by_one(house: House) -> None:
    """At two replicas in the same moment: one is noted, the other refused."""
    hosts = [await somebody(house) for _ in range(6)]
    codes = [await code_of(house, host) for host in hosts]
    guest = await somebody(house)
    async with open_house(house.database_url) as other:
        told_codes = [came((house, other)[turn % 2], guest, code) for turn, code in enumerate(codes)]
        assert sorted(await asyncio.gather(*told_codes)) == ["", *["REFERRAL_EXISTS"] * 5]
    assert await house.states() == [WAITING]


async def test_nobody_earns_more_than_the_limit_in_a_month(fresh_database_url: str) -> None:
    """However many come at once by one code, and after a month the next may; what waits counts as if it were earned."""
    limit = {"REFERRAL_MONTHLY_LIMIT": "3"}
    async with open_house(fresh_database_url, **limit) as house, open_house(fresh_database_url, **limit) as other:
        await set_aside(house, 100_000)
        host = await somebody(house)
        code = await code_of(house, host)
        guests = [await somebody(house) for _ in range(12)]
        answers = await asyncio.gather(
            *(came((house, other)[turn % 2], guest, code) for turn, guest in enumerate(guests))
        )
        assert sorted(answers) == [*[""] * 3, *["REFERRER_LIMIT_REACHED"] * 9]
        assert (await invitation(house, host)).left == 0
        came_in = [guest for guest, answer in zip(guests, answers, strict=True) if not answer]
        await asyncio.gather(*(rode((house, other)[turn % 2], turn, guest) for turn, guest in enumerate(came_in)))
        assert await balances(house, host) == [3 * REWARD]
        assert await came(house, await somebody(house), code) == "REFERRER_LIMIT_REACHED"
        await house.later("31 days")
        assert await came(house, await somebody(house), code) == ""
        assert (await invitation(house, host)).left == 2


async def test_the_first_trip_may_come_too_late(fresh_database_url: str) -> None:
    """After so many days it earns nothing, and neither do those behind it; the place under the limit is free again."""
    async with open_house(fresh_database_url, REFERRAL_TRIP_DAYS="2", REFERRAL_MONTHLY_LIMIT="1") as house:
        await set_aside(house, 100_000)
        host, guest, code = await invited(house)
        await house.later("49 hours")
        assert await came(house, await somebody(house), code) == ""
        assert await rode(house, 1, guest) == await rode(house, 2, guest) == 0
        assert await house.states() == [(CLOSED, 2), WAITING]
        assert await balances(house, host, guest) == [0, 0]


async def test_a_trip_from_before_the_invitation_earns_nothing(house: House) -> None:
    """Also when it is heard of later: who had ridden was no newcomer."""
    before = await house.now()
    _, guest, _ = await invited(house)
    assert await rode(house, 1, guest, at=before) == 0
    assert await rode(house, 2, guest) == 0
    assert await house.states() == [(CLOSED, 1)]


async def test_what_was_promised_is_given(house: House) -> None:
    """Other amounts, or none any more, are for those who come from now on."""
    host, guest, _ = await invited(house)
    off = {"REFERRAL_REWARD": "0", "REFERRAL_NEWCOMER_REWARD": "0"}
    async with open_house(house.database_url, **off) as other:
        assert await rode(other, 1, guest) == 1
        assert await balances(other, host, guest) == [REWARD, NEWCOMER_REWARD]


async def test_a_reward_for_one_side(fresh_database_url: str) -> None:
    """What is 0 is not given, and not told."""
    async with open_house(fresh_database_url, REFERRAL_REWARD="0") as house:
        await set_aside(house, 1000)
        host, guest, _ = await invited(house)
        assert await rode(house, 1, guest) == 1
        assert (await told(house)).keys() == {guest}
        assert await balances(house, host, guest) == [0, NEWCOMER_REWARD]


async def test_what_is_earned_waits_for_money(fresh_database_url: str) -> None:
    """While too little is set aside nobody gets anything; as soon as there is enough both do, once."""
    async with open_house(fresh_database_url) as house:
        await set_aside(house, REWARD)
        host, guest, _ = await invited(house)
        assert await rode(house, 1, guest) == await rode(house, 2, guest) == 0
        assert await house.states() == [EARNED]
        assert await told(house) == {}
        await set_aside(house, NEWCOMER_REWARD)
        # Each looks when it starts, and every half minute from then on.
        async with open_house(fresh_database_url) as one, open_house(fresh_database_url) as two:

            async def given() -> bool:
                return await house.states() == [REWARDED]

            await until_awaited(given)
            assert await balances(one, host) == [REWARD]
            assert await balances(two, guest) == [NEWCOMER_REWARD]
        assert await is_right(fresh_database_url)


async def test_amounts_are_as_exact_as_the_currency() -> None:
    """Half a franc is refused at the start, with the setting's name; half a dollar is not."""
    settings = load(ReferralSettings, {"REFERRAL_REWARD": "0.50"})
    with pytest.raises(SettingsError) as caught:
        settings.referral_terms(Currency("RWF", 0))
    assert caught.value.problems == ["REFERRAL_REWARD: RWF has 0 decimals"]
    assert settings.referral_terms(Currency("USD", 2)).on


async def test_the_log_tells_who_came_by_whom(house: House) -> None:
    """By ids: what was noted, what was given, and by whom."""
    host, guest, _ = await invited(house)
    await rode(house, 1, guest)
    rows = await house.query(
        "SELECT person_id, action, actor, detail->>'referrer' AS referrer FROM profile.audit "
        "WHERE action LIKE 'referral.%' OR action = 'money.rewarded' ORDER BY audit_id"
    )
    assert [tuple(row.values()) for row in rows] == [
        (guest, "referral.noted", "person", str(host)),
        (host, "money.rewarded", "system", None),
        (guest, "money.rewarded", "system", None),
    ]
