"""Events as a page follows them, with a sign of life when nothing happens."""

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.responses import Response, StreamingResponse

_HEARTBEAT_SECONDS = 15.0

Events = asyncio.Queue[bytes | None]


def event_stream(listen: Callable[[], Events], leave: Callable[[Events], None]) -> Response:
    """Answer with what `listen` gives until None comes; `leave` when that is over or nobody reads any more."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_lines(listen, leave), media_type="text/event-stream", headers=headers)


async def _lines(listen: Callable[[], Events], leave: Callable[[Events], None]) -> AsyncIterator[bytes]:
    queue = listen()
    try:
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), _HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if event is None:
                return
            yield b"data: " + event + b"\n\n"
    finally:
        leave(queue)
