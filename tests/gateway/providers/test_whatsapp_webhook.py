"""Taking Meta's payloads apart."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.messages import ItemKind, Provider
from services.gateway.providers import reading
from services.gateway.providers.foreign_json import MalformedBody
from services.gateway.providers.whatsapp.webhook import split
from tests.gateway.providers.payloads import (
    PHONE_NUMBER_ID,
    RIDER,
    RIDER_ID,
    body,
    change,
    contact,
    message,
    payload,
    status,
)
from tests.gateway.providers.test_foreign_json import ANY_JSON


def keys(raw: bytes) -> list[bytes]:
    return [item.key for item in split(raw)]


def test_a_text_becomes_one_item() -> None:
    """A message is an item with its sender, the number it came to, its time and a key of 16 bytes."""
    (item,) = split(body(change(contacts=[contact()], messages=[message()])))
    assert item.kind is ItemKind.MESSAGE
    assert item.provider is Provider.WHATSAPP
    assert [address.key for address in item.addresses] == ["wa:+" + RIDER]
    assert item.account == PHONE_NUMBER_ID
    assert item.sent_at == datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC)
    assert len(item.key) == 16


def test_every_entry_change_message_status_and_error_is_walked() -> None:
    """Nothing in a payload is overlooked, wherever it stands."""
    one = payload(
        change(messages=[message(id="1"), message(id="2")], statuses=[status(id="3"), status("read", id="3")]),
        change(messages=[message(id="4")]),
    )
    two = payload(change(errors=[{"code": 130429}]), change("account_review_update", decision="APPROVED"))
    items = split(json.dumps({**one, "entry": one["entry"] + two["entry"]}).encode())
    assert [item.kind.value for item in items] == ["message"] * 2 + ["status"] * 2 + ["message"] + ["notice"] * 2
    assert len({item.key for item in items}) == 7


def test_a_thousand_items_are_a_thousand_items() -> None:
    """The largest batch that Meta sends comes apart whole."""
    messages = [message(id=f"wamid.{n}", **{"from": str(250788000000 + n)}) for n in range(1000)]
    items = split(body(change(contacts=[contact(str(250788000000 + n)) for n in range(1000)], messages=messages)))
    assert len({item.key for item in items}) == len({item.addresses for item in items}) == 1000


def test_the_key_is_the_same_in_every_batch() -> None:
    """Redelivered alone, in company, with other contacts or with keys in another order, an item keeps its key."""
    first = keys(body(change(contacts=[contact()], messages=[message(id="a")], statuses=[status(id="b")])))
    again = keys(
        body(
            change(messages=[message(id="z"), dict(reversed(message(id="a").items()))]),
            change(statuses=[status(id="b")]),
        )
    )
    assert first == again[1:]


def test_an_item_without_an_id_is_known_by_its_content() -> None:
    """Without an id equal content is one item and other content another."""
    bare = message()
    del bare["id"]
    other = {**bare, "text": {"body": "else"}}
    one, two, three = keys(body(change(messages=[bare, dict(reversed(bare.items())), other])))
    assert one == two != three


def test_states_of_one_message_are_items_of_their_own() -> None:
    """Sent, delivered and read of one message are three items; a message and its status never share a key."""
    statuses = [status(word, id="x") for word in ("sent", "delivered", "read")]
    assert len(set(keys(body(change(messages=[message(id="x")], statuses=statuses))))) == 4


def test_a_message_that_comes_again_as_itself_is_not_a_duplicate_of_its_placeholder() -> None:
    """What Meta could first only name "unsupported" and then delivers is heard."""
    first, second = keys(body(change(messages=[message("unsupported", {}, id="x"), message(id="x")])))
    assert first != second


@pytest.mark.parametrize(
    ("sender", "contacts", "expected"),
    [
        ({"from": RIDER}, [], ["wa:+" + RIDER]),
        ({"from": "+" + RIDER}, [], ["wa:+" + RIDER]),
        ({"from": int(RIDER)}, [], ["wa:+" + RIDER]),
        ({"from_user_id": RIDER_ID}, [contact(None, user_id=RIDER_ID)], ["wau:" + RIDER_ID]),
        ({"from": RIDER, "from_user_id": RIDER_ID}, [], ["wa:+" + RIDER, "wau:" + RIDER_ID]),
        ({"from": RIDER}, [contact(user_id=RIDER_ID)], ["wa:+" + RIDER, "wau:" + RIDER_ID]),
        ({"from_user_id": RIDER_ID}, [contact(user_id=RIDER_ID)], ["wa:+" + RIDER, "wau:" + RIDER_ID]),
        ({"from": RIDER_ID}, [contact(RIDER_ID)], ["wau:" + RIDER_ID]),
        ({}, [contact(user_id=RIDER_ID)], ["wa:+" + RIDER, "wau:" + RIDER_ID]),
        ({"from": "5511987654321"}, [contact("551187654321")], ["wa:+5511987654321"]),
        ({"from_parent_user_id": "RW.ENT.9"}, [], ["wau:RW.ENT.9"]),
    ],
)
def test_senders_with_a_number_a_user_id_or_both(
    sender: dict[str, Any], contacts: list[dict[str, Any]], expected: list[str]
) -> None:
    """A sender is recognised wherever the payload names them, a user id in a number's field included."""
    said = {**message(), **sender}
    if "from" not in sender:
        del said["from"]
    (item,) = split(body(change(contacts=contacts, messages=[said])))
    assert [address.key for address in item.addresses] == expected
    assert item.kind is ItemKind.MESSAGE


