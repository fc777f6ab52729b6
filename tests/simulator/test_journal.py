"""The journal of raw webhooks and calls."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from simulator.journal import Journal

Until = Callable[..., Awaitable[None]]
DIANE = {"provider": "whatsapp", "from": "+250788123456", "name": "Diane", "bsuid": "RW.77"}


async def _entries(sim: Any, *phones: str) -> list[dict[str, Any]]:
    async with sim.session.get(sim.url + "/journal/entries", params=[("phone", phone) for phone in phones]) as response:
        return list(await response.json())


async def test_both_directions_are_kept_raw(sim: Any) -> None:
    """A webhook and a call are kept with headers, bodies and answers, credentials hidden."""
    await sim.ask("POST", "/phones/send", {**DIANE, "text": "hello"})
    await sim.graph({"messaging_product": "whatsapp", "to": "+250788123456", "type": "text", "text": {"body": ""}})
    webhook, call = await _entries(sim, "whatsapp:+250788123456")
    assert (webhook["kind"], webhook["answer"]["status"]) == ("webhook", 200)
    assert webhook["request"]["body"].encode() == sim.gateway.webhooks[0].body
    assert webhook["request"]["headers"]["x-hub-signature-256"].startswith("sha256=")
    assert (call["kind"], call["method"], call["answer"]["status"]) == ("call", "POST", 400)
    assert call["url"] == "/graph/v24.0/106540352242922/messages"
    assert call["request"]["headers"]["authorization"] == "Bearer (hidden)"
    assert json.loads(call["answer"]["body"])["error"]["code"] == 131009


async def test_a_phone_has_its_own_entries(sim: Any) -> None:
    """Entries are found by number and by BSUID, and those of other phones stay away."""
    await sim.ask("POST", "/phones/send", {**DIANE, "text": "hello"})
    await sim.ask("POST", "/phones/send", {"provider": "twilio", "from": "+250788123456", "text": "hello"})
    assert len(await _entries(sim, "whatsapp:RW.77")) == 1
    assert len(await _entries(sim, "twilio:+250788123456")) == 1
    assert len(await _entries(sim, "whatsapp:RW.77", "whatsapp:+250788123456")) == 1
    assert await _entries(sim, "whatsapp:+250788999999") == []


async def test_a_page_follows(sim: Any) -> None:
    """A stream begins with what is known and goes on with what happens."""
    await sim.ask("POST", "/phones/send", {**DIANE, "text": "before"})
    timeout = aiohttp.ClientTimeout(sock_read=60)
    url = sim.url + "/journal"
    async with sim.session.get(url, params={"phone": "whatsapp:RW.77"}, timeout=timeout) as response:
        seen = [await _next(response)]
        await sim.ask("POST", "/phones/send", {**DIANE, "text": "after"})
        seen.append(await _next(response))
    assert ["before" in seen[0]["request"]["body"], "after" in seen[1]["request"]["body"]] == [True, True]


async def _next(response: aiohttp.ClientResponse) -> dict[str, Any]:
    while not (line := await response.content.readline()).startswith(b"data: "):
        pass
    entry = json.loads(line.removeprefix(b"data: "))
    assert isinstance(entry, dict)
    return entry


async def test_the_journal_is_bounded() -> None:
    """Old exchanges give way, large bodies are cut, and a reader who falls behind is let go."""
    journal = Journal()
    phone = "twilio:+250788123456"
    queue = journal.listen([phone])
    for number in range(2500):
        body = b"From=%2B250788123456&Body=" + b"x" * 100_000 if number % 100 == 0 else b"From=%2B250788123456"
        exchange = journal.begin("webhook", "twilio", "POST", "/webhooks/twilio", {}, body)
        journal.end(exchange, 200, {}, b"")
    kept = journal.about([phone])
    assert (len(kept), kept[-1].number) == (2000, 2500)
    assert max(len(one.body) for one in kept) == 64 * 1024
    async with asyncio.timeout(30):
        while await queue.get() is not None:
            pass
