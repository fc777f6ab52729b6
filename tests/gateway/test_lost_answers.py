"""A commit that was lost, or whose answer was: everything goes on, once, and no room is lost with it."""

import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from chassis.database import Statement
from services.gateway import claims, ending, instance, known_senders, lanes, queueing, reconciling, settling
from tests.gateway.conftest import Open, Register
from tests.gateway.cut import Cutter, cutter_to
from tests.gateway.mesh import Mesh, payload, text, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

Cut = Callable[..., contextlib.AbstractAsyncContextManager[tuple[Mesh, Cutter]]]


@pytest.fixture
def open_cut(open_here: Open, fresh_database_url: str, word: Register, monkeypatch: pytest.MonkeyPatch) -> Cut:
    """Opens a mesh whose way to the database can be cut at a commit."""
    monkeypatch.setattr(instance, "SETTLE_SECONDS", 0.3)
    word("plain", "answers")
    word("thrice", "says_thrice")

    @contextlib.asynccontextmanager
    async def opened(**environ: str) -> AsyncIterator[tuple[Mesh, Cutter]]:
        async with (
            cutter_to(fresh_database_url) as (cutter, url),
            open_here(DATABASE_URL=url, TEST_DATABASE_URL=fresh_database_url, **environ) as mesh,
        ):
            yield mesh, cutter

    return opened


async def _lost(cutter: Cutter, times: int = 1) -> None:
    async def enough() -> bool:
        return cutter.lost >= times

    await until(enough, "the loss")


@pytest.mark.parametrize("refused", [False, True], ids=["accepted", "refused"])
async def test_a_settlement_is_counted_once(
    open_cut: Cut, phone: str, monkeypatch: pytest.MonkeyPatch, *, refused: bool
) -> None:
    """When the answer to settling a reply is lost it is settled again without effect: the next ones go, once each."""
    # Nobody mends a wrong count meanwhile.
    monkeypatch.setattr(reconciling, "_EVERY_SECONDS", 3600)
    async with open_cut() as (mesh, cutter):
        if refused:
            mesh.goes_wrong("whatsapp", "131026")
        cutter.lose(settling._SETTLE, committed=True)
        await mesh.says(phone, "thrice")
        await mesh.answered(f"+{phone}", 2 if refused else 3)
        assert cutter.lost == 1
        await mesh.settled()
        words = [one["text"]["body"] for one in mesh.received(f"+{phone}")]
        assert words == ["one", "two", "three"][refused:]
        assert await mesh.value("SELECT queued FROM gateway.lane") == 0
        assert len(await mesh.dead_letters()) == refused


@pytest.mark.parametrize("committed", [False, True], ids=["commit", "answer"])
@pytest.mark.parametrize(
    "statement",
    [claims._TAKE, lanes._FIND_DUE, ending._END, settling._SETTLE],
    ids=lambda statement: statement.name.partition(".")[2],
)
async def test_room_is_given_back(
    open_cut: Cut, phones: Callable[[int], list[str]], statement: Statement, *, committed: bool
) -> None:
    """A gateway with room for one turn and one send still has it after commits that were lost, and answers once."""
    first, second, other = phones(3)
    async with open_cut(GATEWAY_MAX_TURNS="1", GATEWAY_MAX_SENDS="1") as (mesh, cutter):
        cutter.lose(statement, committed=committed, times=2)
        # Several of one sender: the second is claimed by the first one's commit. Who has no room is taken by a sweep.
        await mesh.taken(payload(*(text(first, "plain") for _ in range(3)), text(other, "plain"), text(other, "plain")))
        await _lost(cutter, 2)
        await mesh.answered(f"+{first}", 3)
        await mesh.answered(f"+{other}", 2)
        await mesh.says(second, "plain")
        await mesh.answered(f"+{second}")
        await mesh.settled()
        assert [len(mesh.received(f"+{one}")) for one in (first, second, other)] == [3, 1, 2]
        assert not await mesh.dead_letters()


@pytest.mark.parametrize("committed", [False, True], ids=["commit", "answer"])
async def test_a_webhook_is_stored_once(open_cut: Cut, phone: str, *, committed: bool) -> None:
    """When the commit of a webhook or its answer is lost there is no 200, and sent again it is answered once."""
    # No statuses: one of the first reply would be stored by the statement that is meant for the second message.
    async with open_cut(GATEWAY_MAX_TURNS="1", SIMULATOR_STATUSES="false") as (mesh, cutter):

        async def fed() -> bool:
            return await mesh.metric("hailwire_spool_files") == 0

        for statement in (queueing._ENQUEUE, known_senders._STORE):  # a newcomer, and then somebody known
            # Nor may the copy of what was refused come in by it.
            await until(fed, "an empty spool")
            cutter.lose(statement, committed=committed)
            content = payload(text(phone, "plain"))
            assert (await mesh.whatsapp(content)).status == 503
            assert (await mesh.taken(content)).status == 200
        await mesh.answered(f"+{phone}", 2)
        await mesh.settled()
        assert len(mesh.received(f"+{phone}")) == 2
        assert await mesh.value("SELECT count(*) FROM gateway.inbox WHERE kind = 'message'") == 2
