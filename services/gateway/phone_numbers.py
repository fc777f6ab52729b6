"""The REST API with which an outside app links its user's phone number: prove it by a code that an SMS brings.

`sub` of the token is the user; nobody acts for another one. Bodies and answers are JSON: {"success": true, "data": ...}
or {"success": false, "error": code, "message": sentence}. No number and no code gets into a log or a span.
"""

import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
import phonenumbers
from google.protobuf.timestamp_pb2 import Timestamp
from phonenumbers import PhoneNumberType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis import deadlines, errors
from chassis.instruments import Counter
from chassis.overdue import Overdue
from hailwire.profile.v1 import numbers_pb2
from services.gateway.clients.numbers import Numbers
from services.gateway.code_sending import CodeSending
from services.gateway.tokens import Tokens
from services.gateway.verification_codes import CodeMessage, VerificationCodes

PATH = "/api/user/phone-number"

# A number and a code are a few dozen bytes.
_BODY_BYTES = 4096
_BODY_SECONDS = 10.0
_DEADLINE_SECONDS = 5.0
# What the other services or the database are asked to have mended by then.
_AGAIN_SECONDS = 5
_CODE = re.compile(r"[0-9]{6}", re.ASCII)
# An SMS reaches a mobile phone; where a plan does not tell them apart, or a number is of no place, it may.
_REACHED_BY_SMS = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.VOIP,
        PhoneNumberType.UNKNOWN,
    }
)

# Every refusal that has a code: status and what a developer reads.
_REFUSALS: dict[str, tuple[int, str]] = {
    "MALFORMED": (400, "The body must be a JSON object"),
    "MISSING_PHONE_NUMBER": (400, "phone_number is required"),
    "INVALID_PHONE_NUMBER": (400, "phone_number must be a mobile number with + and its country code (E.164)"),
    "MISSING_FIELDS": (400, "phone_number and code are required"),
    "INVALID_CODE_FORMAT": (400, "code must be six digits"),
    "VERIFICATION_FAILED": (400, "The code does not prove this number"),
    "UNAUTHORIZED": (401, "A bearer token is needed"),
    "PHONE_NUMBER_NOT_FOUND": (404, "The user has no phone number"),
    "REQUEST_TIMEOUT": (408, "The body came too slowly"),
    "PHONE_NUMBER_ALREADY_LINKED": (409, "The phone number is linked already"),
    "USER_HAS_DIFFERENT_PHONE": (409, "The user has another phone number; unlink it first"),
    "VERIFICATION_NOT_SENT": (409, "Whoever has this number asked for no SMS"),
    "TOO_LARGE": (413, "The body is too large"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "The body must be application/json"),
    "TOO_MANY_REQUESTS": (429, "Retry-After says when the next code may be asked for"),
    "UNAVAILABLE": (503, "Retry-After says when to come back"),
}

# What the profile service refuses, in the words of this API.
_REASONS = {
    "OWNER_INVALID": "UNAUTHORIZED",
    "NUMBER_INVALID": "INVALID_PHONE_NUMBER",
    "CODE_INVALID": "INVALID_CODE_FORMAT",
    "NUMBER_TAKEN": "PHONE_NUMBER_ALREADY_LINKED",
    "OTHER_NUMBER_LINKED": "USER_HAS_DIFFERENT_PHONE",
    "NUMBER_OPTED_OUT": "VERIFICATION_NOT_SENT",
    "CODE_TOO_SOON": "TOO_MANY_REQUESTS",
    "CODE_LIMIT_REACHED": "TOO_MANY_REQUESTS",
    "VERIFICATION_FAILED": "VERIFICATION_FAILED",
    "NUMBER_NOT_FOUND": "PHONE_NUMBER_NOT_FOUND",
}


class Declined(Exception):
    """A request that is answered with a refusal."""

    def __init__(self, code: str, retry_after: int | None = None) -> None:
        self.code = code
        self.retry_after = retry_after
        super().__init__(code)


