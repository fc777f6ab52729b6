"""Changes to people through the service's own door: once each, in order, and repeated word for word."""

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

from hailwire.profile.v1 import profile_pb2 as pb
from tests.profile.calls import Open, get, reason, resolve, update, updating, user, whatsapp

if TYPE_CHECKING:
    from hailwire.profile.v1.profile_pb2_grpc import ProfileServiceAsyncStub as Stub
else:
    Stub = Any


async def test_updates_change_what_the_mask_names(profile: Stub) -> None:
    """Only the named fields change, and the version grows."""
    person = await resolve(profile, whatsapp(), name="Amina")
    (result,) = await update(profile, updating(person.person_id, language="fr", opt_outs=[pb.CHANNEL_SMS]))
    assert (result.person.name, result.person.language) == ("Amina", "fr")
    assert list(result.person.opt_outs) == [pb.CHANNEL_SMS]
    assert result.person.version == person.version + 1
    assert (await get(profile, person.person_id))[0].person == result.person


async def test_refused_updates_say_why(profile: Stub) -> None:
    """Nobody, no such field, no such language."""
    person = await resolve(profile, whatsapp())
    results = await update(
        profile,
        updating(2**60, language="en"),
        updating(person.person_id, language="tlh"),
        updating(person.person_id, version=7),
        pb.UpdatePersonRequest(person=pb.Person(person_id=person.person_id)),
    )
    assert [reason(result.error) for result in results] == [
        "PERSON_NOT_FOUND",
        "LANGUAGE_UNKNOWN",
        "FIELD_UNKNOWN",
        "REQUEST_ID_INVALID",
    ]
    assert (await get(profile, person.person_id))[0].person == person


async def test_a_repeated_update_answers_word_for_word(open_profile: Open) -> None:
    """A repeat returns the first outcome, refusals too, whatever happened since and at whichever replica."""
    async with open_profile() as left, open_profile() as right:
        person = await resolve(left, whatsapp())
        items = [updating(person.person_id, language="fr"), updating(person.person_id, language="xx")]
        first = await update(left, *items)
        await update(right, updating(person.person_id, language="en"))
        again = await update(right, *items)
        inside = await update(left, items[0], items[0])
        assert [result.SerializeToString() for result in again] == [result.SerializeToString() for result in first]
        assert {result.SerializeToString() for result in inside} == {first[0].SerializeToString()}
        other = updating(person.person_id, request_id=items[0].request_id, language="en")
        assert [reason(result.error) for result in await update(left, other)] == ["REQUEST_ID_REUSED"]
        assert (await get(left, person.person_id))[0].person.language == "en"


async def test_an_update_repeated_as_the_survivor_gets_its_first_outcome(profile: Stub) -> None:
    """Who repeats an update after a merge names the older person and is told what the first update was told."""
    number, user_id = whatsapp(), user()
    older = await resolve(profile, number)
    younger = await resolve(profile, user_id)
    item = updating(younger.person_id, language="fr")
    (first,) = await update(profile, item)
    await resolve(profile, number, user_id)
    item.person.person_id = older.person_id
    (again,) = await update(profile, item)
    assert again.SerializeToString(deterministic=True) == first.SerializeToString(deterministic=True)


async def test_another_number_of_the_same_person(profile: Stub) -> None:
    """Who took another number is found by the new names and not by the old ones, once, however often it is told."""
    number, user_id, new_number, new_id = whatsapp(), user(), whatsapp(), user()
    person = await resolve(profile, number, user_id, name="Eric")
    early = await resolve(profile, new_number, new_id)
    item = updating(person.person_id, identities=[new_number, new_id])
    item.former_identities.extend([number, user_id])
    (first,) = await update(profile, item)
    assert list(first.person.identities) == [new_number, new_id]
    assert (first.person.person_id, list(first.person.merged_person_ids)) == (person.person_id, [early.person_id])
    assert (await resolve(profile, new_id)).person_id == person.person_id
    stranger = await resolve(profile, number)
    assert stranger.person_id != person.person_id
    (again,) = await update(profile, item)
    assert again.SerializeToString(deterministic=True) == first.SerializeToString(deterministic=True)
    assert (await resolve(profile, number)).person_id == stranger.person_id
    item = updating(person.person_id, identities=[new_id], name="Ada")
    assert reason((await update(profile, item))[0].error) == "FIELD_UNKNOWN"
    item = updating(1 << 60, identities=[new_id])
    assert reason((await update(profile, item))[0].error) == "PERSON_NOT_FOUND"


async def test_concurrent_first_uses_of_a_request_id_have_one_effect(open_profile: Open) -> None:
    """Twenty at once over two replicas: one change, one answer."""
    async with open_profile() as left, open_profile() as right:
        person = await resolve(left, whatsapp())
        item = updating(person.person_id, name="Once")
        answers = await asyncio.gather(*(update(stub, item) for _ in range(10) for stub in (left, right)))
        assert len({answer[0].SerializeToString() for answer in answers}) == 1
        assert answers[0][0].person.version == person.version + 1


async def test_one_id_for_two_different_updates_at_once_is_refused_to_one(open_profile: Open) -> None:
    """Of two different changes under one id one is carried out and the other is told so."""
    async with open_profile() as left, open_profile() as right:
        for _ in range(5):
            people = [await resolve(left, whatsapp()) for _ in range(2)]
            request_id = uuid.uuid4().hex
            answers = await asyncio.gather(
                update(left, updating(people[0].person_id, request_id, name="A")),
                update(right, updating(people[1].person_id, request_id, name="B")),
            )
            kinds = sorted(str(answer[0].WhichOneof("result")) for answer in answers)
            assert kinds == ["error", "person"]


async def test_updates_of_one_person_in_a_batch_keep_their_order(profile: Stub) -> None:
    """The later of two updates in a call wins, and each answer shows its own moment."""
    person = await resolve(profile, whatsapp())
    results = await update(profile, *(updating(person.person_id, name=name) for name in ("one", "two", "three")))
    assert [result.person.name for result in results] == ["one", "two", "three"]
    assert (await get(profile, person.person_id))[0].person == results[-1].person
