"""gRPC channels to other services: those of the client package, with deadlines, traces and metrics of this process."""

import contextlib
from collections.abc import AsyncIterator

import grpc

from chassis.interceptors import ClientInterceptor
from chassis.security import SecuritySettings
from chassis.telemetry import Telemetry
from hailwire import client


@contextlib.asynccontextmanager
async def open_channel(
    target: str, telemetry: Telemetry, security: SecuritySettings | None = None
) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to "host:port", "dns:///name:port" or "ipv4:a:p,b:p" (several replicas)."""
    async with client.open_channel(
        target,
        credentials=security.channel_credentials() if security is not None else None,
        token=security.grpc_caller_token.reveal() if security is not None else "",
        interceptors=[ClientInterceptor(telemetry)],
    ) as channel:
        yield channel
