"""The gateway's quiet routes: health, readiness, the APIs for outside apps, the description of its HTTP interface."""

import asyncio
import html
import time
from collections.abc import Mapping, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from services.gateway.openapi import DOCUMENT
from services.gateway.quiet import Probe
from services.gateway.user_api import Routed

# A dependency that needs longer counts as out of reach for now.
_PROBE_SECONDS = 2.0


def application(
    *, required: Mapping[str, Probe], informative: Mapping[str, Probe], user_apis: Sequence[Routed]
) -> Starlette:
    """`required` decide readiness; `informative` are shown only: without them messages are kept, not lost."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def readyz(_request: Request) -> Response:
        checks = {**required, **informative}
        results = dict(zip(checks, await asyncio.gather(*(_probed(probe) for probe in checks.values())), strict=True))
        ready = all(results[name]["ok"] for name in required)
        return JSONResponse({"ready": ready, "dependencies": results}, 200 if ready else 503)

    async def openapi(_request: Request) -> Response:
        return JSONResponse(DOCUMENT)

    async def docs(_request: Request) -> Response:
        return HTMLResponse(_page())

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/openapi.json", openapi),
            Route("/docs", docs),
            *(route for api in user_apis for route in api.routes()),
        ]
    )


async def _probed(probe: Probe) -> dict[str, object]:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            await probe()
        ok = True
    except Exception:  # noqa: BLE001 - whatever it is, it is not there; the reason is in the log of whoever is down
        ok = False
    return {"ok": ok, "milliseconds": round((time.perf_counter() - started) * 1000, 1)}


def _page() -> str:
    """The description as a page that needs nothing from elsewhere."""
    rows = []
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            answers = "".join(
                f"<li><code>{status}</code> {html.escape(answer['description'])}</li>"
                for status, answer in operation["responses"].items()
            )
            rows.append(
                f"<section><h2><code>{method.upper()} {html.escape(path)}</code></h2>"
                f"<p>{html.escape(operation['summary'])}</p><ul>{answers}</ul></section>"
            )
    info = DOCUMENT["info"]
    style = "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}"
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{html.escape(info['title'])}</title><style>{style}</style>"
        f"<h1>{html.escape(info['title'])}</h1><p>{html.escape(info['description'])}</p>"
        f"<p><a href=/openapi.json>openapi.json</a></p>{''.join(rows)}</html>"
    )
