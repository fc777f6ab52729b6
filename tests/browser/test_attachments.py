"""Photos and recordings: on the screen, on the wire, and where the gateway would fetch them."""

import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open, sms, whatsapp
from tests.gateway.mesh import Mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")

CANNOT = "I cannot open photos, recordings or files."


async def _messages(mesh: Mesh, phone: str) -> list[dict[str, Any]]:
    url = f"{mesh.simulator.url}/journal/entries"
    async with mesh.session.get(url, params={"phone": phone}) as response:
        posted = [entry for entry in await response.json() if entry["kind"] == "webhook"]
    taken = [entry for entry in posted if entry["answer"]["status"] == 200]
    return [entry for entry in taken if not re.search('"statuses":|MessageStatus=', entry["request"]["body"])]


async def test_a_photo_and_a_voice_message_on_whatsapp(opened: Open, number: Callable[[], str], mesh: Mesh) -> None:
    """A photo and recordings are sent as real files, which Meta's media endpoint serves to the gateway."""
    own = number()
    page = await opened(whatsapp("Keza", own))
    keza = page.person("Keza")
    await keza.say("hello")
    await keza.choose("EN / FR", "English")
    await keza.hear("What would you like to do?")
    for option, shown in (("Sample photo", "img"), ("Sample voice message", "audio")):
        await keza.phone.get_by_role("button", name="Attach").click()
        await keza.sheet.get_by_role("button", name=option).click()
        await expect(keza.mine.last.locator(shown)).to_be_visible()
        await expect(keza.mine.last.locator(".state")).to_have_attribute("data-state", "delivered")
        await expect(keza.bubbles.last).to_contain_text(CANNOT)
    await expect(keza.mine.locator("img")).to_have_js_property("naturalWidth", 640)
    await keza.phone.get_by_role("button", name="Attach").click()
    await keza.sheet.get_by_role("button", name="Record a voice message").click()
    await keza.phone.locator(".recorder").get_by_role("button", name="Send").click()
    await expect(keza.mine.locator("audio")).to_have_count(2)
    await expect(keza.mine.last.locator(".state")).to_have_attribute("data-state", "delivered")
    bodies = [one["request"]["body"] for one in await _messages(mesh, f"whatsapp:{own}")]
    assert sum('"type":"image"' in body for body in bodies) == 1
    assert sum('"voice":true' in body for body in bodies) == 2
    source = await keza.mine.locator("img").get_attribute("src")
    assert source is not None
    media = f"{mesh.simulator.url}/graph/v25.0/{source.rpartition('/')[2]}"
    bearer = {"Authorization": "Bearer dev-access-token"}
    async with mesh.session.get(media, headers=bearer) as response:
        told = await response.json()
    async with mesh.session.get(told["url"], headers=bearer) as response:
        content = await response.read()
    assert (told["mime_type"], told["file_size"]) == ("image/jpeg", len(content))
    assert told["sha256"] == hashlib.sha256(content).hexdigest()
    assert content.startswith(b"\xff\xd8\xff")


async def test_a_photo_by_mms(opened: Open, number: Callable[[], str], mesh: Mesh) -> None:
    """On SMS the photo goes out as Twilio's media address, which opens with the account's credentials."""
    own = number()
    page = await opened(sms("Aline", own))
    aline = page.person("Aline")
    await aline.phone.get_by_role("button", name="Attach").click()
    await aline.sheet.get_by_role("button", name="Sample photo").click()
    await aline.hear("Which language")
    (webhook,) = await _messages(mesh, f"twilio:{own}")
    assert "NumMedia=1" in webhook["request"]["body"]
    assert "MediaContentType0=image%2Fjpeg" in webhook["request"]["body"]


async def test_a_wrong_file_is_refused_kindly(opened: Open, number: Callable[[], str]) -> None:
    """What WhatsApp does not carry is not sent, and one sentence says so."""
    page = await opened(whatsapp("Keza", number()))
    page.forgiven = ("400 (Bad Request)",)
    keza = page.person("Keza")
    await keza.phone.get_by_role("button", name="Attach").click()
    picker = keza.sheet.locator("input[type=file]")
    await picker.set_input_files({"name": "page.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"})
    await expect(keza.phone.get_by_role("alert")).to_have_text(
        "Image/svg+xml is no kind of file that WhatsApp carries."
    )
    await expect(keza.mine).to_have_count(0)
