"""The messages that travel through the gateway, in words of its own: no field of any provider appears here.

A webhook body is split into items; an item becomes a message or a status; a turn answers with replies; a reply with an
address is an outgoing message.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Self

from chassis.records import record

Channel = Literal["whatsapp", "sms"]
AddressKind = Literal["number", "user"]

# The most that a reply may offer: WhatsApp's limits, the tighter of the two channels.
MAX_BUTTONS = 3
MAX_ROWS = 10
MAX_CHOICE_ID = 200
# What is handed to a conversation of one person's words; a longer text is cut, never refused.
MAX_TEXT_CHARACTERS = 4096

# How an address begins as one text: (channel, kind, relayed).
_ADDRESSES: dict[str, tuple[Channel, AddressKind, bool]] = {
    "wa": ("whatsapp", "number", False),
    "wau": ("whatsapp", "user", False),
    "sms": ("sms", "number", False),
    "twa": ("whatsapp", "number", True),
    "twau": ("whatsapp", "user", True),
}
_PREFIXES = {address: prefix for prefix, address in _ADDRESSES.items()}


class Provider(StrEnum):
    """Who delivers and sends."""

    WHATSAPP = "whatsapp"
    TWILIO = "twilio"


class ItemKind(StrEnum):
    """What an item is to us."""

    # Written by a person: takes its turn in a conversation.
    MESSAGE = "message"
    # About a message that we sent.
    STATUS = "status"
    # Kept, never answered: account updates, errors of a whole payload, a user id that changed.
    NOTICE = "notice"


@record
class Address:
    """Where a person is reached: a number ("+" and digits) or a business-scoped user id.

    `relayed` marks WhatsApp carried by Twilio: another sender and another window than our own WhatsApp number, so it is
    an address of its own and the answer goes back the same way.
    """

    channel: Channel
    kind: AddressKind
    value: str
    relayed: bool = False

    @property
    def key(self) -> str:
        """The address as one text, such as "wa:+250788000001", "wau:RW.abc", "sms:+250788000001"."""
        return f"{_PREFIXES[self.channel, self.kind, self.relayed]}:{self.value}"

    @property
    def provider(self) -> Provider:
        """Who carries messages to this address."""
        return Provider.TWILIO if self.channel == "sms" or self.relayed else Provider.WHATSAPP

    @property
    def plain(self) -> bool:
        """Whether only words can be sent there, so that choices are numbered instead of tapped."""
        return self.provider is Provider.TWILIO

    @classmethod
    def from_key(cls, key: str) -> Self:
        """Read `key` back; ValueError when it is none."""
        prefix, _, value = key.partition(":")
        if prefix not in _ADDRESSES or not value:
            raise ValueError("not the key of an address")
        channel, kind, relayed = _ADDRESSES[prefix]
        return cls(channel, kind, value, relayed)


# How the keys of addresses begin, by who carries messages there.
PREFIXES_OF: Mapping[Provider, tuple[str, ...]] = {
    provider: tuple(prefix for prefix in _ADDRESSES if Address.from_key(f"{prefix}:?").provider is provider)
    for provider in Provider
}


@record
class Item:
    """One message, status or notice out of a webhook body, as it is stored."""

    kind: ItemKind
    # 16 bytes that are the same however often and in whatever batch the provider delivers this item.
    key: bytes
    provider: Provider
    # Every way in which the payload names the person, best first; empty when it names none.
    addresses: tuple[Address, ...]
    # The business number (WhatsApp: its id) that the message came to or the status is about.
    account: str
    # UTF-8 JSON of this item alone with its context; what `providers.reading` reads.
    raw: bytes
    # The provider's timestamp; None when it gave none that is a date.
    sent_at: datetime | None


class MessageKind(StrEnum):
    """What a person did."""

    TEXT = "text"
    TAP = "tap"
    LOCATION = "location"
    MEDIA = "media"
    CONTACT = "contact"
    REACTION = "reaction"
    REVOKED = "revoked"
    EDIT = "edit"
    SYSTEM = "system"
    ORDER = "order"
    UNSUPPORTED = "unsupported"


# The kinds that nobody expects an answer to.
UNANSWERED = frozenset({MessageKind.REACTION, MessageKind.REVOKED, MessageKind.SYSTEM})


@record
class Media:
    """A file that came with a message: the provider's id for it, its address, or both."""

    mime: str
    id: str = ""
    url: str = ""


