"""Posts over kept connections: one answer for each, whatever happens to the connection, and none waits for another."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from loadtest.wire import Answer, Wire
from tests.chassis.polling import until

REQUEST = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers each request on each connection with whatever `reply` gives; None closes without a word."""

    def __init__(self, reply: Callable[[int], bytes | None]) -> None:
        self.connections = 0
        self.requests = 0
        self._reply = reply
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.requests += 1
                number = self.requests
                await self.may_answer.wait()
                reply = self._reply(number)
                if reply is None:
                    break
                writer.write(reply)
        writer.close()


@contextlib.asynccontextmanager
async def served(reply: Callable[[int], bytes | None], *, seconds: float = 60) -> AsyncIterator[tuple[Server, Wire]]:
    server = Server(reply)
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    port: Any = listening.sockets[0].getsockname()[1]
    async with listening, Wire(f"http://127.0.0.1:{port}", seconds=seconds) as wire:
        yield server, wire


async def posted(wire: Wire, count: int) -> list[Answer]:
    answers: list[Answer] = []
    for _ in range(count):
        wire.post(REQUEST, answers.append)
    await until(lambda: len(answers) == count)
    return answers


async def test_connections_are_kept() -> None:
    """One after the other goes over one connection, and what is answered in one go is read as one answer each."""
    async with served(lambda _: OK) as (server, wire):
        for _ in range(5):
            assert [one.status for one in await posted(wire, 1)] == [200]
        assert server.connections == 1


async def test_none_waits_for_another() -> None:
    """While nobody is answered each has a connection of its own, and all are counted as open."""
    async with served(lambda _: OK) as (server, wire):
        server.may_answer.clear()
        answers: list[Answer] = []
        for _ in range(150):
            wire.post(REQUEST, answers.append)
        await until(lambda: server.requests == 150)
        assert wire.in_flight == wire.most_in_flight == 150
        server.may_answer.set()
        await until(lambda: len(answers) == 150)
        assert wire.in_flight == 0


async def test_the_header_of_duplicates_is_read() -> None:
    """X-Duplicate belongs to its own answer and to no later one."""
    known = b"HTTP/1.1 200 OK\r\nX-Duplicate: true\r\nContent-Length: 0\r\n\r\n"
    async with served(lambda number: known if number == 1 else OK) as (_, wire):
        found = [(await posted(wire, 1))[0].duplicate for _ in range(2)]
        assert found == [True, False]


async def test_chunked_answers_are_read() -> None:
    """An answer through a proxy may come in chunks."""
    chunked = b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    async with served(lambda _: chunked) as (server, wire):
        assert [(await posted(wire, 1))[0].status for _ in range(3)] == [503] * 3
        assert server.connections == 1


async def test_a_connection_that_was_closed_meanwhile() -> None:
    """A kept connection that the server closes as we write costs a new connection, once, and no message."""
    async with served(lambda number: None if number == 2 else OK) as (server, wire):
        assert (await posted(wire, 1))[0].status == 200
        assert (await posted(wire, 1))[0].status == 200
        assert server.connections == 2


async def test_no_answer() -> None:
    """Silence, a closed connection, something that is no HTTP and nobody there: no answer, told once, in time."""
    async with served(lambda _: None) as (_, wire):
        assert (await posted(wire, 1))[0] == Answer(0, why="connection lost")
    async with served(lambda _: b"hello\r\n\r\n") as (_, wire):
        assert (await posted(wire, 1))[0] == Answer(0, why="not HTTP")
    async with served(lambda _: OK, seconds=0.2) as (server, wire):
        server.may_answer.clear()
        assert (await posted(wire, 1))[0] == Answer(0, why="no answer in time")
        server.may_answer.set()
    async with Wire("http://127.0.0.1:1", seconds=1) as wire:
        assert (await posted(wire, 1))[0] == Answer(0, why="ConnectionRefusedError")
