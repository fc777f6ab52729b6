"""Where attachments come in from the page, and where the gateway fetches them as from Meta and from Twilio."""

import base64
import hmac
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.answers import Answer, BodyTooLargeError, read_body
from simulator.graph_errors import GraphError
from simulator.graph_errors import refusal as graph_refusal
from simulator.media import MEGABYTE, Media, MediaError, MediaStore
from simulator.settings import SimulatorSettings
from simulator.twilio_errors import refusal as twilio_refusal

_MOST_BYTES = 16 * MEGABYTE
# Nothing that somebody attached may run or load anything, whatever it claims to be.
_CAGE = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}


def media_routes(settings: SimulatorSettings, media: MediaStore) -> list[BaseRoute]:
    """`POST /phones/media`, `GET /phones/media/{id}` for the page; the providers' own for the gateway."""
    bearer = f"Bearer {settings.access_token.reveal()}".encode()
    credentials = f"{settings.account_sid}:{settings.auth_token.reveal()}".encode()
    basic = b"Basic " + base64.b64encode(credentials)

    async def attach(request: Request) -> Response:
        # The types that are taken are none that a foreign page could post without asking.
        try:
            content = await read_body(request.receive, _MOST_BYTES)
            added = media.add(request.headers.get("content-type", ""), content)
        except BodyTooLargeError:
            return JSONResponse({"error": f"a file can have at most {_MOST_BYTES // MEGABYTE} MB"}, status_code=413)
        except MediaError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"id": added.id, "kind": added.kind, "mime_type": added.mime_type})

    async def show(request: Request) -> Response:
        found = media.get(request.path_params["media_id"])
        return Response(status_code=404) if found is None else _file(found)

    async def describe(request: Request) -> Response:
        if not _opened(request, bearer):
            return _plain(graph_refusal(GraphError(190)))
        media_id = request.path_params["media_id"]
        found = media.get(media_id)
        if found is None:
            return _plain(graph_refusal(_unknown(media_id)))
        return JSONResponse(
            {
                "url": f"{str(request.base_url).rstrip('/')}/graph/attachments/{media.address(found)}",
                "mime_type": found.mime_type,
                "sha256": found.sha256,
                "file_size": len(found.content),
                "id": found.id,
                "messaging_product": "whatsapp",
            }
        )

    async def download(request: Request) -> Response:
        if not _opened(request, bearer):
            return Response(status_code=401)
        found = media.behind(request.path_params["word"])
        return Response(status_code=404) if found is None else _file(found)

    async def of_message(request: Request) -> Response:
        if not _opened(request, basic):
            return _plain(twilio_refusal(20003))
        found = media.by_sid(request.path_params["sid"])
        if found is None or request.path_params["account_sid"] != settings.account_sid:
            return _plain(twilio_refusal(20404))
        return _file(found)

    return [
        _get("/phones/media/{media_id}", show),
        Route("/phones/media", attach, methods=["POST"]),
        _get("/graph/attachments/{word}", download),
        _get("/graph/{version}/{media_id}", describe),
        _get("/twilio/2010-04-01/Accounts/{account_sid}/Messages/{message_sid}/Media/{sid}", of_message),
    ]


def _get(path: str, endpoint: Callable[..., object]) -> Route:
    return Route(path, endpoint, methods=["GET"])


def _opened(request: Request, key: bytes) -> bool:
    return hmac.compare_digest(request.headers.get("authorization", "").encode("latin-1"), key)


def _unknown(media_id: str) -> GraphError:
    return GraphError(
        100,
        message=f"Unsupported get request. Object with ID '{media_id}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation",
        subcode=33,
    )


def _file(media: Media) -> Response:
    return Response(media.content, media_type=media.mime_type, headers=_CAGE)


def _plain(answer: Answer) -> Response:
    return Response(
        answer.body, status_code=answer.status, headers={"Content-Type": "application/json", **answer.headers}
    )
