"""A service with one method, for tests of what happens around a call; requests and answers are bytes."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc

from chassis import interceptors
from chassis.channels import open_channel
from chassis.server import GrpcServer, Probe, serve_grpc
from chassis.telemetry import Telemetry

NAME = "test.Tiny"
METHOD = f"/{NAME}/Call"

Handler = Callable[[bytes, Any], Awaitable[bytes]]  # from the request and grpc's context


def register(handler: Handler) -> Callable[[grpc.aio.Server], None]:
    """What `serve_grpc` wants."""
    method: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(handler)
    service = grpc.method_handlers_generic_handler(NAME, {"Call": method})
    return lambda server: server.add_generic_rpc_handlers((service,))


async def healthy() -> None:
    """A probe that finds nothing wrong."""


@contextlib.asynccontextmanager
async def served(
    handler: Handler, telemetry: Telemetry, *, probe: Probe = healthy, port: int = 0, **options: Any
) -> AsyncIterator[GrpcServer]:
    """A real server with that method."""
    async with serve_grpc(
        f"127.0.0.1:{port}", register=[register(handler)], services=[NAME], probe=probe, telemetry=telemetry, **options
    ) as server:
        yield server


@contextlib.asynccontextmanager
async def opened(handler: Handler, telemetry: Telemetry, **options: Any) -> AsyncIterator[grpc.aio.Channel]:
    """A channel of ours to such a server."""
    async with (
        served(handler, telemetry, **options) as server,
        open_channel(f"127.0.0.1:{server.port}", telemetry) as channel,
    ):
        yield channel


async def ask(channel: grpc.aio.Channel, request: bytes = b"", timeout: float | None = 60) -> bytes:
    """Call the method, with more time than it takes a machine to come round; failures are typed errors."""
    answer: bytes = await interceptors.call(multicallable(channel)(request, timeout=timeout))
    return answer


def multicallable(channel: grpc.aio.Channel, method: str = METHOD) -> Any:
    """The method as grpc offers it, failures and all."""
    return channel.unary_unary(method)
