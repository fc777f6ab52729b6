"""A 200 means stored, and each message takes effect once, however often it arrives."""

import asyncio
import json
from typing import Any

import pytest

from tests.gateway.mesh import Mesh, payload, sms, text

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_hundred_copies_at_once(shared: Mesh, phone: str) -> None:
    """The same webhook a hundred times at once is one message, one turn and one reply; all get 200."""
    content = payload(text(phone, "hello"))
    answers = await asyncio.gather(*(shared.whatsapp(content) for _ in range(100)))
    assert {answer.status for answer in answers} == {200}
    assert sum(not answer.duplicate for answer in answers) == 1
    await shared.answered(f"+{phone}")
    await shared.settled()
    assert len(shared.received(f"+{phone}")) == 1
    stored = await shared.rows("SELECT key FROM gateway.inbox WHERE addresses = $1", [f"wa:+{phone}"])
    assert len(stored) == 1


async def test_two_copies_in_one_webhook(shared: Mesh, phone: str) -> None:
    """Two copies inside one payload are one message, and that is new."""
    one = text(phone, "hello")
    answer = await shared.whatsapp(payload(one, one))
    assert (answer.status, json.loads(answer.body)) == (200, {"success": True})
    await shared.answered(f"+{phone}")
    await shared.settled()
    assert len(shared.received(f"+{phone}")) == 1


async def test_a_known_and_a_new_one(shared: Mesh, phone: str) -> None:
    """A payload of one known and one new message is no duplicate, and only the new one is answered."""
    first, second = text(phone, "hello"), text(phone, "help")
    await shared.whatsapp(payload(first))
    await shared.answered(f"+{phone}")
    answer = await shared.whatsapp(payload(first, second))
    assert (answer.status, answer.duplicate) == (200, False)
    assert json.loads(answer.body) == {"success": True}
    await shared.answered(f"+{phone}", 2)
    await shared.settled()
    assert len(shared.received(f"+{phone}")) == 2


async def test_meta_is_told(shared: Mesh, phone: str) -> None:
    """When everything was known Meta reads so in the body and in the header."""
    content = payload(text(phone, "hello"), text(phone, "help"))
    first, again = [await shared.whatsapp(content) for _ in range(2)]
    assert (first.headers.get("x-duplicate"), json.loads(first.body)) == (None, {"success": True})
    assert (again.headers["x-duplicate"], json.loads(again.body)) == ("true", {"success": True, "duplicate": True})
    assert again.headers["content-type"] == "application/json"
    await shared.settled()


async def test_twilio_is_told(shared: Mesh, phone: str) -> None:
    """Twilio gets empty TwiML either way, the second time with the header, whichever door it knocks at."""
    form = sms(f"+{phone}", "hello")
    first = await shared.twilio(form)
    again = await shared.twilio(form, "/api/sms/webhook")
    assert (first.status, first.duplicate, again.status, again.duplicate) == (200, False, 200, True)
    assert first.body == again.body
    await shared.answered(f"+{phone}")
    await shared.settled()
    assert len(shared.received(f"+{phone}")) == 1


async def test_copies_of_statuses(shared: Mesh, phone: str) -> None:
    """A status that comes twice is a duplicate too; another step of the same message is not."""
    status = {"id": f"wamid.{phone}", "status": "delivered", "timestamp": "1750000000", "recipient_id": phone}
    assert not (await shared.whatsapp(payload(statuses=[status]))).duplicate
    assert (await shared.whatsapp(payload(statuses=[status]))).duplicate
    assert not (await shared.whatsapp(payload(statuses=[{**status, "status": "read"}]))).duplicate


async def test_nothing_in_it(shared: Mesh) -> None:
    """A payload without items is taken and is no duplicate."""
    contents: list[Any] = [{}, [], {"object": "whatsapp_business_account", "entry": []}]
    for content in contents:
        answer = await shared.whatsapp(content)
        assert (answer.status, answer.duplicate) == (200, False)


async def test_a_200_is_committed(shared: Mesh, phone: str) -> None:
    """The moment the answer is there, another connection finds the message with its bytes."""
    one = text(phone, "hello")
    answer = await shared.whatsapp(payload(one))
    raw = await shared.value("SELECT raw FROM gateway.inbox WHERE addresses = $1", [f"wa:+{phone}"])
    assert (answer.status, json.loads(raw)["message"]) == (200, one)
    await shared.settled()
