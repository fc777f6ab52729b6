"""The gateway's own words: addresses and replies as they are stored."""

import json

import pytest

from services.gateway.messages import (
    Address,
    Button,
    Buttons,
    LocationRequest,
    Menu,
    Provider,
    Reply,
    Row,
    Text,
    choices,
    reply_from_dict,
)

ADDRESSES = [
    (Address("whatsapp", "number", "+250788000001"), "wa:+250788000001", Provider.WHATSAPP),
    (Address("whatsapp", "user", "RW.abc"), "wau:RW.abc", Provider.WHATSAPP),
    (Address("sms", "number", "+250788000001"), "sms:+250788000001", Provider.TWILIO),
    (Address("whatsapp", "number", "+250788000001", relayed=True), "twa:+250788000001", Provider.TWILIO),
    (Address("whatsapp", "user", "RW.abc", relayed=True), "twau:RW.abc", Provider.TWILIO),
]
REPLIES: list[Reply] = [
    Text("Muraho é \u2764"),
    Buttons("Language?", (Button("en", "English"), Button("fr", "Français"))),
    Menu("Vehicle?", "Choose", (Row("m", "Moto"), Row("c", "Cab", "4 seats"))),
    Buttons("Numbered on", (Button("a", "Accept"), Button("d", "Decline")), first=6),
    Menu("Numbered on", "Choose", (Row("m", "Moto"),), first=6),
    LocationRequest("Where are you?"),
]


@pytest.mark.parametrize(("address", "key", "provider"), ADDRESSES)
def test_an_address_is_its_key(address: Address, key: str, provider: Provider) -> None:
    """An address survives being stored as its key, and says who carries messages to it."""
    assert address.key == key
    assert Address.from_key(key) == address
    assert address.provider is provider
    assert address.plain is (provider is Provider.TWILIO)


@pytest.mark.parametrize("key", ["", "wa", "wa:", "x:1", ":1"])
def test_other_texts_are_no_key(key: str) -> None:
    """What is no key of an address is refused."""
    with pytest.raises(ValueError, match="not the key"):
        Address.from_key(key)


@pytest.mark.parametrize("reply", REPLIES)
def test_a_reply_survives_the_outbox(reply: Reply) -> None:
    """A reply is the same after being stored as JSON."""
    assert reply_from_dict(json.loads(json.dumps(reply.to_dict()))) == reply


def test_what_is_no_reply_is_refused() -> None:
    """A stored object of another kind is refused."""
    with pytest.raises(ValueError, match="not a stored reply"):
        reply_from_dict({"type": "video"})


def test_choices_are_numbered_in_the_order_of_their_ids() -> None:
    """The ids come in the order in which they are shown."""
    assert [choices(reply) for reply in REPLIES] == [
        (),
        ("en", "fr"),
        ("m", "c"),
        ("a", "d"),
        ("m",),
        (),
    ]


@pytest.mark.parametrize("ids", [[], ["a"] * 2, ["a", ""], ["a", "b", "c", "d"], ["x" * 201]])
def test_choices_that_cannot_be_offered_are_refused_at_once(ids: list[str]) -> None:
    """Too many, none, unnamed, equal or overlong choices are our bug, found where it is made."""
    with pytest.raises(ValueError, match="choice"):
        Buttons("?", tuple(Button(ident, "title") for ident in ids))
    if len(ids) != 4:
        with pytest.raises(ValueError, match="choice"):
            Menu("?", "Choose", tuple(Row(ident, "title") for ident in ids))


def test_a_menu_has_ten_rows_at_most() -> None:
    """Ten rows are fine, eleven are refused."""
    rows = tuple(Row(str(n), str(n)) for n in range(11))
    assert len(choices(Menu("?", "Choose", rows[:10]))) == 10
    with pytest.raises(ValueError, match="choices"):
        Menu("?", "Choose", rows)
