"""A wire between a service and its database that a test may cut and mend."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TypeVar
from urllib.parse import urlsplit

AnyWire = TypeVar("AnyWire", bound="Wire")


class Wire:
    """Passes bytes on while it is whole; when cut, connections break and new ones are refused at once."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._whole = False
        self.port = 0

    async def mend(self) -> None:
        """Let connections through, always on the same port."""
        self._whole = True
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break what is connected and refuse what comes."""
        self._whole = False
        if self._server is not None:
            self._server.close()
        for end in list(self._ends):
            end.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            if not self._whole:  # cut before these two were among the ends
                for end in (writer, far_writer):
                    end.transport.abort()
                return
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        try:
            while piece := await reader.read(65536):
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass  # cut, or closed by the other end: either way nothing more passes
        finally:
            self._ends.discard(writer)
            writer.close()


@contextlib.asynccontextmanager
async def carried_by(kind: type[AnyWire], database_url: str) -> AsyncIterator[tuple[AnyWire, str]]:
    """A whole wire of that kind to a database, and the address at this end of it."""
    parts = urlsplit(database_url)
    wire = kind(parts.hostname or "127.0.0.1", parts.port or 5432)
    await wire.mend()
    credentials = parts.netloc.rpartition("@")[0]
    netloc = f"{credentials}@127.0.0.1:{wire.port}" if credentials else f"127.0.0.1:{wire.port}"
    try:
        yield wire, parts._replace(netloc=netloc).geturl()
    finally:
        await wire.cut()


@contextlib.asynccontextmanager
async def wire_to(database_url: str) -> AsyncIterator[tuple[Wire, str]]:
    """A whole wire to a database, and the address at this end of it."""
    async with carried_by(Wire, database_url) as carried:
        yield carried
