"""A wire to PostgreSQL on which the commit of a chosen transaction, or only its answer, gets lost.

A statement outside of a transaction is one of its own: its commit is what asks PostgreSQL to finish it (Sync).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from chassis.database import Statement
from tests.gateway.wire import Wire, carried_by

# How a connection begins: messages without a type, of which this version number is the last.
_STARTUP = 196608


class Cutter(Wire):
    """Breaks the connection of the next transactions that use a statement, at their COMMIT."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.lost = 0
        self._left = 0
        self._sql = b""
        self._committed = False

    def lose(self, statement: Statement, *, committed: bool, times: int = 1) -> None:
        """`committed`: the transaction takes effect and only its answer is lost."""
        self.lost, self._left, self._sql, self._committed = 0, times, statement.sql.encode(), committed

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            deaf = asyncio.Event()  # nothing that the server says from now on arrives
            await asyncio.gather(
                self._spoken(reader, far_writer, writer, deaf), self._answered(far_reader, writer, deaf)
            )

    async def _answered(self, far: asyncio.StreamReader, near: asyncio.StreamWriter, deaf: asyncio.Event) -> None:
        self._ends.add(near)
        try:
            while (piece := await far.read(65536)) and not deaf.is_set():
                near.write(piece)
                await near.drain()
        except OSError:
            pass  # one end is gone: nothing more passes
        finally:
            self._ends.discard(near)
            near.transport.abort()

    async def _spoken(
        self,
        near: asyncio.StreamReader,
        far: asyncio.StreamWriter,
        end: asyncio.StreamWriter,
        deaf: asyncio.Event,
    ) -> None:
        prepared: dict[bytes, bytes] = {}
        used: set[bytes] = set()
        begun = within = False
        self._ends.add(far)
        try:
            while True:
                kind = await near.readexactly(1) if begun else b""
                length = await near.readexactly(4)
                body = await near.readexactly(int.from_bytes(length, "big") - 4)
                begun = begun or int.from_bytes(body[:4], "big") == _STARTUP
                if kind == b"P":
                    name, sql, _ = body.split(b"\0", 2)
                    prepared[name] = sql
                elif kind == b"B":
                    used.add(prepared.get(body.split(b"\0", 2)[1], b""))
                elif kind == b"Q" and body.startswith(b"BEGIN"):
                    within = True
                    used.clear()
                elif kind == (b"Q" if within else b"S"):
                    ends = not within or body.startswith((b"COMMIT", b"ROLLBACK;"))
                    if ends and not body.startswith(b"ROLLBACK;") and self._left and self._sql in used:
                        self._left -= 1
                        self.lost += 1
                        if not self._committed:
                            return
                        deaf.set()
                    if ends:
                        within = False
                        used.clear()
                far.write(kind + length + body)
                await far.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # one end is gone: nothing more passes
        finally:
            self._ends.discard(far)
            far.close()
            if not deaf.is_set():
                end.transport.abort()


@contextlib.asynccontextmanager
async def cutter_to(database_url: str) -> AsyncIterator[tuple[Cutter, str]]:
    """A wire to a database, and the address at this end of it."""
    async with carried_by(Cutter, database_url) as (wire, url):
        yield wire, url
