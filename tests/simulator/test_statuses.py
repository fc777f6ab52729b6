"""What the providers tell the gateway about messages they took."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from simulator.misbehaviour import parse
from simulator.retries import Failure, MetaRetries, TwilioRetries
from simulator.signatures import sign_meta, sign_twilio

Until = Callable[..., Awaitable[None]]


def whatsapp_statuses(gateway: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for webhook in gateway.webhooks:
        if webhook.path == "/webhooks/whatsapp":
            expected = "sha256=" + hmac.new(b"dev-app-secret", webhook.body, hashlib.sha256).hexdigest()
            assert webhook.headers["x-hub-signature-256"] == expected
            value = json.loads(webhook.body)["entry"][0]["changes"][0]["value"]
            assert value["metadata"]["phone_number_id"] == "106540352242922"
            found += value.get("statuses", [])
    return found


async def test_whatsapp_statuses_come_back_signed(sim: Any, until: Until) -> None:
    """A message is told to be sent and delivered, with the business's own data in both."""
    _, answer = await sim.text(biz_opaque_callback_data="outbox/7")
    await until(lambda: len(whatsapp_statuses(sim.gateway)) == 2)
    statuses = whatsapp_statuses(sim.gateway)
    assert [status["status"] for status in statuses] == ["sent", "delivered"]
    for status in statuses:
        assert status["id"] == answer["messages"][0]["id"]
        assert (status["recipient_id"], status["biz_opaque_callback_data"]) == ("250788123456", "outbox/7")


async def test_bsuid_status_has_no_number(sim: Any, until: Until) -> None:
    """A message to a BSUID comes back with the BSUID alone."""
    await sim.graph({"messaging_product": "whatsapp", "recipient": "RW.1349", "text": {"body": "hello"}})
    await until(lambda: len(whatsapp_statuses(sim.gateway)) == 2)
    for status in whatsapp_statuses(sim.gateway):
        assert status["recipient_user_id"] == "RW.1349"
        assert "recipient_id" not in status


async def test_refused_statuses_are_posted_again(sim: Any, until: Until) -> None:
    """Meta posts the very same bytes again until it is answered 200."""
    sim.gateway.answers = [503, 403, 204]
    await sim.text()
    await until(lambda: sim.gateway.answers == [])
    await until(lambda: {status["status"] for status in whatsapp_statuses(sim.gateway)} == {"sent", "delivered"})
    await until(lambda: len(sim.gateway.webhooks) == 5)
    assert len({webhook.body for webhook in sim.gateway.webhooks}) == 2


async def test_twilio_statuses_are_signed_over_the_callback(sim: Any, until: Until) -> None:
    """A text's progress is posted to its own callback URL, signed over that URL without the fragment."""
    callback = f"{sim.gateway.url}/webhooks/twilio/status?outbox=7%2F1"
    _, message = await sim.sms(StatusCallback=callback + "#rc=5&rp=all")
    await until(lambda: len(sim.gateway.webhooks) == 2)
    for webhook, state in zip(sim.gateway.webhooks, ("sent", "delivered"), strict=True):
        assert webhook.path == "/webhooks/twilio/status?outbox=7%2F1"
        fields = dict(parse_qsl(webhook.body.decode(), keep_blank_values=True))
        text = callback + "".join(name + fields[name] for name in sorted(fields))
        signature = base64.b64encode(hmac.new(b"dev-auth-token", text.encode(), hashlib.sha1).digest()).decode()
        assert webhook.headers["x-twilio-signature"] == signature
        assert (fields["MessageSid"], fields["MessageStatus"]) == (message["sid"], state)
    assert (await sim.twilio("GET", f"Messages/{message['sid']}.json"))[1]["status"] == "delivered"


