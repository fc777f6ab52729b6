"""What can happen to a webhook on its way to the gateway."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from simulator import baskets

Until = Callable[..., Awaitable[None]]
DAY = 86_400


@pytest.fixture
def environ() -> dict[str, str]:
    return {"SIMULATOR_STATUSES": "false", "SIMULATOR_RETRY_SCALE": "0.1"}


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_duplicate(sim: Any, until: Until, provider: str) -> None:
    """A duplicate is the very same post twice at the same moment."""
    sim.gateway.open.clear()
    await sim.fault("duplicate", provider)
    await sim.write(provider=provider)
    await until(lambda: len(sim.gateway.webhooks) == 2)  # both, although none is answered yet
    sim.gateway.open.set()
    first, second = sim.gateway.webhooks
    assert (first.body, first.headers) == (second.body, second.headers)
    await sim.write("more", provider=provider)
    await until(lambda: len(sim.gateway.webhooks) == 3)
    assert await sim.deeds() == {"duplicate": 1}


@pytest.mark.parametrize(("kind", "seconds"), [("duplicate_later", 180), ("duplicate_days", 2 * DAY)])
async def test_duplicate_comes_when_its_time_has_come(sim: Any, until: Until, kind: str, seconds: float) -> None:
    """Minutes or days later the message comes again, well signed, and a shifted clock brings that moment near."""
    await sim.fault(kind)
    written = await sim.write()
    await until(lambda: len(sim.gateway.webhooks) == 1)
    await sim.settled()
    assert (await sim.stats())["copies_waiting"] == 1
    await sim.ask("POST", "/clock", {"shift_seconds": seconds + 1})
    await until(lambda: len(sim.gateway.webhooks) == 2)
    assert sim.gateway.ids == [written, written]
    await sim.settled()
    assert (await sim.stats())["copies_waiting"] == 0


async def test_late_duplicate_can_be_soon(sim: Any, until: Until) -> None:
    """How much later is a parameter, so that a test need not wait."""
    await sim.fault("duplicate_days", "twilio", seconds=0.05)
    written = await sim.write(provider="twilio")
    await until(lambda: sim.gateway.ids == [written, written])


async def test_rebatch(sim: Any, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages of several phones come in one payload, and one of them again in the next."""
    monkeypatch.setattr(baskets, "_COPY_SECONDS", 60.0)
    await sim.fault("rebatch", count=3, seconds=60, size=3)
    phones = [f"+25078800000{number}" for number in range(3)]
    written = [await sim.write(phone=phone, name=phone) for phone in phones]
    await until(lambda: len(sim.gateway.webhooks) == 1)
    (batch,) = sim.gateway.webhooks
    assert sorted(batch.ids) == sorted(written)
    contacts = [contact["wa_id"] for value in batch.values for contact in value["contacts"]]
    assert contacts == [phone[1:] for phone in phones]
    await sim.fault("rebatch", count=3, seconds=60, size=4)
    more = [await sim.write(phone=phone) for phone in phones]
    await until(lambda: set(more) <= set(sim.gateway.ids))
    second = sim.gateway.signed[1]
    assert len(second.ids) == 4
    assert len(set(second.ids) & set(written)) == 1


async def test_rebatch_is_posted_when_it_is_full(sim: Any, until: Until) -> None:
    """A batch does not wait for its time when it has its size."""
    await sim.fault("rebatch", count=2, seconds=60, size=2)
    written = [await sim.write(), await sim.write(phone="+250788000002")]
    await until(lambda: sim.gateway.ids == written)
    assert len(sim.gateway.webhooks) == 1


