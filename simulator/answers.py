"""What an HTTP endpoint of a provider answers, written straight to ASGI because the Graph endpoint is a hot path."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from starlette.types import Receive, Send


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP answer with a JSON body."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(self, send: Send) -> None:
        """Write the answer."""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(self.body))]
        headers += [(name.encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def json_answer(status: int, content: object, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer whose body is `content` as JSON."""
    return Answer(status, orjson.dumps(content), headers or {})


class BodyTooLargeError(Exception):
    """The request body is larger than the provider takes."""


async def read_body(receive: Receive, most_bytes: int) -> bytes:
    """The whole request body; raises `BodyTooLargeError` as soon as it exceeds the limit."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(chunks)
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > most_bytes:
            raise BodyTooLargeError
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks) if len(chunks) > 1 else chunk
