"""What the REST APIs for outside apps have in common: whose token it is, bodies, answers and refusals as JSON.

`sub` of the token is the user; nobody acts for another one. {"success": true, "data": ...} or {"success": false,
"error": code, "message": sentence}. Nothing that somebody sent gets into a log or a span.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
from google.protobuf.timestamp_pb2 import Timestamp
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis import deadlines, errors
from chassis.instruments import Counter
from chassis.overdue import Overdue
from services.gateway.tokens import Tokens

_BODY_BYTES = 4096
_BODY_SECONDS = 10.0
_DEADLINE_SECONDS = 5.0
# What the other services or the database are asked to have mended by then.
_AGAIN_SECONDS = 5

# What any of these APIs may refuse: status and what a developer reads.
COMMON: dict[str, tuple[int, str]] = {
    "MALFORMED": (400, "The body must be a JSON object"),
    "UNAUTHORIZED": (401, "A bearer token is needed"),
    "REQUEST_TIMEOUT": (408, "The body came too slowly"),
    "TOO_LARGE": (413, "The body is too large"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "The body must be application/json"),
    "UNAVAILABLE": (503, "Retry-After says when to come back"),
}

# What is somebody's is kept by nobody on the way.
_PRIVATE = {"Cache-Control": "no-store"}

Serve = Callable[[Request, str], Awaitable[Response]]


class Routed(Protocol):
    """One of these APIs."""

    def routes(self) -> list[Route]:
        """For the application that serves them."""


class Declined(Exception):
    """A request that is answered with a refusal."""

    def __init__(self, code: str, retry_after: int | None = None) -> None:
        self.code = code
        self.retry_after = retry_after
        super().__init__(code)


class UserApi:
    """The door of one API."""

    def __init__(
        self,
        tokens: Tokens,
        answers: Counter,
        *,
        refusals: Mapping[str, tuple[int, str]],
        reasons: Mapping[str, str],
    ) -> None:
        """`refusals` are the API's own besides COMMON; `reasons` say which code a reason of the contracts is here."""
        self._tokens = tokens
        self._answers = answers
        self._refusals = {**COMMON, **refusals}
        self._reasons = reasons
        self._body_within = Overdue(_BODY_SECONDS)

    def answering(self, step: str, serve: Serve) -> Callable[[Request], Awaitable[Response]]:
        """Who asks is settled before anything of the request is read."""

        async def answer(request: Request) -> Response:
            result = "failed"
            try:
                with deadlines.within(_DEADLINE_SECONDS):
                    user = await self._tokens.user(request.headers.get("authorization", ""))
                    answered = await serve(request, user)
                result = "ok"
                return answered
            except (Declined, errors.HailwireError) as error:
                declined = error if isinstance(error, Declined) else self.declined(error)
                result = declined.code.lower()
                return self._refusal(declined)
            finally:
                self._answers.add(1, step=step, result=result)

        return answer

    async def fields(self, request: Request) -> Mapping[str, Any]:
        """The JSON object that was sent; raises Declined."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Declined("UNSUPPORTED_MEDIA_TYPE")
        body = bytearray()
        try:
            with self._body_within():
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > _BODY_BYTES:
                        raise Declined("TOO_LARGE")
            fields = orjson.loads(bytes(body))
        except TimeoutError:
            raise Declined("REQUEST_TIMEOUT") from None
        except (ClientDisconnect, orjson.JSONDecodeError):
            raise Declined("MALFORMED") from None
        if not isinstance(fields, dict):
            raise Declined("MALFORMED")
        return fields

    def declined(self, error: errors.HailwireError) -> Declined:
        """How an error reads here; raises what is our own fault."""
        if error.kind is errors.Kind.UNAUTHENTICATED:
            return Declined("UNAUTHORIZED")
        code = self._reasons.get(error.reason)
        if code is not None:
            again = error.metadata.get("retry_after_seconds", "")
            return Declined(code, int(again) if again.isdecimal() else None)
        if errors.is_transient(error):
            return Declined("UNAVAILABLE", _AGAIN_SECONDS)
        raise error

    def refusal_of_one(self, error: errors.HailwireError) -> dict[str, str]:
        """The same for one thing of several that were asked for together."""
        code = self.declined(error).code
        return {"error": code, "message": self._refusals[code][1]}

    def _refusal(self, declined: Declined) -> Response:
        status, message = self._refusals[declined.code]
        headers = {} if declined.retry_after is None else {"Retry-After": str(declined.retry_after)}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        body = {"success": False, "error": declined.code, "message": message}
        return JSONResponse(body, status, {**headers, **_PRIVATE})


def done(status: int, data: Mapping[str, Any]) -> Response:
    """What was asked for."""
    return JSONResponse({"success": True, "data": data}, status, _PRIVATE)


def stamp(moment: Timestamp) -> str:
    """A moment as these APIs write it: "2026-01-06T07:00:00Z"."""
    at: datetime = moment.ToDatetime(tzinfo=UTC)
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
