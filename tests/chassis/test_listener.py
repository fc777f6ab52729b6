"""LISTEN that comes back by itself and says when it may have missed something."""

import asyncio
import contextlib
import socket
import urllib.parse
from collections.abc import AsyncIterator

import asyncpg
import pytest

from chassis import listener as listening
from chassis.listener import open_listener
from tests.chassis import polling


class Diary:
    """What a listener told, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def lost(self) -> None:
        self.lines.append("lost")

    def restored(self) -> None:
        self.lines.append("restored")


@pytest.fixture
def diary() -> Diary:
    """An empty one."""
    return Diary()


@pytest.fixture(autouse=True)
def unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that stands still for a moment is not lost: only who tests that asks whether it is still there."""
    monkeypatch.setattr(listening, "_ASK_SECONDS", 300.0)


@contextlib.asynccontextmanager
async def listening_on(dsn: str, diary: Diary, *names: str) -> AsyncIterator[listening.Listener]:
    """A listener that writes the diary."""
    receive = {name: lambda payload, name=name: diary.lines.append(f"{name}:{payload}") for name in names}
    async with open_listener(dsn, receive, diary.lost, diary.restored) as listener:
        yield listener


@contextlib.asynccontextmanager
async def connected(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def test_notifications_arrive(database_url: str, diary: Diary) -> None:
    """Each channel's own function gets each payload, in order, once it is connected."""
    async with listening_on(database_url, diary, "one", "two") as listener, connected(database_url) as sender:
        await polling.until(lambda: listener.connected)
        await sender.execute("NOTIFY one, 'a'; NOTIFY two; NOTIFY three, 'c'; NOTIFY one, 'd'")
        await polling.until(lambda: len(diary.lines) == 4)
    assert diary.lines == ["restored", "one:a", "two:", "one:d", "lost"]
    assert not listener.connected


async def test_it_survives_a_killed_connection(
    database_url: str, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lost is told before restored, and hints arrive again afterwards."""
    monkeypatch.setattr(listening, "_RETRY_SECONDS", 0.01)
    kill = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'hailwire-listener' AND datname = current_database()
    """
    async with listening_on(database_url, diary, "one") as listener, connected(database_url) as sender:
        for rounds in (1, 2):
            await polling.until(lambda: listener.connected)
            await sender.execute(kill)
            await polling.until(lambda rounds=rounds: diary.lines.count("restored") == rounds + 1)  # type: ignore[misc]
        await sender.execute("NOTIFY one, 'still here'")
        await polling.until(lambda: "one:still here" in diary.lines)
    assert diary.lines == ["restored", "lost", "restored", "lost", "restored", "one:still here", "lost"]


async def test_a_receiver_that_fails_ends_nothing(database_url: str, diary: Diary) -> None:
    """One bad payload does not cost the ones after it."""

    def receive(payload: str) -> None:
        diary.lines.append(str(int(payload)))

    async with open_listener(database_url, {"one": receive}) as listener, connected(database_url) as sender:
        await polling.until(lambda: listener.connected)
        await sender.execute("NOTIFY one, 'no number'; NOTIFY one, '7'")
        await polling.until(lambda: diary.lines == ["7"])
        assert listener.connected


async def test_it_waits_for_a_database_that_is_not_there(diary: Diary, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a server it keeps trying, tells nothing, and can be ended."""
    monkeypatch.setattr(listening, "_RETRY_SECONDS", 0.01)
    tried = 0

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tried
        tried += 1
        writer.close()

    server = await asyncio.start_server(count, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with listening_on(f"postgresql://x:y@127.0.0.1:{port}/z", diary, "one") as listener:
            await polling.until(lambda: tried >= 3)
            assert not listener.connected
    assert diary.lines == []


class Wire:
    """Passes bytes between a client and the server until it is cut without a word, as a firewall cuts."""

    def __init__(self, dsn: str) -> None:
        self._there = urllib.parse.urlsplit(dsn)
        self.cut = False
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """The address by way of the wire."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, family=socket.AF_INET)
        port = server.sockets[0].getsockname()[1]
        user = self._there.netloc.rsplit("@", 1)[0]
        try:
            yield self._there._replace(netloc=f"{user}@127.0.0.1:{port}").geturl()
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(self._there.hostname, self._there.port)
        for source, target in ((reader, there[1]), (there[0], writer)):
            self._tasks.add(asyncio.create_task(self._pass(source, target)))

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            if not self.cut:
                target.write(data)
                await target.drain()
        target.close()


async def test_a_peer_that_vanishes_without_a_word_is_noticed(
    database_url: str, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection on which nothing comes back any more is lost, not quiet."""
    monkeypatch.setattr(listening, "_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(listening, "_ASK_SECONDS", 0.1)
    monkeypatch.setattr(listening, "_ANSWER_SECONDS", 0.2)
    wire = Wire(database_url)
    async with wire.open() as dsn, listening_on(dsn, diary, "one") as listener:
        await polling.until(lambda: listener.connected)
        wire.cut = True
        await polling.until(lambda: not listener.connected)
        wire.cut = False
        await polling.until(lambda: listener.connected)
    assert diary.lines[:3] == ["restored", "lost", "restored"]
