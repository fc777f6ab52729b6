"""The numbers of the profile service. Single calls: a few a day for each user, and each must stand alone."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc

from chassis import deadlines, errors
from hailwire.profile.v1 import numbers_pb2, numbers_pb2_grpc
from services.gateway.clients.batching import Peer

SERVICE = numbers_pb2.DESCRIPTOR.services_by_name["NumbersService"].full_name

Answer = TypeVar("Answer")

_TRIES = 3


class Numbers:
    """Calls with request ids: what may have been lost on its way is asked again, and finds its first outcome."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: Any = numbers_pb2_grpc.NumbersServiceStub(channel)
        self._peer = Peer("profile", channel, SERVICE)

    async def start(self, request: numbers_pb2.StartVerificationRequest) -> numbers_pb2.StartVerificationResponse:
        """Remember a code that we are about to send."""
        return await self._again(lambda: self._stub.StartVerification(request))

    async def check(self, request: numbers_pb2.CheckVerificationRequest) -> numbers_pb2.CheckVerificationResponse:
        """Compare a code that somebody typed."""
        return await self._again(lambda: self._stub.CheckVerification(request))

    async def get(self, request: numbers_pb2.GetNumberRequest) -> numbers_pb2.GetNumberResponse:
        """The number of a user."""
        return await self._again(lambda: self._stub.GetNumber(request))

    async def unlink(self, request: numbers_pb2.UnlinkRequest) -> numbers_pb2.UnlinkResponse:
        """Take the number from its user."""
        return await self._again(lambda: self._stub.Unlink(request))

    async def _again(self, begin: Callable[[], Awaitable[Answer]]) -> Answer:
        for tries_left in reversed(range(_TRIES)):
            try:
                answer: Answer = await self._peer.call(begin())
            except errors.HailwireError as error:
                if not errors.is_transient(error) or not tries_left or not deadlines.remaining():
                    raise
            else:
                return answer
        raise errors.Internal("unreachable")
