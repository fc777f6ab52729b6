"""What a WhatsApp message, status or system notice says."""

from typing import Any

import pytest

from services.gateway.messages import Delivery, ItemKind, Media, Message, MessageKind, Status
from services.gateway.providers import reading
from services.gateway.providers.whatsapp.webhook import split
from tests.gateway.providers.payloads import RIDER, RIDER_ID, body, change, contact, message, status


def read(said: dict[str, Any]) -> Message:
    (item,) = split(body(change(contacts=[contact()], messages=[said])))
    assert item.kind is ItemKind.MESSAGE
    return reading.read_message(item.provider, item.raw)


def read_status(told: dict[str, Any]) -> Status:
    (item,) = split(body(change(statuses=[told])))
    assert item.kind is ItemKind.STATUS
    return reading.read_status(item.provider, item.raw)


def test_a_text() -> None:
    """A text is its words, with the sender's name and the message that it answers."""
    said = read(message(context={"from": "15550783881", "id": "wamid.Q"}))
    assert said == Message(MessageKind.TEXT, text="hello", profile_name="Aline", context_id="wamid.Q")
    assert said.answerable


@pytest.mark.parametrize(
    ("kind", "content", "tap", "title"),
    [
        ("interactive", {"type": "button_reply", "button_reply": {"id": "a:1", "title": "Go"}}, "a:1", "Go"),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "b", "title": "Moto"}}, "b", "Moto"),
        ("button", {"payload": "P", "text": "Yes please"}, "P", "Yes please"),
        ("button", {"text": "Yes please"}, "Yes please", "Yes please"),
    ],
)
def test_taps(kind: str, content: dict[str, Any], tap: str, title: str) -> None:
    """A tap on a button, a list row or a template's button is its id and title."""
    said = read(message(kind, content))
    assert (said.kind, said.tap, said.title) == (MessageKind.TAP, tap, title)


def test_a_location() -> None:
    """A location is its coordinates and the name of the place."""
    said = read(
        message("location", {"latitude": -1.95, "longitude": 30.06, "name": "Kigali Heights", "address": "KG 7"})
    )
    assert (said.kind, said.latitude, said.longitude, said.place_name) == (
        MessageKind.LOCATION,
        -1.95,
        30.06,
        "Kigali Heights",
    )


@pytest.mark.parametrize("kind", ["image", "video", "audio", "voice", "document", "sticker"])
def test_media(kind: str) -> None:
    """A file is its type, id and address, with its caption as words."""
    file = {"mime_type": "x/y", "id": "99", "url": "https://files.example/1", "caption": "my bag"}
    said = read(message(kind, file))
    assert said.kind is MessageKind.MEDIA
    assert said.media == (Media("x/y", "99", "https://files.example/1"),)
    assert said.text == "my bag"


@pytest.mark.parametrize(
    ("kind", "content", "expected", "answerable"),
    [
        ("contacts", [{"name": {"formatted_name": "B"}}], MessageKind.CONTACT, True),
        ("order", {"catalog_id": "1", "text": "these"}, MessageKind.ORDER, True),
        ("edit", {"message": {"type": "image", "image": {"caption": "c"}}}, MessageKind.EDIT, True),
        ("unsupported", {"type": "edit"}, MessageKind.UNSUPPORTED, True),
        ("hologram", {"x": 1}, MessageKind.UNSUPPORTED, True),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {}}, MessageKind.UNSUPPORTED, True),
        ("interactive", None, MessageKind.UNSUPPORTED, True),
        ("text", {"body": 7}, MessageKind.UNSUPPORTED, True),
        ("text", {"body": ""}, MessageKind.UNSUPPORTED, True),
        ("text", [], MessageKind.UNSUPPORTED, True),
        ("location", {"latitude": 91, "longitude": 0}, MessageKind.UNSUPPORTED, True),
        ("location", {"latitude": "nan", "longitude": 0}, MessageKind.UNSUPPORTED, True),
        ("location", {"latitude": 1}, MessageKind.UNSUPPORTED, True),
        ("reaction", {"message_id": "w", "emoji": ""}, MessageKind.REACTION, False),
        ("reaction", None, MessageKind.REACTION, False),
        ("revoke", {"original_message_id": "w"}, MessageKind.REVOKED, False),
        ("system", {"type": "customer_identity_changed"}, MessageKind.SYSTEM, False),
    ],
)
def test_every_other_kind(kind: str, content: Any, expected: MessageKind, answerable: bool) -> None:  # noqa: FBT001
    """Every kind is named; all but reactions, revocations and system notices expect an answer."""
    said = read(message(kind, content))
    assert (said.kind, said.answerable) == (expected, answerable)


