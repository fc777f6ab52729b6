"""The profile service through its own door: who is who."""

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from hailwire.profile.v1 import profile_pb2 as pb
from tests.chassis.polling import until_awaited
from tests.profile.calls import Open, get, reason, resolve, sms, update, updating, user, whatsapp

if TYPE_CHECKING:
    from hailwire.profile.v1.profile_pb2_grpc import ProfileServiceAsyncStub as Stub
else:
    Stub = Any


async def test_a_new_identity_makes_a_person_and_finds_them_again(profile: Stub) -> None:
    """Whoever writes first becomes a person, and is the same person ever after."""
    number = whatsapp()
    made = await resolve(profile, number, name="Amina")
    again = await resolve(profile, number, name="Somebody Else")
    assert (made.person_id > 0, made.name, made.language) == (True, "Amina", "")
    assert again == made


async def test_a_name_fills_only_an_empty_one(profile: Stub) -> None:
    """A name that comes later is used while there is none."""
    number = whatsapp()
    assert (await resolve(profile, number)).name == ""
    named = await resolve(profile, number, name=" Ke\0za " + "x" * 200)
    assert len(named.name) == 100
    assert named.name.startswith("Keza x")
    assert named.version == 2


async def test_identities_signed_together_are_one_person(profile: Stub) -> None:
    """A number and a user id in one payload belong to one person, in the order in which they became known."""
    number, user_id = whatsapp(), user()
    first = await resolve(profile, number)
    both = await resolve(profile, number, user_id)
    assert both.person_id == first.person_id
    assert list(both.identities) == [number, user_id]
    assert (await resolve(profile, user_id)).person_id == first.person_id


async def test_two_people_who_are_one_are_merged_into_the_older(profile: Stub) -> None:
    """The older id survives with everything of both, and the younger id still answers."""
    number, user_id = whatsapp(), user()
    older = await resolve(profile, number)
    younger = await resolve(profile, user_id, name="Eric")
    await update(profile, updating(younger.person_id, opt_outs=[pb.CHANNEL_WHATSAPP], language="fr"))
    one = await resolve(profile, user_id, number)
    assert one.person_id == older.person_id
    assert set(map(str, one.identities)) == {str(number), str(user_id)}
    assert (one.name, one.language, list(one.opt_outs)) == ("Eric", "fr", [pb.CHANNEL_WHATSAPP])
    assert list(one.merged_person_ids) == [younger.person_id]
    assert one.version > max(older.version, younger.version)
    (by_old_id,) = await get(profile, younger.person_id)
    assert by_old_id.person == one


async def test_merging_twice_leads_to_the_last_survivor(profile: Stub) -> None:
    """Whoever was merged into somebody who is merged later is found under the last one."""
    one, two, three = whatsapp(), user(), sms()
    people = [await resolve(profile, identity) for identity in (one, two, three)]
    await resolve(profile, two, three)
    last = await resolve(profile, one, three)
    assert last.person_id == people[0].person_id
    assert list(last.merged_person_ids) == sorted(person.person_id for person in people[1:])
    for person in people:
        (found,) = await get(profile, person.person_id)
        assert found.person == last


async def test_a_batch_answers_per_item(profile: Stub) -> None:
    """One bad identity does not fail the strangers in the same call; doubles in a batch are one person."""
    number = whatsapp()
    wrong = [
        pb.ResolvePersonRequest(identities=[whatsapp("0788")]),
        pb.ResolvePersonRequest(identities=[user("no spaces allowed")]),
        pb.ResolvePersonRequest(identities=[pb.Identity(value="+250788123456")]),
        pb.ResolvePersonRequest(),
    ]
    right = [pb.ResolvePersonRequest(identities=[number], name="Amina") for _ in range(3)]
    response = await profile.BatchResolvePeople(pb.BatchResolvePeopleRequest(requests=[*wrong, *right]))
    reasons = [reason(result.error) for result in response.results[:4]]
    assert reasons == ["IDENTITY_INVALID", "IDENTITY_INVALID", "IDENTITY_INVALID", "IDENTITIES_MISSING"]
    assert len({result.person.person_id for result in response.results[4:]}) == 1


async def test_identities_that_meet_inside_a_batch_become_one(profile: Stub) -> None:
    """Three items that chain two new identities and then both make one person."""
    number, user_id = whatsapp(), user()
    chain = [[number], [user_id], [number, user_id]]
    response = await profile.BatchResolvePeople(
        pb.BatchResolvePeopleRequest(requests=[pb.ResolvePersonRequest(identities=ids) for ids in chain])
    )
    assert len({result.person.person_id for result in response.results}) == 1
    assert len({result.person.SerializeToString(deterministic=True) for result in response.results}) == 1


