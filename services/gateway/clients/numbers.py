"""The numbers of the profile service. Single calls: a few a day for each user, and each must stand alone."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc

from hailwire.profile.v1 import numbers_pb2, numbers_pb2_grpc
from services.gateway.clients.batching import Peer, again

SERVICE = numbers_pb2.DESCRIPTOR.services_by_name["NumbersService"].full_name

Answer = TypeVar("Answer")


class Numbers:
    """Calls with request ids: what may have been lost on its way is asked again, and finds its first outcome."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: Any = numbers_pb2_grpc.NumbersServiceStub(channel)
        self._peer = Peer("profile", channel, SERVICE)

    async def start(self, request: numbers_pb2.StartVerificationRequest) -> numbers_pb2.StartVerificationResponse:
        """Remember a code that we are about to send."""
        return await self._asked(lambda: self._stub.StartVerification(request))

    async def check(self, request: numbers_pb2.CheckVerificationRequest) -> numbers_pb2.CheckVerificationResponse:
        """Compare a code that somebody typed."""
        return await self._asked(lambda: self._stub.CheckVerification(request))

    async def get(self, request: numbers_pb2.GetNumberRequest) -> numbers_pb2.GetNumberResponse:
        """The number of a user."""
        return await self._asked(lambda: self._stub.GetNumber(request))

    async def person(self, request: numbers_pb2.GetPersonRequest) -> numbers_pb2.GetPersonResponse:
        """Who writes from the number of a user."""
        return await self._asked(lambda: self._stub.GetPerson(request))

    async def unlink(self, request: numbers_pb2.UnlinkRequest) -> numbers_pb2.UnlinkResponse:
        """Take the number from its user."""
        return await self._asked(lambda: self._stub.Unlink(request))

    async def _asked(self, begin: Callable[[], Awaitable[Answer]]) -> Answer:
        async def call() -> Answer:
            answer: Answer = await self._peer.call(begin())
            return answer

        return await again(call)