def test_a_contact_of_somebody_else_is_not_mixed_in() -> None:
    """In a batch, each message gets the contact that names its sender and no other."""
    others = [contact("250788000002", "Other", user_id="RW.other"), contact(RIDER, user_id=RIDER_ID)]
    messages = [message(id="1"), message(id="2", **{"from": "250788000003"})]
    mine, stranger = split(body(change(contacts=others, messages=messages)))
    assert [address.key for address in mine.addresses] == ["wa:+" + RIDER, "wau:" + RIDER_ID]
    assert [address.key for address in stranger.addresses] == ["wa:+250788000003"]
    assert reading.read_message(mine.provider, mine.raw).profile_name == "Aline"
    assert not reading.read_message(stranger.provider, stranger.raw).profile_name


@pytest.mark.parametrize("sender", ["", "abc", "12", "0250788", None, [], {"a": 1}, "1" * 40, True, 1.5])
def test_a_message_from_nobody_is_kept_as_a_notice(sender: Any) -> None:
    """What cannot be answered is kept, under the key that it would have had anyway."""
    (item,) = split(body(change(messages=[message(**{"from": sender})])))
    assert item.kind is ItemKind.NOTICE
    assert not item.addresses
    assert item.key == keys(body(change(messages=[message()])))[0]


@pytest.mark.parametrize("field", ["smb_message_echoes", "standby", "history", "messaging_handovers", 7, [], {}])
def test_messages_of_other_fields_are_not_answered(field: Any) -> None:
    """Echoes and messages meant for another app are kept as a notice."""
    (item,) = split(body({**change(messages=[message()]), "field": field}))
    assert item.kind is ItemKind.NOTICE


@pytest.mark.parametrize("timestamp", ["x", "", None, "1e400", "nan", -1e30, "9" * 30, [], True])
def test_a_timestamp_that_is_no_date_is_none(timestamp: Any) -> None:
    """Rubbish for a time is no time."""
    (item,) = split(body(change(messages=[message(timestamp=timestamp)])))
    assert item.sent_at is None


def test_the_year_9999_is_a_date() -> None:
    """A date at the end of time is kept as it is."""
    (item,) = split(body(change(messages=[message(timestamp="253402300799")])))
    assert item.sent_at == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("raw", [b"{}", b"[]", b"null", b"1", b'{"entry": {}}', b'{"entry": []}', b'"x"'])