async def test_every_shape_of_batch_occurs(sim: Any, until: Until) -> None:
    """Batches come as one change, as several changes and as several entries."""
    shapes = set()
    for number in range(20):
        await sim.fault("rebatch", count=2, seconds=60, size=2)
        before = len(sim.gateway.webhooks)
        await sim.write(phone=f"+2507880001{number:02}")
        await sim.write(phone=f"+2507880002{number:02}")
        await until(lambda before=before: len(sim.gateway.webhooks) > before)
        entries = json.loads(sim.gateway.webhooks[-1].body)["entry"]
        shapes.add((len(entries) > 1, len(entries[0]["changes"]) > 1))
    assert shapes == {(False, False), (False, True), (True, False)}


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_reorder(sim: Any, until: Until, provider: str) -> None:
    """A message is overtaken by the next one of its phone, and only by that one."""
    await sim.fault("reorder", provider, seconds=60)
    first, second, third = [await sim.write(text, provider=provider) for text in ("one", "two", "three")]
    await until(lambda: len(sim.gateway.ids) == 3)
    assert sim.gateway.ids == [second, first, third]


async def test_reorder_needs_a_second_message(sim: Any, until: Until) -> None:
    """A message that nothing overtakes comes after a while all the same."""
    await sim.fault("reorder", seconds=0.05)
    first = await sim.write()
    await until(lambda: sim.gateway.ids == [first])
    assert await sim.deeds() == {}


async def test_delay_holds_the_phone_back_and_nobody_else(sim: Any, until: Until) -> None:
    """What a phone writes after a delayed message waits behind it; other phones do not."""
    await sim.fault("delay", seconds=60, to="+250788123456")
    late, later = await sim.write("one"), await sim.write("two")
    other = await sim.write(phone="+250788000002")
    await until(lambda: sim.gateway.ids == [other])
    await sim.ask("POST", "/clock", {"shift_seconds": 61})
    await until(lambda: sim.gateway.ids == [other, late, later])


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_dropped_answer_is_retried(sim: Any, until: Until, provider: str) -> None:
    """The gateway's 200 is thrown away, and the same bytes are posted again."""
    await sim.fault("answer_dropped", provider)
    written = await sim.write(provider=provider)
    await until(lambda: len(sim.gateway.webhooks) == 2)
    first, second = sim.gateway.webhooks
    assert (first.body, first.status) == (second.body, 200)
    await sim.settled()
    _, (listed,) = await sim.ask("GET", "/phones/written")
    assert (listed["id"], listed["state"], listed["attempts"]) == (written, "taken", 2)


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_cut_connection_is_retried(sim: Any, until: Until, provider: str) -> None:
    """The connection is cut before any answer, and the webhook is posted again."""
    sim.gateway.open.clear()  # so that no answer can be in time
    await sim.fault("connection_cut", provider)
    written = await sim.write(provider=provider)
    await until(lambda: len(sim.gateway.webhooks) >= 1)
    while (await sim.stats()).get("webhooks_unanswered") != 1:
        pass
    sim.gateway.open.set()
    await sim.settled()
    assert set(sim.gateway.ids) == {written}
    _, (listed,) = await sim.ask("GET", "/phones/written")
    assert (listed["state"], listed["attempts"]) == ("taken", 2)


async def test_slow_body(sim: Any, until: Until) -> None:
    """The body comes in pieces, and is whole and well signed in the end."""
    await sim.fault("slow_body", seconds=0.3)
    _, written = await sim.ask(
        "POST", "/phones/send", {"provider": "whatsapp", "from": "+250788123456", "text": "slowly"}
    )
    assert written["status"] == 200
    (webhook,) = sim.gateway.signed
    assert webhook.headers["content-length"] == str(len(webhook.body))
    assert "transfer-encoding" not in webhook.headers


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_forgery_comes_before_the_truth(sim: Any, until: Until, provider: str) -> None:
    """A forgery has another id, its signature is wrong or missing in every way, and a 403 to it is counted as right."""
    await sim.fault("forged", provider, count=30)
    written = [await sim.write(f"say {number}", provider=provider) for number in range(30)]
    await until(lambda: len(sim.gateway.webhooks) == 60)
    await sim.settled()
    assert sim.gateway.ids == written
    forged = [webhook for webhook in sim.gateway.webhooks if not webhook.is_signed]
    assert {webhook.status for webhook in forged} == {403}
    assert all(b"F04CED" in webhook.body and b"say " not in webhook.body for webhook in forged)
    header = "x-hub-signature-256" if provider == "whatsapp" else "x-twilio-signature"
    assert len({webhook.headers.get(header) is None for webhook in forged}) == 2
    assert (await sim.stats())["forged_refused"] == 30
    assert "forged_not_refused" not in await sim.stats()


