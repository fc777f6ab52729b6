"""Replies reach their phone whatever the provider does, at most once more than the provider made certain."""

from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from services.gateway import attempts, lane
from services.gateway.providers import exchange
from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import Mesh, payload, sms, text, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

# How long an unknown result may take to be settled before a reply is sent again, and how long an answer may take that
# does not come.
SETTLE_SECONDS = 0.3
ANSWER_SECONDS = 0.7


@pytest_asyncio.fixture(loop_scope="module")
async def quick(shared: Mesh, word: Register, monkeypatch: pytest.MonkeyPatch) -> Mesh:
    """The module's mesh without patience for providers."""
    monkeypatch.setattr(attempts, "SETTLE_SECONDS", SETTLE_SECONDS)
    word("plain", "answers")
    await shared.renew()
    return shared


def gives_up_soon(monkeypatch: pytest.MonkeyPatch, kind: str = "timeout", seconds: float = ANSWER_SECONDS) -> None:
    """Where no answer comes nobody waits long for it; everywhere else a machine that stands still is no lost answer."""
    if kind.startswith("timeout"):
        monkeypatch.setattr(exchange, "TIMEOUT", aiohttp.ClientTimeout(total=30, sock_read=seconds))


# Nobody sits out the waits between the first four sends.
DUE_BEFORE_THE_LAST = """
    UPDATE gateway.lane SET due_at = chassis.now() FROM gateway.outbox
    WHERE outbox.conversation_id = lane.conversation_id AND outbox.state = 'unknown' AND outbox.unknowns < 4
      AND lane.instance_id IS NULL AND lane.due_at > chassis.now()
"""


async def extra_sends(mesh: Mesh, **labels: str) -> float:
    return await mesh.metric("hailwire_extra_sends_total", **labels)


async def outbox(mesh: Mesh, phone: str) -> list[dict[str, Any]]:
    sql = "SELECT * FROM gateway.outbox WHERE right(address, 12) = $1 ORDER BY outbox_id"
    return await mesh.rows(sql, phone)


async def write(mesh: Mesh, provider: str, phone: str) -> None:
    if provider == "whatsapp":
        assert (await mesh.taken(payload(text(phone, "plain")))).status == 200
    else:
        assert (await mesh.texted(sms(f"+{phone}", "plain"))).status == 200


@pytest.mark.parametrize(
    ("provider", "kind", "count"),
    [
        ("whatsapp", "429", 2),
        ("whatsapp", "130429", 1),
        ("whatsapp", "131000", 2),
        ("whatsapp", "131056", 1),
        ("twilio", "429", 2),
        ("twilio", "21611", 1),
    ],
)
async def test_refused_for_a_while(quick: Mesh, phone: str, provider: Any, kind: str, count: int) -> None:
    """What a provider refuses for a passing reason is sent again later, and arrives once."""
    extra = await extra_sends(quick)
    # Without Retry-After a full queue of the sender's is given a minute.
    quick.goes_wrong(provider, kind, count, retry_after=1 if kind == "21611" else None)
    await write(quick, provider, phone)
    await quick.answered(f"+{phone}")
    await quick.settled()
    (row,) = await outbox(quick, phone)
    assert (row["state"], row["attempts"], len(quick.received(f"+{phone}"))) == ("accepted", count + 1, 1)
    assert await extra_sends(quick) == extra
    assert not await quick.dead_letters()


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_told_when_to_come_back(quick: Mesh, phone: str, provider: Any) -> None:
    """Nothing is sent to a provider before the time that it has named."""
    quick.goes_wrong(provider, "429", retry_after=1)
    await write(quick, provider, phone)
    await quick.answered(f"+{phone}")
    await quick.settled()
    (row,) = await outbox(quick, phone)
    assert (row["settled_at"] - row["created_at"]).total_seconds() >= 1


