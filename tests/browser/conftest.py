"""A mesh with its simulator, a Chromium, and pages with phones; a page that complains on its console fails its test."""

import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright, expect

from tests.browser import chromium
from tests.browser.person import Person
from tests.conftest import Dsn, _database
from tests.gateway.mesh import Mesh, until
from tests.gateway.opening import open_mesh

PATIENCE_MS = 60_000

# Whoever starts containers on this machine makes Chromium drop what it is loading, from this machine too.
_DISTURBED = "ERR_NETWORK_CHANGED"

expect.set_options(timeout=PATIENCE_MS)

_numbers = itertools.count(250_781_000_001)


@pytest.fixture
def number() -> Callable[[], str]:
    """Numbers that nobody else has."""
    return lambda: f"+{next(_numbers)}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """The one Chromium of this worker."""
    async with async_playwright() as playwright:
        path = chromium.executable(playwright)
        if path is None:
            chromium.give_up()
        browser = await playwright.chromium.launch(executable_path=path, args=chromium.ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
def page_database_url(server_dsn: Dsn, migrated_template: str) -> Iterator[str]:
    """The database of the mesh behind the pages."""
    with _database(server_dsn, migrated_template) as name:
        yield server_dsn(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def mesh(
    browser: Browser, page_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mesh]:
    """The mesh that every page of this worker plays with; nobody starts it without a browser."""
    async with open_mesh(page_database_url, tmp_path_factory.mktemp("home")) as mesh:
        yield mesh


@dataclass
class Opened:
    """A page, its people by name, and what it complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    # What a test does on purpose may be complained of.
    forgiven: tuple[str, ...] = ()

    def person(self, name: str) -> Person:
        """Whoever has the phone of that name."""
        return Person(self.page, name)

    @property
    def unforgiven(self) -> list[str]:
        """The complaints that nobody expected."""
        return [one for one in self.complaints if not any(words in one for words in (*self.forgiven, _DISTURBED))]

    @property
    def disturbed(self) -> bool:
        """Whether Chromium has dropped a request because the machine's network changed."""
        return any(_DISTURBED in one for one in self.complaints)


Open = Callable[..., Awaitable[Opened]]


def whatsapp(name: str, number: str, **more: Any) -> dict[str, Any]:
    """A phone on WhatsApp as the page keeps it."""
    return {"provider": "whatsapp", "number": number, "bsuid": "", "hidden": False, "name": name, **more}


def sms(name: str, number: str) -> dict[str, Any]:
    """A phone on SMS as the page keeps it."""
    return whatsapp(name, number, provider="twilio")


@pytest_asyncio.fixture(loop_scope="module")
async def opened(browser: Browser, mesh: Mesh) -> AsyncIterator[Open]:
    """Opens the page in a browser of its own that keeps these phones."""
    contexts: list[BrowserContext] = []
    pages: list[Opened] = []

    async def open_page(*phones: dict[str, Any], width: int = 1280, height: int = 800, **options: Any) -> Opened:
        # Without motion the play of the demo and its scrolling take no time.
        viewport: ViewportSize = {"width": width, "height": height}
        context = await browser.new_context(viewport=viewport, reduced_motion="reduce", **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        kept = json.dumps(json.dumps(phones))
        await context.add_init_script(f"localStorage['hailwire-phones-2'] ??= {kept}")
        opened = Opened(await context.new_page())
        pages.append(opened)
        _listen(opened, mesh.simulator.url)
        await opened.page.goto(mesh.simulator.url + "/")
        last = opened.page.locator(".phone").nth(len(phones) - 1)

        async def there() -> bool:
            if opened.disturbed:
                opened.complaints.clear()
                await opened.page.reload()
            return await last.is_visible()

        await until(there, "a page with its phones", PATIENCE_MS / 1000)
        return opened

    yield open_page
    for context in contexts:
        await context.close()
    assert [one for opened in pages for one in opened.unforgiven] == []


def _listen(opened: Opened, home: str) -> None:
    page, complaints = opened.page, opened.complaints
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))

    def asked(request: Any) -> None:
        if urlsplit(request.url).netloc != urlsplit(home).netloc and not request.url.startswith(("blob:", "data:")):
            complaints.append(f"a resource from outside: {request.url}")

    page.on("request", asked)
