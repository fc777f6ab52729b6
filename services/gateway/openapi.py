"""The HTTP interface in OpenAPI's words; a test compares it with the routes that are served."""

from typing import Any


def _answers(*pairs: tuple[int, str]) -> dict[str, Any]:
    return {str(status): {"description": text} for status, text in pairs}


_REFUSALS = (
    (400, "Malformed body"),
    (403, "Signature missing or wrong; the body never says why"),
    (408, "The body came too slowly"),
    (413, "The body is too large"),
    (503, "The database is out of reach or we are overloaded; Retry-After says when to come back"),
)

_TWILIO_FORM = {
    "content": {
        "application/x-www-form-urlencoded": {
            "schema": {"type": "object", "additionalProperties": {"type": "string"}, "required": ["MessageSid"]}
        }
    }
}


def _twilio(summary: str) -> dict[str, Any]:
    return {
        "post": {
            "summary": summary,
            "parameters": [
                {"name": "X-Twilio-Signature", "in": "header", "required": True, "schema": {"type": "string"}}
            ],
            "requestBody": _TWILIO_FORM,
            "responses": _answers(
                (200, "Stored durably: empty TwiML; X-Duplicate: true when it was known already"), *_REFUSALS
            ),
        }
    }


_TOKEN_REFUSALS = (
    (401, "No token that we can check; the body never says why"),
    (503, "A service or the token's signing keys are out of reach; Retry-After says when to come back"),
)
_BODY_REFUSALS = (
    (408, "The body came too slowly"),
    (413, "The body is too large"),
    (415, "The body is not application/json"),
)


_NOT_APPLIED = (409, "ITEM_NOT_CONFIRMED, ITEM_APPLIED, NOTHING_TO_APPLY, TIME_IN_PAST, TOO_MANY_KEPT, PAYEE_UNKNOWN")
_STRING: dict[str, Any] = {"type": "string"}
_IDS: dict[str, Any] = {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 100}


