"""`GET /journal?phone=...`: a stream of the raw webhooks and API calls of these phones."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.event_stream import event_stream
from simulator.journal import Journal


def journal_routes(journal: Journal) -> list[BaseRoute]:
    """The stream for the page, and `GET /journal/entries?phone=` for whoever wants it once."""

    async def follow(request: Request) -> Response:
        phones = request.query_params.getlist("phone")
        return event_stream(lambda: journal.listen(phones), journal.leave)

    async def entries(request: Request) -> Response:
        phones = request.query_params.getlist("phone")
        return JSONResponse([exchange.rendered() for exchange in journal.about(phones)])

    return [
        Route("/journal", follow, methods=["GET"]),
        Route("/journal/entries", entries, methods=["GET"]),
    ]