async def test_one_recipient_has_to_wait(quick: Mesh, phones: Any) -> None:
    """A limit that concerns one phone lets every other phone get its replies."""
    slow, other = phones(2)
    quick.goes_wrong("whatsapp", "131056", to=f"+{slow}", retry_after=600)
    await write(quick, "whatsapp", slow)
    waits = "SELECT true FROM gateway.outbox WHERE state = 'queued' AND attempts = 1"
    await until(lambda: quick.value(waits), "a reply that waits")
    await write(quick, "whatsapp", other)
    await quick.answered(f"+{other}")
    assert not quick.received(f"+{slow}")
    await quick.value("UPDATE gateway.lane SET due_at = chassis.now() WHERE queued > 0")
    await quick.answered(f"+{slow}")
    await quick.settled()


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
@pytest.mark.parametrize("kind", ["timeout_after_accept", "reset_after_accept", "500_after_accept"])
async def test_accepted_without_an_answer(
    quick: Mesh, phone: str, monkeypatch: pytest.MonkeyPatch, provider: Any, kind: str
) -> None:
    """An answer that was lost is settled by the status, and nothing is sent twice."""
    monkeypatch.setattr(attempts, "SETTLE_SECONDS", 60)  # however long the status takes to come
    gives_up_soon(monkeypatch, kind)
    extra = await extra_sends(quick)
    quick.goes_wrong(provider, kind)
    await write(quick, provider, phone)
    await quick.settled_by_status()
    await until(lambda: quick.value("SELECT delivery = 'delivered' FROM gateway.outbox"), "the delivery")
    (row,) = await outbox(quick, phone)
    assert (row["state"], row["delivery"], row["provider_message_id"] is None) == ("accepted", "delivered", False)
    assert len(quick.received(f"+{phone}")) == 1
    assert await extra_sends(quick) == extra


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
@pytest.mark.parametrize("kind", ["timeout_before_accept", "500", "502"])
async def test_lost_without_a_trace(
    quick: Mesh, phone: str, monkeypatch: pytest.MonkeyPatch, provider: Any, kind: str
) -> None:
    """What may have been accepted and never shows is sent again, and that is counted."""
    gives_up_soon(monkeypatch, kind)
    extra = await extra_sends(quick, provider=provider)
    quick.goes_wrong(provider, kind)
    await write(quick, provider, phone)
    await quick.answered(f"+{phone}")
    await quick.settled()
    (row,) = await outbox(quick, phone)
    assert (row["state"], row["attempts"], len(quick.received(f"+{phone}"))) == ("accepted", 2, 1)
    assert await extra_sends(quick, provider=provider) == extra + 1


@pytest.mark.parametrize("provider", ["whatsapp", "twilio"])
async def test_what_hit_everybody_is_not_held_against_a_reply(
    quick: Mesh, phone: str, monkeypatch: pytest.MonkeyPatch, provider: Any
) -> None:
    """After many refusals of everybody, a result that nobody knows is no reason to give the reply up."""
    gives_up_soon(monkeypatch, seconds=3.0)  # each of the refusals is to come in time
    quick.goes_wrong(provider, "429", 9, retry_after=0)
    quick.goes_wrong(provider, "timeout_before_accept")
    await write(quick, provider, phone)
    await quick.answered(f"+{phone}")
    await quick.settled()
    (row,) = await outbox(quick, phone)
    assert (row["state"], row["attempts"], row["unknowns"], row["refusals"]) == ("accepted", 11, 1, 0)
    assert not await quick.dead_letters()


