"""What sending costs is counted by the operator's prices, where a provider took something."""

from simulator.segments import count_segments
from tests.gateway.conftest import Open
from tests.gateway.mesh import payload, sms, text

PRICES = {"COST_WHATSAPP_MESSAGE": "0.25", "COST_SMS_SEGMENT": "0.5", "COST_DAILY_LIMIT": "40"}
COST = "hailwire_provider_cost_total"


def texter_of(phone: str) -> str:
    """Somebody else, who writes SMS."""
    return f"+2{int(phone[1:]) + 500_000}"


async def test_each_channel_has_its_price(open_here: Open, phone: str) -> None:
    """A WhatsApp message costs its price and an SMS that of each part; the limit is beside it for the alert."""
    async with open_here(**PRICES) as mesh:
        assert (await mesh.taken(payload(text(phone, "hello")))).status == 200
        assert (await mesh.texted(sms(texter_of(phone), "hello"))).status == 200
        await mesh.answered(f"+{phone}")
        (asked,) = await mesh.answered(texter_of(phone))
        await mesh.settled()
        parts = count_segments(asked["Body"])
        assert parts > 1
        assert await mesh.metric(COST, channel="whatsapp") == 0.25
        assert await mesh.metric(COST, channel="sms") == 0.5 * parts
        assert await mesh.metric("hailwire_provider_cost_daily_limit") == 40


async def test_what_is_refused_costs_nothing(open_here: Open, phone: str) -> None:
    """A send that the provider does not take is not paid, however often it is tried; the one that it takes is, once."""
    async with open_here(**PRICES) as mesh:
        mesh.goes_wrong("whatsapp", "131000", 2)
        assert (await mesh.taken(payload(text(phone, "hello")))).status == 200
        await mesh.answered(f"+{phone}")
        await mesh.settled()
        assert await mesh.metric("hailwire_sends_total", provider="whatsapp", result="retry") == 2
        assert await mesh.metric(COST) == 0.25


async def test_without_prices_nothing_is_said_of_costs(open_here: Open, phone: str) -> None:
    """Where nobody has told a price there is no figure that reads as free of charge, and no limit."""
    async with open_here() as mesh:
        assert (await mesh.taken(payload(text(phone, "hello")))).status == 200
        await mesh.answered(f"+{phone}")
        await mesh.settled()
        assert f"{COST}{{" not in await mesh.prometheus("gateway")
        assert await mesh.metric("hailwire_provider_cost_daily_limit") == 0
