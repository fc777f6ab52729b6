"""The phones that are played by hand."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

import aiohttp

Until = Callable[..., Awaitable[None]]
DIANE = {"provider": "whatsapp", "from": "+250788123456", "name": "Diane"}


def inbound(gateway: Any) -> dict[str, Any]:
    value = json.loads(gateway.webhooks[0].body)["entry"][0]["changes"][0]["value"]
    assert isinstance(value, dict)
    return value


@asynccontextmanager
async def watching(sim: Any, phone: str) -> AsyncIterator[Callable[[], Awaitable[dict[str, Any]]]]:
    timeout = aiohttp.ClientTimeout(sock_read=60)
    async with sim.session.get(sim.url + "/events", params={"phone": phone}, timeout=timeout) as response:
        assert response.content_type == "text/event-stream"

        async def following() -> dict[str, Any]:
            while True:
                line = (await response.content.readline()).decode()
                if line.startswith("data: "):
                    event = json.loads(line.removeprefix("data: "))
                    assert isinstance(event, dict)
                    return event

        yield following


async def test_text_reaches_the_gateway(sim: Any) -> None:
    """What a phone writes is posted as Meta would post it, escaped letters included."""
    status, written = await sim.ask("POST", "/phones/send", {**DIANE, "text": "déjà/vu"})
    assert (status, written["taken"], written["status"]) == (200, True, 200)
    value = inbound(sim.gateway)
    (message,) = value["messages"]
    assert (message["id"], message["from"], message["text"]["body"]) == (written["id"], "250788123456", "déjà/vu")
    assert value["contacts"] == [{"profile": {"name": "Diane"}, "wa_id": "250788123456"}]
    assert b"d\\u00e9j\\u00e0\\/vu" in sim.gateway.webhooks[0].body


async def test_tap_and_location_reach_the_gateway(sim: Any) -> None:
    """A tapped row names the message it belongs to, and a location has its coordinates."""
    tap = {"kind": "list_reply", "id": "moto", "title": "Moto", "description": "1 seat"}
    await sim.ask("POST", "/phones/send", {**DIANE, "tap": tap, "in_reply_to": "wamid.1"})
    (message,) = inbound(sim.gateway)["messages"]
    assert message["interactive"] == {
        "type": "list_reply",
        "list_reply": {"id": "moto", "title": "Moto", "description": "1 seat"},
    }
    assert message["context"] == {"from": "15550783881", "id": "wamid.1"}
    sim.gateway.webhooks.clear()
    await sim.ask("POST", "/phones/send", {**DIANE, "location": {"latitude": -1.95, "longitude": 30}})
    (message,) = inbound(sim.gateway)["messages"]
    assert message["location"] == {"latitude": -1.95, "longitude": 30}


async def test_phone_may_have_a_bsuid(sim: Any, until: Until) -> None:
    """A phone with a number and a BSUID shows both, one with a BSUID alone has no number anywhere."""
    await sim.ask("POST", "/phones/send", {**DIANE, "bsuid": "RW.77", "text": "hello"})
    (message,) = inbound(sim.gateway)["messages"]
    assert (message["from"], message["from_user_id"]) == ("250788123456", "RW.77")
    sim.gateway.webhooks.clear()
    await sim.ask("POST", "/phones/send", {"provider": "whatsapp", "from": "RW.88", "text": "hello"})
    value = inbound(sim.gateway)
    assert value["contacts"][0].keys() == {"profile", "user_id"}
    assert "from" not in value["messages"][0]


async def test_sms_reaches_the_gateway(sim: Any) -> None:
    """An SMS is posted as Twilio's form."""
    phone = {"provider": "twilio", "from": "+250788123456", "text": "ride & go"}
    assert (await sim.ask("POST", "/phones/send", phone))[1]["taken"] is True
    (webhook,) = sim.gateway.webhooks
    fields = dict(parse_qsl(webhook.body.decode(), keep_blank_values=True))
    assert webhook.path == "/webhooks/twilio"
    assert (fields["From"], fields["Body"], fields["SmsStatus"]) == ("+250788123456", "ride & go", "received")
    assert fields["MessageSid"] == fields["SmsSid"]


MISTAKES: tuple[dict[str, Any], ...] = (
    {"provider": "pigeon"},
    {"from": "nobody"},
    {"bsuid": "x"},
    {"text": ""},
    {"text": None},
    {"location": {"latitude": 1, "longitude": 1}},
    {"text": None, "location": {"latitude": 91, "longitude": 0}},
    {"text": None, "tap": {"kind": "wave", "id": "1", "title": "x"}},
    {"provider": "twilio", "text": None, "location": {"latitude": 1, "longitude": 1}},
)


