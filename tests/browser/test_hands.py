"""The page by keyboard alone, on a small screen, and in the dark."""

from collections.abc import Callable

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open, whatsapp
from tests.gateway.mesh import Mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOCUSED = "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent.trim()"


async def _tab_to(page: Page, title: str, key: str = "Tab") -> None:
    for _ in range(60):
        if str(await page.evaluate(FOCUSED)).startswith(title):
            return
        await page.keyboard.press(key)
    pytest.fail(f"{title} cannot be reached with {key}")


async def test_everything_is_reached_by_keyboard(opened: Open, number: Callable[[], str]) -> None:
    """Writing, tapping, choosing from a list and moving the pin need no mouse, and focus is seen and comes back."""
    page = await opened(whatsapp("Keza", number()), whatsapp("Ngabo", number()))
    keys, keza = page.page.keyboard, page.person("Keza")
    await keys.press("F6")
    await keys.type("hello")
    await keys.press("Enter")
    await keza.hear("Which language")
    await _tab_to(page.page, "EN / FR", "Shift+Tab")
    outline = await page.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    await keys.press("Enter")
    await _tab_to(page.page, "English")
    await keys.press("Enter")
    await keza.hear("What would you like to do?")
    await keys.press("F6")
    await expect(page.person("Ngabo").phone.get_by_role("textbox")).to_be_focused()
    await keys.press("Shift+F6")
    await keys.type("ride")
    await keys.press("Enter")
    await keza.hear("Which vehicle")
    await _tab_to(page.page, "Vehicles", "Shift+Tab")
    await keys.press("Enter")
    await expect(keza.sheet).to_be_visible()
    await keys.press("Escape")
    await expect(keza.sheet).to_have_count(0)
    assert await page.page.evaluate(FOCUSED) == "Vehicles"
    await keys.press("Enter")
    await _tab_to(page.page, "Moto")
    await keys.press("Enter")
    await keza.hear("Tap the button to share")
    await _tab_to(page.page, "Send location")
    await keys.press("Enter")
    await _tab_to(page.page, "Map.", "Shift+Tab")
    pinned = keza.sheet.get_by_label("Latitude, longitude")
    place = [float(number) for number in (await pinned.input_value()).split(",")]
    for key, east, north in (
        ("ArrowLeft", -0.0005, 0),
        ("ArrowUp", 0, 0.0005),
        ("ArrowRight", 0.0005, 0),
        ("ArrowDown", 0, -0.0005),
        ("ArrowLeft", -0.0005, 0),
        ("Shift+ArrowUp", 0, 0.005),
    ):
        await keys.press(key)
        place = [place[0] + north, place[1] + east]
        assert [float(number) for number in (await pinned.input_value()).split(",")] == pytest.approx(place, abs=1e-6)
    after = await pinned.input_value()
    await _tab_to(page.page, "Send this location")
    await keys.press("Enter")
    await expect(keza.mine.last).to_contain_text("Location")
    await expect(keza.mine.last).to_contain_text(after.split(",")[0][:6])


async def test_a_small_screen_shows_one_phone_at_a_time(opened: Open, number: Callable[[], str]) -> None:
    """At 360 pixels nothing is wider than the screen, tabs change phones, and one that was written to says so."""
    first, second = number(), number()
    page = await opened(
        whatsapp("Keza", first), whatsapp("Ngabo", second), width=360, height=640, has_touch=True, is_mobile=True
    )
    keza, ngabo = page.person("Keza"), page.person("Ngabo")
    assert await page.page.evaluate("document.documentElement.scrollWidth") == 360
    await expect(keza.phone).to_be_in_viewport(ratio=0.9)
    await expect(ngabo.phone).not_to_be_in_viewport()
    tabs = page.page.get_by_role("navigation", name="Phones")
    await tabs.get_by_role("button", name="Ngabo").click()
    await expect(ngabo.phone).to_be_in_viewport(ratio=0.9)
    await ngabo.say("hello")
    await tabs.get_by_role("button", name="Keza").click()
    await expect(keza.phone).to_be_in_viewport(ratio=0.9)
    await keza.say("hello")
    await keza.choose("EN / FR", "English")
    await keza.hear("What would you like to do?")
    await keza.say("ride")
    await keza.choose("Vehicles", "Moto")
    await keza.share("Kimironko Market")
    await keza.hear("No driver is free")
    await page.page.get_by_role("button", name="Wire").click()
    await expect(page.page.locator(".exchange:not([hidden])").first).to_be_visible()
    await page.page.keyboard.press("Escape")
    assert await page.page.evaluate("document.documentElement.scrollWidth") == 360
    for control in await page.page.locator(".bar button, #tabs button, .phone >> .write button").all():
        box = await control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 32


async def test_tabs_keep_what_they_say(opened: Open, number: Callable[[], str], mesh: Mesh) -> None:
    """Which phone is shown and which one was written to is still told when another phone changes its name."""
    own = number()
    page = await opened(whatsapp("Keza", number()), whatsapp("Ngabo", own), width=360, height=640)
    tabs = page.page.get_by_role("navigation", name="Phones")
    await expect(tabs.get_by_role("button", name="Keza")).to_have_attribute("aria-current", "true")
    graph = f"{mesh.simulator.url}/graph/v25.0/106540352242922/messages"
    text = {"messaging_product": "whatsapp", "to": own, "type": "text", "text": {"body": "are you there?"}}
    async with mesh.session.post(graph, json=text, headers={"Authorization": "Bearer dev-access-token"}) as response:
        assert response.status == 200
    await expect(tabs.get_by_role("button", name="Ngabo")).to_contain_class("unread")
    await page.page.get_by_role("button", name="Change the phone of Keza").click()
    form = page.page.locator(".phone-form")
    await form.get_by_role("textbox", name="Name").fill("Teta")
    await form.get_by_role("button", name="Use this phone").click()
    await expect(tabs.get_by_role("button", name="Teta")).to_have_attribute("aria-current", "true")
    await expect(tabs.get_by_role("button", name="Ngabo")).to_contain_class("unread")
    await tabs.get_by_role("button", name="Ngabo").click()
    await expect(tabs.get_by_role("button", name="Ngabo")).to_have_attribute("aria-current", "true")
    await expect(tabs.get_by_role("button", name="Ngabo")).not_to_contain_class("unread")
    await expect(tabs.get_by_role("button", name="Teta")).not_to_have_attribute("aria-current", "true")


async def test_the_page_follows_the_dark(opened: Open, number: Callable[[], str]) -> None:
    """Light and dark are both readable: words differ strongly from what is behind them."""
    for scheme in ("light", "dark"):
        page = await opened(whatsapp("Keza", number()), color_scheme=scheme)
        keza = page.person("Keza")
        await keza.say("hello")
        bubble = await keza.hear("Which language")
        ink, paper = await bubble.evaluate(
            "(it) => { const s = getComputedStyle(it); return [s.color, s.backgroundColor].map("
            "(one) => one.match(/[0-9.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0)); }"
        )
        assert abs(ink - paper) > 300
        assert (ink > paper) == (scheme == "dark")
