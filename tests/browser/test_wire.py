"""The drawer with the raw webhooks and API calls."""

import re
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open, sms, whatsapp

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
