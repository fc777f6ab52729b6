"""A gateway whose event loop comes round late: people come first, statuses later, and then everybody again."""

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chassis import strain
from tests.gateway.mesh import Mesh, payload, text, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@contextlib.asynccontextmanager
async def late(mesh: Mesh, patch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Each round of the gateway's loop counts as a long one, and has for so long that less is let in."""
    with patch.context() as during:
        during.setattr(strain, "_LATE_SECONDS", -1.0)
        await until(lambda: thinned(mesh), "a share of less than one")
        yield


async def thinned(mesh: Mesh) -> bool:
    return await mesh.metric("hailwire_status_share") < 0.5


def status(nr: int) -> dict[str, Any]:
    """A webhook with the status of a message that nobody has sent."""
    one = {"id": f"wamid.nobody-{nr}", "status": "delivered", "timestamp": "1700000000", "recipient_id": "250788000000"}
    return payload(statuses=[one])


async def test_statuses_wait_and_people_do_not(mesh: Mesh, phone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While rounds are long statuses are refused, to be sent again, and messages are stored."""
    async with late(mesh, monkeypatch):
        answers = [await mesh.whatsapp(status(nr)) for nr in range(6)]
        assert {answer.status for answer in answers} <= {200, 503}
        refused = [answer for answer in answers if answer.status == 503]
        assert refused
        assert all(answer.headers["retry-after"] == "5" for answer in refused)
        assert (await mesh.whatsapp(payload(text(phone, "hello")))).status == 200
    assert len(await mesh.answered(f"+{phone}"))
    counted = await mesh.metric("hailwire_webhooks_total", reason="overloaded, statuses wait")
    assert counted >= len(refused)  # the simulator may have told one of its own


async def test_it_is_over_by_itself(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once rounds are short again every status is taken."""
    async with late(mesh, monkeypatch):
        pass

    monkeypatch.setattr(strain, "_MORE", 0.2)

    async def all_in() -> bool:
        return await mesh.metric("hailwire_status_share") == 1

    await until(all_in, "a share of one")
    assert {(await mesh.whatsapp(status(nr))).status for nr in range(10, 30)} == {200}


async def test_a_status_beside_a_message_is_let_in(mesh: Mesh, phone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What brings a message is never thinned, whatever else it brings."""
    mixed = status(1)
    mixed["entry"] += payload(text(phone, "hello"))["entry"]
    async with late(mesh, monkeypatch):
        for spaced in (False, True):
            raw = json.dumps(mixed, separators=(",", " : ") if spaced else None).encode()
            assert {(await mesh.whatsapp(raw)).status for _ in range(2)} == {200}


async def test_twilio_is_always_let_in(mesh: Mesh, phone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Statuses of SMS do not come again, so none is refused."""
    told = {"MessageStatus": "delivered", "To": f"+{phone}", "AccountSid": "AC" + "0" * 32}
    statuses = [{**told, "MessageSid": f"SM{nr:032}"} for nr in range(6)]
    async with late(mesh, monkeypatch):
        answers = [await mesh.twilio(one, "/webhooks/twilio/status") for one in statuses]
    assert {answer.status for answer in answers} == {200}


async def test_a_forged_status_learns_nothing(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever cannot sign is told so, strain or not."""
    async with late(mesh, monkeypatch):
        forged = [await mesh.whatsapp(status(nr), **{"X-Hub-Signature-256": "sha256=" + "0" * 64}) for nr in range(4)]
    assert {answer.status for answer in forged} == {403}
