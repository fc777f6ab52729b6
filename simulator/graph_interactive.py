"""The limits of interactive messages: reply buttons, lists, location requests, links and contact requests."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from simulator.graph_errors import GraphError
from simulator.graph_fields import (
    Object,
    has_list,
    has_object,
    has_text,
    has_word,
    invalid,
    may_have_text,
    missing,
    no_other_keys,
)

_BODY_MOST = {"button": 1024, "list": 4096, "location_request_message": 1024, "cta_url": 1024, "contact_request": 1024}
_HEADER_KINDS = {"button": {"text", "image", "video", "document"}, "list": {"text"}, "cta_url": {"text", "image"}}


def check_interactive(interactive: Object) -> None:
    """Raise the `GraphError` that Meta would answer to this interactive message."""
    kind = has_word(interactive, "type", "interactive['type']", _BODY_MOST.keys())
    allowed = {"type", "body", "action"}
    if kind in _HEADER_KINDS:
        allowed |= {"header", "footer"}
    no_other_keys(interactive, "interactive", allowed)
    body = has_object(interactive, "body", "interactive['body']")
    no_other_keys(body, "interactive['body']", {"text"})
    has_text(body, "text", "interactive['body']['text']", _BODY_MOST[kind])
    if "header" in interactive:
        _check_header(has_object(interactive, "header", "interactive['header']"), _HEADER_KINDS[kind])
    if "footer" in interactive:
        footer = has_object(interactive, "footer", "interactive['footer']")
        has_text(footer, "text", "interactive['footer']['text']", 60)
    _ACTIONS[kind](has_object(interactive, "action", "interactive['action']"))


def _check_header(header: Object, kinds: set[str]) -> None:
    kind = has_word(header, "type", "interactive['header']['type']", kinds)
    no_other_keys(header, "interactive['header']", {"type", kind, "sub_text"})
    if kind == "text":
        has_text(header, "text", "interactive['header']['text']", 60)
    else:
        has_object(header, kind, f"interactive['header']['{kind}']")


def _check_buttons(action: Object) -> None:
    no_other_keys(action, "interactive['action']", {"buttons"})
    ids: list[str] = []
    titles: list[str] = []
    for button in has_list(action, "buttons", "interactive['action']['buttons']", 3):
        has_word(_as_object(button), "type", "button['type']", {"reply"})
        no_other_keys(button, "button", {"type", "reply"})
        reply = has_object(button, "reply", "button['reply']")
        no_other_keys(reply, "button['reply']", {"id", "title"})
        titles.append(has_text(reply, "title", "Button title", 20))
        ids.append(has_text(reply, "id", "Button id", 256))
        if ids[-1] != ids[-1].strip():
            raise invalid("Button id cannot have leading or trailing spaces")
    _unique(titles, "Button titles")
    _unique(ids, "Button ids")


def _check_list(action: Object) -> None:
    no_other_keys(action, "interactive['action']", {"button", "sections"})
    has_text(action, "button", "List button title", 20)
    sections = has_list(action, "sections", "interactive['action']['sections']", 10)
    ids: list[str] = []
    for section in sections:
        no_other_keys(_as_object(section), "section", {"title", "rows"})
        if len(sections) > 1 or "title" in section:
            has_text(section, "title", "Section title", 24)
        for row in has_list(section, "rows", "section['rows']", 10):
            no_other_keys(_as_object(row), "row", {"id", "title", "description"})
            ids.append(has_text(row, "id", "Row id", 200))
            has_text(row, "title", "Row title", 24)
            may_have_text(row, "description", "Row description", 72)
    if len(ids) > 10:
        raise invalid("Total row count exceed max allowed count: 10")
    _unique(ids, "Row ids")


def _check_location_request(action: Object) -> None:
    no_other_keys(action, "interactive['action']", {"name"})
    has_word(action, "name", "interactive['action']['name']", {"send_location"})


def _check_contact_request(action: Object) -> None:
    no_other_keys(action, "interactive['action']", {"name"})
    has_word(action, "name", "interactive['action']['name']", {"request_contact_info"})


def _check_link(action: Object) -> None:
    no_other_keys(action, "interactive['action']", {"name", "parameters"})
    has_word(action, "name", "interactive['action']['name']", {"cta_url"})
    parameters = has_object(action, "parameters", "interactive['action']['parameters']")
    has_text(parameters, "display_text", "Button title", 20)
    url = urlsplit(has_text(parameters, "url", "url", 2000))
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise invalid("url is not a valid URL")


_ACTIONS: dict[str, Callable[[Object], None]] = {
    "button": _check_buttons,
    "list": _check_list,
    "location_request_message": _check_location_request,
    "cta_url": _check_link,
    "contact_request": _check_contact_request,
}


def _as_object(value: Any) -> Object:
    if not isinstance(value, dict):
        raise GraphError(100, "Param interactive['action'] must hold JSON objects.")
    return value


def _unique(values: list[str], what: str) -> None:
    if not values:
        raise missing(what)
    if len(set(values)) != len(values):
        raise invalid(f"{what} must be unique")
