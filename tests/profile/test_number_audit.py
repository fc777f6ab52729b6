"""Which app speaks for a person is in the person's log, and no app speaks for whoever was erased."""

import itertools
import uuid
from typing import Any

import pytest

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

        async def gone() -> bool:
            try:
                await get(other, owner)
            except Exception as error:  # noqa: BLE001 - a refusal is what is waited for
                return "NUMBER_NOT_FOUND" in str(error) or "number not found" in str(error)
            return False

        assert await found(gone, 10)