def _user(
    summary: str, *answers: tuple[int, str], fields: tuple[str, ...] = (), asked: tuple[str, ...] = ()
) -> dict[str, Any]:
    """An operation on behalf of the user whom a bearer token names; `asked` are parameters of the query."""
    operation: dict[str, Any] = {
        "summary": summary,
        "security": [{"bearer": []}],
        "responses": _answers(*answers, *(_BODY_REFUSALS if fields else ()), *_TOKEN_REFUSALS),
    }
    if asked:
        operation["parameters"] = [{"name": name, "in": "query", "schema": _STRING} for name in asked]
    if fields:
        properties = {name: _IDS if name == "ids" else _STRING for name in fields}
        schema = {"type": "object", "properties": properties, "required": [*fields]}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _of_item(operation: dict[str, Any]) -> dict[str, Any]:
    """An operation on the item that the path names."""
    return {**operation, "parameters": [{"name": "item_id", "in": "path", "required": True, "schema": _STRING}]}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Hailwire gateway",
        "version": "0.1.0",
        "description": "Where Meta and Twilio deliver what people write (a 200 means that it is stored durably), and "
        "where an app links its users' phone numbers and decides about what was understood from their messages.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "paths": {
        "/webhooks/whatsapp": {
            "get": {
                "summary": "Meta's handshake: echoes hub.challenge as plain text.",
                "parameters": [
                    {"name": name, "in": "query", "required": True, "schema": {"type": "string"}}
                    for name in ("hub.mode", "hub.challenge", "hub.verify_token")
                ],
                "responses": _answers((200, "The challenge"), (403, "Wrong token or challenge")),
            },
            "post": {
                "summary": "WhatsApp messages and statuses, up to 1000 items and 3 MB.",
                "parameters": [
                    {"name": "X-Hub-Signature-256", "in": "header", "required": True, "schema": {"type": "string"}}
                ],
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": _answers(
                    (200, 'Stored durably: {"success": true}, with "duplicate": true when every item was known'),
                    *_REFUSALS,
                ),
            },
        },
        "/webhooks/twilio": _twilio("SMS and WhatsApp messages by Twilio."),
        "/webhooks/twilio/status": _twilio("Twilio's delivery statuses."),
        "/api/sms/webhook": _twilio("The same door as /webhooks/twilio."),
        "/api/user/phone-number": {
            "get": _user(
                "The user's phone number, proved or being proved.",
                (200, "phone_number, verified, and verified_at or expires_at"),
                (404, "PHONE_NUMBER_NOT_FOUND"),
            ),
            "post": _user(
                "Sends a code by SMS to a number that the user wants to link.",
                (201, "A code is on its way: expires_at, and resend_at for when another may be asked for"),
                (400, "MISSING_PHONE_NUMBER, INVALID_PHONE_NUMBER or MALFORMED"),
                (409, "PHONE_NUMBER_ALREADY_LINKED, USER_HAS_DIFFERENT_PHONE or VERIFICATION_NOT_SENT"),
                (429, "TOO_MANY_REQUESTS: Retry-After says when"),
                fields=("phone_number",),
            ),
            "delete": _user(
                "Unlinks the user's number, and ends what is being proved.",
                (204, "It is gone"),
                (404, "PHONE_NUMBER_NOT_FOUND"),
            ),
        },
        "/api/user/phone-number/verify": {
            "post": _user(
                "Links the number with the code that it received.",
                (200, "The number is the user's: verified_at"),
                (400, "MISSING_FIELDS, INVALID_PHONE_NUMBER, INVALID_CODE_FORMAT, VERIFICATION_FAILED or MALFORMED"),
                (409, "PHONE_NUMBER_ALREADY_LINKED or USER_HAS_DIFFERENT_PHONE"),
                fields=("phone_number", "code"),
            )
        },
        "/api/enrichment-items": {
            "get": _user(
                "What was understood from the user's messages, newest first.",
                (200, "items, and next_page_token for the next page"),
                (400, "INVALID_STATUS, INVALID_SOURCE or INVALID_PAGE"),
                (404, "PERSON_NOT_FOUND: nobody writes from a number that the user has proved"),
                asked=("status", "source", "page_size", "page_token"),
            ),
            "patch": _user(
                "Confirms or rejects items, each by itself.",
                (200, "items, each with its status, or with error and message"),
                (400, "INVALID_STATUS, INVALID_IDS or MALFORMED"),
                (404, "PERSON_NOT_FOUND"),
                fields=("status", "ids"),
            ),
        },
        "/api/enrichment-items/apply": {
            "post": _user(
                "Lets confirmed items count, each once and by itself.",
                (200, "items, each with what it became, or with error and message"),
                (400, "INVALID_IDS or MALFORMED"),
                (404, "PERSON_NOT_FOUND"),
                fields=("ids",),
            )
        },
        "/api/enrichment-items/{item_id}": {
            "patch": _of_item(
                _user(
                    "Confirms or rejects an item.",
                    (200, "id, kind and status"),
                    (400, "INVALID_STATUS or MALFORMED"),
                    (404, "ITEM_NOT_FOUND or PERSON_NOT_FOUND"),
                    (409, "ITEM_APPLIED"),
                    fields=("status",),
                )
            )
        },
        "/api/enrichment-items/{item_id}/apply": {
            "post": _of_item(
                _user(
                    "Lets a confirmed item count, once.",
                    (200, "id, kind, status and what it became"),
                    (404, "ITEM_NOT_FOUND or PERSON_NOT_FOUND"),
                    _NOT_APPLIED,
                )
            )
        },
        "/healthz": {"get": {"summary": "Whether the process is alive.", "responses": _answers((200, "It is"))}},
        "/readyz": {
            "get": {
                "summary": "Whether it can take messages, with each dependency.",
                "responses": _answers((200, "Ready"), (503, "Not ready; the body says what is missing")),
            }
        },
        "/docs": {"get": {"summary": "This description as a page.", "responses": _answers((200, "HTML"))}},
        "/openapi.json": {"get": {"summary": "This description as OpenAPI 3.1.", "responses": _answers((200, "JSON"))}},
    },
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}},
}
