"""The REST API with which an outside app links its user's phone number: prove it by a code that an SMS brings.

`sub` of the token is the user; nobody acts for another one. Bodies and answers are JSON: {"success": true, "data": ...}
or {"success": false, "error": code, "message": sentence}. No number and no code gets into a log or a span.
"""

import re
import uuid
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.instruments import Counter
from hailwire.profile.v1 import numbers_pb2
from services.gateway.clients.numbers import Numbers
from services.gateway.code_sending import CodeSending
from services.gateway.mobile_numbers import mobile
from services.gateway.tokens import Tokens
from services.gateway.user_api import COMMON, Declined, UserApi, done, stamp
from services.gateway.verification_codes import CodeMessage, VerificationCodes

PATH = "/api/user/phone-number"

_CODE = re.compile(r"[0-9]{6}", re.ASCII)

# Every refusal that has a code: status and what a developer reads.
_REFUSALS: dict[str, tuple[int, str]] = {
    **COMMON,
    "MISSING_PHONE_NUMBER": (400, "phone_number is required"),
    "INVALID_PHONE_NUMBER": (400, "phone_number must be a mobile number with + and its country code (E.164)"),
    "MISSING_FIELDS": (400, "phone_number and code are required"),
    "INVALID_CODE_FORMAT": (400, "code must be six digits"),
    "VERIFICATION_FAILED": (400, "The code does not prove this number"),
    "PHONE_NUMBER_NOT_FOUND": (404, "The user has no phone number"),
    "PHONE_NUMBER_ALREADY_LINKED": (409, "The phone number is linked already"),
    "USER_HAS_DIFFERENT_PHONE": (409, "The user has another phone number; unlink it first"),
    "VERIFICATION_NOT_SENT": (409, "Whoever has this number asked for no SMS"),
    "TOO_MANY_REQUESTS": (429, "Retry-After says when the next code may be asked for"),
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
        self._api = UserApi(tokens, answers, refusals=_REFUSALS, reasons=_REASONS)
        self._numbers = numbers
        self._codes = codes
        self._sending = sending

    def routes(self) -> list[Route]:
        """For the application that serves them."""
        answering = self._api.answering
        return [
            Route(PATH, answering("get", self._get), methods=["GET"]),
            Route(PATH, answering("start", self._start), methods=["POST"]),
            Route(PATH, answering("unlink", self._unlink), methods=["DELETE"]),
            Route(f"{PATH}/verify", answering("verify", self._verify), methods=["POST"]),
        ]

    async def _get(self, _request: Request, user: str) -> Response:
        found = await self._numbers.get(numbers_pb2.GetNumberRequest(owner=_owner(user)))
        data = {"phone_number": found.number, "verified": found.verified}
        if found.verified:
            data["verified_at"] = stamp(found.verify_time)
        else:
            data["expires_at"] = stamp(found.expire_time)
        return done(200, data)

    async def _start(self, request: Request, user: str) -> Response:
        number = _number(_field(await self._api.fields(request), "phone_number", "phoneNumber"), "MISSING_PHONE_NUMBER")
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
            "expires_at": stamp(started.expire_time),
            "resend_at": stamp(started.resend_time),
        }
        return done(201, data)

    async def _verify(self, request: Request, user: str) -> Response:
        fields = await self._api.fields(request)
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
        return done(200, {"phone_number": number, "verified": True, "verified_at": stamp(checked.verify_time)})

    async def _unlink(self, _request: Request, user: str) -> Response:
        await self._numbers.unlink(numbers_pb2.UnlinkRequest(request_id=uuid.uuid4().hex, owner=_owner(user)))
        return Response(status_code=204)


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
    number = mobile(text)
    if number is None:
        raise Declined("INVALID_PHONE_NUMBER")
    return number
