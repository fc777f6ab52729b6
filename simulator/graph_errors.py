"""What the Graph API answers when it refuses: one table of codes, one shape of body."""

import secrets
from typing import Any

from simulator.answers import Answer, json_answer

# code: (HTTP status, message). Meta's copies disagree on the HTTP status of several; the code is what counts.
_TABLE: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    2: (503, "Service temporarily unavailable"),
    3: (500, "Capability issue or permissions issue"),
    4: (400, "Application request limit reached"),
    10: (403, "Application does not have permission for this action"),
    33: (400, "Parameter value is not valid"),
    100: (400, "Invalid parameter"),
    190: (401, "Invalid OAuth access token - Cannot parse access token"),
    200: (403, "You do not have the necessary permissions required to send messages"),
    368: (403, "Temporarily blocked for policies violations"),
    2500: (400, "Unknown path components"),
    80007: (400, "Rate limit issues"),
    130403: (403, "Message blocked"),
    130429: (400, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131031: (403, "Business Account locked"),
    131042: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "This message was not delivered to maintain healthy ecosystem engagement."),
    131050: (400, "User has stopped marketing messages"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    131062: (400, "Business-scoped user ids are not supported for this message"),
    131064: (400, "Messaging limit reached"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (400, "Template name does not exist in the translation"),
    133004: (503, "Server is temporarily unavailable"),
    133010: (400, "Phone number not registered on the WhatsApp Business Platform"),
}

_NOT_PREFIXED = {0, 190, 2500}


def is_known(code: int) -> bool:
    """Whether the Graph API has such an error."""
    return code in _TABLE


class GraphError(Exception):
    """A refusal by the Graph API: its code and, in `details`, what exactly is wrong."""

    def __init__(self, code: int, details: str = "", *, message: str = "", subcode: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.details = details
        self.message = message or _TABLE[code][1]
        self.subcode = subcode


def refusal(error: GraphError, *, http_status: int | None = None, retry_after: int | None = None) -> Answer:
    """The answer that the Graph API gives for this error."""
    prefix = "" if error.code in _NOT_PREFIXED else f"(#{error.code}) "
    body: dict[str, Any] = {
        "message": prefix + error.message,
        "type": "GraphMethodException" if error.subcode == 33 else "OAuthException",
        "code": error.code,
    }
    if error.subcode is not None:
        body["error_subcode"] = error.subcode
    if error.details:
        body["error_data"] = {"messaging_product": "whatsapp", "details": error.details}
    body["fbtrace_id"] = "A" + secrets.token_urlsafe(16)
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return json_answer(http_status or _TABLE[error.code][0], {"error": body}, headers)


def in_status(code: int) -> dict[str, Any]:
    """The error as a `failed` status carries it."""
    message = _TABLE[code][1]
    return {
        "code": code,
        "title": message,
        "message": message,
        "error_data": {"details": message},
        "href": "/documentation/business-messaging/whatsapp/support/error-codes",
    }
