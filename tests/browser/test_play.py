"""The button that plays a ride by itself."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open, whatsapp
from tests.browser.person import PATIENCE_MS

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_ride_is_played(opened: Open, number: Callable[[], str]) -> None:
    """One button plays a whole ride on the two phones, step by step, until the passenger is thanked."""
    page = await opened(whatsapp("Diane", number()), whatsapp("Patrick", number()))
    # The play waits as long as we do: a machine that stood still is no reason to break it off.
    await page.page.evaluate("() => { performance.now = () => 0; }")
    await page.page.get_by_role("button", name="Play a ride").click()
    panel = page.page.locator("#ride")
    await expect(panel).to_have_attribute("data-state", "done", timeout=2 * PATIENCE_MS)
    await expect(panel.locator(".steps li.done")).to_have_count(16)
    await page.person("Diane").hear("Thank you for riding with us")
    await page.person("Patrick").hear("The trip is complete")


async def test_a_play_can_be_stopped(opened: Open, number: Callable[[], str]) -> None:
    """Stop ends the play at once, and another play takes new phones because these have been used."""
    page = await opened(whatsapp("Diane", number()), whatsapp("Patrick", number()))
    await page.page.get_by_role("button", name="Play a ride").click()
    await page.person("Patrick").hear("Which language")
    await page.page.get_by_role("button", name="Stop", exact=True).click()
    panel = page.page.locator("#ride")
    await expect(panel).to_have_attribute("data-state", "stopped")
    await page.page.get_by_role("button", name="Play again").click()
    await expect(page.page.locator(".phone")).to_have_count(4)
    await page.person("Driver").hear("Which language")
    await page.page.get_by_role("button", name="Stop", exact=True).click()
    await expect(panel).to_have_attribute("data-state", "stopped")


async def test_a_play_that_breaks_can_be_played_again(opened: Open, number: Callable[[], str]) -> None:
    """Whatever ends the play, even what nobody has thought of, the button works again."""
    page = await opened(whatsapp("Diane", number()), whatsapp("Patrick", number()))
    page.forgiven = ("the form broke",)
    await page.page.evaluate(
        "() => { HTMLFormElement.prototype.requestSubmit = () => { throw new Error('the form broke'); }; }"
    )
    await page.page.get_by_role("button", name="Play a ride").click()
    panel = page.page.locator("#ride")
    await expect(panel).to_have_attribute("data-state", "failed")
    await expect(panel.get_by_role("status")).to_contain_text("broke off")
    await expect(page.page.get_by_role("button", name="Play a ride")).to_be_enabled()
