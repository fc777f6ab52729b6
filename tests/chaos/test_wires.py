"""A wire passes what it is given, and fails in each of its ways."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from launcher import ports
from tests.chaos.wires import Ends, Wires, open_wires

pytestmark = pytest.mark.slow


class Echo:
    """A server that answers each line with the same line, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                self.heard.append(line)
                writer.write(line)
                await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def wired() -> AsyncIterator[tuple[Echo, Wires, int]]:
    """An echo behind a wire: the echo, the wires, and the port to dial."""
    listen, target = ports.choose(2)
    echo = Echo()
    server = await asyncio.start_server(echo.serve, "127.0.0.1", target)
    async with open_wires({"a>b": Ends(listen, target)}) as wires:
        yield echo, wires, listen
    server.close()


async def said(port: int, line: bytes, seconds: float = 60) -> bytes:
    """What comes back on a new connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(line)
    try:
        return await asyncio.wait_for(reader.readline(), seconds)
    finally:
        writer.close()


async def test_it_passes_and_delays() -> None:
    """What goes in comes out, at once or as much later as it was told."""
    async with wired() as (_, wires, port):
        assert await said(port, b"one\n") == b"one\n"
        await wires.set(["a>b"], "delay", 0.3)
        began = time.monotonic()
        assert await said(port, b"two\n") == b"two\n"
        assert time.monotonic() - began >= 0.6
        await wires.set(["a>b"], "pass")
        assert await said(port, b"three\n") == b"three\n"


async def test_it_refuses_and_resets() -> None:
    """Nobody is let in while it refuses, and whoever is connected is cut off by either."""
    async with wired() as (_, wires, port):
        for mode in ("reset", "refuse"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"one\n")
            assert await reader.readline() == b"one\n"
            await wires.set(["a>b"], mode)
            with pytest.raises(ConnectionError):
                await asyncio.wait_for(reader.readexactly(1), 60)
            writer.close()
        with pytest.raises(ConnectionError):
            await said(port, b"two\n")
        await wires.set(["a>b"], "pass")
        assert await said(port, b"three\n") == b"three\n"


async def test_it_hangs_and_gives_everything_afterwards() -> None:
    """Held bytes of old and new connections arrive in their order once it passes again."""
    async with wired() as (echo, wires, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"one\n")
        assert await reader.readline() == b"one\n"
        await wires.set(["a>b"], "hang")
        writer.write(b"two\n")
        writer.write(b"three\n")
        later = asyncio.create_task(said(port, b"new\n"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readline(), 0.3)
        assert echo.heard == [b"one\n"]
        await wires.set(["a>b"], "pass")
        assert await asyncio.wait_for(reader.readline(), 60) == b"two\n"
        assert await asyncio.wait_for(reader.readline(), 60) == b"three\n"
        assert await later == b"new\n"
        writer.close()


async def test_it_is_deaf_to_answers() -> None:
    """A request arrives and is heard, its answer is not, and the connection breaks when it passes again."""
    async with wired() as (echo, wires, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await wires.set(["a>b"], "deaf")
        writer.write(b"one\n")
        end = time.monotonic() + 60
        while not echo.heard:
            assert time.monotonic() < end
            await asyncio.sleep(0.01)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readline(), 0.2)
        await wires.set(["a>b"], "pass")
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(reader.readexactly(1), 60)
        writer.close()
