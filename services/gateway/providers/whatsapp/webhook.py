"""A webhook body of Meta, taken apart: every entry x change x message x status becomes an item of its own."""

from collections.abc import Iterator
from typing import Any

from services.gateway.messages import Address, Item, ItemKind, Provider
from services.gateway.providers.foreign_json import dumps, loads
from services.gateway.providers.foreign_values import (
    as_dict,
    as_list,
    as_text,
    as_time,
    user_address,
    whatsapp_address,
)
from services.gateway.providers.item_key import item_key


def split(raw: bytes) -> list[Item]:
    """Take a verified body apart; MalformedBody when it is not JSON, no items when it is JSON of another shape."""
    items: list[Item] = []
    for entry in as_list(as_dict(loads(raw)).get("entry")):
        changes = as_list(as_dict(entry).get("changes"))
        if not changes:
            items.append(_notice({"entry": entry}))
        for change in changes:
            items.extend(_change_items(as_dict(entry), change))
    return items


def _change_items(entry: dict[str, Any], change: Any) -> Iterator[Item]:
    value = as_dict(as_dict(change).get("value"))
    field = as_dict(change).get("field")
    metadata = as_dict(value.get("metadata"))
    empty = True
    # Other fields carry messages too, such as echoes of what the business wrote from another app: not ours to answer.
    if field is None or field == "messages":
        contacts = _Contacts(value.get("contacts"))
        messages = as_list(value.get("messages"))
        for message in messages:
            yield _message_item(message, contacts, metadata, alone=len(messages) == 1)
            empty = False
        for status in as_list(value.get("statuses")):
            yield _status_item(status, contacts, metadata)
            empty = False
        for error in as_list(value.get("errors")):
            yield _notice({"error": error, "metadata": metadata, "time": entry.get("time")})
            empty = False
    elif field == "user_id_update":
        for update in as_list(value.get("user_id_update")):
            yield _notice({"user_id_update": update, "metadata": metadata})
            empty = False
    if empty:
        yield _notice({"change": change, "entry": {"id": entry.get("id"), "time": entry.get("time")}})


class _Contacts:
    """The senders beside the messages of one value, found by number or user id."""

    def __init__(self, contacts: Any) -> None:
        known = [contact for contact in as_list(contacts) if isinstance(contact, dict)]
        self._by_value = {as_text(contact.get(name)): contact for contact in known for name in ("user_id", "wa_id")}
        self._by_value.pop("", None)
        self._only = known[0] if len(known) == 1 else None

    def of(self, *values: Any, alone: bool = False) -> dict[str, Any] | None:
        """The contact with one of these ids.

        Without ids, or for a message that is alone in its value, it is the only contact there is: Meta says that
        `from` and `wa_id` of one person may differ.
        """
        ids = [text for text in map(as_text, values) if text]
        for text in ids:
            if text in self._by_value:
                return self._by_value[text]
        return self._only if alone or not ids else None


def message_addresses(message: dict[str, Any], contact: dict[str, Any] | None) -> tuple[Address, ...]:
    """Every way in which a message names its sender: the number first, as it costs nothing to write to."""
    contact = contact or {}
    # The parent id stands in only when there is nothing else: it is shared by several businesses.
    return _distinct(
        whatsapp_address(message.get("from")),
        whatsapp_address(contact.get("wa_id")),
        user_address(message.get("from_user_id")),
        user_address(contact.get("user_id")),
    ) or _distinct(user_address(message.get("from_parent_user_id")), user_address(contact.get("parent_user_id")))


def status_addresses(status: dict[str, Any], contact: dict[str, Any] | None) -> tuple[Address, ...]:
    """Every way in which a status names the recipient."""
    contact = contact or {}
    return _distinct(
        whatsapp_address(status.get("recipient_id")),
        whatsapp_address(contact.get("wa_id")),
        user_address(status.get("recipient_user_id")),
        user_address(contact.get("user_id")),
    )


def _distinct(*addresses: Address | None) -> tuple[Address, ...]:
    """One number and one user id at most: Brazil's two spellings of a number are not two people."""
    by_kind: dict[str, Address] = {}
    for address in addresses:
        if address is not None:
            by_kind.setdefault(address.kind, address)
    return tuple(by_kind[kind] for kind in ("number", "user") if kind in by_kind)


def _message_item(message: Any, contacts: _Contacts, metadata: dict[str, Any], *, alone: bool) -> Item:
    if not isinstance(message, dict):
        return _notice({"message": message, "metadata": metadata})
    contact = contacts.of(message.get("from"), message.get("from_user_id"), alone=alone)
    # A system message tells of a change, and the contact beside it may already be the new identity.
    addresses = message_addresses(message, None if message.get("type") == "system" else contact)
    identity = as_text(message.get("id")) or dumps([message, metadata.get("phone_number_id")])
    return Item(
        # What nobody sent can be kept but not answered.
        kind=ItemKind.MESSAGE if addresses else ItemKind.NOTICE,
        # With its type: what could first not be delivered ("unsupported") may come again under the same id as itself.
        key=item_key(Provider.WHATSAPP, "message", identity, as_text(message.get("type"))),
        provider=Provider.WHATSAPP,
        addresses=addresses,
        account=as_text(metadata.get("phone_number_id")),
        raw=dumps({"message": message, "contact": contact, "metadata": metadata}),
        sent_at=as_time(message.get("timestamp")),
    )


def _status_item(status: Any, contacts: _Contacts, metadata: dict[str, Any]) -> Item:
    if not isinstance(status, dict):
        return _notice({"status": status, "metadata": metadata})
    contact = contacts.of(status.get("recipient_id"), status.get("recipient_user_id"))
    identity = as_text(status.get("id")) or dumps([status, metadata.get("phone_number_id")])
    return Item(
        kind=ItemKind.STATUS,
        key=item_key(Provider.WHATSAPP, "status", identity, as_text(status.get("status"))),
        provider=Provider.WHATSAPP,
        addresses=status_addresses(status, contact),
        account=as_text(metadata.get("phone_number_id")),
        raw=dumps({"status": status, "contact": contact, "metadata": metadata}),
        sent_at=as_time(status.get("timestamp")),
    )


def _notice(content: dict[str, Any]) -> Item:
    raw = dumps(content)
    return Item(
        kind=ItemKind.NOTICE,
        key=item_key(Provider.WHATSAPP, "notice", raw),
        provider=Provider.WHATSAPP,
        addresses=(),
        account=as_text(as_dict(content.get("metadata")).get("phone_number_id")),
        raw=raw,
        sent_at=as_time(as_dict(content.get("entry")).get("time")),
    )
