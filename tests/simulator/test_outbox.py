"""What is kept of accepted sends."""

from typing import Any

import pytest

from simulator.outbox import Outbox


async def test_number_is_found_however_it_is_written(sim: Any) -> None:
    """A phone is found with and without its plus sign, which a query string easily loses."""
    await sim.text()
    for to in ("+250788123456", "250788123456", "whatsapp:+250788123456", " 250 788 123-456"):
        assert len(await sim.outbox(to)) == 1, to


async def test_every_send_is_kept_in_order(sim: Any) -> None:
    """Both providers and repeated sends are kept, oldest first, with a running number over all phones."""
    for _ in range(2):
        await sim.text("same")
        await sim.sms("same")
    assert [item["provider"] for item in await sim.outbox()] == ["whatsapp", "twilio"] * 2
    await sim.text(to="+250788999999")
    _, everything = await sim.ask("GET", "/outbox/all")
    assert [item["number"] for item in everything] == [1, 2, 3, 4, 5]
    _, later = await sim.ask("GET", "/outbox/all", after="3")
    assert [item["to"] for item in later] == ["+250788123456", "+250788999999"]
    _, one = await sim.ask("GET", "/outbox/all", after="1", limit="1")
    assert [item["number"] for item in one] == [2]


async def test_cleared_outbox_counts_on(sim: Any) -> None:
    """Clearing forgets the messages and not the running number."""
    await sim.text()
    assert (await sim.ask("DELETE", "/outbox"))[0] == 204
    assert await sim.outbox() == []
    await sim.text()
    _, everything = await sim.ask("GET", "/outbox/all")
    assert [item["number"] for item in everything] == [2]


async def test_no_phone_is_an_error(sim: Any) -> None:
    """An outbox without a phone is a mistake of the caller."""
    assert (await sim.ask("GET", "/outbox", to="nobody"))[0] == 400
    assert (await sim.ask("GET", "/outbox/all", after="x"))[0] == 400


@pytest.mark.parametrize("bounds", [{"most_messages": 3, "most_bytes": 1000}, {"most_messages": 99, "most_bytes": 30}])
def test_outbox_is_bounded(bounds: dict[str, int]) -> None:
    """Beyond either bound the oldest are forgotten, from both orders, and counted."""
    outbox = Outbox(**bounds)
    for number in range(10):
        outbox.add("twilio", f"+25078800000{number % 2}", f"SM{number}", 0.0, b"0123456789")
    assert [item.number for item in outbox.after(0)] == [8, 9, 10]
    assert [item.number for item in outbox.of("+250788000001")] == [8, 10]
    assert outbox.forgotten == 7
    assert outbox.after(10) == []
