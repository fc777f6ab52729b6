"""Calls about numbers, for the tests of the profile service."""

import uuid
from typing import TYPE_CHECKING, Any

import grpc

from chassis import errors
from chassis.interceptors import typed
from hailwire.profile.v1 import numbers_pb2 as pb

if TYPE_CHECKING:
    from hailwire.profile.v1.numbers_pb2_grpc import NumbersServiceAsyncStub as Stub
else:
    Stub = Any


def user(name: str = "") -> pb.Owner:
    return pb.Owner(user=name or f"user-{uuid.uuid4().hex}")


def starting(owner: pb.Owner, number: str, code: str = "123456", request_id: str = "") -> pb.StartVerificationRequest:
    return pb.StartVerificationRequest(request_id=request_id or uuid.uuid4().hex, owner=owner, number=number, code=code)


def checking(owner: pb.Owner, number: str, code: str = "123456", request_id: str = "") -> pb.CheckVerificationRequest:
    return pb.CheckVerificationRequest(request_id=request_id or uuid.uuid4().hex, owner=owner, number=number, code=code)


async def start(stub: Stub, owner: pb.Owner, number: str, code: str = "123456") -> pb.StartVerificationResponse:
    return await stub.StartVerification(starting(owner, number, code))


async def check(stub: Stub, owner: pb.Owner, number: str, code: str = "123456") -> pb.CheckVerificationResponse:
    return await stub.CheckVerification(checking(owner, number, code))


async def get(stub: Stub, owner: pb.Owner) -> pb.GetNumberResponse:
    return await stub.GetNumber(pb.GetNumberRequest(owner=owner))


async def unlink(stub: Stub, owner: pb.Owner) -> pb.UnlinkResponse:
    return await stub.Unlink(pb.UnlinkRequest(request_id=uuid.uuid4().hex, owner=owner))


async def refused(call: Any) -> errors.HailwireError:
    """What a call is refused with."""
    try:
        answer = await call
    except grpc.aio.AioRpcError as error:
        return typed(error)
    raise AssertionError(f"not refused: {answer}")


async def reason(call: Any) -> str:
    return (await refused(call)).reason
