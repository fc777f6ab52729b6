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


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Hailwire gateway",
        "version": "0.1.0",
        "description": "Where Meta and Twilio deliver what people write. A 200 means that it is stored durably.",
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
}
