"""A stand-in for Meta that accepts whatever is sent and counts it: as little work as an HTTP server can have.

`python -m benchmarks.provider PORT`; GET /arrivals answers who got a message when by the machine's clock, as
[[number, seconds], ...], and forgets it; GET anything else {"accepted": number of different messages, "posts": all}.
"""

import asyncio
import re
import sys
import time
from typing import Any

import orjson
import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_OURS = re.compile(rb'"biz_opaque_callback_data": *"(\d+)"')
_TO = re.compile(rb'"to": *"\+?(\d+)"')


class Accepted:
    """What was accepted: the outbox id that travels in each message tells a second copy from a new one."""

    def __init__(self) -> None:
        self.messages: set[bytes] = set()
        self.arrivals: list[tuple[bytes, float]] = []
        self.posts = 0


class _Connection(asyncio.Protocol):
    def __init__(self, accepted: Accepted) -> None:
        self._accepted = accepted
        self._transport: Any = None
        self._seen = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        while (head := self._seen.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._seen, 0, head)
            end = head + 4 + (int(length[1]) if length else 0)
            if len(self._seen) < end:
                return
            request, self._seen = self._seen[:end], self._seen[end:]
            if request.startswith(b"POST"):
                self._answer(self._posted(request))
            else:
                self._answer(self._arrived() if request.startswith(b"GET /arrivals ") else self._counted())

    def _posted(self, request: bytes) -> bytes:
        self._accepted.posts += 1
        ours = _OURS.search(request)
        if ours is not None and ours[1] not in self._accepted.messages:
            self._accepted.messages.add(ours[1])
            if (to := _TO.search(request)) is not None:
                self._accepted.arrivals.append((to[1], time.monotonic()))
        return b'{"messaging_product":"whatsapp","messages":[{"id":"wamid.b%d"}]}' % self._accepted.posts

    def _counted(self) -> bytes:
        return b'{"accepted":%d,"posts":%d}' % (len(self._accepted.messages), self._accepted.posts)

    def _arrived(self) -> bytes:
        told, self._accepted.arrivals = self._accepted.arrivals, []
        return orjson.dumps([(to.decode(), at) for to, at in told])

    def _answer(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self._transport.write(head + body)


async def _main(port: int) -> None:
    accepted = Accepted()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(accepted), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_main(int(sys.argv[1])))
