"""The window in memory answers copies without the database, and never says more than the database would."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from chassis.overdue import Overdue
from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import PUBLIC, Answer, Mesh, payload, sms, text, until
from tests.gateway.opening import open_mesh
from tests.gateway.wire import wire_to

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = "600"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(shared_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """As for every module, but with a window that a machine which stands still does not outlast."""
    home = tmp_path_factory.mktemp("home")
    async with open_mesh(shared_database_url, home, GATEWAY_DEDUP_WINDOW_SECONDS=LONG) as mesh:
        yield mesh


async def asked(mesh: Mesh, result: str) -> float:
    """How many items the window knew ("hit"), or left to the database ("miss")."""
    return await mesh.metric("hailwire_dedup_window_lookups_total", result=result)


def told_known(answer: Answer) -> bool:
    """Whether Meta reads that all of it was known, in the body and in the header."""
    return (answer.status, answer.duplicate, json.loads(answer.body)) == (
        200,
        True,
        {"success": True, "duplicate": True},
    )


async def test_copies_need_no_database(open_here: Open, fresh_database_url: str, word: Register, phones: Any) -> None:
    """What was committed a moment ago is known as before while the database is away; anything else is refused."""
    word("plain", "answers")
    writer, texter, later = phones(3)
    message, form = payload(text(writer, "plain"), text(writer, "plain")), sms(f"+{texter}", "plain")
    async with (
        wire_to(fresh_database_url) as (wire, address),
        open_here(
            DATABASE_URL=address, TEST_DATABASE_URL=fresh_database_url, GATEWAY_DEDUP_WINDOW_SECONDS=LONG
        ) as mesh,
    ):
        first = await mesh.twilio(form)
        assert (await mesh.whatsapp(message)).status == 200
        for phone in (writer, texter):
            await mesh.answered(f"+{phone}")
        await mesh.settled()
        before = await mesh.metric("hailwire_inbox_items_total", kind="message", new="no")
        await wire.cut()
        assert told_known(await mesh.whatsapp(message))
        again = await mesh.twilio(form)
        assert (again.status, again.duplicate, again.body) == (200, True, first.body)
        assert (await mesh.whatsapp(payload(text(later, "plain")))).status == 503
        assert await mesh.metric("hailwire_inbox_items_total", kind="message", new="no") == before + 3
        assert await asked(mesh, "hit") == 3
        await wire.mend()
        await mesh.answered(f"+{later}")  # from the spool
        await mesh.settled()
        assert [len(mesh.received(f"+{phone}")) for phone in (writer, texter, later)] == [2, 1, 1]


async def test_only_when_all_of_it_is_known(mesh: Mesh, word: Register, phone: str) -> None:
    """A payload with one new message or status is stored, and only what is new in it counts as new."""
    word("plain", "answers")
    old, new = text(phone, "plain"), text(phone, "plain")
    status = {"id": f"wamid.{phone}", "status": "delivered", "timestamp": "1750000000", "recipient_id": phone}
    await mesh.taken(payload(old))
    for content in (payload(old, new), payload(old, new, statuses=[status])):
        assert not (await mesh.whatsapp(content)).duplicate
    assert await asked(mesh, "hit") == 0
    assert told_known(await mesh.whatsapp(payload(old, new, statuses=[status])))
    assert await asked(mesh, "hit") == 3
    await mesh.settled()
    assert len(mesh.received(f"+{phone}")) == 2
    counted = [await mesh.metric("hailwire_inbox_items_total", kind="message", new=new) for new in ("yes", "no")]
    assert counted == [2, 5]


async def test_what_was_not_committed_is_not_known(
    mesh: Mesh, word: Register, phone: str, monkeypatch: pytest.MonkeyPatch, shared_database_url: str
) -> None:
    """A store that failed leaves nothing in the window: the provider's next try is asked of the database."""
    word("plain", "answers")
    content = payload(text(phone, "plain"))
    blocker = await asyncpg.connect(shared_database_url)
    try:
        async with blocker.transaction():
            await blocker.execute("LOCK TABLE gateway.inbox_key IN ACCESS EXCLUSIVE MODE")
            with monkeypatch.context() as patched:
                patched.setattr(Overdue, "seconds", property(lambda _: 0.5), raising=False)
                for _ in range(2):
                    assert (await mesh.whatsapp(content)).status == 503
    finally:
        await blocker.close()
    assert await asked(mesh, "hit") == 0
    assert (await mesh.taken(content)).status == 200
    await mesh.answered(f"+{phone}")

    async def fed() -> bool:
        return not list((mesh.home / "spool").glob("*.json"))

    await until(fed, "the end of the spool")
    await mesh.settled()
    assert len(mesh.received(f"+{phone}")) == 1


async def test_strangers_neither_fill_nor_read_it(mesh: Mesh, word: Register, phone: str) -> None:
    """Whoever cannot sign is refused before the window is asked: nothing is poisoned and nothing is told."""
    word("plain", "answers")
    one, form = text(phone, "plain"), sms(f"+{phone}", "plain")
    raw = json.dumps(payload(one)).encode()
    forged = {"X-Hub-Signature-256": "sha256=" + "0" * 64}
    assert (await mesh.post("/webhooks/whatsapp", raw, forged)).status == 403
    assert not (await mesh.whatsapp(raw)).duplicate
    answer = await mesh.post("/webhooks/whatsapp", raw, forged)
    assert (answer.status, answer.duplicate) == (403, False)
    assert not (await mesh.twilio(form)).duplicate
    answer = await mesh.twilio(form, **{"X-Twilio-Signature": f"of {PUBLIC}"})
    assert (answer.status, answer.duplicate) == (403, False)
    assert await asked(mesh, "hit") == 0
    await mesh.settled()


async def test_beside_the_durable_key(open_here: Open, word: Register, phone: str) -> None:
    """After a restart, or without a window, a copy is a duplicate by the database."""
    word("plain", "answers")
    content = payload(text(phone, "plain"))
    async with open_here() as mesh:
        assert not (await mesh.whatsapp(content)).duplicate
        await mesh.answered(f"+{phone}")
        await mesh.settled()
    async with open_here() as mesh:
        for hits in (0, 1):  # the second time it is known from memory: the database has said so
            assert told_known(await mesh.whatsapp(content))
            assert await asked(mesh, "hit") == hits
    async with open_here(GATEWAY_DEDUP_WINDOW_SECONDS="0") as mesh:
        for _ in range(2):
            assert told_known(await mesh.whatsapp(content))
        assert [await asked(mesh, result) for result in ("hit", "miss")] == [0, 0]
        assert await mesh.metric("hailwire_dedup_window_keys") == 0


async def test_the_shifted_clock_does_not_matter(mesh: Mesh, word: Register, phone: str) -> None:
    """A window measures real seconds: days of the database's clock make nobody forget, and nobody process again."""
    word("plain", "answers")
    content = payload(text(phone, "plain"))
    await mesh.taken(content)
    await mesh.answered(f"+{phone}")
    await mesh.value("UPDATE chassis.clock SET shift = '5 days'")
    assert told_known(await mesh.whatsapp(content))
    assert await asked(mesh, "hit") == 1
    await mesh.settled()
    assert len(mesh.received(f"+{phone}")) == 1