@pytest.mark.parametrize(
    ("words", "heard"),
    [
        ("a\0b", "ab"),
        ("x\ud800y", "x\ufffdy"),
        ("x" * 60_000, "x" * 4096),
        ("\ud83d\ude00", "😀"),
        ("Muraho 👋🏿", "Muraho 👋🏿"),
    ],
)
def test_words_are_safe_to_store_and_send(words: str, heard: str) -> None:
    """NULs go, lone surrogates are replaced, and a text of 60 KB is cut."""
    assert read(message("text", {"body": words})).text == heard


@pytest.mark.parametrize(
    ("word", "delivery"),
    [
        ("sent", Delivery.SENT),
        ("delivered", Delivery.DELIVERED),
        ("read", Delivery.READ),
        ("played", Delivery.READ),
        ("failed", Delivery.FAILED),
        ("warning", Delivery.UNKNOWN),
        ("", Delivery.UNKNOWN),
    ],
)
def test_statuses(word: str, delivery: Delivery) -> None:
    """A status says how far our message came and, when Meta carries it back, which row of the outbox it was."""
    told = read_status(status(word, biz_opaque_callback_data="42", recipient_user_id=RIDER_ID))
    assert (told.provider_message_id, told.delivery, told.outbox_id) == ("wamid.B", delivery, 42)
    assert [address.key for address in told.addresses] == ["wa:+" + RIDER, "wau:" + RIDER_ID]


def test_a_failed_status_says_why() -> None:
    """The code and Meta's details of a failure are kept."""
    error = {"code": 131049, "title": "t", "message": "m", "error_data": {"details": "healthy ecosystem"}}
    told = read_status(status("failed", errors=[error]))
    assert (told.error_code, told.error_detail) == (131049, "healthy ecosystem")


@pytest.mark.parametrize("data", [None, "", "x", "-1", "1" * 30, [], 1.5, True, "٣"])
def test_foreign_callback_data_is_no_outbox_id(data: Any) -> None:
    """Only a number that we may have given counts."""
    assert read_status(status(biz_opaque_callback_data=data)).outbox_id is None


def test_statuses_only_move_forward() -> None:
    """Every later stage outranks the earlier ones, and a phone's confirmation outranks a failure."""
    order = [Delivery.UNKNOWN, Delivery.ACCEPTED, Delivery.SENT, Delivery.FAILED, Delivery.DELIVERED, Delivery.READ]
    assert sorted(Delivery, key=lambda delivery: delivery.rank) == order


def identity_change(*changes: dict[str, Any]) -> tuple[list[str], list[str]] | None:
    (item,) = split(body(*changes))
    change = reading.read_identity_change(item.provider, item.raw)
    return change and ([address.key for address in change[0]], [address.key for address in change[1]])


def system(content: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return change(messages=[message("system", content, **fields)])


def test_a_changed_number() -> None:
    """A changed number names the old and the new one, with the user ids when they are there."""
    new = {"type": "user_changed_number", "wa_id": "250789999999", "body": "User A changed from 1 to 2"}
    assert identity_change(system(new)) == (["wa:+" + RIDER], ["wa:+250789999999"])
    assert identity_change(system({**new, "user_id": "RW.new"}, from_user_id="RW.old")) == (
        ["wa:+" + RIDER, "wau:RW.old"],
        ["wa:+250789999999", "wau:RW.new"],
    )


def test_a_changed_user_id() -> None:
    """A changed user id is read from the system message and from the update field alike."""
    content = {"type": "user_changed_user_id", "previous_user_id": "RW.old", "user_id": "RW.new"}
    said = system(content)
    del said["value"]["messages"][0]["from"]
    assert identity_change(said) == (["wau:RW.old"], ["wau:RW.new"])
    update = {"wa_id": RIDER, "user_id": {"previous": "RW.old", "current": "RW.new"}, "timestamp": "1750000000"}
    assert identity_change(change("user_id_update", user_id_update=[update])) == (["wau:RW.old"], ["wau:RW.new"])


def test_the_new_identity_is_not_taken_for_the_sender() -> None:
    """A contact beside a system message may be the new identity: it does not join the old one's conversation."""
    notice = system({"type": "user_changed_number", "wa_id": "250789999999"})
    notice["value"]["contacts"] = [contact("250789999999", user_id="RW.new")]
    (item,) = split(body(notice))
    assert [address.key for address in item.addresses] == ["wa:+" + RIDER]


def test_other_items_change_no_identity() -> None:
    """Texts, other system messages and updates that name no new id change nobody."""
    assert identity_change(change(messages=[message()])) is None
    assert identity_change(system({"type": "customer_identity_changed", "wa_id": "250789999999"})) is None
    assert identity_change(system({"type": "user_changed_number", "wa_id": RIDER})) is None
    assert identity_change(change("user_id_update", user_id_update=[{"user_id": {"previous": "RW.a"}}])) is None
