"""One HTTP request to a provider, with its failures sorted by what matters here: whether anything was sent."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
from opentelemetry import trace

from chassis.records import record
from services.gateway.providers.foreign_json import MalformedBody, loads
from services.gateway.providers.foreign_values import as_dict
from services.gateway.providers.sending import Retry, Stop, Unknown, retry_after_seconds

# Connecting includes waiting for a free connection of the pool. Meta's and Twilio's slowest answers stay under the
# others by far; past them the result is unknown, and waiting longer would not make it known.
TIMEOUT = aiohttp.ClientTimeout(total=25, connect=10, sock_connect=5, sock_read=15)
# An answer is a few hundred bytes; nothing makes us hold more than this.
_MOST_BYTES = 256 * 1024


@record
class Answer:
    """What came back: the status, the JSON object of the body ({} when it is none) and Retry-After in seconds."""

    http_status: int
    body: dict[str, Any]
    retry_after: float | None


def traced(headers: Mapping[str, str], traceparent: str) -> Mapping[str, str]:
    """The headers of a request that belongs to this trace, if any."""
    return {**headers, "traceparent": traceparent} if traceparent else headers


async def exchange(
    session: aiohttp.ClientSession, method: str, url: str, **arguments: Any
) -> Answer | Retry | Stop | Unknown:
    """Make a request; Retry when nothing can have reached the provider, Unknown when something may have.

    Redirects are not followed: they would carry credentials elsewhere.
    """
    arguments.setdefault("timeout", TIMEOUT)
    try:
        async with session.request(method, url, allow_redirects=False, **arguments) as response:
            _tell(response)
            raw = await _read(response)
            retry_after = retry_after_seconds(response.headers.get("Retry-After"))
            return Answer(response.status, _object(raw), retry_after)
    except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError):
        # Name not found, refused, no route, TLS refused, no connection in time: not one byte of the request went out.
        return Retry("UNREACHABLE", scope="provider")
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
        return Stop("ENDPOINT")
    except (TimeoutError, asyncio.IncompleteReadError):
        return Unknown("NO_ANSWER_IN_TIME")
    except (aiohttp.ClientError, OSError):
        # Also a kept-alive connection that the provider closed at the moment we wrote to it: it may have read first.
        return Unknown("CONNECTION_LOST")


def _tell(response: aiohttp.ClientResponse) -> None:
    span = trace.get_current_span()
    if span.is_recording():
        span.set_attribute("http.response.status_code", response.status)
        span.set_attribute("server.address", response.url.host or "")
        span.set_attribute("server.port", response.url.port or 0)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_chunked(16 * 1024):
        size += len(piece)
        if size > _MOST_BYTES:
            # Such an answer says nothing we understand; dropping the connection is cheaper than draining it.
            response.close()
            return b""
        pieces.append(piece)
    return b"".join(pieces)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        return as_dict(loads(raw))
    except MalformedBody:
        return {}