async def test_the_status_of_the_last_try_is_waited_for(
    quick: Mesh, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reply is given up only when no status tells that it has arrived after all."""
    monkeypatch.setattr(attempts, "SETTLE_SECONDS", 1.5)  # the fourth is 64 times as long
    gives_up_soon(monkeypatch)
    quick.goes_wrong("whatsapp", "timeout_before_accept", 3)
    quick.goes_wrong("whatsapp", "reset_after_accept")
    await write(quick, "whatsapp", phone)

    async def sent_for_the_last_time() -> bool:
        await quick.value(DUE_BEFORE_THE_LAST)
        return bool(quick.received(f"+{phone}"))

    await until(sent_for_the_last_time, "the send that is accepted")
    await quick.settled_by_status()
    await until(lambda: quick.value("SELECT delivery = 'delivered' FROM gateway.outbox"), "the delivery")
    (row,) = await outbox(quick, phone)
    assert (row["state"], row["delivery"], row["unknowns"]) == ("accepted", "delivered", 4)
    assert not await quick.dead_letters()


async def test_what_never_shows_is_given_up(quick: Mesh, phone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After four sends that may all have arrived the reply is a dead letter, and the next one goes out."""
    monkeypatch.setattr(attempts, "SETTLE_SECONDS", 0.05)
    gives_up_soon(monkeypatch)
    quick.goes_wrong("whatsapp", "timeout_before_accept", 4)
    await write(quick, "whatsapp", phone)
    await write(quick, "whatsapp", phone)
    await quick.answered(f"+{phone}")
    await quick.settled()
    first, second = await outbox(quick, phone)
    assert (first["state"], first["attempts"], second["state"]) == ("failed", 4, "accepted")
    (letter,) = await quick.dead_letters()
    assert letter["reason"] == "gave up, it may have arrived"


async def test_without_statuses(open_here: Open, word: Register, phones: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no status tells, Twilio's list does; WhatsApp has none, so its reply is sent again and counted."""
    monkeypatch.setattr(attempts, "SETTLE_SECONDS", SETTLE_SECONDS)
    word("plain", "answers")
    texter, writer = phones(2)
    async with open_here(SIMULATOR_STATUSES="false") as mesh:
        mesh.goes_wrong("twilio", "reset_after_accept")
        mesh.goes_wrong("whatsapp", "reset_after_accept")
        await write(mesh, "twilio", texter)
        await write(mesh, "whatsapp", writer)
        await mesh.settled()
        assert [len(mesh.received(f"+{phone}")) for phone in (texter, writer)] == [1, 2]
        assert await extra_sends(mesh, provider="twilio") == 0
        assert await extra_sends(mesh, provider="whatsapp") == 1
        (row,) = await outbox(mesh, texter)
        assert row["provider_message_id"] == mesh.simulator.outbox.of(f"+{texter}")[0].id


@pytest.mark.parametrize(
    ("provider", "kind", "reason"),
    [
        ("whatsapp", "131026", "UNDELIVERABLE"),
        ("whatsapp", "100", "REQUEST_REFUSED"),
        ("twilio", "21211", "NUMBER_INVALID"),
        ("twilio", "21408", "REGION"),
    ],
)
async def test_refused_for_good(quick: Mesh, phone: str, provider: Any, kind: str, reason: str) -> None:
    """What a provider refuses for good is a dead letter with its reason, and the next reply goes out."""
    quick.goes_wrong(provider, kind)
    await write(quick, provider, phone)
    await write(quick, provider, phone)
    await quick.answered(f"+{phone}")
    await quick.settled()
    first, second = await outbox(quick, phone)
    assert (first["state"], first["error_code"], second["state"]) == ("failed", int(kind), "accepted")
    (letter,) = await quick.dead_letters()
    assert (letter["kind"], letter["reason"], letter["outbox_id"]) == ("reply", reason, first["outbox_id"])


@pytest.mark.parametrize(("provider", "kind", "reason"), [("twilio", "21610", "opted_out")])
async def test_opted_out_at_the_carrier(quick: Mesh, phone: str, provider: Any, kind: str, reason: str) -> None:
    """Who told the carrier to be left alone is left alone: counted, no dead letter."""
    skipped = await quick.metric("hailwire_replies_skipped_total", reason=reason)
    quick.goes_wrong(provider, kind)
    await write(quick, provider, phone)
    await quick.settled()
    (row,) = await outbox(quick, phone)
    assert (row["state"], await quick.dead_letters()) == ("skipped", [])
    assert await quick.metric("hailwire_replies_skipped_total", reason=reason) == skipped + 1


async def test_bad_credentials_stop_everything(quick: Mesh, phones: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the provider refuses our credentials all replies wait, and go out once it takes us again."""
    monkeypatch.setattr(attempts, "_STOP_SECONDS", 1.0)
    one, other = phones(2)
    quick.goes_wrong("whatsapp", "190")
    await write(quick, "whatsapp", one)
    await write(quick, "whatsapp", other)
    await quick.answered(f"+{one}")
    await quick.answered(f"+{other}")
    await quick.settled()
    assert not await quick.dead_letters()
    rows = [*await outbox(quick, one), *await outbox(quick, other)]
    assert sum(row["attempts"] for row in rows) <= 4


async def test_the_stop_switch(open_here: Open, word: Register, phone: str) -> None:
    """While the operator's switch is on replies wait in the outbox; without it they go out in order."""
    word("plain", "echoes")
    async with open_here(GATEWAY_SENDING_STOPPED="true") as mesh:
        for number in range(3):
            await mesh.taken(payload(text(phone, "plain", context={"id": f"wamid.{number}"})))
        async with mesh.session.get(mesh.url + "/readyz") as response:
            assert response.status == 200
        assert await mesh.value("SELECT count(*) FROM gateway.pending") >= 0
    async with open_here() as mesh:
        received = await mesh.answered(f"+{phone}", 3)
        assert [one["text"]["body"] for one in received] == ["wamid.0", "wamid.1", "wamid.2"]
        await mesh.settled()
        assert {row["attempts"] for row in await outbox(mesh, phone)} == {1}


async def test_the_pair_limit_is_kept(quick: Mesh, phone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """More replies than the pair limit allows at once wait for their time instead of being refused."""
    monkeypatch.setattr(lane, "PAIR_BURST", 5)
    monkeypatch.setattr(lane, "PAIR_SECONDS", 0.4)
    await quick.taken(payload(*(text(phone, "plain") for _ in range(8))))
    await quick.answered(f"+{phone}", 8)
    await quick.settled()
    times = [row["attempted_at"].timestamp() for row in await outbox(quick, phone)]
    assert times[7] - times[0] >= 3 * 0.4
    assert await quick.metric("hailwire_sends_total", result="retry") == 0