async def test_wrong_draft_is_refused(sim: Any) -> None:
    """What no phone could send is refused with a sentence that says why."""
    for wrong in MISTAKES:
        status, answer = await sim.ask("POST", "/phones/send", {**DIANE, "text": "hello", **wrong})
        assert status == 400, wrong
        assert answer["error"]
    assert sim.gateway.webhooks == []


async def test_foreign_page_cannot_write(sim: Any) -> None:
    """A post without a JSON content type, as any web page could make it, does nothing."""
    async with sim.session.post(sim.url + "/phones/send", data=json.dumps({**DIANE, "text": "x"})) as response:
        assert response.status == 400
    assert sim.gateway.webhooks == []


async def test_page_watches_a_conversation(sim: Any) -> None:
    """A page gets what was said before it opened, then each message and each step it takes."""
    await sim.text("before")
    async with watching(sim, "whatsapp:+250788123456") as following:
        event = await following()
        assert event["phone"] == "whatsapp:+250788123456"
        assert [bubble["content"]["text"]["body"] for bubble in event["history"]] == ["before"]
        _, written = await sim.ask("POST", "/phones/send", {**DIANE, "text": "hello"})
        while (event := await following()).get("bubble", {}).get("id") != written["id"]:
            pass
        assert (event["bubble"]["side"], event["bubble"]["state"]) == ("person", "waiting")
        while (event := await following()).get("id") != written["id"]:
            pass
        assert event["state"] == "delivered"


async def test_open_phone_reads(sim: Any, until: Until) -> None:
    """A message to a phone that somebody looks at is read, and so is what lay there before."""
    await sim.text("before")
    await until(lambda: sum(b'"delivered"' in webhook.body for webhook in sim.gateway.webhooks) == 1)
    async with watching(sim, "whatsapp:+250788123456"):
        await until(lambda: sum(webhook.body.count(b'"read"') for webhook in sim.gateway.webhooks) == 1)
        await sim.text("while open")
        await until(lambda: sum(webhook.body.count(b'"read"') for webhook in sim.gateway.webhooks) == 2)


async def test_window_closes_for_phones_that_wrote(sim: Any) -> None:
    """A day after a phone wrote only templates reach it; a phone that was never seen writing is not judged."""
    await sim.ask("POST", "/phones/send", {**DIANE, "text": "hello"})
    assert (await sim.text())[0] == 200
    await sim.ask("POST", "/clock", {"shift_seconds": 86_401})
    status, answer = await sim.text()
    assert (status, answer["error"]["code"]) == (400, 131047)
    template = {"name": "ride_due", "language": {"code": "en"}}
    message = {"messaging_product": "whatsapp", "to": "+250788123456", "type": "template", "template": template}
    assert (await sim.graph(message))[0] == 200
    assert (await sim.text(to="+250788999999"))[0] == 200


async def test_business_can_read(sim: Any) -> None:
    """A read receipt of the business shows on the phone."""
    async with watching(sim, "whatsapp:+250788123456") as following:
        await following()
        _, written = await sim.ask("POST", "/phones/send", {**DIANE, "text": "hello"})
        await sim.graph({"messaging_product": "whatsapp", "status": "read", "message_id": written["id"]})
        async with asyncio.timeout(60):
            while (await following()).get("state") != "read":
                pass


async def test_page_needs_nothing_from_outside(sim: Any) -> None:
    """The page and everything it names come from the simulator, under a policy that allows nothing else."""
    async with sim.session.get(sim.url + "/") as response:
        page = await response.text()
        assert response.status == 200
        assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "http" not in page.replace("/http", "")
    wanted, seen = set(re.findall(r'(?:src|href)="(page/[\w./-]+)"', page)), set()
    while wanted:
        name = wanted.pop()
        seen.add(name)
        async with sim.session.get(f"{sim.url}/{name}") as response:
            assert response.status == 200, name
            kind = {"js": "javascript", "css": "text/css", "svg": "image/svg"}[name.rpartition(".")[2]]
            assert kind in response.headers["Content-Type"]
            if kind == "javascript":
                imported = re.findall(r'from "\./([\w./-]+)"', await response.text())
                wanted |= {f"page/{one}" for one in imported} - seen
    assert len(seen) > 3


async def test_numbers_are_counted(sim: Any, until: Until) -> None:
    """What was accepted and posted is counted, and the simulator says that it is alive."""
    await sim.text()
    await until(lambda: len(sim.gateway.webhooks) == 2)
    _, stats = await sim.ask("GET", "/stats")
    assert (stats["sends_accepted"], stats["statuses_dropped"]) == (1, 0)
    assert (await sim.ask("GET", "/healthz"))[0] == 200
