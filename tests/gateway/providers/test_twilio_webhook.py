"""Taking Twilio's forms apart and reading them."""

import base64
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.messages import Delivery, Item, ItemKind, Media, Message, MessageKind, Provider
from services.gateway.providers import reading
from services.gateway.providers.foreign_json import MalformedBody
from services.gateway.providers.twilio.webhook import split
from tests.gateway.providers.payloads import sms_body


def one(**fields: str) -> Item:
    (item,) = split(sms_body(**fields))
    return item


def read(**fields: str) -> Message:
    item = one(**fields)
    assert item.kind is ItemKind.MESSAGE
    return reading.read_message(item.provider, item.raw)


def test_an_sms_becomes_one_item() -> None:
    """A form is an item with its sender, the number it came to and a key."""
    item = one()
    assert (item.kind, item.provider, item.account) == (ItemKind.MESSAGE, Provider.TWILIO, "+15550783881")
    assert [address.key for address in item.addresses] == ["sms:+250730000001"]
    assert (item.sent_at, len(item.key)) == (None, 16)
    assert read() == Message(MessageKind.TEXT, text="hello")


def test_the_key_is_the_message_sid() -> None:
    """New parameters and blank values change nothing; another sid is another item."""
    assert one().key == one(NewParameter="1", ToCity="").key
    assert one().key != one(MessageSid="SM2").key
    assert (
        one(MessageSid="", SmsMessageSid="", SmsSid="").key
        != one(MessageSid="", SmsMessageSid="", SmsSid="", A="b").key
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"From": "whatsapp:+250730000001", "To": "whatsapp:+15550783881"}, ["twa:+250730000001"]),
        ({"From": "whatsapp:+250730000001", "ExternalUserId": "RW.abc"}, ["twa:+250730000001", "twau:RW.abc"]),
        ({"From": "whatsapp:RW.abc", "ExternalUserId": "RW.abc"}, ["twau:RW.abc"]),
        ({"From": "whatsapp:", "WaId": "250730000001"}, ["twa:+250730000001"]),
    ],
)
def test_whatsapp_carried_by_twilio(fields: dict[str, str], expected: list[str]) -> None:
    """A WhatsApp sender at Twilio has an address of its own, so that the answer takes the same way back."""
    item = one(**fields)
    assert [address.key for address in item.addresses] == expected
    assert all(address.provider is Provider.TWILIO and address.plain for address in item.addresses)
    assert item.account == "+15550783881"


@pytest.mark.parametrize("sender", ["", "MTN", "8080", "12345", "883883", "messenger:123", "+", "+25073000000x"])
def test_a_form_from_nobody_is_kept_as_a_notice(sender: str) -> None:
    """Short codes, names and other channels cannot be answered and are kept."""
    assert one(From=sender).kind is ItemKind.NOTICE


def test_a_whatsapp_location() -> None:
    """A shared location is its coordinates and its label."""
    said = read(
        From="whatsapp:+250730000001", Body="", Latitude="-1.95", Longitude="30.06", Label="Home", Address="KG 7"
    )
    assert (said.kind, said.latitude, said.longitude, said.place_name) == (MessageKind.LOCATION, -1.95, 30.06, "Home")


@pytest.mark.parametrize(
    ("fields", "kind", "tap", "title"),
    [
        ({"ButtonPayload": "a:1", "ButtonText": "Go"}, MessageKind.TAP, "a:1", "Go"),
        ({"ListId": "b", "ListTitle": "Moto"}, MessageKind.TAP, "b", "Moto"),
        ({"MessageType": "reaction", "Body": "👍"}, MessageKind.REACTION, "", ""),
        ({"Body": "", "NumMedia": "x"}, MessageKind.UNSUPPORTED, "", ""),
        ({"Body": "", "Latitude": "inf", "Longitude": "1"}, MessageKind.UNSUPPORTED, "", ""),
    ],
)
def test_other_kinds(fields: dict[str, str], kind: MessageKind, tap: str, title: str) -> None:
    """Taps and reactions are known, what is empty or broken is unsupported."""
    said = read(**fields)
    assert (said.kind, said.tap, said.title) == (kind, tap, title)


