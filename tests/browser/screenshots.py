"""Takes the pictures in docs/images/ from a page that plays a ride: `make screenshots`."""

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from launcher import databases, embedded
from tests.browser import chromium
from tests.browser.person import Person
from tests.conftest import run_apart
from tests.gateway.opening import open_mesh

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
PATIENCE_MS = 120_000


def main() -> None:
    """A throw-away database, a mesh on it, a browser before it."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hailwire-screenshots-") as folder:
        Path(folder).chmod(0o711)
        with embedded.cluster(Path(folder) / "database") as cluster:
            run_apart(databases.create(cluster.dsn("postgres"), "hailwire"))
            run_apart(databases.migrate(cluster.dsn("hailwire")))
            asyncio.run(_take(cluster.dsn("hailwire"), Path(folder)))


async def _take(dsn: str, folder: Path) -> None:
    async with open_mesh(dsn, folder) as mesh, async_playwright() as playwright:
        path = chromium.executable(playwright)
        if path is None:
            raise SystemExit("screenshots need a Chromium: apt install chromium")
        browser = await playwright.chromium.launch(executable_path=path, args=chromium.ARGUMENTS)
        await _ride(browser, mesh.simulator.url)
        await _map(browser, mesh.simulator.url)
        await browser.close()


async def _page(browser: Browser, url: str, width: int, height: int, *, dark: bool = False) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        color_scheme="dark" if dark else "light",
        device_scale_factor=1 if width > 700 else 2,
        locale="en-GB",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    await page.goto(url)
    return page


async def _ride(browser: Browser, url: str) -> None:
    page = await _page(browser, url, 1200, 760)
    await page.get_by_role("button", name="Play a ride").click()
    await Person(page, "Diane").hear("Good news")
    await page.screenshot(path=IMAGES / "ride.png")
    await page.locator("#ride[data-state=done]").wait_for()
    await page.get_by_role("button", name="Wire").click()
    exchange = page.locator(".exchange.webhook:not([hidden])").first
    await exchange.locator("summary").click()
    await page.screenshot(path=IMAGES / "wire.png")


async def _map(browser: Browser, url: str) -> None:
    page = await _page(browser, url, 360, 640, dark=True)
    diane = Person(page, "Diane")
    await diane.say("ride")
    await diane.choose("Vehicles", "Moto")
    await diane.hear("Tap the button to share")
    await diane.phone.get_by_role("button", name="Send location").last.click()
    await diane.sheet.get_by_label("Place", exact=True).select_option("Kimironko Market")
    await page.screenshot(path=IMAGES / "map.png")


if __name__ == "__main__":
    main()