async def test_resigned_copy_says_the_same(sim: Any, until: Until) -> None:
    """The copy has other bytes and another signature, which is right, and the same content."""
    await sim.fault("resigned")
    await sim.write("déjà vu 👋")
    await until(lambda: len(sim.gateway.signed) == 2)
    first, second = sim.gateway.signed
    assert first.body != second.body
    assert json.loads(first.body) == json.loads(second.body)
    assert "déjà vu 👋".encode() in second.body
    await sim.fault("resigned", "twilio")
    await sim.write("a & b +1", provider="twilio")
    await until(lambda: len(sim.gateway.signed) == 4)
    first, second = sim.gateway.signed[2:]
    assert first.body != second.body
    assert dict(parse_qsl(second.body.decode())).items() >= dict(parse_qsl(first.body.decode())).items()


async def test_number_can_hide(sim: Any, until: Until) -> None:
    """A phone with both names shows only its BSUID for this message, by chance or because the caller says so."""
    await sim.write("shown", bsuid="RW.77")
    await sim.fault("hide_number")
    await sim.write("hidden", bsuid="RW.77")
    await sim.write("hidden too", hide_number=True)
    await sim.write("never hidden", phone="+250788000002", hide_number=True)
    await until(lambda: len(sim.gateway.webhooks) == 4)
    found = [webhook.values[0] for webhook in sim.gateway.webhooks]
    by_text = {value["messages"][0]["text"]["body"]: value for value in found}
    assert by_text["shown"]["messages"][0]["from"] == "250788123456"
    for text in ("hidden", "hidden too"):
        assert by_text[text]["contacts"][0].keys() == {"profile", "user_id"}
        assert "from" not in by_text[text]["messages"][0]
    assert by_text["never hidden"]["messages"][0]["from"] == "250788000002"


async def test_hidden_number_is_the_same_phone(sim: Any, until: Until) -> None:
    """A phone that showed only its BSUID keeps its order and its window."""
    await sim.write("shown", bsuid="RW.77")
    await sim.ask("POST", "/clock", {"shift_seconds": DAY + 1})
    await sim.write("hidden", hide_number=True)
    message = {"messaging_product": "whatsapp", "recipient": "RW.77", "text": {"body": "hello"}}
    assert (await sim.graph(message))[0] == 200
    await until(lambda: len(sim.gateway.webhooks) == 2)


async def test_lost_message_is_known_as_lost(sim: Any, until: Until) -> None:
    """A message that the provider never posts is listed as lost, and holds nothing up."""
    await sim.fault("webhook_lost")
    lost, other = await sim.write("one"), await sim.write("two")
    await until(lambda: sim.gateway.ids == [other])
    await sim.settled()
    _, listed = await sim.ask("GET", "/phones/written")
    assert [(one["id"], one["state"]) for one in listed] == [(lost, "lost"), (other, "taken")]


async def test_plans_can_mean_statuses(sim: Any, until: Until) -> None:
    """A plan about webhooks means what phones write, unless it says statuses."""
    _, kinds = await sim.ask("GET", "/faults")
    assert kinds == []
    await sim.fault("duplicate", of="statuses")
    await sim.write()
    await until(lambda: len(sim.gateway.webhooks) == 1)
    await sim.settled()
    assert (await sim.ask("GET", "/faults"))[1][0]["left"] == 1
    assert (await sim.ask("POST", "/faults", {"provider": "whatsapp", "kind": "500", "of": "any"}))[0] == 400
    assert (await sim.ask("POST", "/faults", {"provider": "twilio", "kind": "rebatch"}))[0] == 400
