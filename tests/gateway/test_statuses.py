"""Delivery statuses: whatever their order and number, they move a reply forward only."""

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import asyncpg
import pytest
import pytest_asyncio

from services.gateway import attempts, statuses
from services.gateway.providers import exchange
from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import Answer, Mesh, payload, sms, text, until
from tests.gateway.opening import open_mesh

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def without_statuses(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """A mesh whose providers send no statuses."""
    async with open_mesh(database_url, tmp_path_factory.mktemp("home"), SIMULATOR_STATUSES="false") as mesh:
        yield mesh


@pytest_asyncio.fixture(loop_scope="module")
async def silent(without_statuses: Mesh, word: Register, monkeypatch: pytest.MonkeyPatch) -> Mesh:
    """A clean mesh whose statuses are sent by the test."""
    monkeypatch.setattr(attempts, "SETTLE_SECONDS", 0.3)
    word("plain", "answers")
    await without_statuses.renew()
    return without_statuses


def waits_for_an_answer(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """So long for one that never comes: long enough for a status to overtake it."""
    monkeypatch.setattr(exchange, "TIMEOUT", aiohttp.ClientTimeout(total=30, sock_read=seconds))


async def reply(mesh: Mesh, phone: str, provider: str = "whatsapp") -> dict[str, Any]:
    """The row of the outbox of one answered message."""
    if provider == "whatsapp":
        await mesh.taken(payload(text(phone, "plain")))
    else:
        await mesh.texted(sms(f"+{phone}", "plain"))
    await mesh.answered(f"+{phone}")
    await mesh.settled()
    return (await mesh.rows("SELECT * FROM gateway.outbox ORDER BY outbox_id DESC LIMIT 1"))[0]


def status(word: str, message_id: str, outbox_id: int | None = None, code: int | None = None) -> dict[str, Any]:
    return {
        "id": message_id,
        "status": word,
        "timestamp": str(int(time.time())),
        "recipient_id": "250788000001",
        **({"biz_opaque_callback_data": str(outbox_id)} if outbox_id is not None else {}),
        **({"errors": [{"code": code, "title": "Failed"}]} if code else {}),
    }


async def told(mesh: Mesh, *statuses: dict[str, Any]) -> Answer:
    answer = await mesh.taken(payload(statuses=list(statuses)))
    assert answer.status == 200
    return answer


async def row_of(mesh: Mesh, outbox_id: int) -> dict[str, Any]:
    return (await mesh.rows("SELECT * FROM gateway.outbox WHERE outbox_id = $1", outbox_id))[0]


async def delivered(mesh: Mesh, outbox_id: int, word: str) -> None:
    async def so_far() -> bool:
        return bool((await row_of(mesh, outbox_id))["delivery"] == word)

    await until(so_far, word)
    await mesh.settled()


async def test_only_forward(silent: Mesh, phone: str) -> None:
    """Statuses that come backwards leave the furthest one, each in a webhook of its own or all in one."""
    row = await reply(silent, phone)
    await told(silent, status("read", row["provider_message_id"]))
    await delivered(silent, row["outbox_id"], "read")
    await told(silent, *(status(word, row["provider_message_id"]) for word in ("delivered", "sent", "failed")))
    await silent.settled()
    assert (await row_of(silent, row["outbox_id"]))["delivery"] == "read"
    assert not await silent.dead_letters()


async def test_a_flood(silent: Mesh, phone: str) -> None:
    """A thousand statuses in a webhook, most of them about nobody's message, hold nothing up."""
    row = await reply(silent, phone)
    words = ("delivered", "sent", "read")
    flood = [status(words[place % 3], f"wamid.foreign{place}") for place in range(999)]
    await told(silent, *flood[:500], status("delivered", row["provider_message_id"]), *flood[500:])
    await delivered(silent, row["outbox_id"], "delivered")
    began = time.monotonic()
    await silent.says(phone, "plain")
    await silent.answered(f"+{phone}", 2)
    assert time.monotonic() - began < 60


async def test_statuses_gather(silent: Mesh, phone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes soon after others is applied together: nobody waits for a status."""
    monkeypatch.setattr(statuses, "_REST_SECONDS", 1.0)
    rows = [await reply(silent, phone) for _ in range(6)]
    began = time.monotonic()
    for row in rows:
        await told(silent, status("delivered", row["provider_message_id"]))
    for row in rows:
        await delivered(silent, row["outbox_id"], "delivered")
    batches = await silent.value("SELECT count(DISTINCT xmin::text) FROM gateway.outbox")
    assert batches <= 2 + (time.monotonic() - began)


async def test_a_status_about_nobody_is_asked_ever_more_seldom(silent: Mesh) -> None:
    """The older a status is whose message nobody knows, the longer it waits for its next look; in the end it goes."""
    await told(silent, status("delivered", "wamid.foreign"))
    waits = "SELECT extract(epoch FROM due_at - chassis.now())::float8 FROM gateway.pending_status"

    async def waited(at_least: float, at_most: float) -> bool:
        wait = await silent.value(waits)
        return wait is not None and at_least < wait <= at_most

    await until(lambda: waited(0.0, 1.5), "the first look")
    shift = "UPDATE chassis.clock SET shift = shift + $1 * interval '1 second'"
    await silent.value(shift, 60.0)
    await until(lambda: waited(20.0, 35.0), "the look after a minute")
    await silent.value(shift, 40.0)
    await until(lambda: waited(40.0, 60.0), "the look after two")
    await silent.value(shift, 600.0)

    async def gone() -> bool:
        return not await silent.rows("SELECT FROM gateway.pending_status")

    await until(gone, "the end")

    async def counted() -> bool:
        return await silent.metric("hailwire_statuses_total", result="unknown") == 1

    await until(counted, "the count")


async def test_a_status_of_a_reply_in_hand_waits_for_a_moment(silent: Mesh, phone: str) -> None:
    """However long ago it came in: whoever holds the reply's row is done with it soon."""
    row = await reply(silent, phone)
    connection = await asyncpg.connect(silent.database_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT FROM gateway.outbox FOR UPDATE")
            await silent.value(
                "INSERT INTO gateway.pending_status (provider, provider_message_id, outbox_id, delivery, stored_at)"
                " VALUES ('whatsapp', $1, $2, 'read', chassis.now() - interval '5 minutes')",
                row["provider_message_id"],
                row["outbox_id"],
            )
            waits = "SELECT extract(epoch FROM due_at - chassis.now())::float8 FROM gateway.pending_status"

            async def put_off() -> bool:
                wait = await silent.value(waits)
                return wait is not None and wait > 0

            await until(put_off, "the first look")
            assert await silent.value(waits) <= 1
    finally:
        await connection.close()
    await delivered(silent, row["outbox_id"], "read")


async def test_a_status_before_the_answer(silent: Mesh, phone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A status that overtakes the provider's own answer settles the reply, which is not sent again."""
    waits_for_an_answer(monkeypatch, 5.0)
    monkeypatch.setattr(attempts, "SETTLE_SECONDS", 60)
    silent.goes_wrong("whatsapp", "timeout_after_accept")
    await silent.says(phone, "plain")
    await silent.answered(f"+{phone}")
    (row,) = await silent.rows("SELECT * FROM gateway.outbox")
    accepted = silent.simulator.outbox.of(f"+{phone}")[0]
    assert (row["state"], row["provider_message_id"]) == ("sending", None)
    await told(silent, status("delivered", accepted.id, row["outbox_id"]))
    await silent.settled_by_status()
    await delivered(silent, row["outbox_id"], "delivered")
    # The caller is still waiting for its answer: whatever it makes of that, the row names the message.
    assert (await row_of(silent, row["outbox_id"]))["provider_message_id"] == accepted.id
    assert len(silent.received(f"+{phone}")) == 1


async def test_failed_for_a_while(silent: Mesh, phone: str) -> None:
    """A reply that was accepted and then failed for a passing reason is sent again, a few times at most."""
    row = await reply(silent, phone)
    for attempt in (1, 2, 3):
        current = await row_of(silent, row["outbox_id"])
        await told(silent, status("failed", current["provider_message_id"], row["outbox_id"], 131000))
        if attempt < 3:
            await silent.answered(f"+{phone}", attempt + 1)
        await silent.settled()
    final = await row_of(silent, row["outbox_id"])
    assert (final["attempts"], final["delivery"], len(silent.received(f"+{phone}"))) == (3, "failed", 3)
    (letter,) = await silent.dead_letters()
    assert (letter["kind"], letter["reason"]) == ("reply", "not delivered: TRANSIENT")


async def test_refusals_of_everybody_do_not_count(silent: Mesh, phone: str) -> None:
    """A reply that was refused often before it was accepted is still sent again when it then fails for a while."""
    silent.goes_wrong("whatsapp", "429", 3, retry_after=0)
    row = await reply(silent, phone)
    assert row["attempts"] == 4
    await told(silent, status("failed", row["provider_message_id"], row["outbox_id"], 131000))
    await silent.answered(f"+{phone}", 2)
    await silent.settled()
    assert not await silent.dead_letters()


@pytest.mark.parametrize(
    ("provider", "code", "reason"),
    [("whatsapp", 131026, "not delivered: UNDELIVERABLE"), ("twilio", 30005, "not delivered: NUMBER_UNKNOWN")],
)
async def test_failed_for_good(silent: Mesh, phone: str, provider: str, code: int, reason: str) -> None:
    """A reply that was accepted and then failed for good is a dead letter, once, however often we are told."""
    row = await reply(silent, phone, provider)
    for word in ("undelivered", "failed"):
        if provider == "whatsapp":
            await told(silent, status("failed", row["provider_message_id"], row["outbox_id"], code))
        else:
            form = {
                "MessageSid": row["provider_message_id"],
                "MessageStatus": word,
                "ErrorCode": str(code),
                "To": f"+{phone}",
                "From": "+15550783881",
            }
            path = f"/webhooks/twilio/status?outbox={row['outbox_id']}"
            assert (await silent.texted(form, path)).status == 200
    await delivered(silent, row["outbox_id"], "failed")
    (letter,) = await silent.dead_letters()
    assert (letter["reason"], letter["outbox_id"]) == (reason, row["outbox_id"])
    assert len(silent.received(f"+{phone}")) == 1


async def test_failed_before_the_answer(silent: Mesh, phone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure that overtakes the provider's own answer is not forgotten: the reply is sent again."""
    waits_for_an_answer(monkeypatch, 1.5)
    silent.goes_wrong("whatsapp", "timeout_after_accept")
    await silent.says(phone, "plain")
    await silent.answered(f"+{phone}")
    (row,) = await silent.rows("SELECT * FROM gateway.outbox")
    accepted = silent.simulator.outbox.of(f"+{phone}")[0]
    await told(silent, status("failed", accepted.id, row["outbox_id"], 131000))
    await silent.answered(f"+{phone}", 2)
    await silent.settled()
    assert (await row_of(silent, row["outbox_id"]))["state"] == "accepted"


async def test_the_failure_of_an_earlier_copy(silent: Mesh, phone: str) -> None:
    """When a reply was sent twice, the failure of the copy that we gave up on says nothing about the other."""
    silent.goes_wrong("whatsapp", "500_after_accept")
    await silent.says(phone, "plain")
    await silent.answered(f"+{phone}", 2)
    await silent.settled()
    (row,) = await silent.rows("SELECT * FROM gateway.outbox")
    first, second = silent.simulator.outbox.of(f"+{phone}")
    assert row["provider_message_id"] == second.id
    await told(silent, status("failed", first.id, row["outbox_id"], 131000))
    await silent.settled()
    await told(silent, status("delivered", second.id, row["outbox_id"]))
    await delivered(silent, row["outbox_id"], "delivered")
    assert len(silent.received(f"+{phone}")) == 2


async def test_our_own_statuses(open_here: Open, word: Register, phone: str) -> None:
    """Both providers' own statuses come back through the doors and reach their rows."""
    word("plain", "answers")
    async with open_here() as mesh:
        await mesh.says(phone, "plain")
        await mesh.texted(sms(f"+{phone}", "plain"))

        async def both() -> bool:
            return bool(await mesh.value("SELECT count(*) = 2 FROM gateway.outbox WHERE delivery = 'delivered'"))

        await until(both, "two deliveries")
