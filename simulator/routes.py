"""The simulator's own HTTP doors, beside the pretended providers: outbox, phones, faults, clock, numbers, page."""

from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from simulator.addresses import canonical
from simulator.clock import Clock
from simulator.drafts import DraftError, read_draft
from simulator.event_stream import event_stream
from simulator.json_doors import asked_object, refused
from simulator.media import MediaStore
from simulator.meta_statuses import MetaStatuses
from simulator.outbox import Outbox, Received, as_json
from simulator.phones import Phone, PhoneBook
from simulator.settings import SimulatorSettings
from simulator.writing import Writer

_PAGE = Path(__file__).parent / "page"
_MOST_PHONES_AT_ONCE = 200
# Trusted types that nobody may make: a browser that knows them refuses every text that would become markup.
_POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def outbox_routes(outbox: Outbox, cleared: Callable[[], None]) -> list[BaseRoute]:
    """`GET /outbox?to=`, `GET /outbox/all?after=&limit=`, `DELETE /outbox`."""

    async def of_phone(request: Request) -> Response:
        to = canonical(request.query_params.get("to", ""))
        if to is None:
            return refused("to must be a number such as %2B250788000001 or a BSUID")
        return _items(outbox.of(to), numbered=False)

    async def everything(request: Request) -> Response:
        try:
            after = int(request.query_params.get("after", "0"))
            limit = int(request.query_params.get("limit", "0")) or None
        except ValueError:
            return refused("after and limit must be whole numbers")
        return _items(outbox.after(after, limit), numbered=True)

    async def clear(request: Request) -> Response:
        del request
        outbox.clear()
        cleared()
        return Response(status_code=204)

    def _items(items: list[Received], *, numbered: bool) -> Response:
        headers = {"X-Outbox-Last": str(outbox.last_number), "X-Outbox-Forgotten": str(outbox.forgotten)}
        return Response(as_json(items, numbered=numbered), media_type="application/json", headers=headers)

    return [
        Route("/outbox", of_phone, methods=["GET"]),
        Route("/outbox", clear, methods=["DELETE"]),
        Route("/outbox/all", everything, methods=["GET"]),
    ]


def clock_routes(clock: Clock, record: Callable[[float], None]) -> list[BaseRoute]:
    """`POST /clock {"shift_seconds": 90000}` lets time pass for windows and limits."""

    async def shift(request: Request) -> Response:
        asked = await asked_object(request)
        seconds = asked.get("shift_seconds") if asked is not None else None
        if not isinstance(seconds, int | float):
            return refused("shift_seconds must be a number")
        clock.shift = float(seconds)
        record(clock.shift)
        return Response(status_code=204)

    return [Route("/clock", shift, methods=["POST"])]


def stats_routes(numbers: Callable[[], dict[str, int]]) -> list[BaseRoute]:
    """`GET /stats` counts, `GET /healthz` answers."""

    async def stats(request: Request) -> Response:
        del request
        return JSONResponse(numbers())

    async def healthz(request: Request) -> Response:
        del request
        return JSONResponse({"status": "ok"})

    return [Route("/stats", stats, methods=["GET"]), Route("/healthz", healthz, methods=["GET"])]


def phone_routes(
    settings: SimulatorSettings, phones: PhoneBook, writer: Writer, statuses: MetaStatuses, media: MediaStore
) -> list[BaseRoute]:
    """`POST /phones/send` writes, `GET /events?phone=` watches, `/` is the page."""

    async def send(request: Request) -> Response:
        asked = await asked_object(request)
        try:
            draft = read_draft(asked, settings.phone_number, media, str(request.base_url))
        except DraftError as error:
            return refused(str(error))
        letter = writer.write(draft)
        if asked is not None and asked.get("wait") is False:
            return JSONResponse({"id": letter.subject, "status": None, "taken": None})
        status = await letter.first if letter.first is not None else 0
        return JSONResponse({"id": letter.subject, "status": status, "taken": 200 <= status < 300})

    async def events(request: Request) -> Response:
        watched: dict[str, Phone] = {}
        for key in request.query_params.getlist("phone")[:_MOST_PHONES_AT_ONCE]:
            provider, _, text = key.partition(":")
            address = canonical(text)
            if provider not in {"whatsapp", "twilio"} or address is None:
                return refused("phone must be whatsapp:<number or BSUID> or twilio:<number>")
            phone = phones.take("whatsapp" if provider == "whatsapp" else "twilio", address)
            watched[phone.key] = phone
        for phone in watched.values():
            if phone.provider == "whatsapp":
                statuses.read(phone, phones.unread(phone))
        followed = list(watched.values())
        return event_stream(lambda: phones.listen(followed), lambda queue: phones.leave(queue, followed))

    async def page(request: Request) -> Response:
        del request
        headers = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
        return Response((_PAGE / "index.html").read_bytes(), media_type="text/html", headers=headers)

    return [
        Route("/phones/send", send, methods=["POST"]),
        Route("/events", events, methods=["GET"]),
        Route("/", page, methods=["GET"]),
        Mount("/page", StaticFiles(directory=_PAGE)),
    ]
