"""What SMS cost is counted as the carrier counts it."""

import pytest

from simulator.segments import count_segments
from tests.gateway.mesh import Mesh, payload, sms, text

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_parts_of_each_sms_are_counted(mesh: Mesh, phone: str) -> None:
    """The first question in four languages is one SMS of several parts; WhatsApp has no parts."""
    assert (await mesh.taken(payload(text(phone, "hello")))).status == 200
    await mesh.answered(f"+{phone}")
    await mesh.settled()
    assert await mesh.metric("hailwire_sms_replies_total") == 0
    texter = f"+2{int(phone[1:]) + 500_000}"
    assert (await mesh.texted(sms(texter, "hello"))).status == 200
    (asked,) = await mesh.answered(texter)
    await mesh.settled()
    parts = count_segments(asked["Body"])
    assert parts > 1
    assert await mesh.metric("hailwire_sms_replies_total") == 1
    assert await mesh.metric("hailwire_sms_segments_total") == parts
