"""Messages that came to another business number of the same account."""

from typing import Any

import pytest

from tests.gateway.conftest import Open
from tests.gateway.mesh import Mesh, payload, text

pytestmark = pytest.mark.asyncio(loop_scope="module")


def to_number(phone_number_id: str, sender: str) -> dict[str, Any]:
    metadata = {"display_phone_number": "15550783882", "phone_number_id": phone_number_id}
    return payload(text(sender, "hello"), metadata=metadata)


async def test_a_foreign_number(mesh: Mesh, phone: str) -> None:
    """What came to a number that is not ours to answer is kept and counted, and its sender hears nothing from us."""
    assert (await mesh.whatsapp(to_number("999999999999999", phone))).status == 200
    await mesh.says(phone, "hello")
    await mesh.answered(f"+{phone}")
    await mesh.settled()
    assert len(mesh.received(f"+{phone}")) == 1
    assert await mesh.metric("hailwire_messages_kept_total", reason="foreign_number") == 1
    assert await mesh.value("SELECT count(*) FROM gateway.inbox WHERE kind = 'notice'") == 1


async def test_a_number_that_is_listed(open_here: Open, phone: str) -> None:
    """WA_OTHER_PHONE_NUMBER_IDS names more numbers whose messages are answered."""
    async with open_here(WA_OTHER_PHONE_NUMBER_IDS="888888888888888, 999999999999999") as mesh:
        assert (await mesh.whatsapp(to_number("999999999999999", phone))).status == 200
        await mesh.answered(f"+{phone}")
        await mesh.settled()
