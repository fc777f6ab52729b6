"""Which app speaks for a person is in the person's log; none does for whoever was erased or has the number no more."""

import itertools
import uuid
from typing import Any

import grpc
import pytest

from chassis.interceptors import typed
from hailwire.profile.v1 import (
    audit_pb2,
    audit_pb2_grpc,
    erasure_pb2,
    erasure_pb2_grpc,
    numbers_pb2_grpc,
    profile_pb2_grpc,
)
from hailwire.profile.v1 import numbers_pb2 as pb
from tests.chassis.polling import found
from tests.profile import calls
from tests.profile.conftest import OpenChannel
from tests.profile.numbers import Stub, check, get, reason, start, user

_numbers = itertools.count(250_788_700_001)


@pytest.fixture
def number() -> str:
    return f"+{next(_numbers)}"


async def entries(log: Any, person_id: int) -> list[tuple[str, str, str]]:
    """What the log says of somebody, oldest first."""
    page = await log.ListAuditEntries(audit_pb2.ListAuditEntriesRequest(person_id=person_id))
    return [(entry.action, entry.actor, entry.detail) for entry in reversed(page.entries)]


async def is_gone(stub: Stub, owner: pb.Owner) -> bool:
    """Whether a replica knows by now that a user has no number."""
    try:
        await get(stub, owner)
    except grpc.aio.AioRpcError as error:
        return typed(error).reason == "NUMBER_NOT_FOUND"
    return False


async def test_an_app_that_speaks_for_somebody(open_channel: OpenChannel, number: str) -> None:
    """A number that an app's user proves and gives up is told of whoever writes from it, once; failures are not."""
    async with open_channel() as channel:
        people = profile_pb2_grpc.ProfileServiceStub(channel)
        log = audit_pb2_grpc.AuditServiceStub(channel)
        stub: Stub = numbers_pb2_grpc.NumbersServiceStub(channel)
        person = await calls.resolve(people, calls.sms(number))
        owner = user()
        await start(stub, owner, number)
        assert await reason(check(stub, owner, number, "999999")) == "VERIFICATION_FAILED"
        assert len(await entries(log, person.person_id)) == 1
        await check(stub, owner, number)
        unlinking = pb.UnlinkRequest(request_id=uuid.uuid4().hex, owner=owner)
        for _ in range(2):
            await stub.Unlink(unlinking)
        assert (await entries(log, person.person_id))[1:] == [
            ("number.linked", "person", "{}"),
            ("number.unlinked", "person", "{}"),
        ]


async def test_a_number_of_nobodys(open_channel: OpenChannel, number: str) -> None:
    """While nobody writes from a number, having it is a matter of the app alone."""
    async with open_channel() as channel:
        log = audit_pb2_grpc.AuditServiceStub(channel)
        stub: Stub = numbers_pb2_grpc.NumbersServiceStub(channel)
        asked = audit_pb2.ListAuditEntriesRequest(action="number.linked", with_total=True)
        before = (await log.ListAuditEntries(asked)).total_size
        owner = user()
        await start(stub, owner, number)
        await check(stub, owner, number)
        assert (await get(stub, owner)).verified
        assert (await log.ListAuditEntries(asked)).total_size == before


async def test_an_erasure_leaves_no_replica_believing(open_channel: OpenChannel, number: str) -> None:
    """What a replica remembers of a user's number is gone there when the number's person is erased at another one."""
    async with open_channel() as first, open_channel() as second:
        people = profile_pb2_grpc.ProfileServiceStub(first)
        one, other = (numbers_pb2_grpc.NumbersServiceStub(channel) for channel in (first, second))
        person = await calls.resolve(people, calls.sms(number))
        owner = user()
        await start(one, owner, number)
        await check(one, owner, number)
        assert (await get(other, owner)).verified
        await erasure_pb2_grpc.ErasureServiceStub(first).ErasePerson(
            erasure_pb2.ErasePersonRequest(
                request_id=uuid.uuid4().hex, person_id=person.person_id, actor="operator:tester"
            )
        )
        assert await found(lambda: is_gone(other, owner))


async def test_a_former_holders_app_loses_the_number(open_channel: OpenChannel, number: str) -> None:
    """Once somebody else has proved it, the former holder's app has none, at any replica, and the log says so."""
    async with open_channel() as first, open_channel() as second:
        people = profile_pb2_grpc.ProfileServiceStub(first)
        log = audit_pb2_grpc.AuditServiceStub(first)
        one, other = (numbers_pb2_grpc.NumbersServiceStub(channel) for channel in (first, second))
        former, now = await calls.resolve(people, calls.user()), await calls.resolve(people, calls.user())
        app = user()
        for owner in (pb.Owner(person_id=former.person_id), app):
            await start(one, owner, number)
            await check(one, owner, number)
        assert (await get(other, app)).verified
        holder = pb.Owner(person_id=now.person_id)
        await start(one, holder, number)
        await check(one, holder, number)
        assert await found(lambda: is_gone(other, app))
        assert (await entries(log, former.person_id))[-1] == ("number.unlinked", "system", "{}")


async def test_who_is_found_to_be_one_person_keeps_their_app(open_channel: OpenChannel, number: str) -> None:
    """A number that comes to WhatsApp with the person who wrote from it has changed no hands."""
    async with open_channel() as channel:
        people = profile_pb2_grpc.ProfileServiceStub(channel)
        stub: Stub = numbers_pb2_grpc.NumbersServiceStub(channel)
        await calls.resolve(people, calls.sms(number))
        by_whatsapp = await calls.resolve(people, calls.whatsapp())
        app = user()
        for owner in (app, pb.Owner(person_id=by_whatsapp.person_id)):
            await start(stub, owner, number)
            await check(stub, owner, number)
        assert (await get(stub, app)).verified