class PhoneNumbers:
    """The routes and what they need."""

    def __init__(
        self,
        *,
        tokens: Tokens,
        numbers: Numbers,
        codes: VerificationCodes,
        sending: CodeSending,
        answers: Counter,
    ) -> None:
        self._tokens = tokens
        self._numbers = numbers
        self._codes = codes
        self._sending = sending
        self._body_within = Overdue(_BODY_SECONDS)
        self._answers = answers

    def routes(self) -> list[Route]:
        """For the application that serves them."""
        return [
            Route(PATH, self._answering("get", self._get), methods=["GET"]),
            Route(PATH, self._answering("start", self._start), methods=["POST"]),
            Route(PATH, self._answering("unlink", self._unlink), methods=["DELETE"]),
            Route(f"{PATH}/verify", self._answering("verify", self._verify), methods=["POST"]),
        ]

    async def _get(self, _request: Request, user: str) -> Response:
        found = await self._numbers.get(numbers_pb2.GetNumberRequest(owner=_owner(user)))
        data = {"phone_number": found.number, "verified": found.verified}
        if found.verified:
            data["verified_at"] = _stamp(found.verify_time)
        else:
            data["expires_at"] = _stamp(found.expire_time)
        return _done(200, data)

    async def _start(self, request: Request, user: str) -> Response:
        number = _number(_field(await self._fields(request), "phone_number", "phoneNumber"), "MISSING_PHONE_NUMBER")
        request_id, nonce = uuid.uuid4().hex, self._codes.new_nonce()
        started = await self._numbers.start(
            numbers_pb2.StartVerificationRequest(
                request_id=request_id, owner=_owner(user), number=number, code=self._codes.code(nonce)
            )
        )
        language = started.language or request.headers.get("accept-language", "")[:35].partition(",")[0]
        until = started.expire_time.ToDatetime(tzinfo=UTC)
        await self._sending.send(number, request_id, CodeMessage(nonce, language, until))
        data = {
            "phone_number": number,
            "verified": False,
            "expires_at": _stamp(started.expire_time),
            "resend_at": _stamp(started.resend_time),
        }
        return _done(201, data)

    async def _verify(self, request: Request, user: str) -> Response:
        fields = await self._fields(request)
        number = _number(_field(fields, "phone_number", "phoneNumber"), "MISSING_FIELDS")
        code = _field(fields, "code")
        if not code:
            raise Declined("MISSING_FIELDS")
        if not _CODE.fullmatch(code):
            raise Declined("INVALID_CODE_FORMAT")
        checked = await self._numbers.check(
            numbers_pb2.CheckVerificationRequest(
                request_id=uuid.uuid4().hex, owner=_owner(user), number=number, code=code
            )
        )
        return _done(200, {"phone_number": number, "verified": True, "verified_at": _stamp(checked.verify_time)})

    async def _unlink(self, _request: Request, user: str) -> Response:
        await self._numbers.unlink(numbers_pb2.UnlinkRequest(request_id=uuid.uuid4().hex, owner=_owner(user)))
        return Response(status_code=204)

    def _answering(
        self, step: str, serve: Callable[[Request, str], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Who asks is settled before anything of the request is read."""

        async def answer(request: Request) -> Response:
            result = "ok"
            try:
                with deadlines.within(_DEADLINE_SECONDS):
                    user = await self._tokens.user(request.headers.get("authorization", ""))
                    return await serve(request, user)
            except (Declined, errors.HailwireError) as error:
                declined = error if isinstance(error, Declined) else _declined(error)
                result = declined.code.lower()
                return _refusal(declined)
            finally:
                self._answers.add(1, step=step, result=result)

        return answer

    async def _fields(self, request: Request) -> Mapping[str, Any]:
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


def _declined(error: errors.HailwireError) -> Declined:
    """How an error reads here; raises what is our own fault."""
    if error.kind is errors.Kind.UNAUTHENTICATED:
        return Declined("UNAUTHORIZED")
    code = _REASONS.get(error.reason)
    if code is not None:
        again = error.metadata.get("retry_after_seconds", "")
        return Declined(code, int(again) if again.isdecimal() else None)
    if errors.is_transient(error):
        return Declined("UNAVAILABLE", _AGAIN_SECONDS)
    raise error


def _refusal(declined: Declined) -> Response:
    status, message = _REFUSALS[declined.code]
    headers = {} if declined.retry_after is None else {"Retry-After": str(declined.retry_after)}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = {"success": False, "error": declined.code, "message": message}
    return JSONResponse(body, status, {**headers, **_PRIVATE})


def _done(status: int, data: Mapping[str, Any]) -> Response:
    return JSONResponse({"success": True, "data": data}, status, _PRIVATE)


# What is somebody's is kept by nobody on the way.
_PRIVATE = {"Cache-Control": "no-store"}


def _owner(user: str) -> numbers_pb2.Owner:
    return numbers_pb2.Owner(user=user)


def _field(fields: Mapping[str, Any], *names: str) -> str:
    """The first of these fields that is given; empty when none is, or not as text."""
    for name in names:
        given = fields.get(name)
        if isinstance(given, str) and given.strip():
            return given.strip()
        if given is not None and not isinstance(given, str):
            return "?"  # given, and not what it should be
    return ""


def _number(text: str, missing: str) -> str:
    """E.164 of a number that an SMS may reach. Without + and a country code nobody knows whose it is."""
    if not text:
        raise Declined(missing)
    try:
        number = phonenumbers.parse(text[:40], None)
    except phonenumbers.NumberParseException:
        raise Declined("INVALID_PHONE_NUMBER") from None
    reached = phonenumbers.number_type(number) in _REACHED_BY_SMS
    if not reached or number.extension or not phonenumbers.is_valid_number(number):
        raise Declined("INVALID_PHONE_NUMBER")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _stamp(moment: Timestamp) -> str:
    at: datetime = moment.ToDatetime(tzinfo=UTC)
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
