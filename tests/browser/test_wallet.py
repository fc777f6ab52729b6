"""Money from phone to phone, played on the page as a person plays it."""

import re
from collections.abc import Callable

import pytest

from services.profile.wallet.operating import open_operator
from tests.browser.clock import pass_to
from tests.browser.conftest import Open, sms, whatsapp
from tests.browser.person import Person
from tests.gateway.mesh import Mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODE = re.compile(r"HW-\w{7}")
HOUR = 3600.0


async def _code_of(person: Person) -> str:
    """As it is read on their own phone."""
    shown = await person.hear("wallet code is")
    found = CODE.search(await shown.inner_text())
    assert found is not None
    return found[0]


async def test_money_goes_from_phone_to_phone(opened: Open, number: Callable[[], str], mesh: Mesh) -> None:
    """Keza sends money to Aline, who has nothing but SMS, by her code; both read what they have then."""
    page = await opened(whatsapp("Keza", number()), sms("Aline", number()))
    keza, aline = page.person("Keza"), page.person("Aline")
    await keza.introduced()
    await keza.try_word("wallet")
    kezas = await _code_of(keza)
    await aline.say("hello")
    await aline.hear("1 English")
    await aline.say("1")
    await aline.hear("What would you like to do?")
    await aline.say("wallet")
    alines = await _code_of(aline)
    person_id = await mesh.value("SELECT person_id FROM profile.account WHERE code = $1", kezas)
    async with open_operator(mesh.database_url, {}, "till") as operator:
        await operator.credit(person_id, "20000", "cash", "test-money")
    await keza.hear("You have received 20,000 RWF")
    # A wallet of less than a day sends nothing.
    await pass_to(mesh, 25 * HOUR)
    await keza.say("wallet")
    await keza.tap("Send money")
    await keza.hear("Who gets the money?")
    await keza.say(alines.lower())
    await keza.hear("How much?")
    await keza.say("6000")
    await keza.tap("Send it")
    await keza.hear("You have 14,000 RWF left")
    await aline.hear("Your balance: 6,000 RWF")
    await keza.say("wallet")
    await keza.tap("History")
    await keza.hear("paid in")
