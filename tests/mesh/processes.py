"""A service as a process of its own that a test may kill, pause and start again; its log is kept in a file."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from launcher.environment import ROOT
from launcher.probe import http_status
from launcher.tether import tethered

# What a developer's shell may hold and a test must not see.
_FOREIGN = (
    "WA_",
    "TWILIO_",
    "HAILWIRE_",
    "GATEWAY_",
    "PROFILE_",
    "TRIPS_",
    "SIMULATOR_",
    "DATABASE_",
    "OTEL_",
    "JWT_",
    "PUBLIC_BASE_URL",
    "LOG_LEVEL",
)

Probe = Callable[[], Awaitable[bool]]


class Process:
    """`hailwire SERVICE` under a name. Start it from the main thread: the kernel ends it when that thread does."""

    def __init__(self, name: str, service: str, environ: Mapping[str, str], log: Path, probe: Probe) -> None:
        self.name = name
        self.service = service
        self.log = log
        self.starts = 0
        own = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)}
        self.environ = {
            **own,
            **environ,
            "HAILWIRE_ENV_FILE": os.devnull,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        self._probe = probe
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def home(self) -> Path:
        """Where it keeps its files."""
        return Path(self.environ["HAILWIRE_HOME"])

    @property
    def process_id(self) -> int | None:
        """None when it is not running."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs or before it ever did."""
        return self._process.poll() if self._process is not None else None

    def start(self) -> None:
        assert self.process_id is None, f"{self.name} runs already"
        self.starts += 1
        with self.log.open("ab") as log:
            log.write(f"--- start {self.starts} of {self.name}\n".encode())
            log.flush()
            self._process = subprocess.Popen(
                tethered([sys.executable, "-m", "launcher", self.service], signal.SIGKILL),
                cwd=ROOT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def ready(self, seconds: float = 60) -> None:
        """Wait until it serves; fails when it ends or does not serve in time."""
        end = time.monotonic() + seconds
        while not await self._probe():
            assert self.process_id is not None, f"{self.name} ended with {self.exit_code}\n{self.log_end()}"
            assert time.monotonic() < end, f"{self.name} is not ready after {seconds:.0f} s\n{self.log_end()}"
            await asyncio.sleep(0.05)

    async def restart(self) -> None:
        """Start and wait until it serves."""
        self.start()
        await self.ready()

    def kill(self) -> None:
        """End it with -9, paused or not; does nothing when it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def ask_to_stop(self) -> None:
        """Let it drain; does nothing when it has ended."""
        if self._process is not None and self._process.poll() is None:
            self.resume()
            self._process.terminate()

    async def stopped(self, seconds: float = 60) -> int:
        """Wait for the end and answer the exit code; whoever takes longer is killed."""
        assert self._process is not None, f"{self.name} never started"
        end = time.monotonic() + seconds
        while self._process.poll() is None:
            if time.monotonic() > end:
                self.kill()
            await asyncio.sleep(0.02)
        return self._process.returncode

    async def stop(self, seconds: float = 60) -> int:
        """Drain it and answer the exit code."""
        self.ask_to_stop()
        return await self.stopped(seconds)

    def pause(self) -> None:
        """Freeze it where it is, until `resume`."""
        assert self._process is not None, f"{self.name} never started"
        self._process.send_signal(signal.SIGSTOP)
        # WNOWAIT: an end that comes instead is still there for poll() to collect.
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        """Let it go on as if nothing had happened."""
        assert self._process is not None, f"{self.name} never started"
        self._process.send_signal(signal.SIGCONT)

    def log_lines(self) -> list[str]:
        """Everything that it printed, over all its starts."""
        return self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []

    def log_end(self, lines: int = 40) -> str:
        return "\n".join(self.log_lines()[-lines:])


def http_probe(port: int, path: str) -> Probe:
    """Whether it answers 200 there."""

    async def probe() -> bool:
        return await http_status(port, path) == 200

    return probe


def grpc_probe(port: int) -> Probe:
    """Whether it says that it serves."""

    async def probe() -> bool:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            health: Any = health_pb2_grpc.HealthStub(channel)
            try:
                answer = await health.Check(health_pb2.HealthCheckRequest(), timeout=2)
            except grpc.aio.AioRpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    return probe
