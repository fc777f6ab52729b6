"""`GET /journal?phone=...`: a stream of the raw webhooks and API calls of these phones."""

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from simulator.journal import Journal

_HEARTBEAT_SECONDS = 15.0


def journal_routes(journal: Journal) -> list[BaseRoute]:
    """The stream for the page, and `GET /journal/entries?phone=` for whoever wants it once."""

    async def follow(request: Request) -> Response:
        phones = request.query_params.getlist("phone")
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_stream(journal, phones), media_type="text/event-stream", headers=headers)

    async def entries(request: Request) -> Response:
        phones = request.query_params.getlist("phone")
        return JSONResponse([exchange.rendered() for exchange in journal.about(phones)])

    return [
        Route("/journal", follow, methods=["GET"]),
        Route("/journal/entries", entries, methods=["GET"]),
    ]


async def _stream(journal: Journal, phones: list[str]) -> AsyncIterator[bytes]:
    queue = journal.listen(phones)
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
        journal.leave(queue)
