"""What people sent to our number, as Twilio's list has it: for messages that no webhook brought."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from services.gateway.messages import Item
from services.gateway.providers.foreign_values import as_text
from services.gateway.providers.twilio.webhook import split

if TYPE_CHECKING:
    from services.gateway.providers.twilio.listing import MessageList

# Twilio's largest.
_PAGE_SIZE = 1000
# A million messages: whoever got more has waited for days.
_MOST_PAGES = 1000


async def received(messages: "MessageList", number: str, *, since: datetime, until: datetime) -> list[Item]:
    """The items of what came in to `number` ("+" and digits) between the two, oldest first, dated.

    Their keys are those of the webhooks. The list has neither coordinates nor addresses of attachments: such a message
    comes without them. Raises Unavailable when the list cannot be read.
    """
    found: list[tuple[datetime, Item]] = []
    for recipient in (number, f"whatsapp:{number}"):
        listed = messages.newest_first({"To": recipient}, page_size=_PAGE_SIZE, most_pages=_MOST_PAGES)
        async for created, message in listed:
            if created < since:
                break
            if created <= until and as_text(message.get("direction")) == "inbound":
                found += [(created, replace(item, sent_at=created)) for item in split(_form(message))]
    return [item for _, item in sorted(found, key=lambda one: one[0])]


def _form(message: dict[str, Any]) -> bytes:
    """The body that the webhook would have had, as far as the list tells."""
    sid = as_text(message.get("sid"))
    names = {
        "AccountSid": "account_sid",
        "MessagingServiceSid": "messaging_service_sid",
        "From": "from",
        "To": "to",
        "Body": "body",
        "NumMedia": "num_media",
        "NumSegments": "num_segments",
        "ApiVersion": "api_version",
    }
    fields = {name: as_text(message.get(field)) for name, field in names.items() if message.get(field) is not None}
    return urlencode(
        {"MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "SmsStatus": "received", **fields}
    ).encode()
