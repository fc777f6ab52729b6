"""Somebody at the page: reads one phone's screen, writes, taps, chooses from lists and points at the map."""

import re

from playwright.async_api import Locator, Page, expect

PATIENCE_MS = 60_000


class Person:
    """Whoever has the phone of that name. What was chosen from once is not looked at again."""

    def __init__(self, page: Page, name: str) -> None:
        self.phone = page.get_by_role("region", name=f"Phone of {name},")
        self.bubbles = self.phone.locator(".bubble")
        self._seen = 0

    async def say(self, words: str) -> None:
        """Type it and press Enter."""
        self._seen = await self.bubbles.count()
        field = self.phone.get_by_role("textbox", name="Message from")
        await field.fill(words)
        await field.press("Enter")

    async def hear(self, words: str) -> Locator:
        """Wait for an answer with these words after what was last said or chosen."""
        fresh = self.phone.locator(f".bubble.business:nth-child(n+{self._seen + 1})")
        found = fresh.filter(has_text=words).first
        await expect(found).to_be_visible(timeout=PATIENCE_MS)
        return found

    async def tap(self, title: str) -> None:
        """A reply button that begins so."""
        await self._press(self._since(".choices button").filter(has_text=re.compile(f"^{re.escape(title)}")).last)

    async def choose(self, opener: str, row: str) -> None:
        """A row of the list behind a button."""
        await self._press(self._since(".choices button").filter(has_text=opener).last)
        await self.sheet.get_by_role("button").filter(has_text=re.compile(f"^{re.escape(row)}")).click()

    async def share(self, place: str) -> None:
        """The location that is asked for, chosen from the list beside the map."""
        await self._press(self._since(".choices button").filter(has_text="Send location").last)
        await self.sheet.get_by_label("Place", exact=True).select_option(place)
        await self.sheet.get_by_role("button", name="Send this location").click()

    async def introduced(self) -> None:
        """Say hello and choose English."""
        await self.say("hello")
        await self.choose("EN / FR", "English")
        await self.hear("What would you like to do?")

    async def online(self) -> None:
        """Drive a moto near the convention centre."""
        await self.say("drive")
        await self.choose("Vehicles", "Moto")
        await self.share("Kigali Convention Centre")
        await self.hear("You are online")

    async def try_word(self, word: str) -> None:
        """Tap a word in the list at the top of the phone."""
        self._seen = await self.bubbles.count()
        await self.phone.get_by_role("button", name="Words that").click()
        await self.sheet.locator(".row").filter(has=self.phone.page.get_by_text(word, exact=True)).click()

    @property
    def sheet(self) -> Locator:
        """What lies open over the phone."""
        return self.phone.locator("dialog[open]")

    @property
    def mine(self) -> Locator:
        """What this person sent."""
        return self.phone.locator(".bubble.person")

    async def _press(self, found: Locator) -> None:
        await found.wait_for(timeout=PATIENCE_MS)
        self._seen = await self.bubbles.count()
        await found.click()

    def _since(self, inner: str) -> Locator:
        return self.phone.locator(f".bubble:nth-child(n+{self._seen + 1}) {inner}")
