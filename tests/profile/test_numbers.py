"""Numbers are proved by codes, over the wire and two replicas: who may, how often, and what is remembered of it."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from hailwire.profile.v1 import numbers_pb2 as pb
from hailwire.profile.v1 import numbers_pb2_grpc, profile_pb2_grpc
from tests.chassis.polling import found
from tests.profile import calls
from tests.profile.conftest import OpenChannel
from tests.profile.numbers import Stub, check, checking, get, reason, refused, start, starting, unlink, user

_numbers = itertools.count(250_788_500_001)


@pytest.fixture
def number() -> str:
    return f"+{next(_numbers)}"


@pytest.fixture
async def numbers(open_channel: OpenChannel) -> AsyncIterator[Stub]:
    async with open_channel() as channel:
        yield numbers_pb2_grpc.NumbersServiceStub(channel)


@pytest.fixture
async def clock(database_url: str) -> AsyncIterator[Any]:
    """Shifts the clock by so many minutes; back at the end."""
    connection = await asyncpg.connect(database_url)

    async def later(minutes: float) -> None:
        await connection.execute("UPDATE chassis.clock SET shift = make_interval(secs => $1)", minutes * 60)

    yield later
    await later(0)
    await connection.close()


async def test_repeats_find_the_first_answer(numbers: Stub, number: str) -> None:
    """The same request id answers word for word, counts once, and names one request for ever."""
    owner = user()
    first = starting(owner, number)
    begun = await numbers.StartVerification(first)
    assert await numbers.StartVerification(first) == begun
    wrong, right = checking(owner, number, "654321"), checking(owner, number)
    for _ in range(7):
        assert await reason(numbers.CheckVerification(wrong)) == "VERIFICATION_FAILED"
    proved = await numbers.CheckVerification(right)
    assert await numbers.CheckVerification(right) == proved
    other = checking(owner, number, "111111", request_id=right.request_id)
    assert await reason(numbers.CheckVerification(other)) == "REQUEST_ID_REUSED"


async def test_requests_are_checked(numbers: Stub, number: str) -> None:
    """Who, which number and which code are said in one way; nothing else reaches the rules."""
    for request, why in (
        (starting(pb.Owner(), number), "OWNER_INVALID"),
        (starting(user("x" * 256), number), "OWNER_INVALID"),
        (starting(pb.Owner(person_id=-1), number), "OWNER_INVALID"),
        (starting(user(), "0788500001"), "NUMBER_INVALID"),
        (starting(user(), number, "12345"), "CODE_INVALID"),
        (starting(user(), number, request_id="x" * 129), "REQUEST_ID_INVALID"),
    ):
        assert await reason(numbers.StartVerification(request)) == why
    assert await reason(get(numbers, user())) == "NUMBER_NOT_FOUND"
    assert await reason(unlink(numbers, user())) == "NUMBER_NOT_FOUND"


async def test_one_of_two_users_proves_a_number(numbers: Stub, number: str) -> None:
    """Both may try at once; the first right code takes the number, the other user's is refused from then on."""
    one, other = user(), user()
    await asyncio.gather(start(numbers, one, number, "111111"), start(numbers, other, number, "222222"))
    outcomes = await asyncio.gather(
        check(numbers, one, number, "111111"), check(numbers, other, number, "222222"), return_exceptions=True
    )
    assert sum(isinstance(outcome, pb.CheckVerificationResponse) for outcome in outcomes) == 1
    (winner,) = [
        owner for owner, outcome in zip((one, other), outcomes, strict=True) if not isinstance(outcome, Exception)
    ]
    assert (await get(numbers, winner)).verified
    loser = other if winner is one else one
    assert await reason(get(numbers, loser)) == "NUMBER_NOT_FOUND"
    assert await reason(start(numbers, user(), number)) == "NUMBER_TAKEN"


async def test_attempts_at_once_are_five(numbers: Stub, number: str) -> None:
    """However many guesses come at once over one connection, five are compared."""
    owner = user()
    await start(numbers, owner, number, "000007")
    guesses = [check(numbers, owner, number, f"{guess:06}") for guess in range(7)]
    assert {await reason(guess) for guess in guesses} == {"VERIFICATION_FAILED"}
    assert await reason(check(numbers, owner, number, "000007")) == "VERIFICATION_FAILED"


