"""The wires between the parts of a mesh: TCP proxies in a process of their own, each of which can be made to fail.

A wire is named "who>whom". Its modes: `pass`; `refuse` (nobody listens, connections are reset); `hang` (taken and
held: bytes arrive when it ends, as after a partition); `deaf` (requests arrive, answers are thrown away, and the
connection is reset when it ends); `delay` (each chunk that much later). `reset` breaks what is connected and passes
again at once.
"""

import asyncio
import contextlib
import json
import signal
import socket
import struct
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from launcher.environment import ROOT
from launcher.tether import tethered

MODES = ("refuse", "hang", "deaf", "reset", "delay")


@dataclass(frozen=True)
class Ends:
    """Where a wire is listened to and where it leads."""

    listen: int
    target: int


class Wires:
    """The process with the proxies, told what to do through its standard input."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._order = asyncio.Lock()

    async def set(self, names: Iterable[str], mode: str, seconds: float = 0.0) -> None:
        """Put these wires into a mode; `seconds` is how long `delay` delays."""
        async with self._order:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps({"names": list(names), "mode": mode, "seconds": seconds}).encode())
            self._process.stdin.write(b"\n")
            await self._process.stdin.drain()
            answer = await asyncio.wait_for(self._process.stdout.readline(), 30)
            assert answer == b"done\n", f"the wires answered {answer!r}"


@contextlib.asynccontextmanager
async def open_wires(plan: Mapping[str, Ends]) -> AsyncIterator[Wires]:
    """All of them passing. Call it from the main thread: the kernel ends the process when that thread ends."""
    process = await asyncio.create_subprocess_exec(
        *tethered([sys.executable, "-m", "tests.chaos.wires"], signal.SIGKILL),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({name: [one.listen, one.target] for name, one in plan.items()}).encode() + b"\n")
        await process.stdin.drain()
        assert await asyncio.wait_for(process.stdout.readline(), 30) == b"done\n", "the wires did not start"
        yield Wires(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@dataclass(eq=False)
class _Wire:
    """One proxy."""

    name: str
    ends: Ends
    mode: str = "pass"
    seconds: float = 0.0
    calls: "set[_Call]" = field(default_factory=set)
    server: asyncio.Server | None = None

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(
            lambda: _Call(self).caller, "127.0.0.1", self.ends.listen, reuse_address=True, backlog=256
        )

    async def set(self, mode: str, seconds: float) -> None:
        was, self.mode, self.seconds = self.mode, mode, seconds
        if mode in {"refuse", "reset"}:
            for call in list(self.calls):
                call.reset()
        if mode == "refuse" and self.server is not None:
            self.server.close()
            self.server = None
        if mode != "refuse" and self.server is None:
            await self.listen()
        if mode == "reset":
            self.mode = "pass"
        if was == "deaf" and mode != "deaf":
            for call in [one for one in self.calls if one.unheard]:
                call.reset()
        if self.mode == "pass":
            for call in list(self.calls):
                call.caller.flush()
                call.callee.flush()


class _Call:
    """One connection through a wire."""

    def __init__(self, wire: _Wire) -> None:
        self.wire = wire
        self.unheard = False
        self.caller = _End(self)
        self.callee = _End(self)
        self.caller.other, self.callee.other = self.callee, self.caller

    async def dial(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self.callee, "127.0.0.1", self.wire.ends.target)
        except OSError:
            self.reset()

    def reset(self) -> None:
        """Break it off at once, both sides."""
        self.wire.calls.discard(self)
        for end in (self.caller, self.callee):
            if end.transport is not None:
                held = end.transport.get_extra_info("socket")
                with contextlib.suppress(OSError):
                    held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.transport.abort()


class _End(asyncio.Protocol):
    """One end of a connection: what it hears goes out at the other end, as the wire's mode has it."""

    other: "_End"

    def __init__(self, call: _Call) -> None:
        self._call = call
        # None: that end has hung up. Tasks are kept from the garbage collector here.
        self._held: deque[bytes | None] = deque()
        self._dialling: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self is self._call.caller:
            self._call.wire.calls.add(self._call)
            self._dialling = asyncio.get_running_loop().create_task(self._call.dial())
        elif self._call not in self._call.wire.calls:
            transport.abort()  # broken off meanwhile
        elif self._call.wire.mode == "delay":
            for _ in self._held:
                asyncio.get_running_loop().call_later(self._call.wire.seconds, self._next)
        else:
            self.flush()

    def data_received(self, data: bytes) -> None:
        if self._call.wire.mode == "deaf" and self is self._call.callee:
            self._call.unheard = True
        else:
            self.other.put(data)

    def eof_received(self) -> bool:
        self.other.put(None)
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if self.other.transport is None or self._call not in self._call.wire.calls:
            self._call.wire.calls.discard(self._call)
        elif error is not None and self._call.wire.mode != "hang":
            self._call.reset()
        else:
            self.other.put(None)

    def put(self, data: bytes | None) -> None:
        """Something that is to go out here."""
        wire = self._call.wire
        self._held.append(data)
        if wire.mode == "delay":
            asyncio.get_running_loop().call_later(wire.seconds, self._next)
        elif wire.mode != "hang":
            self.flush()

    def flush(self) -> None:
        while self._held and self.transport is not None and self._call.wire.mode != "hang":
            self._next()

    def _next(self) -> None:
        if not self._held or self.transport is None or self._call.wire.mode == "hang":
            return  # hung up, or held since
        data = self._held.popleft()
        if data is None:
            self.transport.close()
        else:
            self.transport.write(data)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    asked: dict[str, Any] = json.loads(await reader.readline())
    wires = {name: _Wire(name, Ends(*ends)) for name, ends in asked.items()}
    for wire in wires.values():
        await wire.listen()
    _answer()
    while line := await reader.readline():
        order = json.loads(line)
        for name in order["names"]:
            await wires[name].set(order["mode"], order["seconds"])
        _answer()


def _answer() -> None:
    sys.stdout.write("done\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_serve())
