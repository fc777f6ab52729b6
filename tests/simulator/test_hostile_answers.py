"""What can happen to the answer of a send, to the statuses after it, and to a whole API."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

Until = Callable[..., Awaitable[None]]


def told(gateway: Any) -> list[str]:
    """The statuses in the order in which the gateway heard of them."""
    found = []
    for webhook in gateway.signed:
        if webhook.path == "/webhooks/whatsapp":
            found += [status["status"] for value in webhook.values for status in value.get("statuses", ())]
        else:
            found.append(webhook.body.decode().partition("MessageStatus=")[2].partition("&")[0])
    return found


async def send(sim: Any, provider: str) -> tuple[int, Any]:
    if provider == "whatsapp":
        return await sim.text()  # type: ignore[no-any-return]
    return await sim.sms(StatusCallback=sim.gateway.url + "/status#rc=5&rp=all")  # type: ignore[no-any-return]


async def burst(sim: Any) -> int:
    """How many messages to one person are taken until the first is refused; on a slow machine time wins more."""
    taken = 0
    while (sent := await sim.text())[0] == 200:
        taken += 1
    status, answer = sent
    assert (status, answer["error"]["code"]) == (400, 131056)
    return taken


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_statuses_can_come_before_the_answer(sim: Any, until: Until, provider: str) -> None:
    """The business hears that a message was delivered before it learns the message's id."""
    sim.gateway.open.clear()
    await sim.fault("status_early", provider)
    sending = asyncio.create_task(send(sim, provider))
    await until(lambda: bool(sim.gateway.webhooks))
    assert not sending.done()
    sim.gateway.open.set()
    assert (await sending)[0] in {200, 201}
    await sim.settled()
    assert told(sim.gateway) == ["sent", "delivered"]


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_early_statuses_do_not_wait_for_ever(sim: Any, until: Until, provider: str) -> None:
    """A gateway that takes no statuses gets its answer all the same."""
    sim.gateway.open.clear()
    await sim.fault("status_early", provider)
    async with asyncio.timeout(60):
        assert (await send(sim, provider))[0] in {200, 201}
    sim.gateway.open.set()
    await sim.settled()


async def test_early_statuses_are_read_too(sim: Any, until: Until) -> None:
    """Somebody who looks at the phone reads the message although its first statuses came early."""
    async with sim.session.get(sim.url + "/events", params={"phone": "whatsapp:+250788123456"}):
        await sim.fault("status_early")
        await send(sim, "whatsapp")
        await until(lambda: told(sim.gateway) == ["sent", "delivered", "read"])
        await sim.settled()
    assert told(sim.gateway) == ["sent", "delivered", "read"]


@pytest.mark.parametrize("kind", ["500_after_accept", "slow_answer"])
@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_early_statuses_come_when_the_answer_goes_wrong(sim: Any, provider: str, kind: str) -> None:
    """A message that was accepted is told about, whatever becomes of its answer."""
    await sim.fault("status_early", provider)
    await sim.fault(kind, provider)
    assert (await send(sim, provider))[0] in {200, 201, 500}
    await sim.settled()
    assert told(sim.gateway) == ["sent", "delivered"]


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_statuses_can_go_backwards(sim: Any, until: Until, provider: str) -> None:
    """Delivered comes before sent, and Twilio's own list still knows which is later."""
    await sim.fault("status_backwards", provider)
    _, answer = await send(sim, provider)
    await until(lambda: told(sim.gateway) == ["delivered", "sent"])
    if provider == "twilio":
        assert (await sim.twilio("GET", f"Messages/{answer['sid']}.json"))[1]["status"] == "delivered"


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_statuses_can_come_in_floods(sim: Any, until: Until, provider: str) -> None:
    """Every status is posted as often as asked."""
    await sim.fault("status_flood", provider, times=30)
    await send(sim, provider)
    await until(lambda: sorted(told(sim.gateway)) == ["delivered"] * 30 + ["sent"] * 30)


async def test_statuses_can_be_late(sim: Any, until: Until) -> None:
    """Late statuses wait for their time by the simulator's clock, and for nothing else."""
    await sim.fault("status_late", seconds=3600)
    await sim.text()
    await sim.text(to="+250788000002")
    await until(lambda: told(sim.gateway) == ["sent", "delivered"])
    await sim.ask("POST", "/clock", {"shift_seconds": 3601})
    await until(lambda: told(sim.gateway) == ["sent", "delivered"] * 2)


