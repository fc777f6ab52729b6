"""Twilio's record of messages in both directions: the resource that its REST API shows, and its list."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Literal

from simulator.segments import count_segments


@dataclass(slots=True)
class TwilioMessage:
    """One message; times in seconds since the epoch."""

    sid: str
    account_sid: str
    direction: Literal["inbound", "outbound-api", "outbound-reply"]
    sender: str
    to: str
    body: str
    created_at: float
    status: str
    messaging_service_sid: str | None = None
    status_callback: str | None = None
    sent_at: float | None = None
    updated_at: float | None = None
    error_code: int | None = None
    error_message: str | None = None
    media: int = 0

    def rendered(self) -> dict[str, Any]:
        """The resource as the REST API answers it."""
        uri = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{self.sid}"
        return {
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": _rfc2822(self.created_at),
            "date_sent": None if self.sent_at is None else _rfc2822(self.sent_at),
            "date_updated": _rfc2822(self.updated_at or self.created_at),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": self.error_message,
            "from": self.sender,
            "messaging_service_sid": self.messaging_service_sid,
            "num_media": str(self.media),
            "num_segments": str(count_segments(self.body)),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list asks for; the bounds on the day or moment of sending are inclusive."""

    to: str | None = None
    sender: str | None = None
    not_before: float | None = None
    not_after: float | None = None


class TwilioLog:
    """Messages by their SID, the oldest forgotten beyond `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._messages: OrderedDict[str, TwilioMessage] = OrderedDict()

    def add(self, message: TwilioMessage) -> None:
        """Keep a message."""
        self._messages[message.sid] = message
        if len(self._messages) > self._most:
            self._messages.popitem(last=False)

    def get(self, sid: str) -> TwilioMessage | None:
        """The message, unless it is unknown or forgotten."""
        return self._messages.get(sid)

    def clear(self) -> None:
        """Forget every message."""
        self._messages.clear()

    def newest_first(self, wanted: Wanted) -> Iterator[TwilioMessage]:
        """The messages that were asked for."""
        for message in reversed(self._messages.values()):
            at = message.sent_at or message.created_at
            if wanted.not_before is not None and message.created_at < wanted.not_before - 3600:
                return  # in order of creation, and none waits an hour to be sent
            if (
                (wanted.to is None or message.to == wanted.to)
                and (wanted.sender is None or message.sender == wanted.sender)
                and (wanted.not_before is None or at >= wanted.not_before)
                and (wanted.not_after is None or at <= wanted.not_after)
            ):
                yield message


def _rfc2822(at: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(at), UTC))
