"""HTTP servers on uvicorn that start, stop and drain like everything else here, and the Prometheus page."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from typing import Any

import uvicorn

from chassis import errors
from chassis.telemetry import Telemetry

# Connections that wait to be accepted while the loop is busy.
_BACKLOG = 1024
# libuv takes one connection from a listening socket in each turn of its loop. When a turn takes 100 ms, those are ten a
# second: in a flood of webhooks on new connections most came to a full queue, and a caller to whom that happens tries
# again after 1, 3 and 7 seconds. From each copy of the socket it takes one, too. Not many more: what is let in during a
# turn makes the next one longer, and with 32 fewer messages were answered at 3,300 webhooks a second than with eight.
_ACCEPTED_A_TURN = 8


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the process decides when to end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


@contextlib.asynccontextmanager
async def serve_http(
    app: Any,
    *,
    host: str,
    port: int,
    setting: str = "",
    grace_seconds: int = 5,
    accepted_a_turn: int = _ACCEPTED_A_TURN,
    **options: Any,
) -> AsyncIterator[int]:
    """Serve an ASGI app; gives the port, also when 0 was asked for. Requests under way are finished on the way out."""
    # Named explicitly, because asyncio switches Nagle's algorithm off only for sockets that say they are TCP, and with
    # it on every answer waits 40 ms for an acknowledgement between its headers and its body.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_BACKLOG)  # only this claims a port for good: two may bind it before either listens
    except OSError as error:
        listening.close()
        hint = f"; set {setting} to another one" if setting else ""
        raise errors.PortInUse(f"cannot listen on {host}:{port} ({os.strerror(error.errno or 0)}){hint}") from error
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # nothing here asks who a caller says it is
        lifespan="off",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=grace_seconds,
        backlog=_BACKLOG,
        **options,
    )
    server = _Server(config)
    async with contextlib.AsyncExitStack() as stack:
        doors = [stack.enter_context(listening)]
        doors += [stack.enter_context(listening.dup()) for _ in range(accepted_a_turn - 1)]
        async with _served(server, doors):
            yield listening.getsockname()[1]


@contextlib.asynccontextmanager
async def _served(server: _Server, doors: list[socket.socket]) -> AsyncIterator[None]:
    task = asyncio.create_task(server.serve(sockets=doors))
    try:
        while not server.started:
            if task.done():
                await task
                raise errors.Internal("the HTTP server ended while starting")
            await asyncio.sleep(0.005)
        yield
    finally:
        server.should_exit = True
        await task


def prometheus_page(telemetry: Telemetry) -> Any:
    """An ASGI app with this process's metrics at /metrics in Prometheus' text format."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:  # noqa: ARG001
        if scope["type"] != "http":
            return
        # Imported here: nobody scrapes a process that does not serve yet.
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        found = scope["path"] == "/metrics"
        body = generate_latest(telemetry.registry) if found else b"see /metrics\n"
        kind = CONTENT_TYPE_LATEST if found else "text/plain"
        await send(
            {
                "type": "http.response.start",
                "status": 200 if found else 404,
                "headers": [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())],
            }
        )
        await send({"type": "http.response.body", "body": body})

    return app


@contextlib.asynccontextmanager
async def serve_prometheus(telemetry: Telemetry, *, host: str, port: int, setting: str = "") -> AsyncIterator[int]:
    """The Prometheus page of a process on its own port."""
    page = prometheus_page(telemetry)
    async with serve_http(page, host=host, port=port, setting=setting, grace_seconds=1, accepted_a_turn=1) as bound:
        yield bound
