"""Without its database the gateway says so, keeps what it can, and makes up for it without doing anything twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from chassis.overdue import Overdue
from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import Answer, Mesh, payload, sms, text, until
from tests.gateway.opening import open_mesh
from tests.gateway.wire import Wire, wire_to

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wired(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Mesh, Wire]]:
    """A mesh whose services reach their database through a wire."""
    home = tmp_path_factory.mktemp("home")
    async with (
        wire_to(database_url) as (wire, address),
        open_mesh(database_url, home, DATABASE_URL=address, TEST_DATABASE_URL=database_url) as mesh,
    ):
        yield mesh, wire


def _spooled(home: Path) -> int:
    return len(list((home / "spool").glob("*.json")))


def _unavailable(answer: Answer) -> None:
    assert (answer.status, answer.body) == (503, b'{"success":false,"error":"unavailable"}')
    assert int(answer.headers["retry-after"]) >= 1


async def test_out_of_reach(wired: tuple[Mesh, Wire], word: Register, phones: Callable[[int], list[str]]) -> None:
    """What comes meanwhile is refused with 503 and kept; once the database is back it takes effect once."""
    mesh, wire = wired
    await mesh.renew()
    word("plain", "answers")
    writer, texter = phones(2)
    message, form = payload(text(writer, "plain")), sms(f"+{texter}", "plain")
    await wire.cut()
    for answer in (await mesh.whatsapp(message), await mesh.twilio(form), await mesh.whatsapp(message)):
        _unavailable(answer)
    assert _spooled(mesh.home) == 3
    assert await mesh.value("SELECT count(*) FROM gateway.inbox_key") == 0
    async with mesh.session.get(mesh.url + "/healthz") as response:
        assert response.status == 200
    async with mesh.session.get(mesh.url + "/readyz") as response:
        assert response.status == 503
    await wire.mend()
    for phone in (writer, texter):
        await mesh.answered(f"+{phone}")

    async def fed() -> bool:
        return _spooled(mesh.home) == 0

    await until(fed, "the end of the spool")
    again = await mesh.whatsapp(message)
    assert (again.status, again.duplicate) == (200, True)
    await mesh.settled()
    assert [len(mesh.received(f"+{phone}")) for phone in (writer, texter)] == [1, 1]


async def test_the_providers_retry_wins(wired: tuple[Mesh, Wire], word: Register, phone: str) -> None:
    """When the provider's own retry is faster than the spool, the spool changes nothing."""
    mesh, wire = wired
    await mesh.renew()
    word("plain", "answers")
    message = payload(text(phone, "plain"))
    await wire.cut()
    _unavailable(await mesh.whatsapp(message))
    await wire.mend()

    async def taken() -> bool:
        return (await mesh.whatsapp(message)).status == 200

    await until(taken, "a 200")

    async def fed() -> bool:
        return _spooled(mesh.home) == 0

    await until(fed, "the end of the spool")
    await mesh.settled()
    assert len(mesh.received(f"+{phone}")) == 1


async def test_cut_in_the_middle(wired: tuple[Mesh, Wire], word: Register, phones: Callable[[int], list[str]]) -> None:
    """Cuts while messages flow lose nothing that was answered 200 and do nothing twice."""
    mesh, wire = wired
    await mesh.renew()
    word("plain", "answers")
    people = phones(60)

    async def insist(person: str) -> None:
        message = payload(text(person, "plain"))

        async def taken() -> bool:
            return (await mesh.whatsapp(message)).status == 200

        await until(taken, "a 200")

    for start in range(0, 60, 20):
        wave = [asyncio.create_task(insist(person)) for person in people[start : start + 20]]
        await asyncio.wait(wave, return_when=asyncio.FIRST_COMPLETED)
        await wire.cut()  # in the middle of turns and sends
        await wire.mend()
        await asyncio.gather(*wave)
    for person in people:
        await mesh.answered(f"+{person}")
    await mesh.settled()
    assert await mesh.value("SELECT count(*) FROM gateway.inbox WHERE kind = 'message'") == len(people)
    attempts = [row["attempts"] for row in await mesh.rows("SELECT attempts FROM gateway.outbox")]
    assert len(attempts) == len(people)
    assert sum(len(mesh.received(f"+{person}")) for person in people) <= sum(attempts)
    assert not await mesh.dead_letters()


async def test_overloaded(open_here: Open, fresh_database_url: str, phones: Callable[[int], list[str]]) -> None:
    """When more waits to be stored than is allowed, webhooks are refused at once and unread until it is less."""
    async with open_here(GATEWAY_MAX_WAITING="5") as mesh:
        blocker = await asyncpg.connect(fresh_database_url)
        people = phones(30)
        try:
            async with blocker.transaction():
                await blocker.execute("LOCK TABLE gateway.inbox_key IN ACCESS EXCLUSIVE MODE")
                posts = []
                for person in people:
                    posts.append(asyncio.create_task(mesh.whatsapp(payload(text(person, "hello")))))
                    await asyncio.sleep(0)

                async def some_refused() -> bool:
                    return sum(post.done() for post in posts) > 0

                await until(some_refused, "a refusal")
                refused = [post.result() for post in posts if post.done()]
                for answer in refused:
                    _unavailable(answer)
                # Not even whose it is: what is refused must cost little.
                _unavailable(await mesh.post("/webhooks/whatsapp", b"{}", {}))
                _unavailable(await mesh.post("/webhooks/twilio", b"", {}))
        finally:
            await blocker.close()
        answers = await asyncio.gather(*posts)
        taken = [person for person, answer in zip(people, answers, strict=True) if answer.status == 200]
        assert 0 < len(taken) < len(people)
        for person in taken:
            await mesh.answered(f"+{person}")
        assert (await mesh.taken(payload(text(people[0], "hello")))).status == 200  # statuses may wait, too
        await mesh.settled()


async def test_too_slow(
    wired: tuple[Mesh, Wire], word: Register, phone: str, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    """A database that takes too long is answered with 503 too; what it stores in the end takes effect once."""
    mesh, _ = wired

    async def fed() -> bool:
        return _spooled(mesh.home) == 0

    await until(fed, "what an earlier test left in the spool")
    await mesh.renew()
    word("plain", "answers")
    message = payload(text(phone, "plain"))
    blocker = await asyncpg.connect(database_url)
    try:
        async with blocker.transaction():
            await blocker.execute("LOCK TABLE gateway.inbox_key IN ACCESS EXCLUSIVE MODE")
            with monkeypatch.context() as patched:
                patched.setattr(Overdue, "seconds", property(lambda _: 0.2), raising=False)
                _unavailable(await mesh.whatsapp(message))
            assert _spooled(mesh.home) == 1
    finally:
        await blocker.close()
    await mesh.answered(f"+{phone}")

    await until(fed, "the end of the spool")
    assert (await mesh.whatsapp(message)).duplicate
    await mesh.settled()
    assert len(mesh.received(f"+{phone}")) == 1
