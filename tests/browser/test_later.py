"""A ride for later, played on the page as a person plays it, while hours pass."""

from collections.abc import Callable

import pytest

from tests.browser.clock import pass_to
from tests.browser.conftest import Open, whatsapp
from tests.gateway.mesh import Mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = 60.0


async def test_a_ride_for_later_is_driven(opened: Open, number: Callable[[], str], mesh: Mesh) -> None:
    """Keza plans a ride, sees it in the list, is reminded, rides with Ngabo when its time has come, and gives stars."""
    page = await opened(whatsapp("Keza", number()), whatsapp("Ngabo", number()))
    keza, ngabo = page.person("Keza"), page.person("Ngabo")
    await keza.introduced()
    await ngabo.introduced()
    await keza.say("schedule")
    await keza.choose("Vehicles", "Moto")
    await keza.share("Kigali Heights")
    await keza.choose("Times", "In 1 hour")
    await keza.tap("Plan it")
    await keza.hear("It is planned")
    await keza.try_word("schedules")
    await keza.hear("Your rides to come")
    await pass_to(mesh, 32 * MINUTE)
    await keza.hear("A reminder")
    # Only now: where a driver was half an hour ago counts no more.
    await ngabo.online()
    await pass_to(mesh, 47 * MINUTE)
    await ngabo.hear("Pickup time")
    for title, heard in (
        ("Accept", "on the way"),
        ("Arrived", "has arrived"),
        ("Start trip", "has begun"),
        ("Complete", "is complete"),
    ):
        await ngabo.tap(title)
        await keza.hear(heard)
    await keza.choose("Stars", "5 stars")
    await keza.hear("I have noted 5 stars")
    await ngabo.choose("Stars", "4 stars")
    await ngabo.hear("I have noted 4 stars")
