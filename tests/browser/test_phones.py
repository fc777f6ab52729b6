"""The phones on the page: added, changed, hidden, removed, kept; and what a person is told when something is wrong."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open, whatsapp
from tests.gateway.mesh import Mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_phones_are_added_changed_and_removed(opened: Open, number: Callable[[], str]) -> None:
    """A phone is added, renamed and removed, and the page remembers what is left."""
    page = await opened(whatsapp("Keza", number()))
    await page.page.get_by_role("button", name="Add phone").click()
    form = page.page.locator(".phone-form")
    await form.get_by_role("textbox", name="Name").fill("Landry")
    await form.get_by_label("Channel").select_option("SMS")
    await form.get_by_role("textbox", name="Number").fill(" 250 (781) 555-123")
    await form.get_by_role("button", name="Use this phone").click()
    landry = page.person("Landry")
    await expect(form).to_have_count(0)
    await expect(landry.phone.get_by_role("textbox")).to_be_focused()
    await expect(landry.phone.get_by_role("textbox")).to_have_js_property("maxLength", 1600)
    await expect(landry.phone).to_contain_text("+250781555123")
    await landry.say("hello")
    await landry.hear("1 English")
    await page.page.get_by_role("button", name="Change the phone of Landry").click()
    await form.get_by_role("textbox", name="Name").fill("Bosco")
    await form.get_by_role("button", name="Use this phone").click()
    await page.page.get_by_role("button", name="Remove the phone of Keza").click()
    await page.page.reload()
    await expect(page.page.locator(".phone")).to_have_count(1)
    # What was said is still there.
    await page.person("Bosco").hear("1 English")


async def test_a_hidden_number_stays_hidden(opened: Open, number: Callable[[], str], mesh: Mesh) -> None:
    """A phone that hides its number is known to the business by its BSUID alone, and is answered."""
    own = number()
    page = await opened(whatsapp("Keza", own))
    await page.page.get_by_role("button", name="Change the phone of Keza").click()
    form = page.page.locator(".phone-form")
    await form.get_by_label("hide the number").check()
    bsuid = await form.get_by_label("User id").input_value()
    await form.get_by_role("button", name="Use this phone").click()
    keza = page.person("Keza")
    await expect(keza.phone).to_contain_text("number hidden")
    await keza.say("hello")
    await keza.hear("Which language")
    async with mesh.session.get(f"{mesh.simulator.url}/outbox", params={"to": bsuid}) as response:
        assert len(await response.json()) == 1
    url = f"{mesh.simulator.url}/journal/entries"
    async with mesh.session.get(url, params={"phone": f"whatsapp:{bsuid}"}) as response:
        assert own.removeprefix("+") not in await response.text()


async def test_a_wrong_number_is_told(opened: Open, number: Callable[[], str]) -> None:
    """A number that is none cannot be used, and the form says what one looks like."""
    page = await opened(whatsapp("Keza", number()))
    await page.page.get_by_role("button", name="Add phone").click()
    form = page.page.locator(".phone-form")
    await form.get_by_role("textbox", name="Number").fill("12")
    await form.get_by_role("button", name="Use this phone").click()
    field = form.get_by_role("textbox", name="Number")
    assert "country code" in await field.evaluate("(it) => it.validationMessage")
    await expect(page.page.locator(".phone")).to_have_count(1)


async def test_a_gateway_that_is_gone_is_told(opened: Open, number: Callable[[], str], mesh: Mesh) -> None:
    """When a webhook is not taken, the phone says so in one sentence and the message shows that it waits."""
    own = number()
    page = await opened(whatsapp("Keza", own))
    keza = page.person("Keza")
    mesh.goes_wrong("whatsapp", "webhook_lost", to=own)  # of the phones before, statuses may still be told
    await keza.say("hello")
    await expect(keza.phone.get_by_role("alert")).to_contain_text("The gateway does not answer; Meta tries again")
    await expect(keza.mine.locator(".state")).not_to_have_attribute("data-state", "delivered")
    await keza.say("hello again")
    await keza.hear("Which language")
    await expect(keza.phone.get_by_role("alert")).to_be_hidden()


async def test_a_simulator_that_is_gone_is_told(opened: Open, number: Callable[[], str]) -> None:
    """Without the simulator the page says so, and goes on by itself when it is back."""
    page = await opened(whatsapp("Keza", number()))
    page.forgiven = ("ERR_INTERNET_DISCONNECTED", "Failed to load resource")
    keza = page.person("Keza")
    await page.page.context.set_offline(True)
    await keza.say("hello")
    await expect(keza.phone.get_by_role("alert")).to_have_text(
        "The simulator does not answer. Is Hailwire still running?"
    )
    field = keza.phone.get_by_role("textbox")
    await expect(field).to_have_value("hello")  # what was not sent need not be written again
    await page.page.context.set_offline(False)
    await field.press("Enter")
    await keza.hear("Which language")
    await expect(field).to_have_value("")


async def test_who_said_what_is_told_without_seeing(opened: Open, number: Callable[[], str]) -> None:
    """Whoever listens to the page hears before each message who wrote it."""
    page = await opened(whatsapp("Keza", number()))
    keza = page.person("Keza")
    await keza.say("hello")
    answer = await keza.hear("Which language")
    assert '- text: "You:"' in await keza.mine.first.aria_snapshot()
    assert '- text: "Hailwire:"' in await answer.aria_snapshot()


async def test_nothing_that_is_written_becomes_markup(opened: Open, number: Callable[[], str]) -> None:
    """Markup in names and messages is shown as it was written and runs nothing."""
    page = await opened(whatsapp("<b>Keza</b>", number()))
    words = "<img src=x onerror=\"document.title='gone'\"> https://hailwire.example/<script>"
    keza = page.person("<b>Keza</b>")
    await keza.say(words)
    await expect(keza.mine.locator("p")).to_have_text(words)
    await keza.hear("Which language")
    assert await page.page.locator(".talk img, .talk script, .name b").count() == 0
    assert await page.page.title() == "Hailwire phones"
    await expect(keza.mine.locator("a")).to_have_attribute("href", "https://hailwire.example/")
    page.forgiven = ("TrustedHTML",)
    refused = await page.page.evaluate(
        "(() => { try { document.body.innerHTML = '<p>x</p>'; } catch (error) { return error.name; } })()"
    )
    assert refused == "TypeError"


async def test_mishaps_are_planned_from_the_page(opened: Open, number: Callable[[], str], mesh: Mesh) -> None:
    """A mishap that is planned on the page happens, and the seeded profile is switched on and off."""
    own = number()
    page = await opened(whatsapp("Keza", own))
    await page.page.get_by_role("button", name="Mishaps").click()
    panel = page.page.locator("#faults")
    await panel.locator("summary").filter(has_text="500_after_accept").click()
    await panel.locator("form[data-kind='500_after_accept']").get_by_role("button", name="Plan it").click()
    await expect(panel.locator(".planned")).to_contain_text("500_after_accept Meta, 1 to come")
    await panel.get_by_label("kinds").fill("nonsense=0.5")
    page.forgiven = ("400 (Bad Request)",)
    await panel.get_by_role("button", name="Misbehave").click()
    await expect(panel.get_by_role("alert")).to_contain_text("nonsense")
    await panel.get_by_label("kinds").fill("duplicate=0.5")
    await panel.get_by_label("seed").fill("7")
    await panel.get_by_role("button", name="Misbehave").click()
    await expect(panel.locator(".profile")).to_contain_text("1 kind happens by chance")
    async with mesh.session.get(mesh.simulator.url + "/misbehaviour") as response:
        assert (await response.json())["seed"] == 7
    await panel.get_by_role("button", name="Behave", exact=True).click()
    await expect(panel.locator(".profile")).to_contain_text("Nothing happens by chance")
    await page.person("Keza").say("hello")
    await page.person("Keza").hear("Which language")
    await page.page.get_by_role("button", name="Wire").click()
    await expect(page.page.locator(".exchange.call .code.bad")).to_have_text("500")
