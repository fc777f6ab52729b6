"""The list of words to try at the top of each phone."""

import re
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from launcher.environment import ROOT
from services.gateway.conversations import routing
from services.gateway.conversations.flows import consent
from tests.browser.conftest import Open, sms, whatsapp

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORD = re.compile(r'^ {4}\["([a-z]+)", "', re.MULTILINE)


async def test_every_word_of_the_list_is_understood() -> None:
    """What the page offers to try is a word of the conversation."""
    offered = WORD.findall((ROOT / "simulator" / "page" / "words-sheet.js").read_text(encoding="utf-8"))
    assert len(offered) >= 15
    assert set(offered) <= routing.KEYWORDS.keys() | consent.STOP_WORDS | consent.START_WORDS


async def test_words_are_tried(opened: Open, number: Callable[[], str]) -> None:
    """A tap writes the word: wallet, rides to come and prices on WhatsApp, French and the menu by SMS."""
    page = await opened(whatsapp("Keza", number()), sms("Aline", number()))
    keza, aline = page.person("Keza"), page.person("Aline")
    await keza.introduced()
    for word, heard in (
        ("wallet", "Your balance"),
        ("schedules", "You have no rides planned"),
        ("prices", "What rides cost"),
        ("language", "Which language do you prefer"),
    ):
        await keza.try_word(word)
        await keza.hear(heard)
        await expect(keza.mine.last).to_contain_text(word)
    await keza.choose("Languages", "Français")
    await keza.hear("français")
    await aline.say("bonjour")
    await aline.hear("2 Francais")
    await aline.say("2")
    await aline.try_word("menu")
    await aline.hear("Que voulez-vous faire")


async def test_it_is_not_in_the_way(opened: Open, number: Callable[[], str]) -> None:
    """Escape closes the list and nothing was written; the phone is as before."""
    page = await opened(whatsapp("Keza", number()), width=360, height=640)
    keza = page.person("Keza")
    await keza.phone.get_by_role("button", name="Words that Keza may try").click()
    await expect(keza.sheet).to_be_visible()
    assert await page.page.evaluate("document.documentElement.scrollWidth") == 360
    await page.page.keyboard.press("Escape")
    await expect(keza.sheet).to_have_count(0)
    await expect(keza.mine).to_have_count(0)
