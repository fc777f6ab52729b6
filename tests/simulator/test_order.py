"""One phone's messages arrive as they were written, whatever happens to others, and nobody needs to wait."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from tests.simulator.conftest import RECIPIENT

Until = Callable[..., Awaitable[None]]
PHONES = [f"+2507880000{number:02}" for number in range(20)]


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_a_crowd_keeps_each_phone_in_order(sim: Any, provider: str) -> None:
    """Twenty phones write at once without waiting; what each wrote arrives once and in its order."""
    written: dict[str, list[str]] = {phone: [] for phone in PHONES}

    async def write(phone: str) -> None:
        for number in range(10):
            written[phone].append(await sim.write(f"message {number}", phone=phone, provider=provider))

    await asyncio.gather(*map(write, PHONES))
    await sim.settled()
    arrived = sim.gateway.ids
    assert len(arrived) == 200
    for ids in written.values():
        assert [found for found in arrived if found in ids] == ids


async def test_the_next_message_waits_for_the_answer_to_the_last(sim: Any, until: Until) -> None:
    """While a phone's message is unanswered its next one is not posted; another phone's is."""
    sim.gateway.open.clear()
    first, second = await sim.write("one"), await sim.write("two")
    other = await sim.write(phone=PHONES[1])
    await until(lambda: sorted(sim.gateway.ids) == sorted([first, other]))
    assert (await sim.stats())["webhooks_waiting"] == 3
    sim.gateway.open.set()
    await until(lambda: second in sim.gateway.ids)


async def test_a_phone_keeps_its_order_when_its_number_becomes_known(sim: Any, until: Until) -> None:
    """A phone that first showed only its BSUID is the same phone when it shows both."""
    sim.gateway.open.clear()
    first = await sim.write("one", phone="RW.77")
    second = await sim.write("two", phone=PHONES[0], bsuid="RW.77")
    other = await sim.write(phone=PHONES[1])
    await until(lambda: sorted(sim.gateway.ids) == sorted([first, other]))
    sim.gateway.open.set()
    await until(lambda: second in sim.gateway.ids)


@pytest.mark.parametrize("environ", [{"SIMULATOR_RETRY_SCALE": "20"}])
async def test_the_next_message_does_not_wait_for_retries(sim: Any, until: Until) -> None:
    """After a first failure the next message goes, and the retry may come behind it."""
    sim.gateway.answers = [503]
    first, second = await sim.write("one"), await sim.write("two")
    await until(lambda: sim.gateway.ids == [first, second, first])


async def test_a_late_second_post_lets_nobody_overtake(sim: Any, until: Until) -> None:
    """A message that is still posted a second time leaves those written since then in their order."""
    answered, answered_twice, answered_third = asyncio.Event(), asyncio.Event(), asyncio.Event()
    gateway, at_once = sim.gateway, sim.gateway.open
    await sim.fault("webhook_twice")
    gateway.open = answered
    first = await sim.write("one")
    await until(lambda: gateway.ids == [first])
    gateway.open = answered_twice
    answered.set()
    await until(lambda: gateway.ids == [first, first])
    gateway.open = at_once
    await sim.ask("POST", "/phones/send", {"provider": "whatsapp", "from": RECIPIENT, "text": "two"})
    gateway.open = answered_third
    third = await sim.write("three")
    await until(lambda: gateway.ids[-1] == third)
    answered_twice.set()
    while (await sim.stats())["webhooks_posted"] < 3:
        pass
    gateway.open = at_once
    fourth, other = await sim.write("four"), await sim.write(phone=PHONES[1])
    await until(lambda: other in gateway.ids)
    assert fourth not in gateway.ids
    answered_third.set()
    await until(lambda: fourth in gateway.ids)


async def test_writing_can_wait_for_the_gateway(sim: Any) -> None:
    """By default the answer says what the gateway said; without waiting it says nothing of it."""
    draft = {"provider": "whatsapp", "from": PHONES[0], "text": "hello"}
    sim.gateway.answers = [503]
    _, answer = await sim.ask("POST", "/phones/send", draft)
    assert (answer["status"], answer["taken"]) == (503, False)
    _, answer = await sim.ask("POST", "/phones/send", draft)
    assert (answer["status"], answer["taken"]) == (200, True)
    sim.gateway.open.clear()
    _, answer = await sim.ask("POST", "/phones/send", {**draft, "wait": False})
    assert (answer["status"], answer["taken"]) == (None, None)
    sim.gateway.open.set()


async def test_written_messages_are_listed(sim: Any) -> None:
    """Whoever plays phones reads page by page what was written and what became of it."""
    written = [await sim.write(phone=phone) for phone in PHONES[:5]]
    await sim.settled()
    _, page = await sim.ask("GET", "/phones/written", limit="3")
    _, rest = await sim.ask("GET", "/phones/written", after=str(page[-1]["number"]))
    assert [one["id"] for one in page + rest] == written
    assert {(one["state"], one["attempts"], one["provider"]) for one in page + rest} == {("taken", 1, "whatsapp")}
    assert [one["from"] for one in page] == PHONES[:3]
    assert (await sim.ask("GET", "/phones/written", after="x"))[0] == 400


@pytest.mark.parametrize(
    "environ",
    [
        {"SIMULATOR_RETRY_SCALE": "0.01"},
        {"SIMULATOR_RETRY_SCALE": "0.01", "SIMULATOR_TWILIO_OVERRIDES": "rc=1&rp=ct"},
        {"SIMULATOR_RETRY_SCALE": "0.01", "SIMULATOR_TWILIO_RETRY_SECONDS": "60"},
    ],
)
async def test_twilio_insists_as_its_console_says(sim: Any, environ: dict[str, str]) -> None:
    """An SMS is retried as often as the overrides ask, by default not after an answer, with patience on and on."""
    sim.gateway.answers = [503] * 30
    await sim.write(provider="twilio")
    await sim.settled()
    patient, plain = "SIMULATOR_TWILIO_RETRY_SECONDS" in environ, "SIMULATOR_TWILIO_OVERRIDES" in environ
    assert len(sim.gateway.webhooks) == (31 if patient else 1 if plain else 6)
    _, (listed,) = await sim.ask("GET", "/phones/written")
    assert listed["state"] == ("taken" if patient else "given_up")


@pytest.mark.parametrize(
    "environ",
    [
        {
            "SIMULATOR_RETRY_SCALE": "0.05",
            "SIMULATOR_SEED": "3",
            "SIMULATOR_TWILIO_RETRY_SECONDS": "60",
            "SIMULATOR_MISBEHAVE": "all,duplicate_later=0.1:0.2,duplicate_days=0.1:0.5,reorder=0.1:0.2,delay=0.1:0.1,"
            "slow_body=0.1:0.1,status_late=0.1:0.3,slow_answer=0.05:0.1,outage=0.02:0.2,timeout_before_accept=0,"
            "timeout_after_accept=0",
        }
    ],
)
async def test_nothing_is_lost_when_everything_goes_wrong(sim: Any) -> None:
    """With every kind of misbehaviour at once each message arrives, each send is told of, no forgery passes."""
    written: list[str] = []

    async def chat(number: int, phone: str) -> None:
        provider = "twilio" if number % 3 == 0 else "whatsapp"
        bsuid = {"bsuid": f"RW.{number}"} if number % 3 == 1 else {}
        for turn in range(6):
            written.append(await sim.write(f"turn {turn}", phone=phone, provider=provider, **bsuid))
            try:
                if provider == "whatsapp":
                    await sim.text(to=phone)
                else:
                    await sim.sms(To=phone, StatusCallback=sim.gateway.url + "/status#rc=5&rp=all")
            except aiohttp.ClientError:
                pass  # the answer was cut off on purpose

    await asyncio.gather(*(chat(number, phone) for number, phone in enumerate(PHONES)))
    await sim.settled()
    while (await sim.stats())["copies_waiting"]:
        pass
    await sim.settled()
    arrived = sim.gateway.ids
    assert set(written) <= set(arrived)
    assert len(set(written)) == len(written) == 120
    assert len(arrived) > len(set(arrived))
    _, everything = await sim.ask("GET", "/outbox/all")
    assert {item["id"] for item in everything} <= set(arrived)
    stats, did = await sim.stats(), await sim.deeds()
    assert stats["forged_refused"] == did["forged"] > 0
    # Which kinds meet their chance depends on how the copies fall; most of them do.
    assert len(did) > 12
