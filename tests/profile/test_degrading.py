"""What the profile service says of people while it cannot hear of changes, or cannot read them."""

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from hailwire.profile.v1 import profile_pb2 as pb
from tests.chassis.polling import until_awaited
from tests.gateway.wire import wire_to
from tests.locks import locked
from tests.profile.calls import Open, get, resolve, update, updating, whatsapp

if TYPE_CHECKING:
    from hailwire.profile.v1.profile_pb2_grpc import ProfileServiceAsyncStub as Stub
else:
    Stub = Any


async def one(stub: Stub, person_id: int) -> pb.Person:
    """That person, as the replica says."""
    return (await get(stub, person_id))[0].person


async def test_without_notifications_people_are_read_from_the_database(open_profile: Open, database_url: str) -> None:
    """A replica that no longer hears of changes answers from the database, each change at once, and hears again."""
    async with (
        wire_to(database_url) as (wire, address),
        open_profile() as hearing,
        open_profile(DATABASE_DIRECT_URL=address) as deaf,
    ):
        number = whatsapp()
        person = await resolve(hearing, number)
        await one(deaf, person.person_id)
        await wire.cut()
        (changed,) = await update(hearing, updating(person.person_id, name="Amina"))

        async def noticed() -> bool:
            return await one(deaf, person.person_id) == changed.person

        await until_awaited(noticed)  # from memory it would be the old one for five minutes
        for name in ("Bea", "Chantal", "Diane"):
            (changed,) = await update(hearing, updating(person.person_id, name=name))
            assert await one(deaf, person.person_id) == changed.person
            assert await resolve(deaf, number) == changed.person
        await wire.mend()
        (changed,) = await update(hearing, updating(person.person_id, name="Esther"))
        assert await one(deaf, person.person_id) == changed.person


async def test_while_the_database_is_slow_who_is_known_is_answered(open_profile: Open, database_url: str) -> None:
    """As long as changes are heard of, memory is the truth: it needs no database that answers."""
    async with open_profile() as stub:
        number = whatsapp()
        person = await resolve(stub, number)

        async def remembered() -> bool:
            await one(stub, person.person_id)
            async with locked(database_url, "profile.person", "profile.identity"):
                request = pb.BatchGetPeopleRequest(person_ids=[person.person_id])
                try:
                    answer = await stub.BatchGetPeople(request, timeout=1)
                    resolved = await resolve(stub, number)
                except grpc.aio.AioRpcError:
                    return False  # the listener was not there yet when the person was read
                assert answer.results[0].person == resolved == person
                with pytest.raises(grpc.aio.AioRpcError) as failure:
                    await stub.BatchGetPeople(pb.BatchGetPeopleRequest(person_ids=[2**40]), timeout=0.5)
                assert failure.value.code() in {grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE}
            return True

        await until_awaited(remembered)


async def test_without_a_database_nobody_is_answered_from_memory(open_profile: Open, database_url: str) -> None:
    """A change elsewhere could not be heard of, and might be that a number is somebody else's: better no answer."""
    async with (
        wire_to(database_url) as (wire, address),
        open_profile(DATABASE_URL=address) as stub,
    ):
        person = await resolve(stub, whatsapp())
        assert await one(stub, person.person_id) == person
        await wire.cut()

        async def silent() -> bool:
            try:
                await stub.BatchGetPeople(pb.BatchGetPeopleRequest(person_ids=[person.person_id]), timeout=5)
            except grpc.aio.AioRpcError as failure:
                return failure.code() is grpc.StatusCode.UNAVAILABLE
            return False

        await until_awaited(silent)
        await wire.mend()

        async def back() -> bool:
            try:
                return await one(stub, person.person_id) == person
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0)
                return False

        await until_awaited(back)
