"""One coalescer per batch RPC: concurrent single items of this process become one call."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis import deadlines, errors
from chassis.coalesce import Coalescer
from chassis.interceptors import call

Request = TypeVar("Request")
Answer = TypeVar("Answer")

# A service that does not even answer whether it serves within this time does not.
_HEALTH_SECONDS = 1.0
_TRIES = 3


class Peer:
    """A service behind a channel."""

    def __init__(self, name: str, channel: grpc.aio.Channel, service: str) -> None:
        self.name = name
        self._service = service
        self._health: Any = health_pb2_grpc.HealthStub(channel)

    async def serving(self) -> bool:
        """Whether it says so now."""
        try:
            answer = await self._health.Check(
                health_pb2.HealthCheckRequest(service=self._service), timeout=_HEALTH_SECONDS
            )
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def call(self, awaitable: Awaitable[Any]) -> Any:
        """Await an RPC; what is no fault of the request is Unavailable, so that its message waits.

        That is a deadline which a service missed while it is not serving, and a token of ours that it does not know.
        """
        try:
            return await call(awaitable)
        except errors.DeadlineExceeded as error:
            if await self.serving():
                raise
            raise errors.Unavailable(f"{self.name} is not serving", reason="PEER_NOT_SERVING") from error
        except errors.Unauthenticated as error:
            raise errors.Unavailable(f"{self.name} does not know us", reason="CALLER_UNKNOWN") from error


async def again(begin: Callable[[], Awaitable[Answer]]) -> Answer:
    """Ask for something once more while the reason against it will pass; a request id finds its first outcome.

    For whoever waits at a REST API: a turn that fails so is run again anyway.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            return await begin()
        except errors.HailwireError as error:
            if not errors.is_transient(error) or not tries_left or not deadlines.remaining():
                raise
    raise errors.Internal("unreachable")


def batched(
    peer: Peer,
    name: str,
    method: Callable[[Any], Awaitable[Any]],
    request: Callable[[list[Request]], Any],
    value: Callable[[Any], Answer],
) -> Coalescer[Request, Answer]:
    """A coalescer for a batch RPC whose results hold a value or an `error`."""

    async def run(items: list[Request]) -> Sequence[Answer | BaseException]:
        response = await peer.call(method(request(items)))
        return [
            errors.from_status(result.error) if result.HasField("error") else value(result)
            for result in response.results
        ]

    return Coalescer(f"{peer.name}.{name}", run)
