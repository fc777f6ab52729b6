"""Whom we may write to: the 24-hour window, opt-outs, and words that the carrier answers itself."""

import pytest

from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import Mesh, payload, sms, text, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_reply_that_waited_too_long(open_here: Open, word: Register, phone: str) -> None:
    """A WhatsApp reply that could not go out within 24 hours of the message is skipped and counted."""
    word("plain", "answers")
    async with open_here(GATEWAY_SENDING_STOPPED="true") as mesh:
        await mesh.says(phone, "plain")
        await _queued(mesh)
        await mesh.value("UPDATE chassis.clock SET shift = interval '24 hours 1 minute'")
    async with open_here() as mesh:
        await mesh.settled()
        assert not mesh.received(f"+{phone}")
        assert await mesh.metric("hailwire_replies_skipped_total", reason="window_closed") == 1
        # The next message opens it again.
        await mesh.taken(payload(text(phone, "plain", timestamp=str(await _now(mesh)))))
        await mesh.answered(f"+{phone}")
        await mesh.settled()


async def test_sms_has_no_window(open_here: Open, word: Register, phone: str) -> None:
    """An SMS reply goes out however late."""
    word("plain", "answers")
    async with open_here(GATEWAY_SENDING_STOPPED="true") as mesh:
        await mesh.texted(sms(f"+{phone}", "plain"))
        await _queued(mesh)
        await mesh.value("UPDATE chassis.clock SET shift = interval '30 hours'")
    async with open_here() as mesh:
        await mesh.answered(f"+{phone}")
        await mesh.settled()


async def test_a_message_that_comes_late_opens_no_window(mesh: Mesh, word: Register, phone: str) -> None:
    """A message redelivered after days takes its turn, but its window is the one of the day it was written."""
    word("plain", "answers")
    await mesh.taken(payload(text(phone, "plain", timestamp=str(await _now(mesh) - 3 * 86400))))
    await mesh.settled()
    assert not mesh.received(f"+{phone}")
    assert await mesh.metric("hailwire_replies_skipped_total", reason="window_closed") == 1


async def test_stop_and_start(mesh: Mesh, phone: str) -> None:
    """After STOP by WhatsApp there is one confirmation and then silence, until START."""
    await mesh.says(phone, "hello", "stop")
    await mesh.settled()
    before = len(mesh.received(f"+{phone}"))
    silent = await mesh.metric("hailwire_silent_turns_total", reason="opted_out")
    await mesh.says(phone, "ride", "help")
    await mesh.settled()
    assert len(mesh.received(f"+{phone}")) == before
    assert await mesh.metric("hailwire_silent_turns_total", reason="opted_out") == silent + 2
    await mesh.says(phone, "start")
    await mesh.answered(f"+{phone}", before + 1)
    await mesh.settled()


async def test_words_of_the_carrier(mesh: Mesh, phone: str) -> None:
    """What the carrier answers itself by SMS we leave to it, and count."""
    for body, kind in (("STOP", "STOP"), ("START", "START"), ("HELP", "HELP")):
        await mesh.texted(sms(f"+{phone}", body, OptOutType=kind))
    await mesh.settled()
    assert not mesh.received(f"+{phone}")
    assert await mesh.metric("hailwire_silent_turns_total", reason="carrier_answers") == 3


async def _now(mesh: Mesh) -> int:
    return int(await mesh.value("SELECT extract(epoch FROM chassis.now())"))


async def _queued(mesh: Mesh) -> None:

    await until(lambda: mesh.value("SELECT count(*) FROM gateway.outbox WHERE state = 'queued'"), "a queued reply")