def test_json_of_another_shape_holds_no_items(raw: bytes) -> None:
    """JSON without entries is no error; there is nothing in it."""
    assert split(raw) == []


def test_what_is_not_json_is_malformed() -> None:
    """A body that is not JSON is refused as malformed."""
    with pytest.raises(MalformedBody):
        split(b"{not json")


def test_one_absurd_message_costs_its_neighbours_nothing() -> None:
    """Absurd nesting in one message leaves the other messages of the payload as they are."""
    deep = "[" * 5000 + "]" * 5000
    raw = body(change(messages=[message(id="1"), message("text", "DEEP", id="2"), message(id="3")]))
    items = split(raw.replace(b'"DEEP"', deep.encode()))
    assert [item.key for item in items] == keys(raw)
    assert [reading.read_message(item.provider, item.raw).text for item in items] == ["hello", "", "hello"]


def read_everything(raw: bytes) -> None:
    for item in split(raw):
        assert len(item.key) == 16
        assert bool(item.addresses) or item.kind is not ItemKind.MESSAGE
        item.raw.decode()
        said = reading.read_message(item.provider, item.raw)
        for text in (said.text, said.tap, said.title, said.place_name, said.profile_name, said.context_id):
            assert "\0" not in text
            assert len(text.encode()) <= 4 * 4096
        reading.read_status(item.provider, item.raw)
        reading.read_identity_change(item.provider, item.raw)


@given(ANY_JSON)
def test_any_json_is_taken_apart_and_read(value: Any) -> None:
    """No JSON whatsoever makes splitting or reading raise."""
    read_everything(json.dumps(value).encode())


@given(
    st.sampled_from(["messages", "statuses", "contacts", "errors", "user_id_update", "metadata"]),
    st.sampled_from(["messages", "user_id_update", "other"]),
    ANY_JSON,
)
def test_any_json_in_any_place_is_taken_apart_and_read(place: str, field: str, value: Any) -> None:
    """No JSON in any place of a change makes splitting or reading raise."""
    usual: dict[str, Any] = {"contacts": [contact()], "messages": [message()], "statuses": [status()]}
    read_everything(body(change(field, **{**usual, place: value})))
    read_everything(body(change(field, **{**usual, place: [value, value]})))


KINDS = st.sampled_from(
    [
        "text",
        "image",
        "button",
        "interactive",
        "location",
        "edit",
        "system",
        "order",
        "reaction",
        "hologram",
        "contacts",
    ]
)


@given(
    KINDS,
    ANY_JSON
    | st.dictionaries(
        st.sampled_from(["body", "id", "type", "latitude", "longitude", "button_reply", "message", "payload", "wa_id"]),
        ANY_JSON,
    ),
    st.dictionaries(st.sampled_from(["from", "id", "timestamp", "type", "context", "from_user_id"]), ANY_JSON),
)
def test_any_json_in_a_message_is_read(kind: str, content: Any, fields: dict[str, Any]) -> None:
    """No content of any type of message makes splitting or reading raise."""
    read_everything(body(change(contacts=[contact()], messages=[{**message(kind, content), **fields}])))


@given(st.lists(st.tuples(st.sampled_from("ms"), st.integers(0, 20)), min_size=1, max_size=12), st.data())
def test_keys_do_not_depend_on_the_batch(wanted: list[tuple[str, int]], data: st.DataObject) -> None:
    """However a set of items is cut into changes, each has the key that it has alone."""

    def as_change(sort: str, n: int) -> dict[str, Any]:
        if sort == "m":
            return change(contacts=[contact()], messages=[message(id=f"m{n}", text={"body": str(n)})])
        return change(statuses=[status(id=f"s{n}")])

    alone = [keys(body(as_change(*one)))[0] for one in wanted]
    place = data.draw(st.integers(0, len(wanted)))
    parts = [wanted[:place], wanted[place:]]
    together = [key for part in parts if part for key in keys(body(*(as_change(*one) for one in part)))]
    assert together == alone
