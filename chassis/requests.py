"""What happens around every HTTP request: its ids, how long it took, how many are under way, how it ended.

Plain ASGI, because the hot routes pass here too. Routes are told apart by their templates, so that a label never holds
what a caller wrote.
"""

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

from chassis import logs, request_ids
from chassis.telemetry import Telemetry
from chassis.thinned import Thinned

log = Thinned(logs.get(__name__))

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

# Of a route that we do not serve, and of a method that nobody has.
_OTHER = "other"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Routes:
    """Names the route of a path: one of these templates, such as "/api/items/{id}", or "other"."""

    def __init__(self, templates: Iterable[str]) -> None:
        found = list(templates)
        self._plain = frozenset(template for template in found if "{" not in template)
        self._patterns = [
            (re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template))), template)
            for template in found
            if "{" in template
        ]

    def __call__(self, path: str) -> str:
        """The template of a path."""
        if path in self._plain:
            return path
        for pattern, template in self._patterns:
            if pattern.fullmatch(path):
                return template
        return _OTHER


class Measured:
    """An ASGI app around another: measures it, and gives each answer X-Request-ID, X-Correlation-ID, X-Response-Time.

    A request whose caller went away before it was answered counts as 499.
    """

    def __init__(self, app: App, telemetry: Telemetry, templates: Iterable[str]) -> None:
        self._app = app
        self._route = Routes(templates)
        self._slow_seconds = telemetry.slow_seconds
        self._requests = telemetry.counter("http_server_requests", "HTTP requests, by route, method and status")
        self._seconds = telemetry.histogram("http_server", "time to serve an HTTP request, by route and method")
        self._in_flight: dict[str, int] = {}
        telemetry.gauge(
            "http_server_in_flight",
            "HTTP requests being served now, by route",
            lambda: [(count, {"route": route}) for route, count in list(self._in_flight.items())],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        route = self._route(scope["path"])
        method = scope["method"] if scope["method"] in _METHODS else _OTHER
        headers = dict(scope["headers"])
        ids = request_ids.chosen(headers.get(b"x-request-id"), headers.get(b"x-correlation-id"))
        status = 499

        async def answer(message: Mapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                seconds = time.perf_counter() - started
                extra = (
                    (b"x-request-id", ids.request_id.encode()),
                    (b"x-correlation-id", ids.correlation_id.encode()),
                    (b"x-response-time", b"%.1fms" % (seconds * 1000)),
                )
                message = {**message, "headers": [*message.get("headers", ()), *extra]}
            await send(message)

        token = request_ids.current.set(ids)
        self._in_flight[route] = self._in_flight.get(route, 0) + 1
        try:
            await self._app(scope, receive, answer)
        except BaseException as error:
            if isinstance(error, Exception) and status == 499:
                status = 500  # the server answers that for us
            raise
        finally:
            self._in_flight[route] -= 1
            seconds = time.perf_counter() - started
            self._seconds.record(seconds, route=route, method=method)
            self._requests.add(1, route=route, method=method, status=str(status))
            if seconds > self._slow_seconds:
                log.warning("slow request", route, route=route, method=method, status=status, seconds=round(seconds, 3))
            request_ids.current.reset(token)
