"""Replies as the providers want them, never outside their limits."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.messages import (
    Address,
    Button,
    Buttons,
    LocationRequest,
    Menu,
    Outgoing,
    Reply,
    Row,
    Text,
    choices,
)
from services.gateway.providers.fitting import fitted, length
from services.gateway.providers.foreign_json import dumps
from services.gateway.providers.twilio import render as twilio
from services.gateway.providers.twilio.segments import gsm_friendly
from services.gateway.providers.whatsapp import render as whatsapp

NUMBER = Address("whatsapp", "number", "+250788000001")
IDS = st.lists(st.text(min_size=1, max_size=200), unique=True, min_size=1)
# Words of people: any text, long ones, pictures made of several characters, accents of their own.
WORDS = st.text(max_size=30) | st.builds(
    lambda piece, times: piece * times,
    st.sampled_from(["word ", "é", "e\u0301", "👨‍👩‍👧‍👦", "👍🏿", "\n", "\0", "\ud800", "\u2019"]),
    st.integers(0, 1200),
)
REPLIES: st.SearchStrategy[Reply] = st.one_of(
    st.builds(Text, WORDS),
    st.builds(LocationRequest, WORDS),
    st.builds(
        lambda body, ids, titles: Buttons(body, tuple(Button(i, t) for i, t in zip(ids[:3], titles, strict=False))),
        WORDS,
        IDS,
        st.lists(WORDS, min_size=3, max_size=3),
    ),
    st.builds(
        lambda body, label, ids, titles: Menu(
            body, label, tuple(Row(i, t, d) for i, (t, d) in zip(ids[:10], titles, strict=False))
        ),
        WORDS,
        WORDS,
        IDS,
        st.lists(st.tuples(WORDS, WORDS), min_size=10, max_size=10),
    ),
)


def rendered(reply: Reply, address: Address = NUMBER) -> dict[str, Any]:
    return whatsapp.request_body(Outgoing(7, address, reply))


def assert_whatsapp_takes(body: dict[str, Any]) -> None:
    """Meta's documented limits, checked one by one."""
    text = body["text"]["body"] if body["type"] == "text" else body["interactive"]["body"]["text"]
    most = {"text": 4096, "button": 1024, "list": 4096, "location_request_message": 1024}
    kind = body["type"] if body["type"] == "text" else body["interactive"]["type"]
    assert text.strip()
    assert length(text) <= most[kind]
    if kind == "button":
        titles = [button["reply"]["title"] for button in body["interactive"]["action"]["buttons"]]
        assert 1 <= len(titles) <= 3
        assert len(set(titles)) == len(titles)
        assert all(length(title) <= 20 and title.strip() and "\n" not in title for title in titles)
    if kind == "list":
        action = body["interactive"]["action"]
        assert length(action["button"]) <= 20
        assert action["button"].strip()
        (section,) = action["sections"]
        assert 1 <= len(section["rows"]) <= 10
        for row in section["rows"]:
            assert length(row["title"]) <= 24
            assert row["title"].strip()
            assert "\n" not in row["title"]
            assert length(row["id"]) <= 400
            assert 1 <= length(row.get("description", "x")) <= 72


@given(REPLIES)
def test_no_reply_is_outside_whatsapp_limits(reply: Reply) -> None:
    """Whatever words people have written into a reply, Meta's limits hold and the request is UTF-8."""
    body = rendered(reply)
    assert_whatsapp_takes(body)
    dumps(body).decode()


@given(REPLIES)
def test_no_reply_is_outside_sms_limits(reply: Reply) -> None:
    """Whatever words people have written into a reply, it fits 1600 characters and every choice keeps its number."""
    text = twilio.body(reply)
    assert text.strip()
    assert length(text) <= 1600
    text.encode()
    for number in range(1, len(choices(reply)) + 1):
        assert f"\n{number} " in text


def test_a_number_is_written_to_with_its_plus_and_a_user_id_as_recipient() -> None:
    """A number goes into "to", a user id into "recipient", and the outbox id travels along."""
    body = rendered(Text("hello"))
    assert (body["to"], body["biz_opaque_callback_data"], body["type"]) == ("+250788000001", "7", "text")
    assert "recipient" not in body
    body = rendered(Text("hello"), Address("whatsapp", "user", "RW.abc"))
    assert body["recipient"] == "RW.abc"
    assert "to" not in body