@record
class Message:
    """What a handler sees. Texts hold neither NUL nor lone surrogates and at most MAX_TEXT_CHARACTERS characters."""

    kind: MessageKind
    # What was written: the body, or the caption of a file.
    text: str = ""
    # The id of the button or row that was tapped, and its title.
    tap: str = ""
    title: str = ""
    # WGS 84 degrees, both or neither.
    latitude: float | None = None
    longitude: float | None = None
    place_name: str = ""
    # The sender's name as the channel shows it.
    profile_name: str = ""
    # The provider's id of the message that this one answers.
    context_id: str = ""
    # STOP, START or HELP when the carrier has already acted on the word; else empty.
    opt_out_type: str = ""
    media: tuple[Media, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether the person expects an answer."""
        return self.kind not in UNANSWERED


class Delivery(StrEnum):
    """How far a message that we sent has come. The provider's other words are UNKNOWN."""

    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"

    @property
    def rank(self) -> int:
        """A stored status changes only to a higher rank: a late "failed" does not undo what a phone has confirmed."""
        return list(Delivery).index(self)


@record
class Status:
    """What a provider says about a message that we sent."""

    provider_message_id: str
    delivery: Delivery
    # Our own row, when the provider carried its id back.
    outbox_id: int | None = None
    error_code: int | None = None
    # The provider's words: for operators, never shown to a person.
    error_detail: str = ""
    addresses: tuple[Address, ...] = ()


@record
class Text:
    """Words alone."""

    body: str

    def to_dict(self) -> dict[str, Any]:
        """As stored in the outbox."""
        return {"type": "text", "body": self.body}


@record
class Button:
    """One tap: `id` comes back, `title` is read (20 characters on WhatsApp)."""

    id: str
    title: str


@record
class Buttons:
    """Words and one to three taps with distinct ids; `first` is the number of the first where choices are numbered."""

    body: str
    buttons: tuple[Button, ...]
    first: int = 1

    def __post_init__(self) -> None:
        _check_choices([button.id for button in self.buttons], MAX_BUTTONS)

    def to_dict(self) -> dict[str, Any]:
        """As stored in the outbox."""
        buttons = [[one.id, one.title] for one in self.buttons]
        return {"type": "buttons", "body": self.body, "buttons": buttons, **_numbered(self.first)}


@record
class Row:
    """One line of a menu: title 24, description 72 characters on WhatsApp."""

    id: str
    title: str
    description: str = ""


@record
class Menu:
    """Words, a button that opens a list, and its one to ten rows with distinct ids; `first` as in Buttons."""

    body: str
    button_label: str
    rows: tuple[Row, ...]
    first: int = 1

    def __post_init__(self) -> None:
        _check_choices([row.id for row in self.rows], MAX_ROWS)

    def to_dict(self) -> dict[str, Any]:
        """As stored in the outbox."""
        rows = [[row.id, row.title, row.description] for row in self.rows]
        menu = {"type": "menu", "body": self.body, "button_label": self.button_label, "rows": rows}
        return {**menu, **_numbered(self.first)}


@record
class LocationRequest:
    """Words and a button that shares where the person is."""

    body: str

    def to_dict(self) -> dict[str, Any]:
        """As stored in the outbox."""
        return {"type": "location_request", "body": self.body}


Reply = Text | Buttons | Menu | LocationRequest


@record
class Outgoing:
    """One row of the outbox on its way out."""

    outbox_id: int
    address: Address
    reply: Reply
    # How often it has been tried before.
    attempt: int = 0
    # The trace that it belongs to, sent along so that both sides can be laid beside each other.
    traceparent: str = ""


def reply_from_dict(stored: Mapping[str, Any]) -> Reply:
    """Read what `to_dict` of a reply wrote; ValueError for anything else."""
    match stored.get("type"):
        case "text":
            return Text(stored["body"])
        case "buttons":
            return Buttons(
                stored["body"], tuple(Button(*button) for button in stored["buttons"]), stored.get("first", 1)
            )
        case "menu":
            rows = tuple(Row(*row) for row in stored["rows"])
            return Menu(stored["body"], stored["button_label"], rows, stored.get("first", 1))
        case "location_request":
            return LocationRequest(stored["body"])
        case other:
            raise ValueError(f"not a stored reply: {other!r}")


def choices(reply: Reply) -> tuple[str, ...]:
    """The ids that can be chosen, in the order in which SMS numbers them."""
    match reply:
        case Buttons(buttons=buttons):
            return tuple(button.id for button in buttons)
        case Menu(rows=rows):
            return tuple(row.id for row in rows)
        case _:
            return ()


def _numbered(first: int) -> dict[str, int]:
    return {"first": first} if first != 1 else {}


def _check_choices(ids: list[str], most: int) -> None:
    if not 1 <= len(ids) <= most:
        raise ValueError(f"{len(ids)} choices, but 1 to {most} can be offered")
    if not all(ids) or len(set(ids)) < len(ids):
        raise ValueError("each choice needs an id of its own")
    if max(map(len, ids)) > MAX_CHOICE_ID:
        raise ValueError(f"the id of a choice may have {MAX_CHOICE_ID} characters")