async def test_one_use(numbers: Stub, number: str) -> None:
    """The same right code side by side proves once."""
    owner = user()
    await start(numbers, owner, number)
    outcomes = await asyncio.gather(*(check(numbers, owner, number) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(outcome, pb.CheckVerificationResponse) for outcome in outcomes) == 1


async def test_ten_codes_a_day_to_one_number(numbers: Stub, number: str) -> None:
    """Ten users make a phone ring ten times a day, no more; the answer says when it goes on."""
    for _ in range(10):
        await start(numbers, user(), number)
    error = await refused(start(numbers, user(), number))
    assert error.reason == "CODE_LIMIT_REACHED"
    assert 86_000 < int(error.metadata["retry_after_seconds"]) <= 86_400


async def test_ten_questions_a_day_by_one_user(numbers: Stub) -> None:
    """One user makes ten phones ring a day, no more."""
    owner = user()
    for _ in range(10):
        await start(numbers, owner, f"+{next(_numbers)}")
    assert await reason(start(numbers, owner, f"+{next(_numbers)}")) == "CODE_LIMIT_REACHED"


async def test_a_new_code_ends_the_one_before(numbers: Stub, number: str, clock: Any) -> None:
    """Of two codes the later one counts, for whichever number it is."""
    owner, second = user(), f"+{next(_numbers)}"
    await start(numbers, owner, number, "111111")
    await start(numbers, owner, second, "222222")
    assert await reason(check(numbers, owner, number, "111111")) == "VERIFICATION_FAILED"
    assert await reason(check(numbers, owner, number, "222222")) == "VERIFICATION_FAILED"
    await check(numbers, owner, second, "222222")


async def test_what_is_over_is_forgotten(open_channel: OpenChannel, number: str, clock: Any, database_url: str) -> None:
    """Lapsed verifications and questions older than a day leave the tables."""
    async with open_channel() as channel:
        await start(numbers_pb2_grpc.NumbersServiceStub(channel), user(), number)
    await clock(25 * 60)
    connection = await asyncpg.connect(database_url)
    left = "SELECT (SELECT count(*) FROM profile.verification) + (SELECT count(*) FROM profile.code_request)"
    try:
        assert await connection.fetchval(left) >= 2
        async with open_channel():  # whoever comes up looks at once

            async def gone() -> bool:
                return bool(await connection.fetchval(left) == 0)

            assert await found(gone)
    finally:
        await connection.close()


async def test_every_replica_forgets(open_channel: OpenChannel, number: str) -> None:
    """What one replica remembers of a user is gone there when another one unlinks or links."""
    async with open_channel() as first, open_channel() as second:
        one, other = (numbers_pb2_grpc.NumbersServiceStub(channel) for channel in (first, second))
        owner = user()
        await start(one, owner, number)
        await check(one, owner, number)
        assert (await get(other, owner)).verified
        await unlink(one, owner)

        async def gone() -> bool:
            try:
                await get(other, owner)
            except Exception as error:  # noqa: BLE001 - a refusal is what is waited for
                return "NUMBER_NOT_FOUND" in str(error) or "number not found" in str(error)
            return False

        assert await found(gone)


@pytest.mark.parametrize("ttl", ["60000", "0"])
async def test_cache_verification_ttl(open_channel: OpenChannel, number: str, ttl: str, database_url: str) -> None:
    """CACHE_VERIFICATION_TTL says how long a proved number is answered from memory; 0: never."""
    connection = await asyncpg.connect(database_url)
    try:
        async with open_channel(CACHE_VERIFICATION_TTL=ttl) as channel:
            stub: Stub = numbers_pb2_grpc.NumbersServiceStub(channel)
            owner = user()
            await start(stub, owner, number)
            await check(stub, owner, number)

            async def remembered() -> bool:
                before = (await get(stub, owner)).verify_time
                # Behind the service's back, without a notification; another time at each try.
                await connection.execute("UPDATE profile.user_number SET verified_at = verified_at - interval '1 day'")
                return bool((await get(stub, owner)).verify_time == before)

            if ttl != "0":  # once the listener has come up
                assert await found(remembered) is True
            else:
                assert await remembered() is False
    finally:
        await connection.close()


async def test_a_person_and_their_sms_number_become_one(open_channel: OpenChannel, number: str) -> None:
    """Who proves by WhatsApp that an SMS number is theirs is whoever wrote from it, and nobody else is touched."""
    async with open_channel() as channel:
        people = profile_pb2_grpc.ProfileServiceStub(channel)
        stub: Stub = numbers_pb2_grpc.NumbersServiceStub(channel)
        by_sms = await calls.resolve(people, calls.sms(number), name="By SMS")
        by_whatsapp = await calls.resolve(people, calls.whatsapp(), calls.user())
        owner = pb.Owner(person_id=by_whatsapp.person_id)
        await start(stub, owner, number)
        assert await reason(check(stub, owner, number, "999999")) == "VERIFICATION_FAILED"
        assert (await calls.resolve(people, calls.sms(number))).person_id == by_sms.person_id
        await check(stub, owner, number)
        (result,) = await calls.get(people, by_whatsapp.person_id)
        assert result.person.person_id == by_sms.person_id
        assert list(result.person.merged_person_ids) == [by_whatsapp.person_id]
        assert len(result.person.identities) == 3
        assert (await calls.resolve(people, calls.sms(number))).person_id == by_sms.person_id
        assert await reason(start(stub, pb.Owner(person_id=by_sms.person_id), number)) == "NUMBER_TAKEN"


async def test_a_number_that_nobody_wrote_from(open_channel: OpenChannel, number: str) -> None:
    """It becomes an identity of the person, so that their first SMS finds them."""
    async with open_channel() as channel:
        people = profile_pb2_grpc.ProfileServiceStub(channel)
        stub: Stub = numbers_pb2_grpc.NumbersServiceStub(channel)
        person = await calls.resolve(people, calls.whatsapp())
        owner = pb.Owner(person_id=person.person_id)
        await start(stub, owner, number)
        await check(stub, owner, "")
        assert (await calls.resolve(people, calls.sms(number))).person_id == person.person_id


async def test_a_number_that_changed_hands_brings_nobody_along(open_channel: OpenChannel, number: str) -> None:
    """When its former holder is known by a user id, the number goes to who proved it, and the holder stays apart."""
    async with open_channel() as channel:
        people = profile_pb2_grpc.ProfileServiceStub(channel)
        stub: Stub = numbers_pb2_grpc.NumbersServiceStub(channel)
        former, now = await calls.resolve(people, calls.user()), await calls.resolve(people, calls.user())
        for person in (former, now):
            owner = pb.Owner(person_id=person.person_id)
            await start(stub, owner, number)
            await check(stub, owner, number)
        (left,) = await calls.get(people, former.person_id)
        assert left.person.person_id == former.person_id
        assert len(left.person.identities) == 1
        assert (await calls.resolve(people, calls.sms(number))).person_id == now.person_id