async def test_statuses_travel_with_messages(sim: Any, until: Until) -> None:
    """Batches hold messages and statuses together, and statuses can be duplicated, dropped and forged like messages."""
    await sim.fault("rebatch", of="any", count=3, seconds=60, size=3)
    await sim.text()
    await sim.write()
    await until(lambda: any(len(webhook.ids) == 3 for webhook in sim.gateway.webhooks))
    sim.gateway.webhooks.clear()
    for kind in ("forged", "answer_dropped", "resigned"):
        await sim.fault(kind, of="statuses")
    await sim.text(to="+250788000002")
    await sim.settled()
    assert [webhook.status for webhook in sim.gateway.webhooks].count(403) == 1
    assert told(sim.gateway).count("delivered") >= 1
    assert len(sim.gateway.signed) >= 4
    forged = next(webhook for webhook in sim.gateway.webhooks if not webhook.is_signed)
    (status,) = json.loads(forged.body)["entry"][0]["changes"][0]["value"]["statuses"]
    assert status["status"] == "failed"


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_outage(sim: Any, provider: str) -> None:
    """For its time a whole API answers 503, the other one serves, and nothing is taken."""
    other = "twilio" if provider == "whatsapp" else "whatsapp"
    await sim.fault("outage", provider, seconds=600)
    for _ in range(3):
        assert (await send(sim, provider))[0] == 503
        assert (await send(sim, other))[0] in {200, 201}
    if provider == "twilio":
        assert (await sim.ask("GET", f"/twilio/2010-04-01/Accounts/AC{'0' * 32}/Messages.json"))[0] == 503
    await sim.ask("DELETE", "/faults")
    ends = time.monotonic() + 0.5
    await sim.fault("outage", provider, seconds=0.5)
    while (await send(sim, provider))[0] == 503:
        pass
    assert time.monotonic() >= ends
    assert [item["provider"] for item in await sim.outbox()].count(provider) == 1


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_outage_can_cut_connections(sim: Any, provider: str) -> None:
    """An API out of reach gives no answer at all, until the outage is called off."""
    await sim.fault("outage", provider, seconds=600, how="refused")
    for _ in range(3):
        with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
            await send(sim, provider)
    assert (await sim.ask("GET", "/faults"))[1][0]["kind"] == "outage"
    assert (await sim.ask("DELETE", "/faults"))[0] == 204
    assert (await send(sim, provider))[0] in {200, 201}
    assert len(await sim.outbox()) == 1


@pytest.mark.parametrize("environ", [{"SIMULATOR_MISBEHAVE": "outage=1:0.3"}])
async def test_outage_by_chance(sim: Any) -> None:
    """The seed decides with which send an outage begins."""
    assert (await sim.text())[0] == 503
    assert (await sim.deeds()) == {"outage": 1}
    assert await sim.outbox() == []


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_answer_can_trickle(sim: Any, provider: str) -> None:
    """The answer to a send comes in pieces over its time."""
    await sim.fault("slow_answer", provider, seconds=0.3)
    began = time.monotonic()
    status, answer = await send(sim, provider)
    assert status in {200, 201}
    assert time.monotonic() - began > 0.25
    assert (answer["messages"][0]["id"] if provider == "whatsapp" else answer["sid"]) == (await sim.outbox())[0]["id"]


async def test_outbox_tells_how_the_answer_went_wrong(sim: Any) -> None:
    """Whoever counts copies can tell which sends were accepted without a good answer."""
    await sim.text()
    await sim.fault("500_after_accept")
    await sim.text()
    _, everything = await sim.ask("GET", "/outbox/all")
    assert [item["fault"] for item in everything] == [None, "500_after_accept"]
    _, (deed,) = await sim.ask("GET", "/misbehaviour/deeds")
    assert (deed["kind"], deed["id"]) == ("500_after_accept", everything[1]["id"])


@pytest.mark.parametrize("environ", [{"SIMULATOR_THROUGHPUT": "20", "SIMULATOR_PAIR_BURST": "0"}])
async def test_throughput_is_limited(sim: Any) -> None:
    """Beyond so many messages a second in both directions WhatsApp refuses with 130429, and SMS goes on."""
    began = time.monotonic()
    for number in range(5):
        await sim.write(phone=f"+25078800000{number}")
    refused = 0
    for number in range(100):
        status, answer = await sim.text(to=f"+2507880000{number:02}")
        refused += status != 200
        assert status == 200 or answer["error"]["code"] == 130429
    taken = 100 - refused
    # A second's worth at once less what came in, and then as many as time has passed for.
    assert 15 <= taken <= 16 + 20 * (time.monotonic() - began)
    assert (await sim.sms())[0] == 201


async def test_pair_limit(sim: Any) -> None:
    """After a burst of 45 to one person WhatsApp refuses with 131056, and only them; six seconds win one more."""
    began = time.monotonic()
    assert 45 <= await burst(sim) <= 45 + (time.monotonic() - began) / 6
    assert (await sim.text(to="+250788000002"))[0] == 200
    await sim.ask("POST", "/clock", {"shift_seconds": 6.5})
    assert 1 <= await burst(sim) <= 1.1 + (time.monotonic() - began) / 6
