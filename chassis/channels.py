"""gRPC channels to other services: those of the client package, with deadlines, traces and metrics of this process.

A channel is shared by all callers: its calls multiplex over the connections that grpc keeps to each replica.
"""

import contextlib
import time
from collections.abc import AsyncIterator

import grpc

from chassis.interceptors import ClientInterceptor
from chassis.pools.statistics import Statistics
from chassis.security import SecuritySettings
from chassis.telemetry import Telemetry
from hailwire import client

# Idle is how a channel begins and how it rests.
_WELL = {grpc.ChannelConnectivity.READY, grpc.ChannelConnectivity.IDLE}


@contextlib.asynccontextmanager
async def open_channel(
    target: str, telemetry: Telemetry, security: SecuritySettings | None = None, *, name: str = "channel"
) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to "host:port", "dns:///name:port" or "ipv4:a:p,b:p" (several replicas); `name` is that of its pool."""
    calls = ClientInterceptor(telemetry)
    opened_at = time.monotonic()
    async with client.open_channel(
        target,
        credentials=security.channel_credentials() if security is not None else None,
        token=security.grpc_caller_token.reveal() if security is not None else "",
        interceptors=[calls],
    ) as channel:

        def statistics() -> Statistics:
            state = channel.get_state()
            return Statistics(
                size=1,
                healthy=int(state in _WELL),
                in_use=calls.in_flight,
                waiting=0 if state is grpc.ChannelConnectivity.READY else calls.in_flight,
                max=1,
                total_uses=calls.calls,
                oldest_client_age=time.monotonic() - opened_at,
            )

        telemetry.pools.add(name, statistics)
        yield channel


async def connected(channel: grpc.aio.Channel) -> None:
    """Connect now instead of at the first call; returns when calls can go out."""
    await channel.channel_ready()
