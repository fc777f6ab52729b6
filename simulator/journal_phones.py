"""Which phones a webhook or an API call is about, read from its raw body."""

from collections.abc import Iterator
from typing import Any, Literal
from urllib.parse import parse_qsl

import orjson

from simulator.addresses import canonical
from simulator.outbox import Provider

# The fields of Meta's messages and statuses, and of a send, that name a person.
_META_NAMES = ("from", "from_user_id", "recipient_id", "recipient_user_id")
_SEND_NAMES = ("to", "recipient")


def addresses_in(kind: Literal["webhook", "call"], provider: Provider, body: bytes) -> frozenset[str]:
    """The phones as `provider:address`; none when the body is no message."""
    if provider == "twilio":
        names = _in_form(body)
    else:
        content = _json(body)
        names = _in_webhook(content) if kind == "webhook" else _fields(content, _SEND_NAMES)
    return frozenset(f"{provider}:{address}" for name in names if (address := canonical(name)) is not None)


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None  # cut off, or made to be refused


def _in_form(body: bytes) -> Iterator[str]:
    # Both ends: one of them is the business, whom no page watches.
    for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
        if name in {"From", "To"}:
            yield value


def _in_webhook(content: Any) -> Iterator[str]:
    for entry in _objects(content, "entry"):
        for change in _objects(entry, "changes"):
            value = change.get("value")
            for item in (*_objects(value, "messages"), *_objects(value, "statuses")):
                yield from _fields(item, _META_NAMES)


def _objects(content: Any, name: str) -> list[dict[str, Any]]:
    found = content.get(name) if isinstance(content, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _fields(content: Any, names: tuple[str, ...]) -> Iterator[str]:
    if isinstance(content, dict):
        yield from (content[name] for name in names if isinstance(content.get(name), str))