def test_pictures() -> None:
    """Files come with their types and addresses, ten at most whatever the form claims."""
    said = read(NumMedia="2", MediaUrl0="https://a/1", MediaContentType0="image/jpeg", MediaUrl1="https://a/2")
    assert said.media == (Media("image/jpeg", url="https://a/1"), Media("", url="https://a/2"))
    assert (said.kind, said.text) == (MessageKind.MEDIA, "hello")
    assert len(read(NumMedia="999999").media) == 10


def test_what_the_carrier_did_is_told() -> None:
    """STOP, START and HELP that the carrier has handled are marked."""
    assert read(Body="Stop", OptOutType="STOP").opt_out_type == "STOP"
    assert not read(Body="stop").opt_out_type


def test_a_concatenated_message_in_base64_is_unwrapped_only_when_it_cannot_be_anything_else() -> None:
    """A long message of several segments is decoded; short ones, single ones and ordinary words stay as they are."""
    words = "I am waiting in front of the big market, " * 3
    wrapped = base64.b64encode(words.encode()).decode()
    assert read(Body=wrapped, NumSegments="2").text == words
    for body, segments in ((wrapped, "1"), (wrapped[:-4] + "====", "2"), ("QUJD", "2"), ("a" * 200, "2"), (words, "2")):
        assert read(Body=body, NumSegments=segments).text == body


def test_a_status_names_our_row() -> None:
    """A status callback says how far our message came; the row comes from the query that we gave and Twilio signed."""
    form = {
        "MessageSid": "SM9",
        "MessageStatus": "undelivered",
        "To": "+250730000001",
        "From": "+1555",
        "ErrorCode": "30003",
    }
    (item,) = split(urlencode({**form, "SmsStatus": "undelivered"}).encode(), b"outbox=77&x=%ff")
    assert item.kind is ItemKind.STATUS
    told = reading.read_status(item.provider, item.raw)
    assert (told.provider_message_id, told.delivery, told.outbox_id, told.error_code) == (
        "SM9",
        Delivery.FAILED,
        77,
        30003,
    )
    assert [address.key for address in told.addresses] == ["sms:+250730000001"]


@pytest.mark.parametrize(
    ("word", "delivery"),
    [
        ("queued", Delivery.ACCEPTED),
        ("sending", Delivery.ACCEPTED),
        ("sent", Delivery.SENT),
        ("delivered", Delivery.DELIVERED),
        ("read", Delivery.READ),
        ("failed", Delivery.FAILED),
        ("canceled", Delivery.FAILED),
        ("brand-new", Delivery.UNKNOWN),
    ],
)
def test_status_words(word: str, delivery: Delivery) -> None:
    """Every word of Twilio's has its place, and each is an item of its own."""
    (item,) = split(urlencode({"SmsSid": "SM9", "SmsStatus": word, "To": "+250730000001"}).encode())
    (other,) = split(urlencode({"SmsSid": "SM9", "MessageStatus": "x", "To": "+250730000001"}).encode())
    assert item.kind is ItemKind.STATUS
    assert reading.read_status(item.provider, item.raw).delivery is delivery
    assert item.key != other.key


def test_an_empty_form_holds_nothing() -> None:
    """No fields, no item."""
    assert split(b"") == []


@pytest.mark.parametrize("raw", [b"Body=\xff", b"Body=%FF", b"Body=%ED%A0%80", b"Body=100%", b"%zz=1"])
def test_a_form_that_is_not_utf8_is_malformed(raw: bytes) -> None:
    """Another encoding or a broken escape is refused as malformed."""
    with pytest.raises(MalformedBody):
        split(raw)


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_any_bytes_are_a_form_or_malformed(raw: bytes, query: bytes) -> None:
    """Bytes are taken apart and read, or refused as malformed; nothing else happens."""
    try:
        items = split(raw, query)
    except MalformedBody:
        return
    for item in items:
        reading.read_message(item.provider, item.raw)
        reading.read_status(item.provider, item.raw)
        assert reading.read_identity_change(item.provider, item.raw) is None


NAMES = ["From", "To", "Body", "NumMedia", "NumSegments", "Latitude", "Longitude", "SmsStatus", "MessageStatus", "WaId"]


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=30)))
def test_any_values_are_read(fields: dict[str, str]) -> None:
    """No value of any field makes splitting or reading raise, and words come out safe."""
    clean = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
    for item in split(urlencode(clean).encode()):
        assert bool(item.addresses) or item.kind is not ItemKind.MESSAGE
        assert "\0" not in reading.read_message(item.provider, item.raw).text
        reading.read_status(item.provider, item.raw)
