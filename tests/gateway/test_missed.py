"""Messages that no webhook brought are found in Twilio's list."""

from dataclasses import replace

import pytest

from services.gateway import app
from simulator.faults import Plan
from tests.gateway.conftest import Open
from tests.gateway.mesh import Mesh, until

_PHONE = "+250788123456"
_LOST = Plan("twilio", "webhook_lost", of="messages")


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the pace of production."""
    monkeypatch.setattr(app, "_MISSED_SECONDS", 0.05)


async def test_what_twilio_gave_up_is_answered_once(open_here: Open) -> None:
    """An SMS whose webhook was lost is found and answered; what webhooks brought is not taken twice."""
    async with open_here() as mesh:
        await _writes(mesh, "hello")
        brought = len(await mesh.answered(_PHONE))
        mesh.simulator.faults.plan(replace(_LOST))
        await _writes(mesh, "français")
        assert await mesh.value("SELECT count(*) FROM gateway.inbox WHERE kind = 'message'") == 1
        await _later(mesh, 120)
        answers = await mesh.answered(_PHONE, brought + 1)
        assert await mesh.value("SELECT language FROM profile.person") == "fr"
        await mesh.settled()
        assert await mesh.metric("hailwire_missed_messages_total", provider="twilio") == 1
        # Looked at again, it is known.
        await _later(mesh, 240)
        assert len(mesh.received(_PHONE)) == len(answers)
        assert await mesh.value("SELECT count(*) FROM gateway.inbox WHERE kind = 'message'") == 2


async def test_what_is_on_its_way_is_not_missed(open_here: Open) -> None:
    """A message whose webhook may still come is left alone."""
    async with open_here() as mesh:
        mesh.simulator.faults.plan(replace(_LOST))
        await _writes(mesh, "hello")
        # The look happens ten seconds after the message: Twilio may take longer.
        await mesh.value("UPDATE gateway.looked SET looked_at = looked_at - interval '1 hour'")
        await _looked(mesh)
        assert await mesh.value("SELECT count(*) FROM gateway.inbox") == 0
        await _later(mesh, 120)
        await mesh.answered(_PHONE)


async def test_nobody_looks_when_told_so(open_here: Open) -> None:
    """Zero seconds turn the search off."""
    async with open_here(TWILIO_RECONCILE_SECONDS="0") as mesh:
        before = await mesh.value("SELECT looked_at FROM gateway.looked")
        await mesh.value("UPDATE chassis.clock SET shift = interval '5 minutes'")
        await mesh.says("250788000001", "hello")
        await mesh.answered("+250788000001")
        assert await mesh.value("SELECT looked_at FROM gateway.looked") == before


async def _writes(mesh: Mesh, text: str) -> None:
    draft = {"provider": "twilio", "from": _PHONE, "text": text}
    async with mesh.session.post(f"{mesh.simulator.url}/phones/send", json=draft) as response:
        assert response.status == 200


async def _later(mesh: Mesh, seconds: int) -> None:
    """Let time pass for the mesh, and wait until the list was searched after it."""
    await mesh.value("UPDATE chassis.clock SET shift = make_interval(secs => $1)", float(seconds))
    await _looked(mesh)


async def _looked(mesh: Mesh) -> None:
    now = await mesh.value("SELECT chassis.now() - interval '20 seconds'")

    async def reached() -> bool:
        return bool(await mesh.value("SELECT until >= $1 FROM gateway.looked", now))

    await mesh.value("UPDATE gateway.looked SET looked_at = looked_at - interval '1 hour' WHERE until < $1", now)
    await until(reached, "a look at the list")
