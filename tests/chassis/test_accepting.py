"""Connections that came while the event loop was busy."""

import asyncio
import socket
import time
from typing import Any

import uvloop

from chassis.http import serve_http

_CALLERS = 300


async def _app(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def _turns() -> int:
    """How many turns of the loop it takes until all are served that came while it was busy."""
    async with serve_http(_app, host="127.0.0.1", port=0) as port:
        callers = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(_CALLERS)]
        try:
            for caller in callers:
                caller.sendall(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n")
                caller.setblocking(False)
            waiting, turns = set(callers), 0
            end = time.monotonic() + 30
            while waiting:
                assert time.monotonic() < end, f"{len(waiting)} of {_CALLERS} were not served"
                await asyncio.sleep(0)
                turns += 1
                waiting -= {caller for caller in waiting if _answered(caller)}
            return turns
        finally:
            for caller in callers:
                caller.close()


def _answered(caller: socket.socket) -> bool:
    try:
        return caller.recv(100).startswith(b"HTTP/1.1 204")
    except BlockingIOError:
        return False


def test_many_are_accepted_in_one_turn_of_the_loop() -> None:
    """A flood of new connections does not wait a turn for each: under load a turn is long, and the queue is short."""
    assert uvloop.run(_turns()) < _CALLERS // 2
