"""What the doors that take JSON have in common: reading a request, and refusing one."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


async def asked_object(request: Request) -> dict[str, Any] | None:
    """The JSON object of a request; other content types are refused because a foreign page could post them."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return None
    try:
        content = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) else None


def refused(why: str) -> Response:
    """Say in a sentence what is wrong with a request."""
    return JSONResponse({"error": why}, status_code=400)
