"""A reply as the request body of WhatsApp's messages endpoint, inside every limit of it."""

from typing import Any

from services.gateway.messages import Buttons, LocationRequest, Menu, Outgoing, Text
from services.gateway.providers.fitting import fitted, fitted_line

# Characters, as Meta documents them.
TEXT_BODY = 4096
BUTTONS_BODY = 1024
BUTTON_TITLE = 20
MENU_BODY = 4096
MENU_BUTTON = 20
ROW_TITLE = 24
ROW_DESCRIPTION = 72
LOCATION_BODY = 1024


def request_body(outgoing: Outgoing) -> dict[str, Any]:
    """The JSON to post; words that are too long end in an ellipsis, so that no reply of ours can be refused."""
    body: dict[str, Any] = {"messaging_product": "whatsapp", "recipient_type": "individual"}
    # "to" would win over "recipient"; the "+" keeps Meta from prepending the business's own country code.
    body["to" if outgoing.address.kind == "number" else "recipient"] = outgoing.address.value
    # Comes back in every status of this message, even when the answer to this request is lost.
    body["biz_opaque_callback_data"] = str(outgoing.outbox_id)
    match outgoing.reply:
        case Text(body=text):
            body["type"] = "text"
            body["text"] = {"preview_url": False, "body": fitted(text, TEXT_BODY)}
        case Buttons() as reply:
            body["type"] = "interactive"
            body["interactive"] = _buttons(reply)
        case Menu() as reply:
            body["type"] = "interactive"
            body["interactive"] = _menu(reply)
        case LocationRequest(body=text):
            body["type"] = "interactive"
            body["interactive"] = {
                "type": "location_request_message",
                "body": {"text": fitted(text, LOCATION_BODY)},
                "action": {"name": "send_location"},
            }
    return body


def _buttons(reply: Buttons) -> dict[str, Any]:
    titles = _distinct([fitted_line(button.title, BUTTON_TITLE) for button in reply.buttons], BUTTON_TITLE)
    return {
        "type": "button",
        "body": {"text": fitted(reply.body, BUTTONS_BODY)},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": button.id, "title": title}}
                for button, title in zip(reply.buttons, titles, strict=True)
            ]
        },
    }


def _menu(reply: Menu) -> dict[str, Any]:
    rows: list[dict[str, str]] = []
    for row in reply.rows:
        shown = {"id": row.id, "title": fitted_line(row.title, ROW_TITLE)}
        if row.description.strip():
            shown["description"] = fitted_line(row.description, ROW_DESCRIPTION)
        rows.append(shown)
    return {
        "type": "list",
        "body": {"text": fitted(reply.body, MENU_BODY)},
        "action": {"button": fitted_line(reply.button_label, MENU_BUTTON), "sections": [{"rows": rows}]},
    }


def _distinct(titles: list[str], most: int) -> list[str]:
    """Buttons with equal titles are refused; two long titles may have become equal by cutting."""
    shown: list[str] = []
    for number, title in enumerate(titles, start=1):
        shown.append(f"{fitted(title, most - 2)} {number}" if title in shown else title)
    return shown
