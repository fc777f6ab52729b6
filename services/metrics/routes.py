"""The HTTP interface: the live page, /metrics, the performance API under its two names, the reset behind a token."""

import hmac
import time
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from chassis import logs
from chassis.settings import Secret
from services.metrics import exposition, rounds, views
from services.metrics.fleet import Fleet
from services.metrics.views import Json, View

log = logs.get(__name__)

_PAGE = Path(__file__).parent / "page"
_FILES = {
    "/": ("index.html", "text/html"),
    "/live.css": ("live.css", "text/css"),
    "/live.js": ("live.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
# What never changes while the process runs. Every other answer is made of numbers that whoever asks wants fresh.
UNCHANGING = tuple(_FILES)

# The SMS service that came before had the second.
PREFIXES = ("/api/performance", "/api/sms/performance")


def application(fleet: Fleet, admin_token: Secret) -> Starlette:
    """Every answer is made of readings that are fresh."""

    async def metrics(request: Request) -> Response:
        wanted = request.query_params.get("format", "json")
        if wanted not in {"json", "prometheus"}:
            return _refused(400, "format must be json or prometheus")
        await fleet.look()
        if wanted == "json":
            return JSONResponse(_everything(fleet))
        up = [
            (service.name, replica.address, replica.up)
            for service in fleet.services.values()
            for replica in service.replicas.values()
        ]
        readings = [reading for service in fleet.services.values() for reading in service.readings]
        return PlainTextResponse(exposition.page(readings, up), media_type=exposition.CONTENT_TYPE)

    def answered(data: Callable[[], Json]) -> Callable[[Request], object]:
        async def serve(_request: Request) -> Response:
            await fleet.look()
            return JSONResponse({"success": True, "data": data()})

        return serve

    async def reset(request: Request) -> Response:
        if not _authorized(request.headers.get("authorization", ""), admin_token):
            return _refused(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})
        await fleet.look()
        fleet.reset(time.time())
        log.info("counting starts anew for whoever reads JSON")
        return JSONResponse({"success": True, "data": {"since": _since(fleet)}})

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def file(request: Request) -> Response:
        name, kind = _FILES[request.url.path]
        return FileResponse(_PAGE / name, media_type=kind)

    questions: dict[str, Callable[[], Json]] = {
        "stats": lambda: _asked(fleet, views.stats),
        "cache": lambda: _asked(fleet, lambda view: {"caches": views.cache(view), "dedup": views.dedup(view)}),
        "database": lambda: _asked(fleet, views.database),
        "connections": lambda: _asked(fleet, views.connections),
        "health": lambda: rounds.report(fleet),
        "live": lambda: rounds.live(fleet),
    }
    routes = [Route(path, file) for path in _FILES]
    routes += [Route("/metrics", metrics), Route("/healthz", healthz)]
    for prefix in PREFIXES:
        routes += [Route(f"{prefix}/{name}", answered(data)) for name, data in questions.items()]
        routes.append(Route(f"{prefix}/reset", reset, methods=["POST"]))
    return Starlette(routes=routes)


def paths(app: Starlette) -> list[str]:
    """Every route."""
    return [route.path for route in app.routes if isinstance(route, Route)]


def _everything(fleet: Fleet) -> Json:
    whole, _ = rounds.examine(fleet)
    services: Json = {}
    for service, view, each in views.each(fleet):
        services[service.name] = {
            "replicas": rounds.replicas(service),
            "together": views.everything(view),
            "per_replica": {reading.instance_id: views.everything(own) for reading, own in each},
        }
    return {
        "at": rounds.stamp(time.time()),
        "since": _since(fleet),
        "status": whole.status,
        "reasons": whole.reasons,
        "services": services,
    }


def _asked(fleet: Fleet, question: Callable[[View], Json]) -> Json:
    """A question answered for each service, together and per replica."""
    return {
        "since": _since(fleet),
        "services": {
            service.name: {
                "replicas": rounds.replicas(service),
                "together": question(view),
                "per_replica": {reading.instance_id: question(own) for reading, own in each},
            }
            for service, view, each in views.each(fleet)
        },
    }


def _since(fleet: Fleet) -> str | None:
    """Since when is counted; None: since the processes started."""
    return None if fleet.reset_at is None else rounds.stamp(fleet.reset_at)


def _authorized(header: str, admin_token: Secret) -> bool:
    scheme, _, given = header.partition(" ")
    expected = admin_token.reveal().encode()
    # Compared whole and in constant time, whatever was given.
    right = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), expected)
    return right and scheme.lower() == "bearer" and bool(expected)


def _refused(status: int, error: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"success": False, "error": error}, status, headers)
