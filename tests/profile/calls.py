"""People and calls to the profile service, for its tests."""

import itertools
import uuid
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc import error_details_pb2, status_pb2

from hailwire.profile.v1 import profile_pb2 as pb

if TYPE_CHECKING:
    from hailwire.profile.v1.profile_pb2_grpc import ProfileServiceAsyncStub as Stub
else:
    Stub = Any

Open = Callable[..., AbstractAsyncContextManager[Stub]]

_NUMBERS = itertools.count(250_788_000_000)


def whatsapp(number: str | None = None) -> pb.Identity:
    return pb.Identity(kind=pb.IDENTITY_KIND_WHATSAPP_NUMBER, value=number or f"+{next(_NUMBERS)}")


def user(value: str | None = None) -> pb.Identity:
    return pb.Identity(kind=pb.IDENTITY_KIND_WHATSAPP_USER, value=value or f"RW.{uuid.uuid4().hex}")


def sms(number: str | None = None) -> pb.Identity:
    return pb.Identity(kind=pb.IDENTITY_KIND_SMS_NUMBER, value=number or f"+{next(_NUMBERS)}")


def reason(error: status_pb2.Status) -> str:
    info = error_details_pb2.ErrorInfo()
    assert error.details[0].Unpack(info)
    return str(info.reason)


def others_were_at_it(result: pb.PersonResult) -> bool:
    """Whether it is refused for a moment only: every caller sends such a request again."""
    return result.HasField("error") and reason(result.error) in {"CONFLICT", "ROW_BUSY", "TRANSACTION_CONFLICT"}


async def resolve(stub: Stub, *identities: pb.Identity, name: str = "") -> pb.Person:
    request = pb.BatchResolvePeopleRequest(requests=[pb.ResolvePersonRequest(identities=identities, name=name)])
    while True:
        (result,) = (await stub.BatchResolvePeople(request)).results
        if not others_were_at_it(result):
            assert result.HasField("person"), result
            return result.person


async def get(stub: Stub, *ids: int) -> list[pb.PersonResult]:
    return list((await stub.BatchGetPeople(pb.BatchGetPeopleRequest(person_ids=ids))).results)


def updating(person_id: int, request_id: str = "", **values: Any) -> pb.UpdatePersonRequest:
    return pb.UpdatePersonRequest(
        request_id=request_id or uuid.uuid4().hex,
        person=pb.Person(person_id=person_id, **values),
        update_mask=FieldMask(paths=list(values)),
    )


async def update(stub: Stub, *items: pb.UpdatePersonRequest) -> list[pb.PersonResult]:
    while True:
        results = list((await stub.BatchUpdatePeople(pb.BatchUpdatePeopleRequest(requests=items))).results)
        if not any(map(others_were_at_it, results)):
            return results
