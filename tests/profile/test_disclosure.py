"""A number is told to the one person whom its owner agreed to, and the audit log says so."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import asyncpg
import grpc
import pytest

from hailwire.profile.v1 import disclosure_pb2, disclosure_pb2_grpc, profile_pb2_grpc
from tests.profile.calls import resolve, sms, user, whatsapp

OpenChannel = Callable[..., AbstractAsyncContextManager[grpc.aio.Channel]]


async def _tell(channel: grpc.aio.Channel, person_id: int) -> str:
    request = disclosure_pb2.DiscloseNumberRequest(person_id=person_id, to_person_id=77, trip_id=5)
    response = await disclosure_pb2_grpc.DisclosureServiceStub(channel).DiscloseNumber(request)
    return str(response.number)


async def _entries(database_url: str, person_id: int) -> list[dict[str, int]]:
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "SELECT detail FROM profile.audit WHERE person_id = $1 AND action = 'number.disclosed'", person_id
        )
        return [json.loads(row["detail"]) for row in rows]
    finally:
        await connection.close()


async def test_a_number_is_told_and_audited(open_channel: OpenChannel, database_url: str) -> None:
    """The number on WhatsApp, or else that of SMS; to whom and for which trip, and no digit of it, is in the log."""
    async with open_channel() as channel:
        people = profile_pb2_grpc.ProfileServiceStub(channel)
        for identity in (whatsapp(), sms()):
            person = await resolve(people, identity)
            assert await _tell(channel, person.person_id) == identity.value
            assert await _entries(database_url, person.person_id) == [{"to": 77, "trip": 5}]


async def test_whoever_has_no_number(open_channel: OpenChannel, database_url: str) -> None:
    """Somebody known by a user id alone has none to tell, and nothing is logged; a stranger is not found."""
    async with open_channel() as channel:
        person = await resolve(profile_pb2_grpc.ProfileServiceStub(channel), user())
        assert await _tell(channel, person.person_id) == ""
        assert await _entries(database_url, person.person_id) == []
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await _tell(channel, 9_999_999)
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
