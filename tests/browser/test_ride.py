"""Whole rides, played on the page as a person plays them."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open, sms, whatsapp
from tests.gateway.mesh import Mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_from_hail_to_completion_on_two_whatsapp_phones(opened: Open, number: Callable[[], str]) -> None:
    """Diane hails a ride and Patrick completes it, each with nothing but what is on the screen."""
    page = await opened(whatsapp("Diane", number()), whatsapp("Patrick", number()))
    diane, patrick = page.person("Diane"), page.person("Patrick")
    await patrick.introduced()
    await patrick.online()
    await diane.introduced()
    await diane.say("ride")
    await diane.choose("Vehicles", "Moto")
    await diane.share("Kigali Heights")
    await diane.choose("Drivers", "Ask all")
    for title, heard in (
        ("Accept", "on the way"),
        ("Arrived", "has arrived"),
        ("Start trip", "has begun"),
        ("Complete", "is complete"),
    ):
        await patrick.tap(title)
        await diane.hear(heard)
    # What Diane wrote was taken; what she got, she has read.
    await expect(diane.mine.locator(".state[data-state=delivered]")).to_have_count(await diane.mine.count())
    await expect(diane.phone.locator(".business .state").last).to_have_attribute("data-state", "read")


async def test_a_passenger_on_sms_in_french(opened: Open, number: Callable[[], str], mesh: Mesh) -> None:
    """Aline texts in French, answers with numbers and typed places, and rides with a WhatsApp driver."""
    page = await opened(sms("Aline", number()), whatsapp("Bosco", number()))
    aline, bosco = page.person("Aline"), page.person("Bosco")
    await bosco.introduced()
    await bosco.online()
    await aline.say("bonjour")
    await aline.hear("2 Francais")
    await aline.say("2")
    await aline.hear("continuons en fran")
    await aline.say("course")
    await aline.hear("1 Moto")
    await aline.say("1")
    await aline.hear("lieu connu")
    await aline.say("Kigali Heights")
    await aline.hear("Demander")
    await aline.say("1")
    for title, heard in (
        ("Accept", "chauffeur vient"),
        ("Arrived", "est arriv"),
        ("Start trip", "course commence"),
        ("Complete", "est termin"),
    ):
        await bosco.tap(title)
        await aline.hear(heard)
    assert await aline.phone.locator(".choices").count() == 0
