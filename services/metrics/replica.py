"""One replica of a service: asked for its numbers over a channel of its own, and known to be silent when it is."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import grpc

from hailwire.client import OPTIONS, channel
from hailwire.ops.v1 import ops_pb2, ops_pb2_grpc
from services.metrics.reading import Reading, read

# So that whoever looks learns within a second who is silent.
ASK_SECONDS = 0.6

# As every client of ours, but without retries: a replica that does not answer is news.
_OPTIONS = (*(option for option in OPTIONS if option[0] != "grpc.enable_retries"), ("grpc.enable_retries", 0))

# From the name of a service and the address of a replica.
Connect = Callable[[str, str], grpc.aio.Channel]


def connecting(*, credentials: grpc.ChannelCredentials | None = None, token: str = "") -> Connect:
    """Channels to replicas by their addresses; a certificate is that of the service, whatever the address."""

    def connect(service: str, address: str) -> grpc.aio.Channel:
        return channel(address, credentials=credentials, server_name=service, token=token, options=_OPTIONS)

    return connect


class Replica:
    """`reason` is empty while it answers; `since` is when that last changed, in seconds since 1970."""

    def __init__(
        self,
        service: str,
        address: str,
        *,
        connect: Connect | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.service = service
        self.address = address
        self.reason = "NOT_ASKED"
        self.since = wall()
        self.ever_answered = False
        self.reading: Reading | None = None
        self._wall = wall
        self._channel = (connect or connecting())(service, address)
        self._stub: Any = ops_pb2_grpc.PerformanceServiceStub(self._channel)

    @property
    def up(self) -> bool:
        """Whether it answered when it was last asked."""
        return not self.reason

    @property
    def serving(self) -> bool:
        """Whether it says that it can do its work."""
        if not self.up or self.reading is None:
            return False
        told = [value for series, value in self.reading.numbers.items() if series.metric == "hailwire_serving"]
        return all(told)

    async def ask(self) -> None:
        """Ask for its numbers, and note what came of it; raises nothing."""
        try:
            response = await self._stub.GetPerformance(ops_pb2.GetPerformanceRequest(), timeout=ASK_SECONDS)
        except grpc.aio.AioRpcError as error:
            self._note(error.code().name)
            return
        except (grpc.aio.UsageError, asyncio.CancelledError):
            # grpc says either for a channel that is closed under a call, because its replica is gone.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self._note("CHANNEL_CLOSED")
            return
        if response.service != self.service:
            self._note("WRONG_SERVICE")
            return
        self.reading = read(response)
        self.ever_answered = True
        self._note("")

    def _note(self, reason: str) -> None:
        if bool(reason) != bool(self.reason):
            self.since = self._wall()
        self.reason = reason

    async def close(self) -> None:
        """Forget it."""
        await self._channel.close()