async def test_twilio_gives_up_unless_asked_to_retry(sim: Any, until: Until) -> None:
    """A 503 is final for a plain callback URL, and retried when the URL's fragment asks for it."""
    sim.gateway.answers = [503]
    await sim.sms(StatusCallback=sim.gateway.url + "/plain")
    await until(lambda: len(sim.gateway.webhooks) == 2)
    sim.gateway.answers = [503]
    await sim.sms(StatusCallback=sim.gateway.url + "/asked#rc=5&rp=all")
    await until(lambda: len(sim.gateway.webhooks) == 5)
    assert [webhook.path for webhook in sim.gateway.webhooks].count("/plain") == 2


@pytest.mark.parametrize("environ", [{"SIMULATOR_STATUSES": "false"}])
async def test_statuses_can_be_switched_off(sim: Any, until: Until) -> None:
    """Without statuses nothing but the answer comes back."""
    await sim.text()
    _, message = await sim.sms(StatusCallback=sim.gateway.url + "/status")
    path = f"Messages/{message['sid']}.json"
    while (await sim.twilio("GET", path))[1]["status"] != "delivered":
        pass
    assert sim.gateway.webhooks == []


@pytest.mark.parametrize("environ", [{"SIMULATOR_STATUS_WORKERS": "1", "SIMULATOR_STATUS_DELAY_MS": "100"}])
async def test_statuses_come_in_batches(sim: Any, until: Until) -> None:
    """Under load several statuses share one post, and none is lost."""
    await asyncio.gather(*(sim.text(to=f"+2507880000{number:02}") for number in range(60)))
    await until(lambda: len(whatsapp_statuses(sim.gateway)) == 120)
    assert len(sim.gateway.webhooks) < 120


async def test_chance_decides_each_reading_by_itself(sim: Any, until: Until) -> None:
    """What happens to the n-th message that a person reads follows from n, as it does for every other status."""
    ids = [(await sim.text(str(number)))[1]["messages"][0]["id"] for number in range(12)]
    await sim.settled()
    profile = parse("webhook_lost=0.5", 7)
    await sim.ask("PUT", "/misbehaviour", profile.rendered())
    async with sim.session.get(sim.url + "/events", params={"phone": "whatsapp:+250788123456"}):
        await sim.settled()
    read = [one["id"] for one in whatsapp_statuses(sim.gateway) if one["status"] == "read"]
    decided = [profile.decide("webhook", "whatsapp", "+250788123456:read", nth) for nth in range(1, 13)]
    assert sorted(read) == sorted(found for found, lost in zip(ids, decided, strict=True) if not lost)
    assert 0 < len(read) < 12


def test_meta_is_more_stubborn_than_twilio() -> None:
    """Meta retries anything until its time is up; Twilio once, for a connection that failed, unless told otherwise."""
    assert MetaRetries(600).wait(1, Failure.CLIENT_ERROR, 0) == 0.05
    assert MetaRetries(600).wait(50, Failure.SLOW, 599) == 5.0
    assert MetaRetries(600).wait(50, Failure.SLOW, 601) is None
    plain = TwilioRetries.asked_by("https://example.org/")
    assert plain.wait(1, Failure.UNREACHABLE, 0) is not None
    assert plain.wait(2, Failure.UNREACHABLE, 0) is None
    assert plain.wait(1, Failure.SERVER_ERROR, 0) is None
    asked = TwilioRetries.asked_by("https://example.org/#rc=2&rp=5xx,rt")
    assert asked.wait(2, Failure.SERVER_ERROR, 3) is not None
    assert asked.wait(2, Failure.SLOW, 16) is None
    assert asked.wait(1, Failure.CLIENT_ERROR, 0) is None


def test_signatures_match_the_published_ones() -> None:
    """Twilio's documented example and a known HMAC come out as published."""
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
        "Caller": "+14158675309",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert sign_twilio("12345", url, fields.items()) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert sign_twilio("12345", url + "#rc=5", fields.items()) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    repeated = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]
    assert sign_twilio("12345", url, repeated) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="
    assert sign_meta("sesame", b"hello world").startswith("sha256=f39034b2")
