"""The drawer with the raw webhooks and API calls."""

import json
import re
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, expect

from chassis.settings import load
from launcher import ports
from simulator.app import simulator
from simulator.settings import SimulatorSettings
from tests.browser.conftest import Open, sms, whatsapp
from tests.browser.person import PATIENCE_MS, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

# On a busy machine a webhook may have been posted before in vain.
TAKEN = ".exchange.webhook:not([hidden]):has(.code.good)"


async def test_a_webhook_and_its_call_have_one_trace(opened: Open, number: Callable[[], str]) -> None:
    """What a phone wrote and what the gateway answered stand under one trace, raw, with headers and both bodies."""
    page = await opened(whatsapp("Keza", number()))
    await page.page.get_by_role("button", name="Wire").click()
    await page.person("Keza").say("hello")
    await page.person("Keza").hear("Which language")
    panel = page.page.locator("#journal")
    webhook = panel.locator(TAKEN)
    call = panel.locator(".exchange.call")
    await expect(webhook).to_have_count(1)
    await expect(call).to_have_count(1)
    trace = await webhook.get_attribute("data-trace")
    assert re.fullmatch(r"[0-9a-f]{32}", trace or "")
    assert await call.get_attribute("data-trace") == trace
    await webhook.locator("summary").click()
    await expect(webhook).to_contain_text("x-hub-signature-256")
    await expect(webhook).to_contain_text("sha256=")
    await expect(webhook).to_contain_text('"body": "hello"')
    await expect(webhook).to_contain_text('"success": true')
    await call.locator("summary").click()
    await expect(call).to_contain_text("Bearer (hidden)")
    await expect(call).to_contain_text("biz_opaque_callback_data")
    await expect(call).to_contain_text("wamid.")
    await panel.get_by_label("delivery statuses too").check()
    await expect(panel.locator(".exchange.status:not([hidden])").first).to_be_visible()
    await call.locator("button.trace").click()
    await expect(panel.locator(".exchange:not([hidden])")).to_have_count(2)
    await panel.get_by_role("button", name="Show all").click()


async def test_the_wire_of_an_sms(opened: Open, number: Callable[[], str]) -> None:
    """Twilio's form and the gateway's call to its API are shown too, and only those of the phones on the page."""
    page = await opened(sms("Aline", number()))
    await page.person("Aline").say("bonjour")
    await page.person("Aline").hear("2 Francais")
    await page.page.get_by_role("button", name="Wire").click()
    panel = page.page.locator("#journal")
    webhook, call = panel.locator(TAKEN), panel.locator(".exchange.call")
    await expect(webhook).to_have_count(1)
    await expect(call).to_have_count(1)
    assert await webhook.get_attribute("data-trace") == await call.get_attribute("data-trace") != ""
    await webhook.locator("summary").click()
    await expect(webhook).to_contain_text("x-twilio-signature")
    await expect(webhook).to_contain_text("Body = bonjour")
    await call.locator("summary").click()
    await expect(call).to_contain_text("Basic (hidden)")


def _alone(port: int) -> SimulatorSettings:
    """A simulator that no gateway belongs to; the business calls its API by hand."""
    environ = {
        "SIMULATOR_HTTP_PORT": str(port),
        "SIMULATOR_STATUSES": "false",
        "SIMULATOR_PAIR_BURST": "0",
        "SIMULATOR_THROUGHPUT": "0",
    }
    return load(SimulatorSettings, {"HAILWIRE_ENV": "development", "PUBLIC_BASE_URL": "http://127.0.0.1:9", **environ})


async def _send(url: str, to: str, *texts: str) -> None:
    graph, bearer = f"{url}/graph/v25.0/106540352242922/messages", {"Authorization": "Bearer dev-access-token"}
    async with aiohttp.ClientSession(headers=bearer) as session:
        for words in texts:
            text: dict[str, Any] = {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": words}}
            async with session.post(graph, json=text) as response:
                assert response.status == 200


async def test_the_wire_and_a_phone_outlive_the_simulator(browser: Browser, number: Callable[[], str]) -> None:
    """A new simulator counts from one again, and the open page still shows each of its calls once.

    A phone shows as much of a long conversation as the simulator remembers.
    """
    own, (port,) = number(), ports.choose(1)
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    try:
        page = await context.new_page()
        kept = json.dumps(json.dumps([whatsapp("Keza", own)]))
        await context.add_init_script(f"localStorage['hailwire-phones-2'] ??= {kept}")
        calls = page.locator(".exchange.call .gist")
        async with simulator(_alone(port)) as running:
            await page.goto(running.url + "/")
            await page.get_by_role("button", name="Wire").click()
            await _send(running.url, own, "the first process")
            await expect(calls).to_have_text(["the first process"])
        async with simulator(_alone(port)) as running:
            await _send(running.url, own, "the second process")
            await expect(calls).to_have_text(["the second process", "the first process"])
            await _send(running.url, own, *(f"line {line} of 203" for line in range(203)))
            keza = Person(page, "Keza")
            await keza.hear("line 202 of 203")
            await expect(keza.bubbles).to_have_count(200)
            await expect(keza.bubbles.first).to_contain_text("line 3 of 203")
    finally:
        await context.close()
