"""What cannot be served now waits ever longer, is never given up, and holds nobody else up."""

import asyncio
from collections.abc import Callable

import pytest

from chassis import errors
from services.gateway import commit, turns
from tests.gateway import handlers
from tests.gateway.conftest import Register
from tests.gateway.mesh import Mesh, until
from tests.gateway.test_leases import LEASED

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAIT = """
    SELECT extract(epoch FROM due_at - chassis.now())::float8 FROM gateway.conversation
    WHERE instance_id IS NULL AND postponed > 0
"""


@pytest.mark.parametrize("busy", [errors.Conflict, errors.Overloaded, errors.Unavailable])
async def test_a_busy_service_is_asked_ever_more_seldom(
    mesh: Mesh, word: Register, phone: str, monkeypatch: pytest.MonkeyPatch, busy: type[errors.HailwireError]
) -> None:
    """As long as a service is busy each wait is longer up to a limit, no attempt counts, and all of it is counted."""
    monkeypatch.setattr(turns, "_POSTPONED_SECONDS", 0.05)
    monkeypatch.setattr(commit, "LONGEST_WAIT_SECONDS", 2.0)
    word("try", "fails_as_told")
    handlers.raises["next"] = busy("busy", reason="ROW_BUSY")
    await mesh.says(phone, "try")

    async def waits(at_least: float) -> bool:
        wait = await mesh.value(WAIT)
        return wait is not None and at_least < wait <= 2.0

    await until(lambda: waits(0.5), "a wait of more than half a second")
    await until(lambda: waits(1.7), "the longest wait")
    runs = handlers.runs["fails_as_told"]
    assert runs >= 6
    assert await mesh.value("SELECT max(attempts) <= 1 FROM gateway.pending")
    assert await mesh.metric("hailwire_turns_postponed_total", reason="ROW_BUSY") >= 6
    handlers.raises.clear()
    await mesh.answered(f"+{phone}")
    await mesh.settled()
    assert await mesh.value("SELECT max(postponed) FROM gateway.conversation") == 0
    assert not await mesh.dead_letters()


async def test_a_suspect_holds_nobody_up_for_long(
    mesh: Mesh, word: Register, phones: Callable[[int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a suspect waits for a slow turn to end, others are answered all the same, and then the suspect is."""
    monkeypatch.setattr(turns, "_CLEARING_SECONDS", 0.2)
    word("slow", "waits")
    word("plain", "answers")
    suspect, slow, *others = phones(4)
    await mesh.says(suspect, "plain")
    await mesh.answered(f"+{suspect}")
    await mesh.settled()
    gate = handlers.gates["waits"] = asyncio.Event()
    await mesh.says(slow, "slow")
    await mesh.value(LEASED, 999_999)
    wished = "SELECT instance_id > 0 AND until > clock_timestamp() FROM gateway.alone"
    await until(lambda: mesh.value(wished), "the wish to run it alone")
    for other in others:
        await mesh.says(other, "plain")
        await mesh.answered(f"+{other}")
    assert len(mesh.received(f"+{suspect}")) == 1
    assert not mesh.received(f"+{slow}")
    gate.set()
    await mesh.answered(f"+{suspect}", 2)
    await mesh.settled()
