"""A session whose client fell silent between the parse and the bind of a statement."""

import asyncio
import contextlib
import urllib.parse
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from chassis.database import Database, DatabaseSettings, Statement, open_database
from chassis.settings import load
from chassis.silent import ending_silent_sessions
from chassis.telemetry import Telemetry
from tests.chassis.pools import ADD, ONE, PID, PUT, SLEEP

# Not prepared by the connection that runs it inside the transaction.
_NEW = Statement("test.new", "SELECT total + 1000 FROM shelf WHERE id = $1")
_STUCK = Statement(
    "test.stuck",
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'hailwire-silent'"
    " AND state = 'active' AND wait_event = 'ClientRead'",
)


@dataclass
class _Mouth:
    """Carries bytes to the server and its answers back, until it is shut: then the client hears nothing more."""

    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if answers:
                    await self.open.wait()
                writer.write(data)
                await writer.drain()


@contextlib.asynccontextmanager
async def _through(url: str, mouth: _Mouth) -> AsyncIterator[str]:
    """The same database behind the mouth."""
    there = urllib.parse.urlsplit(url)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_server = await asyncio.open_connection(there.hostname, there.port)
        carried = [
            asyncio.create_task(mouth.carry(reader, to_server[1], answers=False)),
            asyncio.create_task(mouth.carry(to_server[0], writer, answers=True)),
        ]
        await asyncio.wait(carried, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, to_server[1]):
            end.close()
        for task in carried:
            task.cancel()

    server = await asyncio.start_server(accept, "127.0.0.1")
    host, port = server.sockets[0].getsockname()
    account = there.netloc.rpartition("@")[0]
    yield there._replace(netloc=f"{account}@{host}:{port}").geturl()
    server.close()


async def test_its_locks_are_taken_away(shelf: Database, database_url: str, telemetry: Telemetry) -> None:
    """A process that sleeps before it binds a new statement loses its session, and others get its rows."""
    await shelf.execute(PUT, 1)
    mouth = _Mouth()
    mouth.open.set()
    async with (
        _through(database_url, mouth) as url,
        open_database(
            load(DatabaseSettings, {"DATABASE_URL": url}), application="silent", telemetry=telemetry
        ) as silent,
    ):

        async def fall_silent() -> None:
            async with silent.transaction() as session:
                await session.execute(ADD, 1)
                mouth.open.clear()
                await session.fetchval(_NEW, 1)

        asleep = asyncio.create_task(fall_silent())
        async with asyncio.timeout(60):
            # Before it falls silent it is in that state, too, for the moment between a parse and a bind.
            while mouth.open.is_set() or await shelf.fetchval(_STUCK) == 0:
                await asyncio.sleep(0.02)
            waiting = asyncio.create_task(shelf.execute(ADD, 1))
            done, _ = await asyncio.wait([waiting], timeout=0.2)
            assert not done
            async with ending_silent_sessions(shelf, after_seconds=0.1, every_seconds=0.05):
                assert await waiting == 1
        asleep.cancel()
        mouth.open.set()
        await asyncio.wait([asleep])


async def test_those_at_work_are_left_alone(shelf: Database, telemetry: Telemetry, database_url: str) -> None:
    """Statements that take long and connections that wait for work are nobody's business."""
    settings = load(DatabaseSettings, {"DATABASE_URL": database_url})
    async with (
        open_database(settings, application="busy", telemetry=telemetry) as busy,
        busy.session() as session,
    ):
        # Learned before anybody looks: who is held up between the parse and the bind of one is silent indeed.
        before = await session.fetchval(PID)
        await session.fetchval(SLEEP, 0)
        await session.fetchval(ONE)
        async with ending_silent_sessions(shelf, after_seconds=0.2, every_seconds=0.01):
            await session.fetchval(SLEEP, 0.5)
            assert await session.fetchval(ONE) == 1
            assert await session.fetchval(PID) == before
