"""What an SMS costs: parts in GSM-7 or UCS-2, never more than carriers join."""

import pytest
from hypothesis import given

from services.gateway.messages import Address, Button, Buttons, Menu, Outgoing, Reply, Row, Text, choices
from services.gateway.providers.twilio import render
from services.gateway.providers.twilio.segments import MAX_SEGMENTS, gsm_friendly, segments
from tests.gateway.providers.test_rendering import REPLIES

SMS = Address("sms", "number", "+250788000001")
RELAYED = Address("whatsapp", "number", "+250788000001", relayed=True)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # Two septets that belong together are not parted: 76 to a part.
        ("€" * 152, 2),
        ("€" * 153, 3),
        ("ê" * 70, 1),
        ("ê" * 71, 2),
        ("ê" * 134, 2),
        ("ê" * 135, 3),
        # Nor are the two units of a picture: 33 to a part.
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 66, 2),
        ("😀" * 67, 3),
    ],
)
def test_parts_are_counted_as_carriers_do(text: str, parts: int) -> None:
    """160 septets or 70 units alone, 153 or 67 in each of several; no character is split."""
    assert segments(text) == parts


@given(REPLIES)
def test_no_reply_takes_more_parts_than_carriers_join(reply: Reply) -> None:
    """Whatever words people have written into a reply: at most ten parts, and every choice keeps its number."""
    text = render.body(reply)
    assert segments(text) <= MAX_SEGMENTS
    lines = text.splitlines()
    for number in range(1, len(choices(reply)) + 1):
        assert any(line.startswith(f"{number} ") for line in lines)


def test_words_give_way_before_choices() -> None:
    """A long text in a costly alphabet is shortened; its buttons stay whole."""
    text = render.body(Buttons("привет " * 200, (Button("x", "Accept"), Button("y", "Decline"))))
    assert text.endswith("...\n1 Accept\n2 Decline")
    assert segments(text) == MAX_SEGMENTS


def test_descriptions_give_way_first() -> None:
    """A list of ten rows drops what describes them before it shortens a word."""
    rows = tuple(Row(str(number), f"Chauffeur {number}", "Là il y a longtemps " * 4) for number in range(10))
    text = render.body(Menu("Qui ?", "Liste", rows))
    assert text.startswith("Qui ?\n1 Chauffeur 0\n2 Chauffeur 1")


@pytest.mark.parametrize(
    ("text", "sent"),
    [("l\u2019été\tici", "l'été ici"), ("\u00b4a\u00b4 `b`", "'a' 'b'"), ("ﬁn", "fin"), ("\ufeffoui", "oui")],
)
def test_more_typography_becomes_plain(text: str, sent: str) -> None:
    """Tabs, accents used as quotes, ligatures and marks that nobody sees cost no alphabet."""
    assert gsm_friendly(text) == sent


def test_whatsapp_that_twilio_carries_keeps_its_letters() -> None:
    """Nothing is paid by the part there: accents and typography stay as they were written."""
    reply = Text("Où êtes-vous ? L\u2019hôtel…")
    assert render.words(Outgoing(1, RELAYED, reply)) == reply.body
    assert render.words(Outgoing(1, SMS, reply)) == "Où etes-vous ? L'hotel..."
    assert (render.sms_segments(Outgoing(1, RELAYED, reply)), render.sms_segments(Outgoing(1, SMS, reply))) == (0, 1)
