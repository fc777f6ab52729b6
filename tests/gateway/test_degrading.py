"""When something is missing the rest goes on: a provider that is away, a profile service whose database is slow."""

import contextlib
import re
from typing import Any

import pytest

from launcher import ports
from tests.chassis.polling import found
from tests.gateway.conftest import Open, Register
from tests.gateway.mesh import PATIENCE_SECONDS, Mesh, message, payload, text, until
from tests.gateway.wire import Wire
from tests.locks import locked

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_provider_that_is_away(open_here: Open, word: Register, phones: Any) -> None:
    """Replies wait in the outbox while their provider cannot be reached, and are then sent in order, each once."""
    word("plain", "echoes")
    one, other = phones(2)
    simulator_port = ports.choose(1)[0]
    wire = Wire("127.0.0.1", simulator_port)
    await wire.mend()
    places = {
        "SIMULATOR_HTTP_PORT": str(simulator_port),
        "WA_GRAPH_URL": f"http://127.0.0.1:{wire.port}/graph/v25.0",
    }
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(wire.cut)
        mesh: Mesh = await stack.enter_async_context(open_here(**places))
        await wire.cut()
        for number in range(3):
            for phone in (one, other):
                quoting = text(phone, "plain", context={"id": f"wamid.{number}"})
                assert (await mesh.taken(payload(quoting))).status == 200

        async def tried() -> bool:
            sql = "SELECT count(*) FROM gateway.outbox WHERE state IN ('queued', 'sending', 'unknown')"
            attempts = await mesh.value("SELECT coalesce(max(attempts), 0) FROM gateway.outbox")
            return bool(await mesh.value(sql) == 6 and attempts >= 2)

        await until(tried, "that all replies wait and some were tried")
        assert not mesh.received(f"+{one}")
        await wire.mend()
        for phone in (one, other):
            received = await mesh.answered(f"+{phone}", 3)
            assert [reply["text"]["body"] for reply in received] == ["wamid.0", "wamid.1", "wamid.2"]
        await mesh.settled()
        assert [len(mesh.received(f"+{phone}")) for phone in (one, other)] == [3, 3]
        assert not await mesh.dead_letters()


async def read(mesh: Mesh) -> float:
    """How often the profile service looked for people in its database."""
    counted = re.compile(
        r'^hailwire_database_statement_seconds_count\{.*statement="profile\.find_people.*\} (\S+)$', re.MULTILINE
    )
    return sum(float(number) for number in counted.findall(await mesh.prometheus("profile")))


async def test_people_are_known_while_their_database_is_slow(mesh: Mesh, phones: Any, shared_database_url: str) -> None:
    """Who has written a moment ago is answered while the profile service's database answers nobody."""
    known, stranger = phones(2)
    await mesh.says(known, "hello", "English")
    await mesh.settled()

    async def remembered() -> bool:
        before = await read(mesh)
        await mesh.says(known, "menu")
        await mesh.settled()
        return await read(mesh) == before

    # What they changed has got around, and nobody forgets them for it any more.
    await found(remembered, PATIENCE_SECONDS, every=1.0)
    heard = len(mesh.received(f"+{known}"))
    async with locked(shared_database_url, "profile.person", "profile.identity"):
        await mesh.taken(payload(message(stranger, "text", {"body": "hello"})))
        await mesh.says(known, "menu")
        await mesh.answered(f"+{known}", heard + 1)
        assert not mesh.received(f"+{stranger}")
    await mesh.answered(f"+{stranger}")
    await mesh.settled()