async def test_concurrent_first_messages_make_one_person(open_profile: Open) -> None:
    """The same newcomer at two replicas, in many calls at once, is one person."""
    pairs = [(whatsapp(), user()) for _ in range(20)]
    async with open_profile() as left, open_profile() as right:
        calls = [
            resolve(stub, *(pair if both else pair[:1]), name="N")
            for pair in pairs
            for both in (True, False, True)
            for stub in (left, right)
        ]
        people = await asyncio.gather(*calls)
    per_pair = [{person.person_id for person in people[start : start + 6]} for start in range(0, len(people), 6)]
    assert all(len(ids) == 1 for ids in per_pair)
    assert len(set().union(*per_pair)) == len(pairs)


async def test_concurrent_merges_agree_on_one_survivor(open_profile: Open) -> None:
    """Rings of people that are merged pairwise from two replicas end as the oldest one."""
    async with open_profile() as left, open_profile() as right:
        for _ in range(5):
            ring = [user() for _ in range(6)]
            people = [await resolve(left, identity) for identity in ring]
            pairs = [(ring[index], ring[index - 1]) for index in range(len(ring))]
            await asyncio.gather(
                *(resolve(stub, *pair) for pair, stub in zip(pairs, itertools.cycle((left, right)), strict=False))
            )
            ends = [await resolve(left, identity, ring[0]) for identity in ring]
            assert {end.person_id for end in ends} == {min(person.person_id for person in people)}


async def test_a_number_that_changed_hands(open_profile: Open) -> None:
    """A number that comes with another user id is somebody else's from then on, at every replica."""
    number, former_id, new_id = whatsapp(), user(), user()
    async with open_profile() as left, open_profile() as right:
        former = await resolve(left, number, former_id, name="Eric")
        assert await resolve(right, number) == former
        newcomer = await resolve(left, number, new_id, name="Ada")
        assert newcomer.person_id != former.person_id
        assert (newcomer.name, list(newcomer.merged_person_ids)) == ("Ada", [])
        assert list((await get(left, former.person_id))[0].person.identities) == [former_id]

        async def known() -> bool:
            return (await resolve(right, number)).person_id == newcomer.person_id

        await until_awaited(known)
        assert (await resolve(left, former_id)).person_id == former.person_id


async def test_other_replicas_forget_what_changed(open_profile: Open) -> None:
    """A change at one replica is seen at another that had the person in memory, long before the TTL."""
    async with open_profile() as left, open_profile() as right:
        number = whatsapp()
        person = await resolve(left, number)
        while (await get(right, person.person_id))[0].person != person:
            pass
        await resolve(right, number)
        (changed,) = await update(left, updating(person.person_id, language="fr"))
        async with asyncio.timeout(30):
            while (await get(right, person.person_id))[0].person != changed.person:
                pass
            while await resolve(right, number) != changed.person:
                pass


async def test_people_are_listed_page_by_page(profile: Stub) -> None:
    """Pages follow each other without gap or overlap, and merged people are not listed."""
    made = [await resolve(profile, user()) for _ in range(5)]
    listed: list[pb.Person] = []
    token = ""
    while True:
        page = await profile.ListPeople(pb.ListPeopleRequest(page_size=2, page_token=token))
        assert len(page.people) <= 2
        listed += page.people
        token = page.next_page_token
        if not token:
            break
    ids = [person.person_id for person in listed]
    assert ids == sorted(set(ids))
    assert {person.person_id for person in made} <= set(ids)
    assert not {merged for person in listed for merged in person.merged_person_ids} & set(ids)


@pytest.mark.parametrize("token", ["x", "AAAA", "é", "AQAAAAAAAAAA!"])
async def test_a_foreign_page_token_is_refused(profile: Stub, token: str) -> None:
    """A token that we did not give is an INVALID_ARGUMENT, not a crash."""
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await profile.ListPeople(pb.ListPeopleRequest(page_token=token))
    assert failure.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_too_large_a_batch_is_refused(profile: Stub) -> None:
    """1000 items pass, 1001 do not."""
    assert len(await get(profile, *range(1, 1001))) == 1000
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await get(profile, *range(1, 1002))
    assert failure.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_thousand_newcomers_in_one_call(profile: Stub) -> None:
    """The largest batch makes a thousand people."""
    requests = [pb.ResolvePersonRequest(identities=[whatsapp(), user()]) for _ in range(1000)]
    response = await profile.BatchResolvePeople(pb.BatchResolvePeopleRequest(requests=requests))
    assert len({result.person.person_id for result in response.results}) == 1000
