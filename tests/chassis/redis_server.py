"""A real Redis for a test, which it may stop, freeze, empty and put on a slow wire; or a test that is loudly missed.

With HAILWIRE_REQUIRE_REDIS=1 the lack of `redis-server` is a failure.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from launcher import ports
from launcher.tether import tethered
from tests.chassis.polling import until_awaited

_SECONDS = 60.0


def server_program() -> str:
    """Where redis-server is; without it the test is skipped, or fails where it is required."""
    found = shutil.which("redis-server")
    if found is None:
        words = "NOT TESTED: redis-server is missing (apt install redis-server)"
        if os.environ.get("HAILWIRE_REQUIRE_REDIS") == "1":
            pytest.fail(words)
        pytest.skip(words)
    return found


class RedisServer:
    """One that keeps nothing on disk; killed at the end of its block."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self._program = server_program()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._frozen = False
        self.port = port or ports.choose(1)[0]
        self.url = f"redis://127.0.0.1:{self.port}/0"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.kill()

    async def start(self) -> None:
        """Serve; nothing happens when it does already."""
        if self._process is not None:
            return
        self._process = self._started()
        await until_awaited(self._answers, seconds=_SECONDS)

    def _started(self) -> subprocess.Popen[bytes]:
        options = {"port": str(self.port), "bind": "127.0.0.1", "dir": str(self._folder)}
        options |= {"save": "", "appendonly": "no"}
        words = (word for name, value in options.items() for word in (f"--{name}", value))
        command = tethered([self._program, *words], signal.SIGKILL)
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        """At once, with everything that it held."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self._frozen = False

    def freeze(self) -> None:
        """It takes connections and questions, and answers none."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            self._frozen = True

    def thaw(self) -> None:
        """It answers what came meanwhile."""
        if self._process is not None and self._frozen:
            self._process.send_signal(signal.SIGCONT)
            self._frozen = False

    @property
    def answering(self) -> bool:
        """Whether it runs and is not frozen."""
        return self._process is not None and not self._frozen

    async def command(self, *words: str | bytes) -> Any:
        """One command over a connection of its own."""
        from redis.asyncio import Redis

        async with Redis.from_url(self.url) as client:
            return await client.execute_command(*words)  # type: ignore[no-untyped-call]

    async def copies(self) -> dict[bytes, bytes]:
        """Everything that lies there."""
        names = await self.command("KEYS", "*")
        values = await self.command("MGET", *names) if names else []
        return {name: value for name, value in zip(names, values, strict=True) if value is not None}

    async def _answers(self) -> bool:
        with contextlib.suppress(Exception):
            return bool(await self.command("PING"))
        return False


class SlowWire:
    """A way to a server on which each answer takes `seconds` longer, or does not come at all (None)."""

    def __init__(self, target: int) -> None:
        self.seconds: float | None = 0.0
        self.port = 0
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Redis, seen through the wire."""
        return f"redis://127.0.0.1:{self.port}/0"

    def cut(self) -> None:
        """Break every connection."""
        for writer in self._open:
            writer.transport.abort()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry both ways until either end is gone."""
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, far_writer}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(reader, far_writer, slow=False))
                both.create_task(self._carry(far_reader, writer, slow=True))
        except* OSError:
            pass
        finally:
            self._open -= {writer, far_writer}
            writer.transport.abort()
            far_writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool) -> None:
        while piece := await reader.read(65536):
            while slow and self.seconds is None:
                await asyncio.sleep(0.01)
            if slow and self.seconds:
                await asyncio.sleep(self.seconds)
            writer.write(piece)
            await writer.drain()
        raise ConnectionResetError


@contextlib.asynccontextmanager
async def slow_wire(target: int) -> AsyncIterator[SlowWire]:
    """A wire that is as fast as none until it is told otherwise."""
    wire = SlowWire(target)
    server = await asyncio.start_server(wire.connected, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        wire.cut()
