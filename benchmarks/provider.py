"""A stand-in for Meta that accepts whatever is sent and counts it: as little work as an HTTP server can have.

`python -m benchmarks.provider PORT`; GET anything answers {"accepted": number of different messages, "posts": all}.
"""

import asyncio
import re
import sys
from typing import Any

import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_OURS = re.compile(rb'"biz_opaque_callback_data": *"(\d+)"')


class Accepted:
    """What was accepted: the outbox id that travels in each message tells a second copy from a new one."""

    def __init__(self) -> None:
        self.messages: set[bytes] = set()
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
            self._answer(self._posted(request) if request.startswith(b"POST") else self._counted())

    def _posted(self, request: bytes) -> bytes:
        self._accepted.posts += 1
        ours = _OURS.search(request)
        if ours is not None:
            self._accepted.messages.add(ours[1])
        return b'{"messaging_product":"whatsapp","messages":[{"id":"wamid.b%d"}]}' % self._accepted.posts

    def _counted(self) -> bytes:
        return b'{"accepted":%d,"posts":%d}' % (len(self._accepted.messages), self._accepted.posts)

    def _answer(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self._transport.write(head + body)


async def _main(port: int) -> None:
    accepted = Accepted()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(accepted), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_main(int(sys.argv[1])))
