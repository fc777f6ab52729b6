"""Erasing a person through the profile service's own door."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from chassis.interceptors import typed
from chassis.settings import load
from hailwire.profile.v1 import audit_pb2, audit_pb2_grpc, erasure_pb2, erasure_pb2_grpc, profile_pb2_grpc
from hailwire.profile.v1 import profile_pb2 as pb
from services.profile import rotation
from services.profile.app import open_service
from services.profile.sealing import Sealer
from services.profile.settings import ProfileSettings, SealingSettings
from tests.profile.calls import get, reason, resolve, update, updating, user, whatsapp
from tests.profile.wallets import TRANSIENT

NAME = "Amina Uwase"


class Door:
    """The stubs of one replica."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.people: Any = profile_pb2_grpc.ProfileServiceStub(channel)
        self.audit: Any = audit_pb2_grpc.AuditServiceStub(channel)
        self.erasure: Any = erasure_pb2_grpc.ErasureServiceStub(channel)

    async def erase(self, person_id: int, request_id: str = "") -> list[int]:
        """Erase at an operator's wish; asked again while others are at it, as every caller does."""
        asked = erasure_pb2.ErasePersonRequest(
            request_id=request_id or uuid.uuid4().hex, person_id=person_id, actor="operator:eve"
        )
        while True:
            try:
                return list((await self.erasure.ErasePerson(asked)).person_ids)
            except grpc.aio.AioRpcError as error:
                if typed(error).reason not in TRANSIENT:
                    raise


@contextlib.asynccontextmanager
async def _door(database_url: str) -> AsyncIterator[Door]:
    given = {
        "HAILWIRE_ENV": "development",
        "DATABASE_URL": database_url,
        "PROFILE_GRPC_PORT": "0",
        "PROFILE_PROMETHEUS_PORT": "0",
    }
    async with (
        open_service(load(ProfileSettings, given)) as server,
        grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel,
    ):
        yield Door(channel)


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    """One replica."""
    async with _door(database_url) as opened:
        yield opened


async def _everything(database_url: str) -> bytes:
    """All that is written in the schema, as bytes, and all that is encrypted there, opened."""
    connection = await asyncpg.connect(database_url)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'profile'")
        found = b""
        settings = load(SealingSettings, {"HAILWIRE_ENV": "development"})
        sealer = Sealer.of(settings.number_keys, settings.number_hash_key)
        for sealed in rotation.TABLES:
            for row in await connection.fetch(sealed.walk.sql, *sealed.start, 10_000):
                found += sealer.open(row["sealed"], row["bound"])
        for table in tables:
            rows = await connection.fetch(f"SELECT * FROM profile.{table['tablename']}")
            for row in rows:
                found += b"\n".join(one if isinstance(one, bytes) else str(one).encode() for one in row.values())
        return found
    finally:
        await connection.close()


async def test_nothing_is_left(fresh_database_url: str) -> None:
    """Numbers, user ids and names are gone from every table, the ledger and former people included."""
    async with _door(fresh_database_url) as door:
        people = door.people
        number, user_id, later = whatsapp(), user(), whatsapp()
        first, second = await resolve(people, number, name=NAME), await resolve(people, user_id, name="Mukamana")
        await update(people, updating(first.person_id, language="fr", opt_outs=[pb.CHANNEL_SMS]))
        await update(people, updating(second.person_id, name="Mukamana Diane"))
        await resolve(people, number, user_id)
        renaming = pb.UpdatePersonRequest(
            request_id="a new number",
            person=pb.Person(person_id=first.person_id, identities=[later]),
            update_mask=FieldMask(paths=["identities"]),
        )
        await update(people, renaming)
        values = [number.value, user_id.value, later.value, "Amina", "Mukamana"]
        before = await _everything(fresh_database_url)
        assert all(value.encode() in before for value in (later.value, "Amina", "Mukamana"))
        # Under the id of whoever was merged: it is the whole person all the same.
        assert await door.erase(second.person_id) == [first.person_id, second.person_id]
        left = await _everything(fresh_database_url)
        assert [value for value in values if value.encode() in left] == []
        for result in await get(people, first.person_id, second.person_id):
            assert reason(result.error) == "PERSON_NOT_FOUND"
        log = await door.audit.ListAuditEntries(audit_pb2.ListAuditEntriesRequest())
        about = [entry for entry in log.entries if entry.person_id in {first.person_id, second.person_id}]
        assert [(entry.action, entry.actor) for entry in about] == [("person.erased", "operator:eve")]


async def test_who_writes_again_is_somebody_new(door: Door) -> None:
    """The number makes a new person, who has nothing of the one before; who is gone cannot be changed."""
    number = whatsapp()
    before = await resolve(door.people, number, name=NAME)
    await update(door.people, updating(before.person_id, language="fr"))
    await door.erase(before.person_id)
    after = await resolve(door.people, number)
    assert after.person_id > before.person_id
    assert (after.name, after.language) == ("", "")
    (refused,) = await update(door.people, updating(before.person_id, name=NAME))
    assert reason(refused.error) == "PERSON_NOT_FOUND"


async def test_once_however_often(door: Door) -> None:
    """Repeats answer the same, under this or another request id, and are told once more at the most."""
    person = await resolve(door.people, whatsapp())
    first = await door.erase(person.person_id, "again and again")
    assert await door.erase(person.person_id, "again and again") == first
    assert await door.erase(person.person_id) == first
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await door.erase(2**60)
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(("field", "value"), [("actor", "Eve"), ("request_id", "")])
async def test_what_is_refused(door: Door, field: str, value: str) -> None:
    """Without a request id or an actor that the log can name nothing is erased."""
    person = await resolve(door.people, whatsapp())
    asked: dict[str, Any] = {
        "request_id": uuid.uuid4().hex,
        "person_id": person.person_id,
        "actor": "person",
        field: value,
    }
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await door.erasure.ErasePerson(erasure_pb2.ErasePersonRequest(**asked))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert (await get(door.people, person.person_id))[0].person == person


async def test_in_the_middle_of_everything(fresh_database_url: str) -> None:
    """While two replicas see the person and change them, each answer is the person or that they are gone."""
    async with _door(fresh_database_url) as left, _door(fresh_database_url) as right:
        number = whatsapp()
        person = await resolve(left.people, number, name=NAME)

        async def busy(door: Door) -> None:
            for turn in range(20):
                await resolve(door.people, number, name=NAME)
                (result,) = await update(door.people, updating(person.person_id, name=f"{NAME} {turn}"))
                assert result.HasField("person") or reason(result.error) == "PERSON_NOT_FOUND"

        await asyncio.gather(busy(left), busy(right), left.erase(person.person_id))
        (gone,) = await get(right.people, person.person_id)
        assert reason(gone.error) == "PERSON_NOT_FOUND"
        await left.erase((await resolve(right.people, number)).person_id)
        await right.erase(person.person_id)
        assert b"Amina" not in await _everything(fresh_database_url)