def test_whatsapp_shapes() -> None:
    """Buttons, lists and location requests have the documented shape."""
    assert rendered(Buttons("b", (Button("x", "Go"),)))["interactive"] == {
        "type": "button",
        "body": {"text": "b"},
        "action": {"buttons": [{"type": "reply", "reply": {"id": "x", "title": "Go"}}]},
    }
    assert rendered(Menu("b", "Choose", (Row("x", "Moto"), Row("y", "Cab", "4 seats"))))["interactive"] == {
        "type": "list",
        "body": {"text": "b"},
        "action": {
            "button": "Choose",
            "sections": [
                {"rows": [{"id": "x", "title": "Moto"}, {"id": "y", "title": "Cab", "description": "4 seats"}]}
            ],
        },
    }
    assert rendered(LocationRequest("Where?"))["interactive"] == {
        "type": "location_request_message",
        "body": {"text": "Where?"},
        "action": {"name": "send_location"},
    }


def test_buttons_that_look_alike_after_cutting_are_told_apart() -> None:
    """Two long titles with the same beginning stay two different buttons."""
    long = "The very same beginning of a title "
    action = rendered(Buttons("?", (Button("a", long + "A"), Button("b", long + "B"))))["interactive"]["action"]
    titles = [button["reply"]["title"] for button in action["buttons"]]
    assert len(set(titles)) == 2
    assert all(length(title) <= 20 for title in titles)


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("short", 10, "short"),
        ("exactly ten", 11, "exactly ten"),
        ("a longer text", 8, "a longe…"),
        ("a longer text", 9, "a longer…"),
        ("😀😀😀😀", 6, "😀😀…"),
        ("ab👨‍👩‍👧‍👦cd", 8, "ab…"),
        ("cafe\u0301s", 5, "caf…"),
        ("ok👍🏿👍🏿", 6, "ok…"),
        ("  ", 5, "…"),
        ("a\0b\ud800", 5, "ab\ufffd"),
    ],
)
def test_words_are_cut_where_a_reader_would(text: str, most: int, shown: str) -> None:
    """Cutting leaves no half picture, no letter without its accent, nothing empty."""
    assert fitted(text, most) == shown


def test_sms_choices_are_numbered() -> None:
    """Buttons and rows are numbered lines below the words; a location request is its words."""
    assert twilio.body(Buttons("Go?", (Button("x", "Yes"), Button("y", "No")))) == "Go?\n1 Yes\n2 No"
    assert twilio.body(Menu("Which?", "Choose", (Row("x", "Moto"), Row("y", "Cab", "4 seats")))) == (
        "Which?\n1 Moto\n2 Cab, 4 seats"
    )
    assert twilio.body(LocationRequest("Where are you?")) == "Where are you?"


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Where\u2019s “home”… \u2013 5\u00a0min?", 'Where\'s "home"... - 5 min?'),
        ("Où êtes-vous ? Ça va.", "Où etes-vous ? Ça va."),
        ("Envoyez « français »", 'Envoyez " francais "'),
        ("été à Nyarugenge €5", "été à Nyarugenge €5"),
        ("êtes 😀", "êtes 😀"),
        ("Привет", "Привет"),
    ],
)
def test_sms_are_plain_where_that_is_cheaper(text: str, sent: str) -> None:
    """Typography becomes plain; accents go only when that makes the whole message GSM-7."""
    assert gsm_friendly(text) == sent


def form(address: Address, service: str | None = None) -> dict[str, str]:
    return dict(
        twilio.form(
            Outgoing(7, address, Text("hi")),
            sender="+15550783881",
            messaging_service_sid=service,
            public_base_url="https://rides.example/",
        )
    )


def test_the_form_for_twilio() -> None:
    """An SMS names sender, recipient and where to report; the outbox id is in the signed part of that URL."""
    sms = Address("sms", "number", "+250730000001")
    fields = form(sms)
    assert (fields["To"], fields["From"], fields["Body"]) == ("+250730000001", "+15550783881", "hi")
    place = urlsplit(fields["StatusCallback"])
    # Twilio tries a status once more at the most unless it is asked to be stubborn.
    assert parse_qs(place.fragment) == {"rc": ["5"], "rp": ["all"]}
    assert (place.netloc, place.path, place.query) == ("rides.example", "/webhooks/twilio/status", "outbox=7")
    assert form(sms, "MG1")["MessagingServiceSid"] == "MG1"
    assert "From" not in form(sms, "MG1")


def test_whatsapp_carried_by_twilio_is_sent_from_the_number_that_was_written_to() -> None:
    """The window belongs to our number, so no messaging service picks another."""
    fields = form(Address("whatsapp", "number", "+250730000001", relayed=True), "MG1")
    assert (fields["To"], fields["From"]) == ("whatsapp:+250730000001", "whatsapp:+15550783881")
