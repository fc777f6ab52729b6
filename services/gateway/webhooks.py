"""The doors that providers knock at: verify on the raw bytes, split, store, and only then say 200.

Plain ASGI, because every message passes here. A refusal tells the caller nothing but its status; the reason is in our
log and metrics.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import orjson
from opentelemetry.trace import SpanKind

from chassis import errors, logs
from chassis.overdue import Overdue
from chassis.settings import Secret
from chassis.telemetry import Telemetry, failed, new_traceparent, traceparent
from chassis.thinned import Thinned
from services.gateway.intake import Intake, Refusal
from services.gateway.messages import Item, ItemKind
from services.gateway.providers.twilio import signature as twilio_signature
from services.gateway.providers.twilio import webhook as twilio_webhook
from services.gateway.providers.whatsapp import handshake
from services.gateway.providers.whatsapp import signature as whatsapp_signature
from services.gateway.providers.whatsapp import webhook as whatsapp_webhook

log = Thinned(logs.get(__name__))

# Meta sends up to 3 MB; a legal batch that we cut off would come back for seven days.
WHATSAPP_BODY_BYTES = 4 * 1024 * 1024
# A form with 1600 characters and ten media addresses is far below.
TWILIO_BODY_BYTES = 256 * 1024
# Whoever needs longer to send a body keeps a connection busy on purpose.
_BODY_SECONDS = 10.0

_JSON = b"application/json"
_TWIML = b"text/xml"
_EMPTY_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Webhooks:
    """An ASGI app: the providers' routes here, everything else passed on."""

    def __init__(
        self,
        *,
        intake: Intake,
        telemetry: Telemetry,
        verify_token: Secret,
        app_secrets: tuple[Secret, ...],
        auth_token: Secret,
        base_url: str,
        answered_numbers: Collection[str],
        rest: Any,
    ) -> None:
        self._intake = intake
        self._telemetry = telemetry
        self._verify_token = verify_token
        self._app_secrets = app_secrets
        self._auth_token = auth_token
        self._base_url = base_url
        self._answered_numbers = answered_numbers
        self._body_within = Overdue(_BODY_SECONDS)
        self._rest = rest
        self._requests = telemetry.counter("webhooks", "webhook requests by provider, status and reason")
        self._kept = telemetry.counter("messages_kept", "messages that are kept and not answered, by reason")
        self._routes: dict[tuple[str, str], Callable[[Scope, Receive, Send], Awaitable[int]]] = {
            ("GET", "/webhooks/whatsapp"): self._handshake,
            ("POST", "/webhooks/whatsapp"): self._whatsapp,
            ("POST", "/webhooks/twilio"): self._twilio,
            ("POST", "/webhooks/twilio/status"): self._twilio,
            ("POST", "/api/sms/webhook"): self._twilio,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        serve = self._routes.get((scope["method"], scope["path"]))
        if serve is None:
            await self._rest(scope, receive, send)
            return
        provider = "whatsapp" if scope["path"].endswith("whatsapp") else "twilio"
        reason = ""
        attributes: dict[str, str | int | float | bool] = {
            "http.request.method": scope["method"],
            "http.route": scope["path"],
            "url.scheme": scope.get("scheme", "http"),
        }
        with self._telemetry.span(
            f"{scope['method']} {scope['path']}", kind=SpanKind.SERVER, attributes=attributes
        ) as span:
            try:
                status = await serve(scope, receive, send)
            except Refusal as refusal:
                status, reason = refusal.status, refusal.reason
                log.warning("webhook refused", reason, provider=provider, status=status, reason=reason)
                await _refuse(send, refusal)
            span.set_attribute("http.response.status_code", status)
            if status >= 500:
                failed(span, reason)
        self._requests.add(1, provider=provider, status=str(status), reason=reason)

    async def _handshake(self, scope: Scope, _receive: Receive, send: Send) -> int:
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        challenge = handshake.answer(query, self._verify_token)
        if challenge is None:
            raise Refusal(403, "handshake refused")
        return await _answer(send, 200, b"text/plain", challenge.encode())

    async def _whatsapp(self, scope: Scope, receive: Receive, send: Send) -> int:
        self._intake.check_room()
        headers = _headers(scope)
        raw = await self._body(headers, receive, WHATSAPP_BODY_BYTES)
        if not whatsapp_signature.verify(raw, headers.get(b"x-hub-signature-256"), self._app_secrets):
            raise Refusal(403, "signature")
        self._intake.check_strain(raw)
        trace = traceparent() or new_traceparent()
        items = [self._ours(item) for item in _split(whatsapp_webhook.split, raw)]
        stored = await self._intake.take(items, trace)
        if stored.duplicate:
            body = b'{"success":true,"duplicate":true}'
            return await _answer(send, 200, _JSON, body, (b"x-duplicate", b"true"), _told(trace))
        return await _answer(send, 200, _JSON, b'{"success":true}', _told(trace))

    def _ours(self, item: Item) -> Item:
        """What came to another number of the same account is kept: from ours the answer would be a stranger's."""
        if item.kind is not ItemKind.MESSAGE or item.account in self._answered_numbers or not item.account:
            return item
        self._kept.add(1, reason="foreign_number")
        return replace(item, kind=ItemKind.NOTICE, addresses=())

    async def _twilio(self, scope: Scope, receive: Receive, send: Send) -> int:
        self._intake.check_room()
        headers = _headers(scope)
        raw = await self._body(headers, receive, TWILIO_BODY_BYTES)
        query: bytes = scope["query_string"]
        genuine = twilio_signature.verify(
            raw,
            headers.get(b"x-twilio-signature"),
            (self._auth_token,),
            public_base_url=self._base_url,
            path=scope.get("raw_path") or scope["path"].encode(),
            query=query,
            content_type=headers.get(b"content-type", b"").decode("latin-1"),
        )
        if not genuine:
            raise Refusal(403, "signature")
        trace = traceparent() or new_traceparent()
        stored = await self._intake.take(_split(lambda body: twilio_webhook.split(body, query), raw), trace)
        extra = ((b"x-duplicate", b"true"),) if stored.duplicate else ()
        return await _answer(send, 200, _TWIML, _EMPTY_TWIML, *extra, _told(trace))

    async def _body(self, headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
        try:
            with self._body_within():
                return await _body(headers, receive, limit)
        except TimeoutError:
            raise Refusal(408, "body too slow") from None


def _told(trace: str) -> tuple[bytes, bytes]:
    """The header by which whoever looks at both sides finds what a webhook led to (W3C Trace Context, level 2)."""
    return b"traceresponse", trace.encode()


def _split(split: Callable[[bytes], list[Item]], raw: bytes) -> list[Item]:
    try:
        return split(raw)
    except errors.InvalidArgument as error:
        raise Refusal(400, error.reason.lower()) from None


def _headers(scope: Scope) -> dict[bytes, bytes]:
    return dict(scope["headers"])


async def _body(headers: Mapping[bytes, bytes], receive: Receive, limit: int) -> bytes:
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Refusal(400, "content encoding")  # neither provider compresses; a bomb would
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > limit:
        raise Refusal(413, "too large")
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal(400, "caller went away")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise Refusal(413, "too large")
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _refuse(send: Send, refusal: Refusal) -> None:
    extra = [] if refusal.retry_after is None else [(b"retry-after", str(refusal.retry_after).encode())]
    body = orjson.dumps({"success": False, "error": _WORDS.get(refusal.status, "refused")})
    await _answer(send, refusal.status, _JSON, body, *extra)


# All that a caller learns.
_WORDS = {400: "malformed", 403: "forbidden", 408: "timeout", 413: "too large", 503: "unavailable"}


async def _answer(send: Send, status: int, kind: bytes, body: bytes, *extra: tuple[bytes, bytes]) -> int:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    return status
