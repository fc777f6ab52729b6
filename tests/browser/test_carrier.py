"""What the providers do between a phone and the gateway: keywords, typing, receipts."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open, sms, whatsapp
from tests.gateway.mesh import Mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_carrier_answers_stop_and_start(opened: Open, number: Callable[[], str]) -> None:
    """STOP is answered by the carrier alone and silences the gateway until START."""
    page = await opened(sms("Aline", number()))
    aline = page.person("Aline")
    await aline.say("hello")
    await aline.hear("1 English")
    await aline.say("1")
    await aline.hear("What would you like to do?")
    await aline.say("Stop")
    answer = await aline.hear("You have successfully been unsubscribed")
    await expect(answer).to_contain_text("answered by the carrier")
    await aline.say("START")
    answer = await aline.hear("You have successfully been re-subscribed")
    await expect(answer).to_contain_text("answered by the carrier")
    await aline.say("menu")
    await aline.hear("What would you like to do?")
    # Between STOP and the menu nobody but the carrier wrote: both keywords, both of its answers, the word and ours.
    words = await aline.bubbles.locator("p").all_inner_texts()
    assert words[words.index("Stop") :][::2] == ["Stop", "START", "menu"]


async def test_typing_and_reading_show(opened: Open, number: Callable[[], str], mesh: Mesh) -> None:
    """When the business reads and types, the phone shows blue ticks and "typing" until the answer is there."""
    own = number()
    page = await opened(whatsapp("Keza", own))
    keza = page.person("Keza")
    await keza.say("hello")
    await keza.hear("Which language")
    message_id = await keza.mine.get_attribute("data-id")
    graph = f"{mesh.simulator.url}/graph/v25.0/106540352242922/messages"
    bearer = {"Authorization": "Bearer dev-access-token"}
    typing = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": message_id,
        "typing_indicator": {"type": "text"},
    }
    async with mesh.session.post(graph, json=typing, headers=bearer) as response:
        assert response.status == 200
    await expect(keza.phone.locator(".presence")).to_have_text("typing…")
    await expect(keza.mine.locator(".state")).to_have_attribute("data-state", "read")
    text = {"messaging_product": "whatsapp", "to": own, "type": "text", "text": {"body": "there you are"}}
    async with mesh.session.post(graph, json=text, headers=bearer) as response:
        assert response.status == 200
    await keza.hear("there you are")
    await expect(keza.phone.locator(".presence")).to_have_text("business account")
